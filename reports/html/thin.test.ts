import fc from "fast-check";
import { expect, test } from "vitest";
import { rounded, thinned } from "./thin.ts";

test("[HR8] a series that fits is kept whole, to four digits", () => {
  expect(thinned([1, 2.000049, Infinity, 3])).toEqual([
    { index: 0, value: 1 },
    { index: 1, value: 2 },
    { index: 3, value: 3 },
  ]);
});

test("[HR8] a spike of one interval in a long series is kept, and so is a dip", () => {
  const series = Array.from({ length: 10_000 }, () => 5);
  series[7_321] = 99;
  series[7_322] = -3;
  const values = thinned(series);

  expect(values).toContainEqual({ index: 7_321, value: 99 });
  expect(values).toContainEqual({ index: 7_322, value: -3 });
  expect(values.length).toBeLessThanOrEqual(600);
});

test("[HR8] extremes, order and the number of points hold for every series", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -999, max: 999 }), { minLength: 1, maxLength: 900 }),
      (all) => {
        const kept = thinned(all, 40);
        const values = kept.map(({ value }) => value);
        expect(kept.length).toBeLessThanOrEqual(40);
        expect(Math.max(...values)).toBe(Math.max(...all));
        expect(Math.min(...values)).toBe(Math.min(...all));
        expect(kept.every(({ index }, i) => i === 0 || index > kept[i - 1]!.index)).toBe(true);
        expect(kept.every(({ index, value }) => all[index] === value)).toBe(true);
      },
    ),
    { seed: 5, numRuns: 200 },
  );
});

test("[HR8] four digits are kept of large and of small values", () => {
  expect([123_456, 0.000123456, 0].map(rounded)).toEqual([123_500, 0.0001235, 0]);
});
