// How late the event loop is: what every fact of this process waits before it is looked at.

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** Every so often a timer looks how late it is, ms. */
const RESOLUTION_MS = 20;

export class LoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** s; `quantile` from 0 to 1. The histogram holds the pauses between two looks, resolution included. */
  seconds(quantile: number): number {
    if (this.#histogram.count === 0) return 0;
    const pauseNs =
      quantile === 1 ? this.#histogram.max : this.#histogram.percentile(quantile * 100);
    return Math.max(0, pauseNs / 1e9 - RESOLUTION_MS / 1_000);
  }

  /** Forgets: the next reading is of what comes from now on. */
  reset(): void {
    this.#histogram.reset();
  }

  stop(): void {
    this.#histogram.disable();
  }
}
