// What one client of the suite heard, in order, and what a test asks of it.

import { ClientEvent } from "../../core/client/client-outbox.ts";
import type {
  ErrorBody,
  JoinedBody,
  LeftBody,
  ParticipantBody,
  ResumedBody,
} from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import { Roster } from "../../live/client/roster.ts";

export type EventName = keyof typeof ClientEvent;

const EVENT_NAMES = new Map(
  Object.entries(ClientEvent).map(([name, event]) => [event, name as EventName]),
);

export interface Heard {
  readonly kind: Kind;
  readonly from: string;
  readonly n: number;
  readonly key: string;
  readonly body: unknown;
  readonly s: number;
  readonly atMs: number;
}

export class Journal {
  readonly heard: Heard[] = [];
  readonly told: EventName[] = [];
  /** Ids of own critical messages that were acknowledged, or refused. */
  readonly acknowledged: number[] = [];
  readonly refused: { readonly id: number; readonly code: string }[] = [];
  /** Who was said to have joined, and to have left, by the server's own messages. */
  readonly toldJoined: string[] = [];
  readonly toldLeft: { readonly id: string; readonly reason: string; readonly atMs: number }[] = [];
  /** Who was shown as reconnecting. */
  readonly toldReconnecting: string[] = [];
  readonly roster = new Roster();
  /** The node that lets the client in. */
  node = "";
  session = "";
  closeCode = 0;

  tells(event: ClientEvent): void {
    this.told.push(EVENT_NAMES.get(event)!);
  }

  settles(id: number, isAccepted: boolean, error: ErrorBody | undefined): void {
    if (isAccepted) this.acknowledged.push(id);
    else this.refused.push({ id, code: error?.code ?? "ended" });
  }

  hears(message: Message, s: number, atMs: number): void {
    const { kind, from, n, key, body } = message;
    this.heard.push({ kind, from, n, key, body, s, atMs });
    this.roster.heard(message);
    if (kind === Kind.joined) {
      this.node = (body as JoinedBody).node;
      this.session = (body as JoinedBody).session;
    } else if (kind === Kind.resumed) {
      this.node = (body as ResumedBody).node;
    } else if (kind === Kind.participantJoined) {
      this.toldJoined.push((body as ParticipantBody).id);
    } else if (kind === Kind.participantLeft) {
      const { id, reason } = body as LeftBody;
      this.toldLeft.push({ id, reason, atMs });
    } else if (kind === Kind.participantUpdated) {
      const { id, connection } = body as ParticipantBody;
      if (connection === "reconnecting") this.toldReconnecting.push(id);
    }
  }

  /** Everybody else in the room, sorted. */
  get others(): string[] {
    return [...this.roster.participants.keys()].sort();
  }

  of(kind: Kind, from?: string): Heard[] {
    return this.heard.filter(
      (one) => one.kind === kind && (from === undefined || one.from === from),
    );
  }

  /** Bodies of application messages, in order. */
  bodies(from?: string): unknown[] {
    return this.of(Kind.message, from).map(({ body }) => body);
  }

  count(event: EventName): number {
    return this.told.filter((name) => name === event).length;
  }
}
