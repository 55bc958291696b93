import { expect, test } from "vitest";
import { allowed, defaultTolerance } from "./tolerance.ts";

test.each([
  ["ms", "lower", 2_000, 100],
  ["ms", "lower", 3, 1],
  ["ratio", "higher", 0.9996, 0.0005],
  ["ratio", "higher", 0.9, 0.005],
  ["ratio", "lower", 0.6, 0.03],
  ["ratio", "lower", 0, 0.0005],
  ["count", "lower", 0, 0],
  ["count", "higher", 40, 2],
  ["count", "equal", 40, 0],
  ["bytes", "lower", 1e9, 5e7],
] as const)(
  "[BC4] %s, %s is better, baseline %d: %d may be lost",
  (unit, direction, base, most) => {
    expect(allowed(defaultTolerance(unit, direction), base, unit, direction)).toBeCloseTo(most, 9);
  },
);
