import fc from "fast-check";
import { expect, test } from "vitest";
import { shareInterval } from "./binomial.ts";

// Known values: with all of n held, low is 0.025^(1/n); the others are the tabulated exact limits.
test.each([
  [10, 10, 0.6915, 1],
  [3, 3, 0.2924, 1],
  [1, 1, 0.025, 1],
  [0, 10, 0, 0.3085],
  [5, 10, 0.1871, 0.8129],
  [8, 10, 0.4439, 0.9748],
  [1, 20, 0.0013, 0.2487],
  [0, 0, 0, 1],
])("[PN6] of %i that held in %i the true share lies in [%d, %d]", (held, count, low, high) => {
  const interval = shareInterval(held, count);

  expect([interval.low.toFixed(4), interval.high.toFixed(4)]).toEqual([
    low.toFixed(4),
    high.toFixed(4),
  ]);
});

test("[PN6] the interval holds the observed share, is the mirror of the failures', and more trials narrow it", () => {
  const counts = fc.integer({ min: 1, max: 500 });
  const cases = counts.chain((count) =>
    fc.tuple(fc.integer({ min: 0, max: count }), fc.constant(count)),
  );
  fc.assert(
    fc.property(cases, ([held, count]) => {
      const { low, high } = shareInterval(held, count);
      const mirror = shareInterval(count - held, count);
      const more = shareInterval(held * 2, count * 2);

      expect(low).toBeLessThanOrEqual(held / count);
      expect(high).toBeGreaterThanOrEqual(held / count);
      expect(mirror.low).toBeCloseTo(1 - high, 9);
      expect(more.high - more.low).toBeLessThan(high - low);
    }),
    { seed: 20_261, numRuns: 60 },
  );
});
