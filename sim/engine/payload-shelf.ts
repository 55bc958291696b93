// Where the payloads of pending events lie while their events move between the buckets of a wheel.
//
// Most events have none, and moving a reference through the garbage collector's write barrier costs
// more than moving an integer: so an event carries the place of its payload on this shelf.

import { assert } from "../../core/assert.ts";

/** 24 bits of an event's tag. */
const PLACES_MAX = 1 << 24;

export class PayloadShelf {
  /** Place 0 means "no payload" and stays empty. */
  readonly #payloads: (object | undefined)[] = [undefined];
  /** A free place → the next free place. Unused while the place is taken. */
  readonly #nextFree: number[] = [0];
  #free = 0;

  /** Keeps `payload` and returns its place, 1 to 2^24 - 1. */
  put(payload: object): number {
    const place = this.#free;
    if (place === 0) {
      assert(this.#payloads.length < PLACES_MAX, "fewer than 2^24 payloads are pending");
      this.#nextFree.push(0);
      return this.#payloads.push(payload) - 1;
    }
    this.#free = this.#nextFree[place];
    this.#payloads[place] = payload;
    return place;
  }

  /** Hands out what lies at `place` and forgets it. */
  take(place: number): object | undefined {
    const payload = this.#payloads[place];
    this.#payloads[place] = undefined;
    this.#nextFree[place] = this.#free;
    this.#free = place;
    return payload;
  }
}
