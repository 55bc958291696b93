// Changes of mind: how often the autoscaler turned round.
//
// A step down soon after a step up, or the reverse, is a flap: pods were started or sessions moved for nothing.

/** A reversal within this counts. Assumed: the middle one of the 5, 15 and 30 min over which operators count them. */
const FLAP_WITHIN_MS = 900_000;

export class Flaps {
  #count: number;
  #isUp: boolean;
  #atMs: number;

  constructor() {
    this.#count = 0;
    this.#isUp = false;
    this.#atMs = -Infinity;
  }

  get count(): number {
    return this.#count;
  }

  rescaled(from: number, to: number, atMs: number): void {
    const isUp = to > from;
    if (isUp !== this.#isUp && atMs - this.#atMs <= FLAP_WITHIN_MS) this.#count += 1;
    this.#isUp = isUp;
    this.#atMs = atMs;
  }
}
