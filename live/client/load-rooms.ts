// The rooms of a load as they must be, and as each client sees them: what tells ghosts, doubles and people who vanished.

import type { LeftBody, ParticipantBody } from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type { LoadJudge } from "./load-judge.ts";
import { Roster } from "./roster.ts";

/** The key of the states that are said. */
export const STATE_KEY = "number";

export interface LoadRoomsParts {
  readonly roomSize: number;
  readonly participantId: (client: number) => string;
  readonly judge: LoadJudge;
}

export class LoadRooms {
  readonly #parts: LoadRoomsParts;
  readonly #rosters: Roster[] = [];
  /** By client: the last state that it said, 0 before the first. */
  readonly lastState: number[] = [];
  readonly #hasLeft = new Set<string>();
  /** By client: who was said to have left. */
  readonly #gone: Set<string>[] = [];

  constructor(parts: LoadRoomsParts) {
    this.#parts = parts;
  }

  /** One more client. */
  add(): void {
    this.#rosters.push(new Roster());
    this.lastState.push(0);
    this.#gone.push(new Set());
  }

  get leftCount(): number {
    return this.#hasLeft.size;
  }

  /** On purpose. */
  left(client: number): void {
    this.#hasLeft.add(this.#parts.participantId(client));
  }

  /** All others of its room. */
  othersOf(client: number): number[] {
    const { roomSize } = this.#parts;
    const first = client - (client % roomSize);
    const others: number[] = [];
    for (let other = first; other < first + roomSize; other++) {
      if (other !== client) others.push(other);
    }
    return others;
  }

  heard(client: number, message: Message): void {
    const { judge } = this.#parts;
    const roster = this.#rosters[client]!;
    const gone = this.#gone[client]!;
    if (message.kind === Kind.participantLeft) {
      const { id, reason } = message.body as LeftBody;
      gone.add(id);
      if (!this.#hasLeft.has(id)) judge.leftWrongly(client, id, reason);
    }
    if (message.kind === Kind.participantJoined) {
      const { id } = message.body as ParticipantBody;
      // Who was missing when the session moved is back.
      if (roster.participants.get(id)?.isReconnecting === false) judge.joinedTwice(client, id);
      if (this.#hasLeft.has(id) && gone.has(id)) judge.haunted(client, id);
    }
    for (const change of roster.heard(message)) {
      if (change.what !== "left" || change.reason !== "absent") continue;
      const { id } = change.participant;
      if (!this.#hasLeft.has(id)) judge.leftWrongly(client, id, "absent");
    }
  }

  /** Of the first `count` clients: those whose list of the room is not the room, everybody connected. */
  mismatches(count: number): number {
    return this.#countOf(count, ({ participants }, peers) => {
      const isThere = (other: number): boolean => {
        const known = participants.get(this.#parts.participantId(other));
        return known !== undefined && !known.isReconnecting;
      };
      return participants.size !== peers.length || !peers.every(isThere);
    });
  }

  /** The same of those who do not know somebody's last state. */
  stateMismatches(count: number): number {
    return this.#countOf(count, ({ participants }, peers) =>
      peers.some((other) => {
        const last = this.lastState[other]!;
        const known = participants.get(this.#parts.participantId(other))?.state[STATE_KEY];
        return last > 0 && known !== last;
      }),
    );
  }

  #countOf(clients: number, isWrong: (roster: Roster, peers: readonly number[]) => boolean) {
    const isThere = (client: number): boolean =>
      !this.#hasLeft.has(this.#parts.participantId(client));
    let count = 0;
    for (let client = 0; client < clients; client++) {
      if (!isThere(client)) continue;
      if (isWrong(this.#rosters[client]!, this.othersOf(client).filter(isThere))) count++;
    }
    return count;
  }
}
