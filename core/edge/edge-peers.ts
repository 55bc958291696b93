// What an edge says of itself to the other machines, and what it hears of the other edges: their beats, and W.
//
// W is the window over which this edge's clients must spread when it dies (SPEC RC1). It is advertised while all is well,
// because a dead edge says nothing: so every edge counts, once per beat, how many clients it has and how many per
// second the other edges would take.

import { spreadMs } from "../admission.ts";
import type { EdgeBeat } from "../trunk.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";

export class EdgePeers {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connectionCount: () => number;
  readonly #edges = new Map<string, { beat: EdgeBeat; heardAtMs: number }>();
  #beatAtMs = 0;
  #spreadMs = 0;
  #spreadAtMs = -Infinity;
  /** Whether this edge takes connections. */
  isServing = true;

  constructor(policy: EdgePolicy, outbox: EdgeOutbox, connectionCount: () => number) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connectionCount = connectionCount;
  }

  heard(beat: EdgeBeat, nowMs: number): void {
    if (beat.edgeId !== this.#policy.edgeId) {
      this.#edges.set(beat.edgeId, { beat, heardAtMs: nowMs });
    }
  }

  /** When the next beat is due, ms. */
  nextDeadlineMs(): number {
    return this.#beatAtMs;
  }

  beat(nowMs: number): void {
    this.#beatAtMs = nowMs + this.#policy.beatEveryMs;
    const beat: EdgeBeat = {
      edgeId: this.#policy.edgeId,
      incarnation: this.#policy.incarnation,
      connections: this.#connectionCount(),
      admitPerSec: this.#policy.admitPerSec,
      serving: this.isServing,
    };
    this.#outbox.publish("cluster", { type: "edge-beat", beat });
  }

  /** What the other serving edges take together, per second. */
  othersAdmitPerSec(nowMs: number): number {
    let admitPerSec = 0;
    for (const { beat, heardAtMs } of this.#edges.values()) {
      if (beat.serving && nowMs - heardAtMs < this.#policy.leaseMs) admitPerSec += beat.admitPerSec;
    }
    return admitPerSec;
  }

  /** W, ms. Counted once per beat. */
  spreadMs(nowMs: number): number {
    if (nowMs - this.#spreadAtMs < this.#policy.beatEveryMs) return this.#spreadMs;
    let admitPerSec = this.othersAdmitPerSec(nowMs);
    // Alone, this edge must take its own clients back, after a restart.
    if (admitPerSec === 0) admitPerSec = this.#policy.admitPerSec;
    this.#spreadAtMs = nowMs;
    this.#spreadMs = spreadMs(this.#connectionCount(), admitPerSec, this.#policy);
    return this.#spreadMs;
  }
}
