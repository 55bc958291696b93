import fc from "fast-check";
import { expect, test } from "vitest";
import { recordedRun } from "./recorded-loopback.ts";
import { replay } from "./replay.ts";

const happening = fc.tuple(fc.nat(11), fc.nat(11));

test("[RP1, RP2] whatever happens to a cluster, its recording replays without a difference", async () => {
  let facts = 0;
  let orders = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 5, maxLength: 60 }),
      fc.array(fc.constantFrom(0, 1, 2, 5, 30, 120), { minLength: 1, maxLength: 9 }),
      async (happenings, delays) => {
        const run = await recordedRun(happenings, delays);
        const lives = replay(run.directory);
        expect(lives.map(({ difference }) => difference).filter(Boolean)).toEqual([]);
        expect(lives.reduce((sum, life) => sum + life.facts, 0)).toBe(run.facts);
        expect(lives.every(({ tornBytes }) => tornBytes === 0)).toBe(true);
        facts += run.facts;
        for (const life of lives) orders += life.orders;
      },
    ),
    { seed: 20_261, numRuns: 15 },
  );
  expect(facts).toBeGreaterThan(3_000);
  expect(orders).toBeGreaterThan(2_000);
});
