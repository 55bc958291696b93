// One timer for many clients: each has one instant at which somebody must look at it.
//
// A heap of (instant, client). Nothing is taken out of its middle: a wake-up that was replaced by an earlier one is known by its
// instant when it comes up. Browsers have no setImmediate and no unref, so none is used.

import type { Clock } from "../clock.ts";

/** setTimeout holds no more than this, ms. */
const TIMER_MAX_MS = 0x7fff_ffff;

export class WakeUps {
  readonly #clock: Clock;
  readonly #wake: (client: number) => void;
  readonly #dueMs: number[] = [];
  readonly #clients: number[] = [];
  /** The instant at which each client is woken, ms; Infinity for none. */
  readonly #wakesAtMs: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedForMs = Infinity;
  #isStopped = false;

  /** `wake` is called outside of any other call of this object. */
  constructor(clock: Clock, wake: (client: number) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Wakes the client at `dueMs`, or earlier if that was asked for before. */
  at(client: number, dueMs: number): void {
    if (this.#isStopped || dueMs >= (this.#wakesAtMs[client] ?? Infinity)) return;
    this.#wakesAtMs[client] = dueMs;
    this.#push(dueMs, client);
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const dueMs = this.#dueMs[0] ?? Infinity;
    if (dueMs >= this.#armedForMs || this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#armedForMs = dueMs;
    const afterMs = Math.min(Math.max(0, Math.ceil(dueMs - this.#clock.nowMs())), TIMER_MAX_MS);
    this.#timer = setTimeout(this.#ring, afterMs);
  }

  readonly #ring = (): void => {
    this.#armedForMs = Infinity;
    const nowMs = this.#clock.nowMs();
    while (!this.#isStopped && (this.#dueMs[0] ?? Infinity) <= nowMs) {
      const dueMs = this.#dueMs[0]!;
      const client = this.#pop();
      if (this.#wakesAtMs[client] !== dueMs) continue; // Replaced by an earlier one, which rang.
      this.#wakesAtMs[client] = Infinity;
      this.#wake(client);
    }
    this.#arm();
  };

  #push(dueMs: number, client: number): void {
    let at = this.#dueMs.length;
    this.#dueMs.push(dueMs);
    this.#clients.push(client);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#dueMs[parent]! <= dueMs) break;
      this.#dueMs[at] = this.#dueMs[parent]!;
      this.#clients[at] = this.#clients[parent]!;
      at = parent;
    }
    this.#dueMs[at] = dueMs;
    this.#clients[at] = client;
  }

  /** Takes the client in front. */
  #pop(): number {
    const first = this.#clients[0]!;
    const dueMs = this.#dueMs.pop()!;
    const client = this.#clients.pop()!;
    const size = this.#dueMs.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#dueMs[child + 1]! < this.#dueMs[child]!) child++;
      if (this.#dueMs[child]! >= dueMs) break;
      this.#dueMs[at] = this.#dueMs[child]!;
      this.#clients[at] = this.#clients[child]!;
      at = child;
    }
    this.#dueMs[at] = dueMs;
    this.#clients[at] = client;
    return first;
  }
}
