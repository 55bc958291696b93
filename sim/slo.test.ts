import { expect, test } from "vitest";
import type { Budget } from "../scenarios/budget.ts";
import { parseExpression } from "../scenarios/expression.ts";
import type { RunResult } from "./result.ts";
import { evaluate, overall, pairedVariants } from "./slo.ts";

function budget(changes: Partial<Budget> = {}): Budget {
  return {
    id: "b",
    title: "",
    metric: parseExpression("value(critical.lost)")!,
    window: "run",
    op: "<=",
    limit: { kind: "absolute", value: 10, unit: "number" },
    limitText: "10",
    gate: { kind: "every-seed" },
    severity: "fail",
    versus: undefined,
    source: { file: "b.yaml", line: 7, column: 5 },
    ...changes,
  };
}

function run(seed: number, value: number | undefined, changes: Partial<RunResult> = {}): RunResult {
  return {
    scenario: "s",
    seed,
    variant: "full",
    digest: "0",
    eventCount: 1,
    simulatedMs: 1_000,
    endedEarly: undefined,
    windows: { run: { fromMs: 0, toMs: 1_000 } },
    values: value === undefined ? {} : { "critical.lost@run": value },
    histograms: {},
    series: { resolutionMs: 1_000, columns: {} },
    autoscaling: undefined,
    invariants: [],
    findings: [],
    ...changes,
  };
}

const runs = (...values: readonly (number | undefined)[]): readonly RunResult[] =>
  values.map((value, i) => run(i + 1, value));

test("[SL4] every-seed passes when every seed holds, and names the worst", () => {
  const [check] = evaluate([budget()], runs(8, 10, 3));

  expect(check).toMatchObject({
    verdict: "pass",
    value: 7,
    worstSeed: 2,
    margin: 0,
    unit: "count",
  });
  expect(check!.interval!.high).toBeGreaterThan(10);
});

test("[SL4] every-seed fails for one seed, whatever the mean", () => {
  const [check] = evaluate([budget()], runs(0, 0, 11, 0));

  expect(check).toMatchObject({ verdict: "fail", worstSeed: 3, note: "1 of 4 seeds" });
  expect(check!.margin).toBeCloseTo(-0.1, 12);
});

test.each([
  ["<=", 10, "pass"],
  ["<", 10, "fail"],
  [">=", 10, "pass"],
  [">", 10, "fail"],
  ["==", 10, "pass"],
  ["==", 9, "fail"],
  [">", 11, "pass"],
] as const)("[SL4] %s compares 10 with %d: %s", (op, value, verdict) => {
  expect(evaluate([budget({ op })], runs(value))[0]!.verdict).toBe(verdict);
});

test("[SL4] a lower limit takes the smallest for the worst", () => {
  const [check] = evaluate([budget({ op: ">=" })], runs(12, 11, 15));

  expect(check).toMatchObject({ verdict: "pass", worstSeed: 2 });
  expect(check!.margin).toBeCloseTo(0.1, 12);
});

test("[SL5] mean-upper-ci judges the bad end of the interval", () => {
  const gate = { kind: "mean-upper-ci" } as const;
  // 3…7: mean 5, interval [3.037, 6.963].
  const at = (value: number, op: Budget["op"] = "<="): string =>
    evaluate(
      [budget({ gate, op, limit: { kind: "absolute", value, unit: "number" } })],
      runs(3, 4, 5, 6, 7),
    )[0]!.verdict;

  expect([at(6.97), at(6.95), at(5), at(3.04), at(3.03)]).toEqual([
    "pass",
    "inconclusive",
    "inconclusive",
    "inconclusive",
    "fail",
  ]);
  expect([at(3.03, ">="), at(5, ">="), at(6.97, ">=")]).toEqual(["pass", "inconclusive", "fail"]);
});

test("[SL5] one seed has no interval: its value decides, and the note says so", () => {
  const [check] = evaluate([budget({ gate: { kind: "mean-upper-ci" } })], runs(11));

  expect(check).toMatchObject({
    verdict: "fail",
    note: "one seed, so no interval",
    interval: undefined,
  });
});

