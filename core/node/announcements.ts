// What members, and the room's other hosts, are told about one of them: joined, left, changed.
//
// In a room on several hosts each of them says who is with itself, and members are told when somebody enters or
// leaves the union: whoever moves from one host to another neither leaves nor joins. The roster is not touched here: it
// follows when the message is served, and only then it is known who is left out as the one it is about (relay.ts).

import { slotOf } from "../handles.ts";
import type { LeftBody, ParticipantBody } from "../protocol/bodies.ts";
import { instantUs, Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { NodeContext } from "./node-context.ts";
import type { Relay } from "./relay.ts";
import type { Room } from "./room.ts";

export class Announcements {
  readonly #node: NodeContext;
  readonly #relay: Relay;
  /** Tells the room's other hosts. */
  readonly #publish: (room: Room, message: Message) => void;

  constructor(node: NodeContext, relay: Relay, publish: (room: Room, message: Message) => void) {
    this.#node = node;
    this.#relay = relay;
    this.#publish = publish;
  }

  joined(room: Room, session: number, nowMs: number): void {
    const participant = this.#participantOf(session);
    const message = about(Kind.participantJoined, "", "", participant);
    message.offeredAtUs = instantUs(Math.round(nowMs * 1_000));
    if (!room.isElsewhere(participant.id)) this.#node.enqueue(room, message, -1, -1, 0);
    room.takeFromGone(participant.id);
    this.#publish(room, message);
  }

  left(room: Room, session: number, reason: LeftBody["reason"], nowMs: number): void {
    const { id } = this.#participantOf(session);
    const body: LeftBody = { id, reason };
    const message = about(Kind.participantLeft, "", "", body);
    if (!room.isElsewhere(id)) this.#node.enqueue(room, message, -1, -1, 0);
    this.#publish(room, message);
    this.#relay.silenced(room, id, nowMs);
  }

  /** The socket is away, or back. */
  connectionChanged(room: Room, session: number, connection: "reconnecting" | undefined): void {
    const changed = this.setConnection(session, connection);
    if (room.isReachableElsewhere(changed.id)) return; // It is there now, and connected.
    const message = about(Kind.participantUpdated, changed.id, "connection", changed);
    this.#node.enqueue(room, message, -1, -1, 0);
    this.#publish(room, message);
  }

  /** The same without a word to the others: for a session that they will see join. */
  setConnection(session: number, connection: "reconnecting" | undefined): ParticipantBody {
    const changed: { -readonly [Name in keyof ParticipantBody]: ParticipantBody[Name] } = {
      ...this.#participantOf(session),
    };
    if (connection === undefined) delete changed.connection;
    else changed.connection = connection;
    this.#node.sessions.participant[slotOf(session)] = changed;
    return changed;
  }

  #participantOf(session: number): ParticipantBody {
    return this.#node.sessions.participant[slotOf(session)]!; // A session has one while it lives.
  }
}

function about(kind: Kind, from: string, key: string, body: object): Message {
  return new Message(kind, 0, from, "", 0, serverFrameBytes(kind, body), key, body);
}
