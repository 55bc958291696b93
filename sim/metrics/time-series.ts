// Numbers over simulated time, one per interval: what charts are drawn from.
//
// Row k covers the time from k × resolution up to, not including, (k + 1) × resolution. A counter's row is
// how much was added in it; a gauge's row is the last sample at or before its end, 0 before the first.

import { assert } from "../../core/assert.ts";
import type { TimeSeries } from "../result.ts";

const ROWS_MIN = 64;
/** A limit against a wrong resolution, not a size to aim at: 2^24 rows are 128 MB a column. */
const ROWS_MAX = 1 << 24;

export class SeriesTable {
  readonly resolutionUs: number;
  readonly #columns = new Map<string, Counter | Gauge>();

  constructor(resolutionUs: number) {
    assert(
      Number.isInteger(resolutionUs) && resolutionUs > 0,
      "a resolution is whole microseconds",
      resolutionUs,
    );
    this.resolutionUs = resolutionUs;
  }

  /** The counter of this name, made on first use. Keep it: looking it up costs more than adding. */
  counter(name: string): Counter {
    const column = this.#columns.get(name) ?? new Counter(this.resolutionUs);
    assert(column instanceof Counter, "a column is a counter or a gauge, not both", name);
    this.#columns.set(name, column);
    return column;
  }

  gauge(name: string): Gauge {
    const column = this.#columns.get(name) ?? new Gauge(this.resolutionUs);
    assert(column instanceof Gauge, "a column is a counter or a gauge, not both", name);
    this.#columns.set(name, column);
    return column;
  }

  /** All columns by name, each with the rows that begin before `untilUs`. */
  toSeries(untilUs: number): TimeSeries {
    const rowCount = Math.ceil(untilUs / this.resolutionUs);
    const names = [...this.#columns.keys()].sort(); // By code unit: the same order everywhere.
    const columns: Record<string, number[]> = {};
    for (const name of names) columns[name] = this.#columns.get(name)?.rows(rowCount) ?? [];
    return { resolutionMs: this.resolutionUs / 1_000, columns };
  }
}

export class Counter {
  readonly #resolutionUs: number;
  #sums = new Float64Array(ROWS_MIN);
  // The interval of the last addition: the next one usually falls into it too.
  #row = 0;
  #rowFromUs = 0;
  #rowToUs: number;
  /** Of all intervals. */
  total = 0;

  constructor(resolutionUs: number) {
    this.#resolutionUs = resolutionUs;
    this.#rowToUs = resolutionUs;
  }

  /** Something happened `amount` times at `atUs`. Any order, any finite amount. */
  add(atUs: number, amount = 1): void {
    if (!(atUs >= this.#rowFromUs && atUs < this.#rowToUs)) this.#turnTo(atUs);
    this.#sums[this.#row] += amount;
    this.total += amount;
  }

  rows(rowCount: number): number[] {
    return Array.from({ length: rowCount }, (_, row) => this.#sums[row] ?? 0);
  }

  #turnTo(atUs: number): void {
    this.#row = rowOf(atUs, this.#resolutionUs);
    this.#rowFromUs = this.#row * this.#resolutionUs;
    this.#rowToUs = this.#rowFromUs + this.#resolutionUs;
    this.#sums = withRow(this.#sums, this.#row, 0);
  }
}

export class Gauge {
  readonly #resolutionUs: number;
  #samples = new Float64Array(ROWS_MIN).fill(NaN); // NaN: not sampled. It never leaves this class.

  constructor(resolutionUs: number) {
    this.#resolutionUs = resolutionUs;
  }

  /** The value is `value`, finite, from `atUs` on, until the next sample. The last in a row counts. */
  sample(atUs: number, value: number): void {
    assert(value - value === 0, "a sample is finite", value);
    const row = rowOf(atUs, this.#resolutionUs);
    this.#samples = withRow(this.#samples, row, NaN);
    this.#samples[row] = value;
  }

  rows(rowCount: number): number[] {
    let last = 0;
    return Array.from({ length: rowCount }, (_, row) => {
      const sample = this.#samples[row] ?? NaN;
      if (sample === sample) last = sample;
      return last;
    });
  }
}

function rowOf(atUs: number, resolutionUs: number): number {
  const row = Math.floor(atUs / resolutionUs);
  assert(row >= 0 && row < ROWS_MAX, "a time is within the table's rows", atUs);
  return row;
}

function withRow(
  rows: Float64Array<ArrayBuffer>,
  row: number,
  filler: number,
): Float64Array<ArrayBuffer> {
  if (row < rows.length) return rows;
  const larger = new Float64Array(Math.max(2 * rows.length, row + 1)).fill(filler, rows.length);
  larger.set(rows);
  return larger;
}