test("[SL6] share-of-seeds counts the seeds that hold", () => {
  const gate = { kind: "share-of-seeds", ratio: 0.9 } as const;
  const verdict = (...values: (number | undefined)[]): string =>
    evaluate([budget({ gate })], runs(...values))[0]!.verdict;

  expect(verdict(...Array<number>(9).fill(1), 11)).toBe("pass");
  expect(verdict(...Array<number>(8).fill(1), 11, 11)).toBe("fail");
  expect(verdict(...Array<number>(9).fill(1), undefined)).toBe("pass");
  expect(verdict(...Array<number>(8).fill(1), undefined, undefined)).toBe("inconclusive");
});

test("[SL7] nothing measured is inconclusive, never a pass; a broken seed still fails", () => {
  const verdict = (...values: (number | undefined)[]): string =>
    evaluate([budget()], runs(...values))[0]!.verdict;

  expect(verdict(undefined, undefined)).toBe("inconclusive");
  expect(verdict(1, undefined)).toBe("inconclusive");
  expect(verdict(11, undefined)).toBe("fail");
  expect(evaluate([budget()], [])[0]).toMatchObject({
    verdict: "inconclusive",
    note: "no run was finished",
  });
});

test("[SL7] a run that stopped early counts as not measured", () => {
  const results = [run(1, 1), run(2, 1, { endedEarly: "events" })];

  expect(evaluate([budget()], results)[0]).toMatchObject({
    verdict: "inconclusive",
    note: "1 of 2 seeds did not finish",
  });
});

test("[SL8] a paired budget compares each seed with itself without the fault", () => {
  const paired = budget({
    gate: { kind: "mean-upper-ci" },
    versus: "noisy",
    limit: { kind: "paired", factor: 1.1, floor: 0 },
    limitText: "1.10x",
  });
  const without = (seed: number, value: number) => run(seed, value, { variant: "without:noisy" });
  // Seeds differ by far more than what the fault adds: only their pairing shows it.
  const results = [
    run(1, 105),
    run(2, 136),
    run(3, 168),
    without(3, 160),
    without(1, 100),
    without(2, 130),
  ];
  const [check] = evaluate([paired], results);

  expect(check).toMatchObject({ verdict: "pass", versus: "without noisy" });
  expect(check!.difference!.value).toBeCloseTo(19 / 3, 9);
  // value − limit is −5, −7, −8: mean −6.667, upper end −6.667 + 4.303 × 1.52753 / √3.
  expect(check!.margin).toBeCloseTo(2.8718 / 143, 4);
  expect(check!.difference!.low).toBeGreaterThan(0);
  expect(check!.limit).toBeCloseTo((110 + 143 + 176) / 3, 9);
  expect(check!.seeds[1]).toMatchObject({ seed: 2, value: 136, paired: 130, holds: true });
  expect(pairedVariants([paired, budget(), paired])).toEqual(["without:noisy"]);
});

test("[SL8] a floor forgives small differences of small values, and a missing pair leaves it open", () => {
  const of = (floor: number) =>
    budget({ versus: "noisy", limit: { kind: "paired", factor: 1.1, floor }, limitText: "1.10x" });
  const results = [run(1, 3), run(1, 2, { variant: "without:noisy" })];

  expect(evaluate([of(0), of(5)], results).map((check) => check.verdict)).toEqual(["fail", "pass"]);
  expect(evaluate([of(0)], [run(1, 3)])[0]!.verdict).toBe("inconclusive");
});

test("[SL10] the verdict of a scenario is its worst check that is no warning", () => {
  const checks = (...pairs: readonly (readonly [number, Budget["severity"]])[]) =>
    evaluate(
      pairs.map(([value, severity]) =>
        budget({ severity, limit: { kind: "absolute", value, unit: "number" } }),
      ),
      runs(5),
    );

  expect(overall(checks([10, "fail"], [1, "warn"]))).toBe("pass");
  expect(overall(checks([10, "fail"], [1, "fail"]))).toBe("fail");
  expect(overall([])).toBe("pass");
  expect(overall(evaluate([budget()], runs(undefined)))).toBe("inconclusive");
});
