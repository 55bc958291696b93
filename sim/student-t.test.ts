import { expect, test } from "vitest";
import { meanInterval, student975 } from "./student-t.ts";

test.each([
  [1, 12.706],
  [4, 2.776],
  [9, 2.262],
  [30, 2.042],
  [40, 2.021],
  [50, 2.009],
  [100, 1.984],
  [1_000, 1.962],
])("[SL5] the 0.975 quantile of t with %d degrees of freedom is %d", (degrees, quantile) => {
  expect(Math.abs(student975(degrees) - quantile)).toBeLessThan(0.002);
});

test("[SL5] the interval of a mean is the textbook's", () => {
  // Mean 5, deviation √2.5, t(4) = 2.776: half width 2.776 × 1.58114 / √5 = 1.96293.
  const interval = meanInterval([3, 4, 5, 6, 7])!;

  expect(interval.low).toBeCloseTo(3.03707, 5);
  expect(interval.high).toBeCloseTo(6.96293, 5);
  expect(meanInterval([2, 2, 2])).toEqual({ low: 2, high: 2 });
  expect(meanInterval([5])).toBeUndefined();
  expect(meanInterval([])).toBeUndefined();
});
