// Counts of values in buckets whose width grows with the value: quantiles to 3 significant digits.
//
// The layout is that of HdrHistogram with 3 digits and a lowest value of 1 (hdr-histogram-js is the
// reference that the tests compare with): exact below 2,048, then 1,024 buckets per doubling. The
// recording is our own because it runs once or more per simulated event: the library takes 70 to 200 ns
// there and reserves the whole range, this takes 7 ns and only the pages that were hit.
//
// Merging adds counts, and all sums are sums of integers kept exactly. So the result of a merge does not
// depend on its order, nor on how many workers shared the runs.

import { assert } from "../../core/assert.ts";
import type { HistogramCounts } from "../result.ts";

/** Largest value: 2^42 - 1, for microseconds 51 days. */
export const HISTOGRAM_VALUE_MAX = 0x400_0000_0000 - 1;

const HALF_BITS = 10;
const HALF = 1 << HALF_BITS;
const PAGE_BITS = 8;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
const PAGES = ((42 - HALF_BITS) * HALF + HALF) >> PAGE_BITS;
const INVERSE_2_POW_20 = 1 / 0x10_0000;
/** Sums carry here, so that both parts stay exact integers. */
const SUM_CARRY = 0x10_0000_0000_0000; // 2^52

const NO_PAGE = new Float64Array(0);

export class Histogram {
  /** Recorded values. */
  count = 0;
  readonly #ticksPerUnit: number;
  readonly #pages: Float64Array[] = new Array<Float64Array>(PAGES).fill(NO_PAGE);
  #min = Infinity;
  #max = 0;
  #sumLow = 0;
  #sumHigh = 0;

  /**
   * Values are recorded in ticks, integers; `ticksPerUnit` ticks make one unit of the metric: 1,000
   * for a metric in milliseconds recorded in microseconds, 1 for numbers of things.
   */
  constructor(ticksPerUnit = 1_000) {
    assert(ticksPerUnit > 0, "a unit has ticks", ticksPerUnit);
    this.#ticksPerUnit = ticksPerUnit;
  }

  /** Counts one value, an integer number of ticks from 0 to `HISTOGRAM_VALUE_MAX`. */
  record(value: number): void {
    assert(
      value >= 0 && value <= HISTOGRAM_VALUE_MAX,
      "a value is in the histogram's range",
      value,
    );
    const index = bucketOf(value);
    let page = this.#pages[index >> PAGE_BITS];
    if (page.length === 0) page = this.#openPage(index >> PAGE_BITS);
    page[index & PAGE_MASK]++;
    this.count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#sumLow += value;
    if (this.#sumLow >= SUM_CARRY) this.#carry();
  }

  /** Counts a value `times` times, 0 or more. */
  recordTimes(value: number, times: number): void {
    assert(Number.isInteger(times) && times >= 0, "a number of times counts", times);
    assert(
      value >= 0 && value <= HISTOGRAM_VALUE_MAX,
      "a value is in the histogram's range",
      value,
    );
    if (times === 0) return;
    this.#addCount(bucketOf(value), times);
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#addSum(value * times);
  }

  /** Smallest value, ticks; 0 when empty. */
  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  /** Largest value, ticks; 0 when empty. */
  get max(): number {
    return this.#max;
  }

  /** Sum of the values, ticks; rounded only above 2^53. */
  get sum(): number {
    return this.#sumHigh * SUM_CARRY + this.#sumLow;
  }

  /** Ticks; 0 when empty. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /**
   * The value, in ticks, that a share `q` of the values are at most or equivalent to: the upper end of
   * the bucket with that rank, at most 0.1 % too large. The smallest bucket's for q = 0; 0 when empty.
   */
  quantile(q: number): number {
    assert(q >= 0 && q <= 1, "a quantile is asked for a share", q);
    // One rounding error down, lest 0.07 × 100 = 7.000000000000001 ask for the eighth value.
    const rank = Math.max(1, Math.ceil(q * this.count * (1 - Number.EPSILON)));
    let seen = 0;
    for (let pageIndex = 0; pageIndex < PAGES; pageIndex++) {
      const page = this.#pages[pageIndex];
      for (let i = 0; i < page.length; i++) {
        seen += page[i];
        if (seen >= rank) {
          const index = pageIndex * PAGE_SIZE + i;
          return q === 0 ? bucketLow(index) : bucketLow(index + 1) - 1;
        }
      }
    }
    return 0;
  }

