// What is served changes what is known: the roster follows the messages that tell it.
//
// Not the decisions that led to them: a newcomer gets the roster as of what was served and everything served after it, and so
// everybody has the same list (SPEC RM1).

import type { LeftBody, ParticipantBody } from "../protocol/bodies.ts";
import { Kind, type Message } from "../protocol/message.ts";
import type { Room } from "./room.ts";

export function isAnnouncement({ kind }: Message): boolean {
  return kind >= Kind.participantJoined && kind <= Kind.participantUpdated;
}

/** Nobody is told of itself: nor is the session with which somebody came back before this was served. */
export function sessionOfSubject(room: Room, message: Message): number {
  return room.members.get((message.body as ParticipantBody | LeftBody).id) ?? -1;
}

/** The last value per key. A simulated state may have no body. */
export function withState(who: ParticipantBody, message: Message): Record<string, unknown> {
  return { ...who.state, ...(message.body ?? { [message.key]: true }) };
}

/** The roster follows what was served. */
export function keepRoster(room: Room, message: Message, nowMs: number): void {
  switch (message.kind) {
    case Kind.participantJoined:
      room.roster.set(message.body as ParticipantBody);
      break;
    case Kind.participantLeft:
      room.roster.delete((message.body as LeftBody).id);
      break;
    case Kind.participantUpdated:
      room.roster.update(message.body as ParticipantBody, nowMs);
      break;
    case Kind.state: {
      const who = room.roster.get(message.from);
      if (who !== undefined) room.roster.update({ ...who, state: withState(who, message) }, nowMs);
      break;
    }
    default:
  }
}
