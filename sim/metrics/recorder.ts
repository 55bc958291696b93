// Takes the measurements of one run and cuts them into the scenario's windows.
//
// A wait belongs to the window in which it began, however long it lasted: a storm's slowest joins end after the storm,
// and leaving them out would flatter it. What the machines count themselves (drops, spills) is read at every sample,
// and a window has the difference between its ends. Gauges are sampled too; a window has the last sample and the largest.

import type { HistogramCounts, TimeSeries, WindowSpan } from "../result.ts";
import { Histogram } from "./histogram.ts";
import { SeriesTable } from "./time-series.ts";

export class Recorder {
  readonly #names: readonly string[];
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #series: SeriesTable;
  readonly #histograms = new Map<string, WindowedHistogram>();
  readonly #tallies = new Map<string, Tally>();
  readonly #cumulative = new Map<string, CumulativeReading>();
  readonly #gauges = new Map<string, GaugeReading>();

  constructor(windows: Readonly<Record<string, WindowSpan>>, resolutionMs: number) {
    this.#names = Object.keys(windows).sort();
    this.#fromUs = Float64Array.from(this.#names, (name) => windows[name]!.fromMs * 1_000);
    this.#toUs = Float64Array.from(this.#names, (name) => windows[name]!.toMs * 1_000);
    this.#series = new SeriesTable(Math.round(resolutionMs * 1_000));
  }

