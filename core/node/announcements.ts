// What members, and the room's other hosts, are told about one of them: joined, left, changed.
//
// The roster is not touched here: it follows when the message is served (relay.ts).

import { slotOf } from "../handles.ts";
import type { LeftBody, ParticipantBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
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
    message.offeredAtUs = Math.round(nowMs * 1_000);
    this.#tell(room, session, message);
  }

  left(room: Room, session: number, reason: LeftBody["reason"], nowMs: number): void {
    const { id } = this.#participantOf(session);
    const body: LeftBody = { id, reason };
    this.#tell(room, session, about(Kind.participantLeft, "", "", body));
    this.#relay.silenced(room, id, nowMs);
  }

  /** The socket is away, or back. */
  connectionChanged(room: Room, session: number, connection: "reconnecting" | undefined): void {
    const who = this.#participantOf(session);
    const changed: { -readonly [Name in keyof ParticipantBody]: ParticipantBody[Name] } = {
      ...who,
    };
    if (connection === undefined) delete changed.connection;
    else changed.connection = connection;
    this.#node.sessions.participant[slotOf(session)] = changed;
    this.#tell(room, session, about(Kind.participantUpdated, who.id, "connection", changed));
  }

  /** Nobody is told of itself. */
  #tell(room: Room, session: number, message: Message): void {
    this.#node.enqueue(room, message, -1, session, 0);
    this.#publish(room, message);
  }

  #participantOf(session: number): ParticipantBody {
    return this.#node.sessions.participant[slotOf(session)]!; // A session has one while it lives.
  }
}

function about(kind: Kind, from: string, key: string, body: object): Message {
  return new Message(kind, 0, from, "", 0, serverFrameBytes(kind, body), key, body);
}
