// Numbers for things that come and go: connections, sessions, rooms.
//
// A handle is a small index into columns (arrays, one slot per thing) plus a generation, so that a
// frame that was under way while its connection closed and the slot was given to another finds the
// generation changed, and is dropped, instead of reaching a stranger. 20 bits of index (1,048,575 things a
// machine), 11 bits of generation: a slot must be reused 2,048 times within one round trip to be fooled.

import { assert } from "./assert.ts";

const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATION_MASK = 0x7ff;

/** The slot of a handle: what columns are indexed by. */
export function slotOf(handle: number): number {
  return handle & INDEX_MASK;
}

export class Handles {
  #generation = new Uint16Array(64);
  #nextFree = new Int32Array(64);
  #used = new Uint8Array(64);
  #firstFree = -1;
  #fresh = 0;
  /** How many are in use. */
  count = 0;

  /** Slots that columns must have. Grows by doubling; never shrinks. */
  get capacity(): number {
    return this.#generation.length;
  }

  /** One past the highest slot ever used. */
  get end(): number {
    return this.#fresh;
  }

  allocate(): number {
    let slot = this.#firstFree;
    if (slot >= 0) {
      this.#firstFree = this.#nextFree[slot]!;
    } else {
      slot = this.#fresh++;
      assert(slot < INDEX_MASK, "a machine holds fewer things than it can number", slot);
      if (slot >= this.#generation.length) this.#grow();
    }
    this.#used[slot] = 1;
    this.count++;
    return slot | (this.#generation[slot]! << INDEX_BITS);
  }

  release(handle: number): void {
    const slot = handle & INDEX_MASK;
    assert(this.isLive(handle), "only a live handle is released", handle);
    this.#generation[slot] = (this.#generation[slot]! + 1) & GENERATION_MASK;
    this.#used[slot] = 0;
    this.#nextFree[slot] = this.#firstFree;
    this.#firstFree = slot;
    this.count--;
  }

  /** False once the thing was released, whoever has the slot now. */
  isLive(handle: number): boolean {
    if (handle < 0) return false;
    const slot = handle & INDEX_MASK;
    return (
      slot < this.#fresh &&
      this.#used[slot] === 1 &&
      this.#generation[slot] === handle >>> INDEX_BITS
    );
  }

  /** The live handle at a slot, or -1. */
  at(slot: number): number {
    if (slot >= this.#fresh || this.#used[slot] === 0) return -1;
    return slot | (this.#generation[slot]! << INDEX_BITS);
  }

  #grow(): void {
    const size = this.#generation.length * 2;
    this.#generation = grown(this.#generation, new Uint16Array(size));
    this.#nextFree = grown(this.#nextFree, new Int32Array(size));
    this.#used = grown(this.#used, new Uint8Array(size));
  }
}

/** Copies a column into a longer one of the same type. */
export function grown<Column extends { set(from: Column): void }>(
  column: Column,
  longer: Column,
): Column {
  longer.set(column);
  return longer;
}