  /** A histogram of waits in µs, cut by their beginning. Keep it: looking it up costs more than recording. */
  waits(metric: string): WindowedHistogram {
    const known = this.#histograms.get(metric);
    if (known !== undefined) return known;
    const made = new WindowedHistogram(this.#fromUs, this.#toUs);
    this.#histograms.set(metric, made);
    return made;
  }

  /** What has been recorded by now in the window of the whole run; undefined for a metric without a histogram. Only to be read. */
  soFar(metric: string): Histogram | undefined {
    return this.#histograms.get(metric)?.at(this.#names.indexOf("run"));
  }

  /** A histogram that is filled without windows, for the whole run. */
  whole(metric: string): Histogram {
    return this.waits(metric).whole;
  }

  /** A number of things that began at instants. Also a column of the series, unless `hidden`. */
  tally(metric: string): Tally {
    const known = this.#tallies.get(metric);
    if (known !== undefined) return known;
    const column = this.#series.counter(metric);
    const made = new Tally(this.#fromUs, this.#toUs, (atUs) => column.add(atUs));
    this.#tallies.set(metric, made);
    return made;
  }

  /** What a machine has counted up to now. */
  reading(metric: string, atUs: number, value: number): void {
    let known = this.#cumulative.get(metric);
    if (known === undefined) {
      known = new CumulativeReading(this.#fromUs, this.#toUs);
      this.#cumulative.set(metric, known);
    }
    const grownBy = known.read(atUs, value);
    this.#series.counter(metric).add(Math.max(0, atUs - 1), grownBy);
  }

  gauge(metric: string, atUs: number, value: number): void {
    let known = this.#gauges.get(metric);
    if (known === undefined) {
      known = new GaugeReading(this.#fromUs, this.#toUs);
      this.#gauges.set(metric, known);
    }
    known.read(atUs, value);
    this.#series.gauge(metric).sample(Math.max(0, atUs - 1), value);
  }

  /** A column of the series alone: what is looked at over time and has no budget, such as one host's load. */
  column(name: string, atUs: number, value: number): void {
    this.#series.gauge(name).sample(Math.max(0, atUs - 1), value);
  }

  /** "metric@window" → value, of everything that is not a histogram. */
  values(): Map<string, number> {
    const values = new Map<string, number>();
    this.#names.forEach((window, w) => {
      for (const [metric, tally] of this.#tallies) values.set(`${metric}@${window}`, tally.at(w));
      for (const [metric, reading] of this.#cumulative) {
        values.set(`${metric}@${window}`, reading.at(w));
      }
      for (const [metric, gauge] of this.#gauges) {
        values.set(`${metric}@${window}`, gauge.last(w));
        values.set(`${metric}.max@${window}`, gauge.largest(w));
      }
    });
    return values;
  }

  histograms(): Record<string, HistogramCounts> {
    const all: Record<string, HistogramCounts> = {};
    for (const metric of [...this.#histograms.keys()].sort()) {
      const windowed = this.#histograms.get(metric)!;
      this.#names.forEach((window, w) => {
        all[`${metric}@${window}`] = windowed.at(w).toCounts();
      });
    }
    return all;
  }

  series(untilUs: number): TimeSeries {
    return this.#series.toSeries(untilUs);
  }
}

/** One histogram per window. A window that spans the same time as another shares it. */
export class WindowedHistogram {
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #of: Histogram[] = [];
  readonly #distinct: number[] = [];
  readonly whole = new Histogram();
  #isWholeOnly = true;

  constructor(fromUs: Float64Array, toUs: Float64Array) {
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    for (let w = 0; w < fromUs.length; w++) {
      const twin = this.#distinct.find((d) => fromUs[d] === fromUs[w] && toUs[d] === toUs[w]);
      if (twin === undefined) this.#distinct.push(w);
      this.#of.push(twin === undefined ? new Histogram() : this.#of[twin]!);
    }
  }

  record(waitUs: number, beganAtUs: number): void {
    this.#isWholeOnly = false;
    for (let i = 0; i < this.#distinct.length; i++) {
      const w = this.#distinct[i]!;
      if (beganAtUs >= this.#fromUs[w]! && beganAtUs < this.#toUs[w]!) this.#of[w]!.record(waitUs);
    }
  }

  at(w: number): Histogram {
    return this.#isWholeOnly ? this.whole : this.#of[w]!;
  }
}

export class Tally {
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #sums: Float64Array;
  readonly #chart: (atUs: number) => void;
  /** Since the beginning, whatever the windows. */
  total = 0;

  constructor(fromUs: Float64Array, toUs: Float64Array, chart: (atUs: number) => void) {
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    this.#sums = new Float64Array(fromUs.length);
    this.#chart = chart;
  }

  /** One more, which began at `beganAtUs` and is charted now. */
  add(beganAtUs: number, nowUs: number): void {
    this.total++;
    this.#chart(nowUs);
    for (let w = 0; w < this.#sums.length; w++) {
      if (beganAtUs >= this.#fromUs[w]! && beganAtUs < this.#toUs[w]!) {
        this.#sums[w] = this.#sums[w]! + 1;
      }
    }
  }

  at(w: number): number {
    return this.#sums[w]!;
  }
}

class CumulativeReading {
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #atBegin: Float64Array;
  readonly #atEnd: Float64Array;
  #last = 0;

  constructor(fromUs: Float64Array, toUs: Float64Array) {
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    this.#atBegin = new Float64Array(fromUs.length);
    this.#atEnd = new Float64Array(fromUs.length);
  }

  /** Returns by how much it grew since the last reading. */
  read(atUs: number, value: number): number {
    for (let w = 0; w < this.#fromUs.length; w++) {
      if (atUs <= this.#fromUs[w]!) this.#atBegin[w] = value;
      if (atUs <= this.#toUs[w]!) this.#atEnd[w] = value;
    }
    const grownBy = value - this.#last;
    this.#last = value;
    return grownBy;
  }

  at(w: number): number {
    return this.#atEnd[w]! - this.#atBegin[w]!;
  }
}

class GaugeReading {
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #last: Float64Array;
  readonly #largest: Float64Array;

  constructor(fromUs: Float64Array, toUs: Float64Array) {
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    this.#last = new Float64Array(fromUs.length);
    this.#largest = new Float64Array(fromUs.length);
  }

  read(atUs: number, value: number): void {
    for (let w = 0; w < this.#fromUs.length; w++) {
      if (atUs <= this.#fromUs[w]! || atUs > this.#toUs[w]!) continue;
      this.#last[w] = value;
      this.#largest[w] = Math.max(this.#largest[w]!, value);
    }
  }

  last(w: number): number {
    return this.#last[w]!;
  }

  largest(w: number): number {
    return this.#largest[w]!;
  }
}