  /** Adds another histogram's values; it stays as it is. */
  merge(other: Histogram): void {
    assert(other.#ticksPerUnit === this.#ticksPerUnit, "merged histograms have the same ticks");
    other.#pages.forEach((page, pageIndex) => {
      for (let i = 0; i < page.length; i++) {
        if (page[i] > 0) this.#addCount(pageIndex * PAGE_SIZE + i, page[i]);
      }
    });
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#sumHigh += other.#sumHigh;
    this.#addSum(other.#sumLow);
  }

  /** As plain values: buckets by index, the rest in the unit of the metric. */
  toCounts(): HistogramCounts {
    const buckets: number[] = [];
    const counts: number[] = [];
    this.#pages.forEach((page, pageIndex) => {
      for (let i = 0; i < page.length; i++) {
        if (page[i] === 0) continue;
        buckets.push(pageIndex * PAGE_SIZE + i);
        counts.push(page[i]);
      }
    });
    const ticks = this.#ticksPerUnit;
    const { count, min, max, sum } = this;
    return { count, buckets, counts, min: min / ticks, max: max / ticks, sum: sum / ticks };
  }

  /** The inverse of `toCounts`; exact as long as the sum is below 2^50 ticks. */
  static fromCounts(from: HistogramCounts, ticksPerUnit = 1_000): Histogram {
    const histogram = new Histogram(ticksPerUnit);
    assert(from.buckets.length === from.counts.length, "each bucket has a count");
    from.buckets.forEach((bucket, i) => histogram.#addCount(bucket, from.counts[i]));
    assert(histogram.count === from.count, "the counts add up", from.count);
    if (from.count === 0) return histogram;
    histogram.#min = Math.round(from.min * ticksPerUnit);
    histogram.#max = Math.round(from.max * ticksPerUnit);
    const sum = Math.round(from.sum * ticksPerUnit);
    histogram.#sumHigh = Math.floor(sum / SUM_CARRY);
    histogram.#sumLow = sum % SUM_CARRY;
    return histogram;
  }

  #addCount(index: number, times: number): void {
    assert(index >= 0 && index >> PAGE_BITS < PAGES, "a bucket is in the histogram's range", index);
    let page = this.#pages[index >> PAGE_BITS];
    if (page.length === 0) page = this.#openPage(index >> PAGE_BITS);
    page[index & PAGE_MASK] += times;
    this.count += times;
  }

  #openPage(pageIndex: number): Float64Array {
    return (this.#pages[pageIndex] = new Float64Array(PAGE_SIZE));
  }

  #addSum(amount: number): void {
    assert(amount <= Number.MAX_SAFE_INTEGER - SUM_CARRY, "a sum stays exact", amount);
    this.#sumLow += amount;
    if (this.#sumLow >= SUM_CARRY) this.#carry();
  }

  #carry(): void {
    this.#sumLow -= SUM_CARRY;
    this.#sumHigh++;
  }
}

/** Which bucket a value falls into: below 2,048 its own. */
export function bucketOf(value: number): number {
  if (value >= 0x8000_0000)
    return (20 << HALF_BITS) + bucketOf(Math.floor(value * INVERSE_2_POW_20));
  const ticks = value | 0;
  const doublings = 21 - Math.clz32(ticks | (HALF * 2 - 1));
  return (doublings << HALF_BITS) + (ticks >> doublings);
}

/** The smallest value of a bucket. */
export function bucketLow(index: number): number {
  if (index < 2 * HALF) return index;
  const doublings = (index >> HALF_BITS) - 1;
  const mantissa = HALF + (index & (HALF - 1));
  return doublings < 20 ? mantissa << doublings : (mantissa << (doublings - 20)) * 0x10_0000;
}
