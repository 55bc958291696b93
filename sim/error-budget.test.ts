import { expect, test } from "vitest";
import { parseBudgets, type Budget } from "../scenarios/budget.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { incidentsOf, incidentSpends } from "./error-budget.ts";
import { Histogram } from "./metrics/histogram.ts";
import type { RunResult } from "./result.ts";

const HEAD = "apiVersion: stormglass/v1\nkind: BudgetSet\nmetadata: { name: x }\nchecks:\n";
const budgets = (checks: string): readonly Budget[] => parseBudgets("b.yaml", HEAD + checks);
const INCIDENTS = [{ fault: "kill", window: "impact" }];

/** Counts of latencies, ms. */
function latencies(...ms: number[]): RunResult["histograms"][string] {
  const histogram = new Histogram();
  for (const one of ms) histogram.record(one * 1_000);
  return histogram.toCounts();
}

const many = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

/** A run with 1,000 joins, `slow` of them in the incident and too slow, `refused` not let in. */
function run(
  seed: number,
  slow: number,
  refused: number,
  more: Partial<RunResult> = {},
): RunResult {
  return {
    seed,
    variant: "full",
    endedEarly: undefined,
    values: {
      "join.offered@run": 1_000,
      "join.succeeded@run": 1_000 - refused,
      "join.offered@impact": 200,
      "join.succeeded@impact": 200 - refused,
    },
    histograms: {
      "join.latency@run": latencies(...many(1_000 - slow, 100), ...many(slow, 3_000)),
      "join.latency@impact": latencies(...many(200 - slow, 100), ...many(slow, 3_000)),
    },
    ...more,
  } as RunResult;
}

test("[OS6] windows that begin with a fault are its incidents", () => {
  const scenario = {
    faults: [
      { name: "kill", kind: "node-crash", atMs: 60_000 },
      { name: "noise", kind: "noisy-room", fromMs: 0, toMs: 9_000 },
    ],
    windows: {
      run: { fromMs: 0, toMs: 90_000 },
      measured: { fromMs: 0, toMs: 90_000 },
      impact: { fromMs: 60_000, toMs: 70_000 },
      long: { fromMs: 60_000, toMs: 90_000 },
      after: { fromMs: 61_000, toMs: 90_000 },
    },
  } as unknown as Scenario;

  expect(incidentsOf(scenario)).toEqual([
    { fault: "kill", window: "impact" },
    { fault: "kill", window: "long" },
  ]);
});

test("[OS6] an incident spends its bad events of those that the run allows", () => {
  const checks = budgets(`  - { id: quick, metric: p99(join.latency), limit: 1s }
  - { id: in, metric: value(join.success.ratio), op: ">=", limit: 99.5% }
  - { id: same, metric: "ratio(join.succeeded, join.offered)", op: ">=", limit: 99.5% }
`);
  const spends = incidentSpends(checks, [run(1, 4, 1), run(2, 8, 2)], INCIDENTS);

  expect(spends.map(({ check, bad, share }) => [check, bad, Number(share.toFixed(6))])).toEqual([
    ["quick", 6, 0.6], // Of 10 that 1 % of 1,000 joins are.
    ["in", 1.5, 0.3], // Of 5.
    ["same", 1.5, 0.3],
  ]);
  expect(spends[0]!.seeds.map(({ seed, share }) => [seed, Number(share.toFixed(6))])).toEqual([
    [1, 0.4],
    [2, 0.8],
  ]);
  expect(spends[0]!.period).toBe("the run");
});

test("[OS6] where a document says how many events its period has, the budget is that of the period", () => {
  const [budget] = budgets("  - { id: quick, metric: p99(join.latency), limit: 1s }\n");
  const monthly = { ...budget!, period: { text: "28d, rolling", eventCount: 60_000 } };
  const [spend] = incidentSpends([monthly], [run(1, 6, 0)], INCIDENTS);

  expect(spend).toMatchObject({ period: "28d, rolling", bad: 6 });
  expect(spend!.allowed).toBeCloseTo(600, 9);
  expect(spend!.share).toBeCloseTo(0.01, 9);
});

test("[OS6] promises that allow nothing, pairs, extremes and unfinished runs spend nothing", () => {
  const checks = budgets(`  - { id: lost, metric: value(critical.lost), op: "==", limit: 0 }
  - { id: all, metric: value(join.success.ratio), op: ">=", limit: 100% }
  - { id: most, metric: max(join.latency), limit: 1s }
  - { id: pair, metric: p99(join.latency), limit: 1.1x, versus: without kill }
`);

  expect(incidentSpends(checks, [run(1, 4, 1)], INCIDENTS)).toEqual([]);
  const quick = budgets("  - { id: quick, metric: p99(join.latency), limit: 1s }\n");
  expect(incidentSpends(quick, [run(1, 4, 1, { endedEarly: "heap" })], INCIDENTS)).toEqual([]);
  expect(incidentSpends(quick, [run(1, 4, 1)], [{ fault: "kill", window: "no" }])).toEqual([]);
});
