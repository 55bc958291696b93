import { expect, test } from "vitest";
import { quantileWithin, shareAbove, shareWithin } from "./t-distribution.ts";

test.each([
  [0.95, 1, 12.7062047],
  [0.95, 2, 4.3026527],
  [0.95, 4, 2.7764451],
  [0.95, 9, 2.2621572],
  [0.98, 9, 2.8214379],
  [0.99, 10, 3.1692727],
  [0.95, 19, 2.093024],
  [0.95, 39, 2.0226909],
  [0.999, 30, 3.6459586],
  [0.5, 5, 0.7266868],
])("[BC1] P(|T| ≤ t) = %d with %d degrees is a textbook's t = %d", (confidence, degrees, t) => {
  expect(quantileWithin(confidence, degrees)).toBeCloseTo(t, 6);
  expect(shareWithin(t, degrees)).toBeCloseTo(confidence, 7);
});

test("[BC1] shares of known angles are exact, tails are symmetrical", () => {
  expect(shareWithin(1, 1)).toBeCloseTo(0.5, 14);
  expect(shareWithin(Math.SQRT2, 2)).toBeCloseTo(Math.SQRT1_2, 14);
  expect(shareWithin(0, 7)).toBe(0);
  expect(shareWithin(Infinity, 3)).toBe(1);
  for (const degrees of [1, 2, 5, 9, 20, 39]) {
    for (const t of [0.3, 1.1, 2.7]) {
      expect(shareAbove(t, degrees) + shareAbove(-t, degrees)).toBeCloseTo(1, 14);
      expect(shareAbove(t, degrees)).toBeCloseTo((1 - shareWithin(t, degrees)) / 2, 14);
    }
  }
});
