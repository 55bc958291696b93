// How many retries a client may afford.
//
// Backoff only delays work; to end an overload that feeds on its own retries the work must become
// less. Every success earns a tenth of a retry and every retry costs a whole one (Brooker 2022,
// "Fixing retries with token buckets"): when nearly all succeeds, every failure is retried; when
// nearly nothing does, retries add a tenth of the load at most (SPEC RC7).

import { assert } from "../assert.ts";

export interface RetryBudgetShape {
  /** Retries that a full budget affords. */
  readonly capacity: number;
  readonly perSuccess: number;
}

/** Cited: Brooker 2022 for the tenth; capacity 10 is assumed (a session's join and a few requests). */
export const RETRY_BUDGET: RetryBudgetShape = { capacity: 10, perSuccess: 0.1 };

/** Tenths add up inexactly; without slack, ten successes would not quite earn a retry. */
const ROUNDING = 1e-9;

export class RetryBudget {
  readonly #shape: RetryBudgetShape;
  #tokens = 0;

  constructor(shape: RetryBudgetShape) {
    assert(shape.capacity >= 1, "a budget affords 1 retry or more", shape.capacity);
    assert(shape.perSuccess >= 0, "a success costs nothing", shape.perSuccess);
    this.#shape = shape;
    this.#tokens = shape.capacity;
  }

  succeeded(): void {
    this.#tokens = Math.min(this.#tokens + this.#shape.perSuccess, this.#shape.capacity);
  }

  /** Pays for one retry if it can. */
  tryRetry(): boolean {
    if (this.#tokens + ROUNDING < 1) return false;
    this.#tokens = Math.max(this.#tokens - 1, 0);
    return true;
  }
}
