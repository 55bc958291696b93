// A heap with four children per parent, for few pending events.
//
// Up to some 250 pending events it is quicker than the timing wheel, because it moves no event more than
// it must (two pending events: 23 against 88 ns). Four children instead of two halve the depth, and
// their keys lie side by side.
//
// The heap orders (time, sequence, slot); the event itself stays in its slot and never moves.

import { assert } from "../../core/assert.ts";
import type { EventQueue, PoppedEvent } from "./event-queue.ts";

const CAPACITY_MIN = 256;

export class QuaternaryHeap implements EventQueue {
  size = 0;
  atUs = 0;
  kind = 0;
  a = 0;
  b = 0;
  payload: object | undefined = undefined;

  #nowUs = 0;
  #sequence = 0;
  #capacity = CAPACITY_MIN;
  // The heap. Sequences are doubles: 2^32 events is an hour's work, 2^53 is never reached.
  #times = new Float64Array(CAPACITY_MIN);
  #sequences = new Float64Array(CAPACITY_MIN);
  /** Beyond `size` this holds the free slots: popping puts one there, pushing takes it. */
  #slots = new Int32Array(CAPACITY_MIN).map((_, slot) => slot);
  // The events, by slot.
  #kinds = new Uint8Array(CAPACITY_MIN);
  #as = new Int32Array(CAPACITY_MIN);
  #bs = new Int32Array(CAPACITY_MIN);
  #payloads: (object | undefined)[] = new Array<undefined>(CAPACITY_MIN).fill(undefined);
  readonly #popped: PoppedEvent;

  /** `popped` is where events are left; by default the heap itself. */
  constructor(popped?: PoppedEvent) {
    this.#popped = popped ?? this;
  }

  /** Nothing may be pushed before this. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Starts over, empty, at `nowUs`. */
  reset(nowUs: number): void {
    assert(this.size === 0, "only an empty queue is reset", this.size);
    this.#nowUs = nowUs;
    this.#sequence = 0;
  }

  push(atUs: number, kind: number, a: number, b: number, payload: object | undefined): void {
    assert(atUs >= this.#nowUs, "an event is not before the current time", atUs);
    if (this.size === this.#capacity) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    let hole = this.size++;
    const slot = slots[hole];
    this.#kinds[slot] = kind;
    this.#as[slot] = a;
    this.#bs[slot] = b;
    if (payload !== undefined) this.#payloads[slot] = payload;

    // A new event is the last among its equals, so only a strictly later parent gives way.
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (times[parent] <= atUs) break;
      times[hole] = times[parent];
      sequences[hole] = sequences[parent];
      slots[hole] = slots[parent];
      hole = parent;
    }
    times[hole] = atUs;
    sequences[hole] = this.#sequence++;
    slots[hole] = slot;
  }

  pop(): boolean {
    return this.size > 0 && this.popUntil(Infinity);
  }

  popUntil(limitUs: number): boolean {
    if (this.size === 0 || this.#times[0] > limitUs) {
      if (limitUs > this.#nowUs && limitUs < Infinity) this.#nowUs = limitUs;
      return false;
    }
    const popped = this.#popped;
    const slot = this.#slots[0];
    this.#nowUs = this.#times[0];
    popped.atUs = this.#nowUs;
    popped.kind = this.#kinds[slot];
    popped.a = this.#as[slot];
    popped.b = this.#bs[slot];
    const payload = this.#payloads[slot];
    popped.payload = payload;
    if (payload !== undefined) this.#payloads[slot] = undefined; // Or the heap would keep it alive.
    this.#removeRoot(slot);
    return true;
  }

  /** The last entry moves to the root and sinks; the freed slot takes the last entry's place. */
  #removeRoot(freed: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    const last = --this.size;
    const time = times[last];
    const sequence = sequences[last];
    const slot = slots[last];
    slots[last] = freed;
    if (last === 0) return;
    let hole = 0;
    for (;;) {
      const first = 4 * hole + 1;
      if (first >= last) break;
      const end = first + 4 < last ? first + 4 : last;
      let least = first;
      let leastTime = times[first];
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child];
        if (
          childTime < leastTime ||
          (childTime === leastTime && sequences[child] < sequences[least])
        ) {
          least = child;
          leastTime = childTime;
        }
      }
      if (leastTime > time || (leastTime === time && sequences[least] > sequence)) break;
      times[hole] = leastTime;
      sequences[hole] = sequences[least];
      slots[hole] = slots[least];
      hole = least;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  #grow(): void {
    const capacity = 2 * this.#capacity;
    this.#times = grown(this.#times, new Float64Array(capacity));
    this.#sequences = grown(this.#sequences, new Float64Array(capacity));
    this.#kinds = grown(this.#kinds, new Uint8Array(capacity));
    this.#as = grown(this.#as, new Int32Array(capacity));
    this.#bs = grown(this.#bs, new Int32Array(capacity));
    this.#slots = grown(this.#slots, new Int32Array(capacity));
    for (let slot = this.#capacity; slot < capacity; slot++) {
      this.#slots[slot] = slot;
      this.#payloads.push(undefined);
    }
    this.#capacity = capacity;
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(small: T, large: T): T {
  large.set(small);
  return large;
}
