// The load balancer in front of the edges: which edge a new socket goes to.
//
// It knows two things: which edges are up, and the room in the URL's query. Hashing the room keeps its members together,
// so that what the room is told crosses one trunk once; the cost is that an edge's death strikes whole rooms. The hash is
// rendezvous here too: an edge that dies moves its own rooms and no others.

import { NodePrefix, RoomKey } from "../../core/hash.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { randomStream, type RandomStream } from "../engine/random.ts";

export class Ingress {
  readonly #count: number;
  readonly #isHashing: boolean;
  readonly #draws: RandomStream;
  readonly #isUp: (edge: number) => boolean;
  readonly #roomId: (room: number) => string;
  readonly #prefixes: NodePrefix[] = [];
  readonly #key = new RoomKey("room");
  /** First choice by room, once asked; -1 before. */
  readonly #first = new Map<number, number>();

  constructor(
    scenario: Scenario,
    seed: number,
    roomId: (room: number) => string,
    isUp: (edge: number) => boolean,
  ) {
    const { count, balancing } = scenario.cluster.edges;
    this.#count = count;
    this.#isHashing = balancing === "room-hash";
    this.#draws = randomStream(seed, "load balancer");
    this.#roomId = roomId;
    this.#isUp = isUp;
    for (let edge = 0; edge < count; edge++) this.#prefixes.push(new NodePrefix(`e${edge}`));
  }

  /** The edge for a member of the room; -1 when none is up. */
  edgeFor(room: number): number {
    if (!this.#isHashing) return this.#anyEdge();
    const first = this.#first.get(room);
    if (first !== undefined && this.#isUp(first)) return first;
    this.#key.set(this.#roomId(room));
    let best = -1;
    let bestScore = -1;
    let bestOfAll = -1;
    let bestScoreOfAll = -1;
    for (let edge = 0; edge < this.#count; edge++) {
      const score = this.#prefixes[edge]!.score(this.#key);
      if (score > bestScoreOfAll) {
        bestScoreOfAll = score;
        bestOfAll = edge;
      }
      if (score <= bestScore || !this.#isUp(edge)) continue;
      bestScore = score;
      best = edge;
    }
    this.#first.set(room, bestOfAll);
    return best;
  }

  #anyEdge(): number {
    const first = Math.floor(this.#draws.nextUnit() * this.#count);
    for (let i = 0; i < this.#count; i++) {
      const edge = (first + i) % this.#count;
      if (this.#isUp(edge)) return edge;
    }
    return -1;
  }
}
