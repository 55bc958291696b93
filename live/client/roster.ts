// Who is in the room, as one client knows it.
//
// A snapshot is compared with what was known, so that whoever watches sees people come and go one by one, and never a person
// who is not there any more. When the session moved to another node, whoever comes back first finds the room empty: the others are
// shown as reconnecting for the grace that the server gives, and leave when it is over.

import type {
  JoinedBody,
  LeftBody,
  ParticipantBody,
  ResumedBody,
  SyncBody,
} from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";

export interface Participant {
  readonly id: string;
  readonly name: string;
  readonly meta: unknown;
  /** Last value by key. */
  readonly state: Readonly<Record<string, unknown>>;
  /** The connection is away; the participant may come back. */
  readonly isReconnecting: boolean;
}

export type RosterChange =
  | { readonly what: "joined"; readonly participant: Participant }
  | {
      readonly what: "left";
      readonly participant: Participant;
      /** "absent": a snapshot did not have them any more. */
      readonly reason: LeftBody["reason"] | "absent";
    }
  | { readonly what: "updated"; readonly participant: Participant }
  | {
      readonly what: "state";
      readonly participant: Participant;
      readonly key: string;
      readonly value: unknown;
    };

export class Roster {
  /** Everybody but oneself, by id. */
  readonly participants = new Map<string, Participant>();
  /** Those who were missing when the session moved. */
  readonly #missing = new Set<string>();
  #you = "";

  get you(): string {
    return this.#you;
  }

  /** Takes the message in and says what changed, in order. */
  heard(message: Message): readonly RosterChange[] {
    switch (message.kind) {
      case Kind.joined: {
        const { you, participants } = message.body as JoinedBody;
        this.#you = you;
        return this.#replaced(participants);
      }
      case Kind.resumed: {
        const { mode, reason, participants } = message.body as ResumedBody;
        if (mode !== "snapshot") return [];
        return this.#replaced(participants ?? [], reason === "moved");
      }
      case Kind.participantJoined:
      case Kind.participantUpdated:
        return this.#seen(message.body as ParticipantBody);
      case Kind.sync:
        return (message.body as SyncBody).participants.flatMap((body) => this.#synced(body));
      case Kind.participantLeft: {
        const { id, reason } = message.body as LeftBody;
        const participant = this.participants.get(id);
        if (participant === undefined) return [];
        this.participants.delete(id);
        return [{ what: "left", participant, reason }];
      }
      case Kind.state:
        return this.#stateChanged(message);
      default:
        return [];
    }
  }

  /** The grace of those who were missing is over. */
  missingLeft(): readonly RosterChange[] {
    const changes: RosterChange[] = [];
    for (const id of this.#missing) {
      const participant = this.participants.get(id);
      if (participant === undefined) continue;
      this.participants.delete(id);
      changes.push({ what: "left", participant, reason: "absent" });
    }
    this.#missing.clear();
    return changes;
  }

  #replaced(bodies: readonly ParticipantBody[], hasMoved = false): readonly RosterChange[] {
    const changes: RosterChange[] = [];
    const present = new Set(bodies.map(({ id }) => id));
    this.#missing.clear();
    for (const participant of [...this.participants.values()]) {
      if (present.has(participant.id)) continue;
      if (hasMoved) {
        const waiting = { ...participant, isReconnecting: true };
        this.#missing.add(participant.id);
        this.participants.set(participant.id, waiting);
        if (!participant.isReconnecting) changes.push({ what: "updated", participant: waiting });
        continue;
      }
      this.participants.delete(participant.id);
      changes.push({ what: "left", participant, reason: "absent" });
    }
    for (const body of bodies) changes.push(...this.#seen(body));
    return changes;
  }

  #seen(body: ParticipantBody): readonly RosterChange[] {
    if (body.id === this.#you) return [];
    this.#missing.delete(body.id);
    const participant = participantOf(body);
    const known = this.participants.get(body.id);
    this.participants.set(body.id, participant);
    if (known === undefined) return [{ what: "joined", participant }];
    return isEqual(known, participant) ? [] : [{ what: "updated", participant }];
  }

  /** States that changed while this client was away, told one by one. */
  #synced(body: ParticipantBody): readonly RosterChange[] {
    const known = this.participants.get(body.id);
    if (known === undefined) return [];
    const changes = [...this.#seen(body)];
    const participant = this.participants.get(body.id)!;
    for (const [key, value] of Object.entries(participant.state)) {
      if (JSON.stringify(known.state[key]) === JSON.stringify(value)) continue;
      changes.push({ what: "state", participant, key, value });
    }
    return changes;
  }

  #stateChanged({ from, key, body }: Message): readonly RosterChange[] {
    const known = this.participants.get(from);
    if (known === undefined) return [];
    const value = (body as Readonly<Record<string, unknown>> | undefined)?.[key] ?? true;
    const participant = { ...known, state: { ...known.state, [key]: value } };
    this.participants.set(from, participant);
    return [{ what: "state", participant, key, value }];
  }
}

function participantOf(body: ParticipantBody): Participant {
  const { id, name, meta, state, connection } = body;
  return { id, name, meta, state: state ?? {}, isReconnecting: connection === "reconnecting" };
}

function isEqual(a: Participant, b: Participant): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
