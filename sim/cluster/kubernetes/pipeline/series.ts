// One series of a Prometheus: samples with their times, and the two questions that an adapter asks.
//
// A series whose target is gone, or did not answer, is marked: an instant query finds nothing then, at once and not after
// the lookback. An average over a window does not see the mark: what was sampled in the window counts.

export interface SeriesValue {
  readonly value: number;
  /** When the newest and the oldest sample in it were taken. */
  readonly youngestAtMs: number;
  readonly oldestAtMs: number;
}

interface Point {
  readonly value: number;
  readonly atMs: number;
}

export class Series {
  readonly #windowMs: number;
  #points: Point[];
  #isStale: boolean;

  /** `windowMs` 0: the last sample is asked for; else the average over this. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#points = [];
    this.#isStale = false;
  }

  sampled(value: number, atMs: number): void {
    const points = this.#points.filter((point) => point.atMs > atMs - this.#windowMs);
    this.#points = [...points, { value, atMs }];
    this.#isStale = false;
  }

  /** The target is gone or did not answer. */
  ended(): void {
    this.#isStale = true;
  }

  /** When the newest sample was taken; undefined without one. */
  get lastAtMs(): number | undefined {
    return this.#points.at(-1)?.atMs;
  }

  /** What a query at this time returns. Samples as old as lookback or window no longer count. */
  at(nowMs: number, lookbackMs: number): SeriesValue | undefined {
    return this.#windowMs === 0 ? this.#last(nowMs, lookbackMs) : this.#mean(nowMs);
  }

  #last(nowMs: number, lookbackMs: number): SeriesValue | undefined {
    const last = this.#points.at(-1);
    if (last === undefined || this.#isStale || last.atMs <= nowMs - lookbackMs) return undefined;
    return { value: last.value, youngestAtMs: last.atMs, oldestAtMs: last.atMs };
  }

  #mean(nowMs: number): SeriesValue | undefined {
    const points = this.#points.filter(({ atMs }) => atMs > nowMs - this.#windowMs);
    if (points.length === 0) return undefined;
    const sum = points.reduce((total, { value }) => total + value, 0);
    const [oldest] = points;
    const youngest = points[points.length - 1];
    return {
      value: sum / points.length,
      youngestAtMs: youngest.atMs,
      oldestAtMs: oldest.atMs,
    };
  }
}
