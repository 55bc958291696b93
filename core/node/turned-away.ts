// Who was refused here for want of room and is not yet due back: people who want in, and hold no session that could be counted.
//
// A node that is full looks the same whether one person or a thousand stand before it; what scales it must see them. Edges
// tell each when to come back, within a window of their own; the node, which is not told, takes the middle of that window.
// One-second buckets in a ring: the memory does not grow with the crowd.

import { spreadMs } from "../admission.ts";
import type { EdgeBeat } from "../trunk.ts";

/** Nobody counts for longer, ms: as far as the ring reaches, and as late as the widest window ends unless it is set wider. */
const LONGEST_MS = 60_000;
/** The seconds that lie ahead, the one that runs, and the one that a half is rounded up to. */
const BUCKETS = LONGEST_MS / 1_000 + 2;

export class TurnedAway {
  readonly #dueIn = new Float64Array(BUCKETS);
  /** Seconds up to this one are over, or run. */
  #second = 0;
  #count = 0;

  /** One more, who is due back after `backAfterMs`. */
  add(backAfterMs: number, nowMs: number): void {
    this.#forget(nowMs);
    const dueMs = nowMs + Math.min(Math.max(backAfterMs, 0), LONGEST_MS);
    const second = Math.round(dueMs / 1_000);
    if (second <= this.#second) return;
    this.#dueIn[second % BUCKETS]!++;
    this.#count++;
  }

  /** Those who are not yet due, to the nearest second. */
  count(nowMs: number): number {
    this.#forget(nowMs);
    return this.#count;
  }

  #forget(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second <= this.#second) return;
    for (let past = Math.max(this.#second + 1, second - BUCKETS + 1); past <= second; past++) {
      this.#count -= this.#dueIn[past % BUCKETS]!;
      this.#dueIn[past % BUCKETS] = 0;
    }
    this.#second = second;
  }
}

/**
 * The middle of the window within which edges have those come back whom nobody took, ms. `edges` are the beats of those that
 * are heard: each computes W from its own sockets and what the others admit (edge/edge-peers.ts), so on average from these.
 */
export function meanReturnMs(
  edges: readonly EdgeBeat[],
  limits: { readonly spreadMinMs: number; readonly spreadMaxMs: number },
): number {
  let connections = 0;
  let admitPerSec = 0;
  for (const beat of edges) {
    connections += beat.connections;
    if (beat.serving) admitPerSec += beat.admitPerSec;
  }
  const others = edges.length > 1 ? (admitPerSec * (edges.length - 1)) / edges.length : admitPerSec;
  const perEdge = edges.length === 0 ? 0 : connections / edges.length;
  return limits.spreadMinMs + spreadMs(perEdge, others, limits) / 2;
}
