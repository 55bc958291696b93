// A heap while few events are pending, a timing wheel once they are many.
//
// Changing over takes the events out of one in order and pushes them into the other, which keeps the
// order by the rule both obey. The two thresholds lie a factor of eight apart, so that a model which
// hovers around one of them does not change over again and again: between two changes there are
// at least as many pops as the cheaper change moves events.

import type { EventQueue } from "./event-queue.ts";
import { QuaternaryHeap } from "./quaternary-heap.ts";
import { TimingWheel } from "./timing-wheel.ts";

/** Measured: the wheel overtakes the heap between 64 and 256 pending events (docs/performance.md). */
const WHEEL_FROM = 512;
const HEAP_BELOW = 64;

export interface AdaptiveLimits {
  /** Becomes a wheel when this many are pending. */
  readonly wheelFrom: number;
  /** Becomes a heap again when fewer are pending. Below `wheelFrom`. */
  readonly heapBelow: number;
}

export class AdaptiveQueue implements EventQueue {
  atUs = 0;
  kind = 0;
  a = 0;
  b = 0;
  payload: object | undefined = undefined;

  readonly #wheelFrom: number;
  readonly #heapBelow: number;
  // Both leave their events in the fields above, so that nothing is copied twice.
  readonly #heap = new QuaternaryHeap(this);
  readonly #wheel = new TimingWheel(this);
  #isWheel = false;

  constructor(limits: AdaptiveLimits = { wheelFrom: WHEEL_FROM, heapBelow: HEAP_BELOW }) {
    this.#wheelFrom = limits.wheelFrom;
    this.#heapBelow = limits.heapBelow;
  }

  get size(): number {
    return this.#isWheel ? this.#wheel.size : this.#heap.size;
  }

  /** Which structure holds the events now. For tests and traces. */
  get structure(): "heap" | "wheel" {
    return this.#isWheel ? "wheel" : "heap";
  }

  push(atUs: number, kind: number, a: number, b: number, payload: object | undefined): void {
    if (this.#isWheel) this.#wheel.push(atUs, kind, a, b, payload);
    else {
      this.#heap.push(atUs, kind, a, b, payload);
      if (this.#heap.size >= this.#wheelFrom) this.#changeOver();
    }
  }

  pop(): boolean {
    if (!this.#isWheel) return this.#heap.pop();
    if (this.#wheel.size < this.#heapBelow) {
      this.#changeOver();
      return this.#heap.pop();
    }
    return this.#wheel.pop();
  }

  popUntil(limitUs: number): boolean {
    if (!this.#isWheel) return this.#heap.popUntil(limitUs);
    if (this.#wheel.size < this.#heapBelow) {
      this.#changeOver();
      return this.#heap.popUntil(limitUs);
    }
    return this.#wheel.popUntil(limitUs);
  }

  #changeOver(): void {
    const { atUs, kind, a, b, payload } = this; // The caller may still be reading the last event.
    const from = this.#isWheel ? this.#wheel : this.#heap;
    const to = this.#isWheel ? this.#heap : this.#wheel;
    this.#isWheel = !this.#isWheel;
    to.reset(from.nowUs);
    while (from.pop()) to.push(this.atUs, this.kind, this.a, this.b, this.payload);
    this.atUs = atUs;
    this.kind = kind;
    this.a = a;
    this.b = b;
    this.payload = payload;
  }
}
