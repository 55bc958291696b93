import fc from "fast-check";
import { expect, test } from "vitest";
import { SubsetMeans } from "./subset-means.ts";

test("[BC2] the sign-flip p is that of all flips counted by hand", () => {
  // Of the 8 sign patterns of 1, 2, 3 only + + + reaches 6, and − − − reaches −6.
  const three = new SubsetMeans([1, 2, 3]);
  expect(three.isExact).toBe(true);
  expect(three.pAtMost(0)).toBe(1 / 8);
  expect(three.pEqual(0)).toBe(2 / 8);
  // 3, −1, 2: sum 4, reached by + + + and + − +; their mirrors on the other side.
  expect(new SubsetMeans([3, -1, 2]).pEqual(0)).toBe(4 / 8);
  expect(new SubsetMeans([0, 0, 0]).pEqual(0)).toBe(1);
  expect(new SubsetMeans([0.1, 0.2, -0.3]).pAtMost(0)).toBe(5 / 8);
});

/** The definition, with every pattern of signs. */
function enumerated(differences: readonly number[]): number {
  const total = differences.reduce((sum, one) => sum + one, 0);
  let [count, all] = [0, 0];
  for (let mask = 0; mask < 1 << differences.length; mask++, all++) {
    const flipped = differences.reduce((sum, one, i) => sum + ((mask >> i) & 1 ? -one : one), 0);
    if (Math.abs(flipped) >= Math.abs(total)) count++;
  }
  return count / all;
}

test("[BC2] exact p is the share of sign patterns with as large a sum; mirrored differences have the same", () => {
  const whole = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(whole, (differences) => {
      const total = differences.reduce((sum, one) => sum + one, 0);
      const p = new SubsetMeans(differences).pEqual(0);
      if (total !== 0) expect(p).toBeCloseTo(Math.min(1, enumerated(differences)), 12);
      expect(new SubsetMeans(differences.map((one) => 0 - one)).pEqual(0)).toBe(p);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test("[BC2] above fourteen differences flips are drawn, always the same, close to the exact p", () => {
  const near = Array.from({ length: 16 }, (_, i) => ((i * 7) % 16) - 6);
  const first = new SubsetMeans(near);

  expect(first.isExact).toBe(false);
  expect(new SubsetMeans(near).pEqual(0)).toBe(first.pEqual(0));
  expect(Math.abs(first.pEqual(0) - enumerated(near))).toBeLessThan(0.02);
});

test("[BC2] the interval holds the centres that the test does not refuse", () => {
  const differences = [12, 3, 8, -2, 7, 9, 4, 6, 1, 10];
  const means = new SubsetMeans(differences);
  const { low, high } = means.interval(0.95)!;

  expect(means.pEqual(low + 0.01)).toBeGreaterThan(0.05);
  expect(means.pEqual(low - 0.1)).toBeLessThanOrEqual(0.05);
  expect(means.pEqual(high - 0.01)).toBeGreaterThan(0.05);
  expect(means.pEqual(high + 0.1)).toBeLessThanOrEqual(0.05);
  expect(new SubsetMeans([1, 2, 3]).interval(0.95)).toBeUndefined();
});
