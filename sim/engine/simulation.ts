// The clock of a simulated world and the loop that plays its events.
//
// Time stands still while an event is handled and then jumps to the next: how long handling takes in
// reality means nothing here. The engine knows nothing of what it simulates: kinds and handles are
// numbers whose meaning the handler knows.

import { assert } from "../../core/assert.ts";
import { AdaptiveQueue } from "./adaptive-queue.ts";
import { EventDigest } from "./event-digest.ts";
import { TIME_US_MAX } from "./event-queue.ts";
import type { EventQueue } from "./event-queue.ts";

export interface EventHandler {
  /** An event happens now. It may schedule others; it must not call `run`. */
  handle(kind: number, a: number, b: number, payload: object | undefined): void;
}

export interface EventObserver {
  /** Called before event number `index` (from 0) is handled. */
  eventSeen(index: number, atUs: number, kind: number, a: number, b: number): void;
}

export interface RunLimits {
  /** The run ends once this many events have happened since the simulation began. */
  readonly eventsMax: number;
}

/**
 * Why `run` returned: the time was reached with events left over, nothing was left to happen, too
 * many events have happened, or `stop` was called.
 */
export type RunEnd = "until" | "empty" | "events" | "stopped";

export class Simulation {
  /** Simulated time, integer microseconds from 0. */
  nowUs = 0;
  /** Events handled so far. */
  eventCount = 0;

  readonly #queue: EventQueue;
  readonly #digest = new EventDigest();
  #observer: EventObserver | undefined = undefined;
  #isStopping = false;
  #isRunning = false;

  constructor(queue: EventQueue = new AdaptiveQueue()) {
    this.#queue = queue;
  }

  get nowMs(): number {
    return this.nowUs / 1_000;
  }

  get pendingCount(): number {
    return this.#queue.size;
  }

  /** Schedules an event `delayUs` from now: an integer from 0 on, rounded once, by the caller. */
  schedule(delayUs: number, kind: number, a: number, b: number, payload?: object): void {
    assert(delayUs >= 0 && Number.isInteger(delayUs), "a delay is whole microseconds", delayUs);
    this.#queue.push(this.nowUs + delayUs, kind, a, b, payload);
  }

  /** Schedules an event at an instant: integer microseconds, not before now. */
  at(atUs: number, kind: number, a: number, b: number, payload?: object): void {
    assert(Number.isInteger(atUs), "an instant is whole microseconds", atUs);
    this.#queue.push(atUs, kind, a, b, payload);
  }

  /** Everybody sees the same events: at most one observer, or none. Set it between events. */
  observe(observer: EventObserver | undefined): void {
    this.#observer = observer;
  }

  /** The current event is the last that `run` handles. */
  stop(): void {
    this.#isStopping = true;
  }

  /**
   * Plays all events up to and including `untilUs`, which is then the time unless the run ended
   * early. Can be called again to go on.
   */
  run(untilUs: number, handler: EventHandler, limits: RunLimits = { eventsMax: Infinity }): RunEnd {
    assert(untilUs >= this.nowUs, "time does not run backwards", untilUs);
    assert(!this.#isRunning, "a handler does not run the simulation");
    this.#isRunning = true;
    this.#isStopping = false;
    try {
      return this.#play(untilUs, handler, limits.eventsMax);
    } finally {
      this.#isRunning = false;
    }
  }

  #play(untilUs: number, handler: EventHandler, eventsMax: number): RunEnd {
    const queue = this.#queue;
    const digest = this.#digest;
    for (;;) {
      if (this.eventCount >= eventsMax) return "events";
      if (!queue.popUntil(untilUs)) break;
      const { atUs, kind, a, b, payload } = queue;
      this.nowUs = atUs;
      digest.add(atUs, kind, a, b);
      const index = this.eventCount++;
      if (this.#observer !== undefined) this.#observer.eventSeen(index, atUs, kind, a, b);
      handler.handle(kind, a, b, payload);
      if (this.#isStopping) return "stopped";
    }
    if (untilUs < TIME_US_MAX) this.nowUs = untilUs;
    return queue.size === 0 ? "empty" : "until";
  }

  /** What happened so far, in 16 hex digits: equal digests, equal runs. */
  digest(): string {
    return this.#digest.hex();
  }
}
