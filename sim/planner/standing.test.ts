import { expect, test } from "vitest";
import type { Check } from "../slo.ts";
import { brokenChecks, heldSeeds, standingOf, verdictOf } from "./standing.ts";

/** A check on an upper limit of 100, with these values by seed. */
function check(gate: string, values: readonly (number | undefined)[], more: object = {}): Check {
  const seeds = values.map((value, i) => ({
    seed: i + 1,
    value,
    paired: undefined,
    limit: 100,
    holds: value === undefined ? undefined : value <= 100,
  }));
  const isBroken = seeds.some(({ holds }) => holds === false);
  const verdict = isBroken ? "fail" : values.includes(undefined) ? "inconclusive" : "pass";
  const whole = { id: "c", gate, severity: "fail", seeds, verdict, margin: 0.1, ...more };
  return whole as unknown as Check;
}

test.each([
  ["every-seed", [90, 101], "fails"],
  ["every-seed", [90, 100], "good"],
  ["every-seed", [90, undefined], "open"],
  ["mean-upper-ci", [90, 101], "open"],
  ["mean-upper-ci", [120, 101], "open"],
  ["mean-upper-ci", [120, 110], "fails"],
  ["mean-upper-ci", [50, 99], "good"],
  ["share-of-seeds >= 90%", [50, 200], "open"],
] as const)("[PN4] of the first seeds a check %s with %j %s", (gate, values, standing) => {
  expect(standingOf([check("every-seed", [1, 2]), check(gate, values)], 0, false)).toBe(standing);
});

test("[PN4] warnings decide nothing; with all seeds only a pass is good; who stopped early fails", () => {
  const warned = check("every-seed", [200, 300], { severity: "warn" });
  const good = check("every-seed", [1, 2]);

  expect(standingOf([warned, good], 0, false)).toBe("good");
  expect(standingOf([good, check("mean-upper-ci", [1, undefined])], 0, true)).toBe("fails");
  expect(standingOf([good], 1, false)).toBe("fails");
  expect([verdictOf([good], 1), verdictOf([good], 0)]).toEqual(["stopped", "pass"]);
});

test("[PN6] a seed holds when all its gated checks do; what breaks first is what most seeds miss", () => {
  const a = check("every-seed", [1, 200, 3], { id: "a" });
  const b = check("mean-upper-ci", [500, 200, undefined], { id: "b" });
  const c = check("every-seed", [900, 900, 900], { id: "c", severity: "warn" });

  expect(heldSeeds([a, b, c], [1, 2, 3])).toBe(0);
  expect(heldSeeds([a, c], [1, 2, 3])).toBe(2);
  expect(brokenChecks([a, b, c]).map(({ check: { id }, seeds }) => [id, seeds])).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
});
