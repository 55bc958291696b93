import { expect, test } from "vitest";
import { rawMargin, scoreOf, type CheckValue, type TrialOutcome } from "./score.ts";

const check = (changes: Partial<CheckValue>): CheckValue => ({
  id: "c",
  op: "<=",
  gate: { kind: "every-seed" },
  isRatio: false,
  value: 1,
  limit: 1,
  ...changes,
});
const run = (checks: readonly CheckValue[], changes: Partial<TrialOutcome> = {}): TrialOutcome => ({
  checks,
  nodeHours: 2,
  flaps: 1,
  isBroken: false,
  ...changes,
});

test.each([
  [{ value: 1_500, limit: 5_000 }, 0.7],
  [{ value: 6_000, limit: 5_000 }, -0.2],
  [{ op: ">=", isRatio: true, value: 0.9995, limit: 0.999 }, 0.5],
  [{ op: ">=", isRatio: true, value: 0.998, limit: 0.999 }, -1],
  [{ op: ">=", value: 12, limit: 10 }, 0.2],
  [{ op: "==", value: 0, limit: 0 }, 1],
  [{ op: "==", value: 3, limit: 0 }, -4],
  [{ op: "<=", value: 0, limit: 0 }, 1],
  [{ op: "<=", value: 2, limit: 0 }, -2],
  [{ value: undefined }, 1],
  [{ op: ">=", value: undefined }, -1],
  [{ op: "==", value: undefined }, -1],
  [{ value: 1, limit: 1 }, 0],
] satisfies [Partial<CheckValue>, number][])("[TU9] the margin of %j is %d", (changes, margin) => {
  expect(rawMargin(check(changes))).toBeCloseTo(margin, 9);
});

test("[TU9] < at its limit is not met, ≤ is", () => {
  expect(rawMargin(check({ op: "<" }))).toBeLessThan(0);
  expect(rawMargin(check({ op: "<=" }))).toBe(0);
});

test("[TU9] the nearest objective of all scenarios is the margin; hours and flaps are sums of means", () => {
  const near = check({ id: "near", value: 0.9 });
  const far = check({ id: "far", value: 0.1 });
  const score = scoreOf([
    [run([far], { nodeHours: 1, flaps: 0 }), run([far], { nodeHours: 3, flaps: 1 })],
    [run([far, near], { nodeHours: 5, flaps: 2 })],
  ]);

  expect(score.margin).toBeCloseTo(0.1, 9);
  expect(score).toMatchObject({ isFeasible: true, nodeHours: 7, flaps: 2.5 });
  expect(score.worst).toEqual({ scenario: 1, check: "near" });
});

test("[TU9] seeds count as the gate says: the worst, the mean, the share", () => {
  const margins = (gate: CheckValue["gate"]): number =>
    scoreOf([[0.5, 0.7, 1.2, 0.6].map((value) => run([check({ gate, value })]))]).margin;

  expect(margins({ kind: "every-seed" })).toBeCloseTo(-0.2 / 1.2, 9);
  expect(margins({ kind: "mean-upper-ci" })).toBeCloseTo(0.25, 9);
  expect(margins({ kind: "share-of-seeds", ratio: 0.75 })).toBeCloseTo(0.3, 9);
});

test("[TU9] a run that broke is the worst there is", () => {
  const score = scoreOf([[run([check({ value: 0.1 })], { isBroken: true })]]);

  expect(score).toMatchObject({ margin: -1, isFeasible: false });
});
