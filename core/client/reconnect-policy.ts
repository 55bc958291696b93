// How long a client waits before it dials again.
//
// When a node dies and the others are well, the first attempt succeeds: so the first delay is the
// herd, and doubling from the second attempt on comes too late. The server knows how many clients it
// has and how many can be admitted per second; it advertises the window W beforehand, in `joined` and
// in `pong`, and the first attempt is drawn from all of it. A loss that is the client's own (its
// network was away) is no herd and tries again at once (SPEC RC1 to RC6; the protocol design, §4.7).
//
// The draw is an argument, so that these stay functions of their inputs: the simulator passes a
// number from the client's own stream, the SDK passes Math.random(). Jitter is drawn from the capped
// range: capped after the draw, late attempts would all wait exactly the cap.

import { assert } from "../assert.ts";

export interface ReconnectSituation {
  /** 0 for the first attempt since the connection was last stable. */
  readonly attempt: number;
  /** The client's own network was away, or it slept. */
  readonly isPrivate: boolean;
  /** W: the window the server advertised last, ms. */
  readonly spreadMs: number;
  /** Widest range of a delay, ms. */
  readonly capMs: number;
  /** A slot that the server assigned, ms. */
  readonly reconnectAfterMs: number | undefined;
  /** What a refusal asked for, ms. */
  readonly retryAfterMs: number | undefined;
  /** Close code of the socket, when it had one. */
  readonly closeCode?: number;
  /** The delay before the attempt that has just failed, ms; for policies that walk. */
  readonly previousDelayMs?: number;
  /** Time since the connection was lost, ms; for policies that change their mind. */
  readonly downMs?: number;
}

export interface ReconnectPolicy {
  readonly name: string;
  /** How long a connection must last until the attempt counter starts again, ms. */
  readonly stableAfterMs: number;
  /** Delay before the next attempt, ms; Infinity when the policy gives up. `draw` in [0, 1). */
  delayMs(situation: ReconnectSituation, draw: number): number;
}

/** Range of the first attempt after a private loss, ms. Cited: the protocol design, §4.7. */
const PRIVATE_SPREAD_MS = 500;
/** A client cut off for being slow comes back after this, ms. Cited: §4.9, code 4408. */
const SLOW_MIN_MS = 1_000;
const SLOW_MAX_MS = 5_000;
/** Least pause after the rate limit closed a connection, ms. Cited: §4.9, code 4429. */
const RATE_LIMITED_MIN_MS = 5_000;

/** `baseMs` × 2^`attempt`, at most `capMs`; exact, and without a power for any attempt. */
export function doubledMs(baseMs: number, attempt: number, capMs: number): number {
  assert(Number.isInteger(attempt) && attempt >= 0, "attempt counts from 0", attempt);
  let rangeMs = baseMs;
  for (let n = 0; n < attempt && rangeMs > 0 && rangeMs < capMs; n += 1) rangeMs *= 2;
  return Math.min(rangeMs, capMs);
}

/** The policy of this system's own client. */
export const stormglassPolicy: ReconnectPolicy = {
  name: "stormglass",
  stableAfterMs: 30_000,
  delayMs(situation, draw) {
    assert(draw >= 0 && draw < 1, "draw is in [0, 1)", draw);
    const { attempt, spreadMs, reconnectAfterMs, retryAfterMs, closeCode } = situation;
    if (reconnectAfterMs !== undefined) return reconnectAfterMs; // The server has spread it already.
    if (closeCode === 4429) {
      return Math.max(retryAfterMs ?? 0, RATE_LIMITED_MIN_MS) + draw * spreadMs;
    }
    if (retryAfterMs !== undefined) return retryAfterMs + draw * spreadMs;
    if (attempt === 0 && closeCode === 4408) {
      return SLOW_MIN_MS + draw * (SLOW_MAX_MS - SLOW_MIN_MS);
    }
    const isChosen = situation.isPrivate || closeCode === 4210; // The edge that goes paces its closes.
    if (attempt === 0 && isChosen) return draw * PRIVATE_SPREAD_MS;
    return draw * doubledMs(spreadMs, attempt, situation.capMs);
  },
};

/** The textbook policy (Brooker 2015): uniform over [0, min(cap, base × 2^attempt)). */
export function fullJitterPolicy(baseMs: number, capMs: number): ReconnectPolicy {
  assert(baseMs > 0 && capMs >= baseMs, "0 < base ≤ cap", baseMs);
  return {
    name: "full-jitter",
    stableAfterMs: 0,
    delayMs(situation, draw) {
      assert(draw >= 0 && draw < 1, "draw is in [0, 1)", draw);
      return draw * doubledMs(baseMs, situation.attempt, capMs);
    },
  };
}
