import fc from "fast-check";
import { build } from "hdr-histogram-js";
import type { JsHistogram } from "hdr-histogram-js/dist/JsHistogram.js";
import { expect, test } from "vitest";
import { randomStream } from "../engine/random.ts";
import { bucketLow, bucketOf, Histogram, HISTOGRAM_VALUE_MAX } from "./histogram.ts";

const HOUR_US = 3_600_000_000;

/** Values of all sizes up to an hour, as many small as large ones. */
const anyValues = fc.array(
  fc.oneof(
    fc.nat(3_000),
    fc.nat(2_000_000),
    fc.integer({ min: 0, max: HOUR_US }),
    fc.constantFrom(0, 1, 1_023, 1_024, 2_047, 2_048, 4_095, 4_096, 0x7fff_ffff, 0x8000_0000),
  ),
  { minLength: 1, maxLength: 300 },
);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function referenceOf(values: readonly number[]): JsHistogram {
  // What `build` makes without WebAssembly; its declared type leaves out the bounds of a bucket.
  const reference = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 * HOUR_US,
    numberOfSignificantValueDigits: 3,
  }) as JsHistogram;
  for (const value of values) reference.recordValue(value);
  return reference;
}

test("[MT1] buckets and quantiles are those of HdrHistogram with 3 digits", () => {
  fc.assert(
    fc.property(anyValues, (values) => {
      const histogram = histogramOf(values);
      const reference = referenceOf(values);
      for (const q of [0, 0.001, 0.07, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
        expect(histogram.quantile(q)).toBe(reference.getValueAtPercentile(q * 100));
      }
      expect(histogram.count).toBe(reference.totalCount);
      const { buckets, counts } = histogram.toCounts();
      buckets.forEach((bucket, i) => {
        const low = bucketLow(bucket);
        const inReference = values.filter(
          (value) => value >= low && value <= reference.highestEquivalentValue(low),
        );
        expect(reference.lowestEquivalentValue(low)).toBe(low);
        expect(counts[i]).toBe(inReference.length);
      });
    }),
    { seed: 2, numRuns: 100 },
  );
});

test("[MT1] quantiles of a hundred thousand latencies equal the reference's", () => {
  const stream = randomStream(1, "latency");
  const values = Array.from({ length: 100_000 }, () => {
    const u = stream.nextUnit();
    return Math.floor(1_000 / (1 - u));
  });
  const histogram = histogramOf(values);
  const reference = referenceOf(values.map((value) => Math.min(value, HOUR_US)));
  for (let q = 0; q <= 1_000; q++) {
    expect(histogram.quantile(q / 1_000)).toBe(reference.getValueAtPercentile(q / 10));
  }
});

test("[MT1] min, max, sum and mean are exact, quantiles within a thousandth", () => {
  const histogram = histogramOf([5, 1_000_003, 70, 2_000_000_011]);
  expect([histogram.min, histogram.max]).toEqual([5, 2_000_000_011]);
  expect([histogram.sum, histogram.mean]).toEqual([2_001_000_089, 500_250_022.25]);
  expect(histogram.quantile(0.75)).toBe(1_000_447);
  expect(histogram.quantile(0.5)).toBe(70);
});

test("[MT1] every value up to the limit has a bucket that holds it and is narrow", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 42, noNaN: true }), (bits) => {
      const value = Math.min(HISTOGRAM_VALUE_MAX, Math.floor(Math.exp(bits * Math.LN2)));
      const low = bucketLow(bucketOf(value));
      const next = bucketLow(bucketOf(value) + 1);
      expect(low <= value && value < next).toBe(true);
      expect(next - low - 1 <= low / 1_000).toBe(true);
    }),
    { seed: 3, numRuns: 2_000 },
  );
  expect(() => new Histogram().record(HISTOGRAM_VALUE_MAX + 1)).toThrow("histogram's range");
  expect(() => new Histogram().record(-1)).toThrow("histogram's range");
  expect(() => new Histogram().record(NaN)).toThrow("histogram's range");
  const histogram = histogramOf([HISTOGRAM_VALUE_MAX]);
  expect(histogram.quantile(0.5)).toBe(HISTOGRAM_VALUE_MAX);
});

test("[MT2] merging is exact and does not depend on order or grouping", () => {
  fc.assert(
    fc.property(anyValues, anyValues, anyValues, (x, y, z) => {
      const whole = histogramOf([...x, ...y, ...z]).toCounts();
      const forwards = histogramOf(x);
      forwards.merge(histogramOf(y));
      forwards.merge(histogramOf(z));
      const backwards = histogramOf(z);
      const inner = histogramOf(y);
      inner.merge(histogramOf(x));
      backwards.merge(inner);
      backwards.merge(new Histogram());
      expect(forwards.toCounts()).toEqual(whole);
      expect(backwards.toCounts()).toEqual(whole);
    }),
    { seed: 4, numRuns: 50 },
  );
});

test("[MT2] sums beyond what a double counts exactly still merge in any order", () => {
  const huge = [1, 2, 3, 5, 7].map((odd) => {
    const histogram = new Histogram(1);
    histogram.recordTimes(HISTOGRAM_VALUE_MAX - odd, 1_000);
    for (let i = 0; i < 3; i++) histogram.merge(clone(histogram));
    histogram.record(odd);
    return histogram;
  });
  const sumOf = (order: readonly Histogram[]): number => {
    const all = new Histogram(1);
    for (const histogram of order) all.merge(histogram);
    return all.sum;
  };
  const forwards = sumOf(huge);
  expect(forwards).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  expect(sumOf([...huge].reverse())).toBe(forwards);
  expect(sumOf([huge[2], huge[0], huge[4], huge[1], huge[3]])).toBe(forwards);
});

function clone(histogram: Histogram): Histogram {
  const copy = new Histogram(1);
  copy.merge(histogram);
  return copy;
}

test("[MT2] recording a value n times is recording it n times", () => {
  const times = new Histogram();
  times.recordTimes(123_456, 7);
  times.recordTimes(9, 0);
  times.recordTimes(50, 2);
  const once = histogramOf([50, 123_456, 123_456, 123_456, 50, 123_456, 123_456, 123_456, 123_456]);
  expect(times.toCounts()).toEqual(once.toCounts());
});

test("[MT3] a histogram in milliseconds survives as plain values", () => {
  const counts = histogramOf([1_500, 1_500, 20, 7_000_000]).toCounts();
  expect(counts).toEqual({
    count: 4,
    buckets: [20, 1_500, bucketOf(7_000_000)],
    counts: [1, 2, 1],
    min: 0.02,
    max: 7_000,
    sum: 7_003.02,
  });
  const back = Histogram.fromCounts(JSON.parse(JSON.stringify(counts)));
  expect(back.toCounts()).toEqual(counts);
  expect(back.sum).toBe(7_003_020);
  back.record(20);
  expect(back.quantile(0.4)).toBe(20);
});

test("[MT3] numbers of things need no unit, and nothing recorded is all zeros", () => {
  const rooms = new Histogram(1);
  rooms.recordTimes(12, 3);
  expect(rooms.toCounts()).toEqual({
    count: 3,
    buckets: [12],
    counts: [3],
    min: 12,
    max: 12,
    sum: 36,
  });

  const empty = new Histogram();
  expect([empty.min, empty.max, empty.sum, empty.mean, empty.quantile(0.5)]).toEqual([
    0, 0, 0, 0, 0,
  ]);
  expect(Histogram.fromCounts(empty.toCounts()).toCounts()).toEqual(empty.toCounts());
  expect(() => rooms.merge(empty)).toThrow("same ticks");
});
