// Deadlines without a heap: those that all lie the same time ahead, and those that come in a few large groups.
//
// Whatever waits a constant time (heartbeat, presence grace, resume window) expires in the order in which it
// was put in. So a ring of (handle, deadline) pairs is enough, and nothing is ever cancelled: whoever takes an
// expired handle asks whether it still applies, and puts it back with a later deadline if it does not yet.

import { assert } from "./assert.ts";

export class DeadlineQueue {
  #handles = new Int32Array(64);
  #deadlines = new Float64Array(64);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest deadline, ms; Infinity when empty. */
  get nextMs(): number {
    return this.#size === 0 ? Infinity : this.#deadlines[this.#head]!;
  }

  /** Deadlines must not decrease from one call to the next. */
  push(handle: number, deadlineMs: number): void {
    if (this.#size === this.#handles.length) this.#grow();
    const mask = this.#handles.length - 1;
    if (this.#size > 0) {
      const last = this.#deadlines[(this.#head + this.#size - 1) & mask]!;
      assert(deadlineMs >= last, "deadlines of one kind are put in in order", deadlineMs);
    }
    const at = (this.#head + this.#size) & mask;
    this.#handles[at] = handle;
    this.#deadlines[at] = deadlineMs;
    this.#size++;
  }

  /** Takes the first handle whose deadline is not after `nowMs`; -1 when there is none. */
  take(nowMs: number): number {
    if (this.#size === 0 || this.#deadlines[this.#head]! > nowMs) return -1;
    const handle = this.#handles[this.#head]!;
    this.#head = (this.#head + 1) & (this.#handles.length - 1);
    this.#size--;
    return handle;
  }

  #grow(): void {
    const old = this.#handles.length;
    const handles = new Int32Array(old * 2);
    const deadlines = new Float64Array(old * 2);
    for (let i = 0; i < this.#size; i++) {
      const at = (this.#head + i) & (old - 1);
      handles[i] = this.#handles[at]!;
      deadlines[i] = this.#deadlines[at]!;
    }
    this.#handles = handles;
    this.#deadlines = deadlines;
    this.#head = 0;
  }
}

interface DeadlineGroup {
  readonly deadlineMs: number;
  readonly handles: number[];
}

/** Deadlines in any order, of which many are the same instant: one entry per instant, sorted. */
export class GroupedDeadlines {
  readonly #groups: DeadlineGroup[] = [];

  /** The earliest deadline, ms; Infinity when empty. */
  get nextMs(): number {
    return this.#groups.length === 0 ? Infinity : this.#groups[0].deadlineMs;
  }

  push(handle: number, deadlineMs: number): void {
    let at = this.#groups.length;
    while (at > 0 && this.#groups[at - 1].deadlineMs > deadlineMs) at--;
    if (at > 0 && this.#groups[at - 1].deadlineMs === deadlineMs) {
      this.#groups[at - 1].handles.push(handle);
    } else {
      this.#groups.splice(at, 0, { deadlineMs, handles: [handle] });
    }
  }

  /** Takes a handle whose deadline is not after `nowMs`, earliest group first; -1 when there is none. */
  take(nowMs: number): number {
    if (this.nextMs > nowMs) return -1;
    const { handles } = this.#groups[0];
    const handle = handles.pop()!; // No group is ever empty.
    if (handles.length === 0) this.#groups.shift();
    return handle;
  }
}
