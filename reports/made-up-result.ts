// Results that never ran, for tests of what is made of results: a few objectives of every kind of verdict.

import type { RunResult } from "../sim/result.ts";
import { RESULTS_VERSION, type ResultsDocument, type ScenarioResult } from "./results-schema.ts";

type CheckResult = ScenarioResult["checks"][number];

export function madeUpCheck(part: Partial<CheckResult> = {}): CheckResult {
  return {
    id: "join-p99",
    title: "joins are quick",
    metric: "p99(join.latency)",
    window: "storm",
    op: "<=",
    unit: "ms",
    limit: 2_500,
    limitText: "2.5s",
    gate: "mean-upper-ci",
    severity: "fail",
    value: 1_920,
    interval: { low: 1_830, high: 2_010 },
    margin: 0.196,
    worstSeed: 7,
    seeds: [
      { seed: 3, value: 1_850, limit: 2_500, holds: true },
      { seed: 7, value: 1_990, limit: 2_500, holds: true },
    ],
    verdict: "pass",
    note: "",
    source: { file: "budgets/storm.yaml", line: 6 },
    ...part,
  };
}

/** A limit of 1 % that the value misses. */
export function madeUpMiss(id: string, part: Partial<CheckResult> = {}): CheckResult {
  return madeUpCheck({
    id,
    metric: "value(join.success.ratio)",
    unit: "ratio",
    limit: 0.01,
    limitText: "1%",
    gate: "every-seed",
    value: 0.02,
    margin: -1,
    worstSeed: 3,
    seeds: [
      { seed: 3, value: 0.03, limit: 0.01, holds: false },
      { seed: 7, value: 0.01, limit: 0.01, holds: true },
    ],
    verdict: "fail",
    note: "1 of 2 seeds",
    source: { file: "budgets/storm.yaml", line: 12 },
    ...part,
  });
}

/** Nothing was measured. */
export function madeUpNothing(id: string): CheckResult {
  const { limit, ...check } = madeUpCheck({
    id,
    seeds: [{ seed: 3 }, { seed: 7 }],
    verdict: "inconclusive",
    note: "2 of 2 seeds measured nothing",
    source: { file: "budgets/storm.yaml", line: 20 },
  });
  for (const absent of ["value", "interval", "margin", "worstSeed"] as const) delete check[absent];
  return limit === undefined ? check : { ...check, limit };
}

export function madeUpDocument(
  checks: readonly CheckResult[],
  part: Partial<ScenarioResult> = {},
): ResultsDocument {
  const gated = checks.filter(({ severity }) => severity === "fail");
  const has = (verdict: string): boolean => gated.some((check) => check.verdict === verdict);
  const verdict = has("fail") ? "fail" : has("inconclusive") ? "inconclusive" : "pass";
  const scenario: ScenarioResult = {
    name: "storm",
    title: "Can everybody come back at once?",
    answer: "Yes, in 2 seeds: 99 % within 1.92 s.",
    verdict,
    digest: "0123456789abcdef".repeat(4),
    files: { "storm.yaml": "ab".repeat(32) },
    profile: { name: "node20-loopback", measured: 11, cited: 2, assumed: 15 },
    windows: { run: { fromMs: 0, toMs: 60_000 }, storm: { fromMs: 10_000, toMs: 20_000 } },
    checks: [...checks],
    alarms: [],
    runs: [3, 7].map(summaryOf),
    ...part,
  };
  return {
    $schema: "results.schema.json",
    schemaVersion: RESULTS_VERSION,
    tool: { name: "stormglass", version: "0.1.0" },
    complete: true,
    command: "stormglass run storm.yaml",
    settings: [],
    verdict: scenario.verdict,
    scenarios: [scenario],
    wall: { seconds: 1, node: "v20.0.0", platform: "linux-x64", jobs: 2 },
  };
}

function summaryOf(seed: number): ScenarioResult["runs"][number] {
  const run = madeUpRun(seed);
  return {
    seed,
    variant: run.variant,
    digest: run.digest,
    eventCount: run.eventCount,
    simulatedMs: run.simulatedMs,
    values: {},
    histograms: {},
    invariants: [],
    findings: [...run.findings],
  };
}

/** A minute, with a storm from 10 s to 20 s. */
export function madeUpRun(seed: number, part: Partial<RunResult> = {}): RunResult {
  const seconds = Array.from({ length: 60 }, (_, second) => second);
  return {
    scenario: "storm",
    seed,
    variant: "full",
    digest: seed.toString(16).padStart(16, "0"),
    eventCount: 1_000_000,
    simulatedMs: 60_000,
    endedEarly: undefined,
    windows: { run: { fromMs: 0, toMs: 60_000 }, storm: { fromMs: 10_000, toMs: 20_000 } },
    values: {},
    histograms: {},
    series: {
      resolutionMs: 1_000,
      columns: {
        "join.offered": seconds.map((second) => (second >= 10 && second < 20 ? 800 : 0)),
        "node.cpu.ratio": seconds.map((second) => (second === 31 ? 0.9 : 0.1)),
        "replicas.ready": seconds.map(() => 4),
      },
    },
    autoscaling: undefined,
    invariants: [],
    findings: [`The edges of seed ${seed} were idle.`],
    ...part,
  };
}
