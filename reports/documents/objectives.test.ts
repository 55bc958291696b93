import { expect, test } from "vitest";
import type { Check } from "../../sim/slo.ts";
import { roomText, usedOf, usedShare } from "./objectives.ts";
import { lagStages, middle } from "./scaling-lag.ts";

const check = (changes: Partial<Check>): Check => ({
  id: "join-p99",
  title: "",
  metric: "p99(join.latency)",
  window: "storm",
  op: "<=",
  unit: "ms",
  limit: 2_500,
  limitText: "2500ms",
  gate: "mean-upper-ci",
  severity: "fail",
  versus: undefined,
  value: 1_920,
  interval: undefined,
  difference: undefined,
  margin: 0.2,
  worstSeed: 3,
  seeds: [],
  verdict: "pass",
  note: "",
  source: { file: "", line: 1 },
  ...changes,
});

test("[HR9] of an upper limit the used share is the rest of the margin", () => {
  expect(usedOf(check({ margin: 0.2 }))).toBeCloseTo(0.8, 12);
  expect(usedOf(check({ margin: -1.5 }))).toBeCloseTo(2.5, 12);
});

test("[HR9] of a lower limit on a ratio the used share is of what may fail", () => {
  const success = { op: ">=", unit: "ratio", limit: 0.999 } as const;

  expect(usedOf(check({ ...success, margin: 1 / 0.999 - 1 }))).toBeCloseTo(0, 9);
  expect(usedOf(check({ ...success, margin: 0 }))).toBeCloseTo(1, 9);
  expect(usedShare(success, 0.996, 0.999)).toBeCloseTo(4, 9);
});

test("[HR9] where one value alone is allowed, there is no share", () => {
  expect(usedShare({ op: "==", unit: "count" }, 0, 0)).toBeUndefined();
  expect(usedOf(check({ op: "==", margin: undefined }))).toBeUndefined();
  expect(usedShare({ op: "<=", unit: "count" }, 3, 0)).toBeUndefined();
});

test("[HR9] room is a percentage, and far beyond the limit a number of limits", () => {
  expect([0, 0.2, 1, 1.3, 11, 400].map(roomText)).toEqual([
    "100 %",
    "80 %",
    "0 %",
    "−30 %",
    "11× of it used",
    "400× of it used",
  ]);
});

test("[HR10] the delay of scaling is told by stage, of pods that the HPA added", () => {
  const pod = (createdFor: "scale-up" | "beginning", readyAtMs: number) => ({
    name: "p",
    node: 1,
    machine: 1,
    createdAtMs: 1_000,
    scheduledAtMs: 1_200,
    pulledAtMs: 5_200,
    servedAtMs: 8_000,
    readyAtMs,
    deletedAtMs: undefined,
    goneAtMs: undefined,
    createdFor,
    deletedFor: undefined,
    sessionsAtDelete: 0,
    sessionsKilled: 0,
  });
  const stages = lagStages([
    {
      manifest: {},
      kubernetesVersion: "1.35",
      workloadKind: "StatefulSet",
      decisions: [],
      pods: [pod("scale-up", 9_000), pod("beginning", 99_000), pod("scale-up", 8_500)],
    },
  ]);

  expect(stages.map(({ name, valuesMs }) => [name, valuesMs])).toEqual([
    ["metric age", []],
    ["sync", []],
    ["schedule", [200, 200]],
    ["pull", [4_000, 4_000]],
    ["start", [2_800, 2_800]],
    ["readiness", [500, 1_000]],
  ]);
  expect(middle([500, 1_000])).toBe(500);
});
