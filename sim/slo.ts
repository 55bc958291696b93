// Verdicts: do the runs of a scenario meet its budgets?
//
// A verdict over seeds is pass, fail or inconclusive. Inconclusive is not a polite fail: it says that
// the runs cannot tell, because the interval holds the limit or because nothing was measured. Budgets
// with `versus` compare each seed with itself: the paired run lacks one fault and shares all its luck,
// so that the difference is the fault's.

import { mean } from "d3-array";
import type { Budget, Gate, Operator } from "../scenarios/budget.ts";
import { measure, unitOf } from "./measure.ts";
import type { MetricUnit } from "./metrics/catalogue.ts";
import type { EndedEarly, RunResult } from "./result.ts";
import { meanInterval, type Interval } from "./student-t.ts";

export type Verdict = "pass" | "fail" | "inconclusive";

export interface SeedValue {
  readonly seed: number;
  /** In the metric's unit; undefined when the run measured nothing. */
  readonly value: number | undefined;
  /** The value of the paired run; undefined for an absolute budget. */
  readonly paired: number | undefined;
  /** What it was compared with; differs between seeds for a paired budget. */
  readonly limit: number | undefined;
  readonly holds: boolean | undefined;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly metric: string;
  readonly window: string;
  readonly op: Operator;
  readonly unit: MetricUnit;
  /** Absolute limit in the metric's unit; the mean of the seeds' limits for a paired budget. */
  readonly limit: number | undefined;
  /** As the budget wrote it. */
  readonly limitText: string;
  readonly gate: string;
  readonly severity: Budget["severity"];
  /** "without kill-node", or undefined. */
  readonly versus: string | undefined;
  /** Mean over seeds, and its 95 % interval when there are several. */
  readonly value: number | undefined;
  readonly interval: Interval | undefined;
  /** value − paired value of each seed, mean and interval; only for a paired budget. */
  readonly difference: (Interval & { readonly value: number }) | undefined;
  /** Room between the bad end and the limit, as a share of the limit; negative when broken. */
  readonly margin: number | undefined;
  readonly worstSeed: number | undefined;
  readonly seeds: readonly SeedValue[];
  readonly verdict: Verdict;
  /** Why, where the verdict alone does not say it; "" otherwise. */
  readonly note: string;
  readonly source: { readonly file: string; readonly line: number };
}

/** What a verdict must know of a run beside what it measured. */
export interface JudgedRun {
  readonly seed: number;
  readonly variant: string;
  /** "memory": its thread had no more. */
  readonly endedEarly: EndedEarly | "memory" | undefined;
}

/** What a run measured for a budget, in the metric's unit; undefined where it measured nothing. */
export type Meter<Run extends JudgedRun> = (budget: Budget, run: Run) => number | undefined;

/** The checks of one scenario, in the order of its budgets. `results`: its runs, all variants. */
export function evaluate(budgets: readonly Budget[], results: readonly RunResult[]): Check[] {
  return evaluateBy(budgets, results, (budget, run) => measure(budget.metric, budget.window, run));
}

/** The same of runs of which only the measures were kept. */
export function evaluateBy<Run extends JudgedRun>(
  budgets: readonly Budget[],
  runs: readonly Run[],
  meter: Meter<Run>,
): Check[] {
  const full = runs.filter((run) => run.variant === "full");
  return budgets.map((budget) => checkOf(budget, full, runs, meter));
}

/** One verdict for all checks; warnings do not count. */
export function overall(checks: readonly Check[]): Verdict {
  const gated = checks.filter((check) => check.severity === "fail");
  if (gated.some((check) => check.verdict === "fail")) return "fail";
  return gated.some((check) => check.verdict === "inconclusive") ? "inconclusive" : "pass";
}

/** The variants that `budgets` need besides "full", each once: "without:kill-node". */
export function pairedVariants(budgets: readonly Budget[]): readonly string[] {
  const faults = budgets.flatMap((budget) => (budget.versus === undefined ? [] : [budget.versus]));
  return [...new Set(faults)].map((fault) => `without:${fault}`);
}

function checkOf<Run extends JudgedRun>(
  budget: Budget,
  full: readonly Run[],
  runs: readonly Run[],
  meter: Meter<Run>,
): Check {
  const seeds = full.map((run) => seedValue(budget, run, runs, meter));
  const measured = seeds.filter(isMeasured);
  const values = measured.map((seed) => seed.value);
  const worst = worstOf(measured, budget.op);
  const judged = verdictOf(budget, seeds, measured, full.filter((run) => !complete(run)).length);
  const limit = measured.length === 0 ? undefined : mean(measured, (seed) => seed.limit);
  const interval = meanInterval(values);
  return {
    id: budget.id,
    title: budget.title,
    metric: budget.metric.text,
    window: budget.window,
    op: budget.op,
    unit: unitOf(budget.metric),
    limit: budget.limit.kind === "absolute" ? budget.limit.value : limit,
    limitText: budget.limitText,
    gate: gateText(budget.gate),
    severity: budget.severity,
    versus: budget.versus === undefined ? undefined : `without ${budget.versus}`,
    value: values.length === 0 ? undefined : mean(values),
    interval,
    difference: budget.limit.kind === "paired" ? differenceOf(measured) : undefined,
    margin: marginOf(budget, measured, worst, limit),
    worstSeed: worst?.seed,
    seeds,
    verdict: judged.verdict,
    note: judged.note,
    source: { file: budget.source.file, line: budget.source.line },
  };
}

type Measured = SeedValue & { readonly value: number; readonly limit: number };

function isMeasured(seed: SeedValue): seed is Measured {
  return seed.value !== undefined && seed.limit !== undefined;
}

function seedValue<Run extends JudgedRun>(
  budget: Budget,
  run: Run,
  runs: readonly Run[],
  meter: Meter<Run>,
): SeedValue {
  const { seed } = run;
  const value = complete(run) ? meter(budget, run) : undefined;
  const paired = pairedValue(budget, seed, runs, meter);
  const limit = limitOf(budget, paired);
  const isKnown = value !== undefined && limit !== undefined;
  const holds = isKnown ? compares(value, budget.op, limit) : undefined;
  return { seed, value, paired, limit, holds };
}

function pairedValue<Run extends JudgedRun>(
  budget: Budget,
  seed: number,
  runs: readonly Run[],
  meter: Meter<Run>,
): number | undefined {
  if (budget.versus === undefined) return undefined;
  const variant = `without:${budget.versus}`;
  const run = runs.find((other) => other.seed === seed && other.variant === variant);
  return run === undefined || !complete(run) ? undefined : meter(budget, run);
}

function limitOf(budget: Budget, paired: number | undefined): number | undefined {
  if (budget.limit.kind === "absolute") return budget.limit.value;
  const { factor, floor } = budget.limit;
  return paired === undefined ? undefined : Math.max(paired * factor, paired + floor);
}

/** A run that stopped early measured something else than the budget means. */
function complete(run: JudgedRun): boolean {
  return run.endedEarly === undefined;
}

function compares(value: number, op: Operator, limit: number): boolean {
  switch (op) {
    case "<=":
      return value <= limit;
    case "<":
      return value < limit;
    case ">=":
      return value >= limit;
    case ">":
      return value > limit;
    case "==":
      return value === limit;
  }
}

/** How far a seed is on the bad side of its limit; larger is worse. */
function badness(seed: Measured, op: Operator): number {
  if (op === "==") return Math.abs(seed.value - seed.limit);
  return op === "<=" || op === "<" ? seed.value - seed.limit : seed.limit - seed.value;
}

function worstOf(measured: readonly Measured[], op: Operator): Measured | undefined {
  return measured.reduce<Measured | undefined>(
    (worst, seed) => (worst === undefined || badness(seed, op) > badness(worst, op) ? seed : worst),
    undefined,
  );
}

function verdictOf(
  budget: Budget,
  seeds: readonly SeedValue[],
  measured: readonly Measured[],
  unfinished: number,
): { readonly verdict: Verdict; readonly note: string } {
  const missing = seeds.length - measured.length;
  const broken = measured.filter((seed) => seed.holds === false).length;
  const fate = unfinished > 0 ? "did not finish" : "measured nothing";
  const some = missing === 0 ? "" : `${missing} of ${seeds.length} seeds ${fate}`;
  if (measured.length === 0) {
    return { verdict: "inconclusive", note: some || "no run was finished" };
  }
  switch (budget.gate.kind) {
    case "every-seed":
      if (broken > 0) return { verdict: "fail", note: `${broken} of ${seeds.length} seeds` };
      return { verdict: missing > 0 ? "inconclusive" : "pass", note: some };
    case "share-of-seeds":
      return shareVerdict(budget.gate.ratio, broken, missing, seeds.length, some);
    case "mean-upper-ci":
      return meanVerdict(budget.op, measured, missing, some);
  }
}

/** Decided as soon as the seeds that measured nothing cannot change it. */
function shareVerdict(
  ratio: number,
  broken: number,
  missing: number,
  count: number,
  some: string,
): { readonly verdict: Verdict; readonly note: string } {
  const heldAtMost = (count - broken) / count;
  const heldAtLeast = (count - broken - missing) / count;
  const note = some || `${count - broken} of ${count} seeds`;
  if (heldAtMost < ratio) return { verdict: "fail", note };
  return { verdict: heldAtLeast >= ratio ? "pass" : "inconclusive", note };
}

function meanVerdict(
  op: Operator,
  measured: readonly Measured[],
  missing: number,
  some: string,
): { readonly verdict: Verdict; readonly note: string } {
  const differences = measured.map((seed) => seed.value - seed.limit);
  const interval = meanInterval(differences);
  if (interval === undefined) {
    const holds = measured[0]!.holds === true;
    return { verdict: holds ? "pass" : "fail", note: "one seed, so no interval" };
  }
  const ends = [compares(interval.low, op, 0), compares(interval.high, op, 0)];
  if (ends[0] && ends[1]) return { verdict: missing > 0 ? "inconclusive" : "pass", note: some };
  if (!ends[0] && !ends[1] && op !== "==") return { verdict: "fail", note: some };
  if (op === "==") return { verdict: "fail", note: some || "the seeds differ from the limit" };
  return { verdict: "inconclusive", note: some || "the interval holds the limit: add seeds" };
}

function differenceOf(measured: readonly Measured[]): Check["difference"] {
  const differences = measured.map((seed) => seed.value - (seed.paired ?? NaN));
  const interval = meanInterval(differences);
  if (interval === undefined) return undefined;
  return { value: mean(differences)!, ...interval };
}

/** Of the worst seed, or of the bad end of the interval of value − limit where the mean is judged. */
function marginOf(
  { op, gate }: Budget,
  measured: readonly Measured[],
  worst: Measured | undefined,
  limit: number | undefined,
): number | undefined {
  if (worst === undefined || limit === undefined || op === "==") return undefined;
  const sign = op === "<=" || op === "<" ? 1 : -1;
  const badness = measured.map((seed) => sign * (seed.value - seed.limit));
  const interval = gate.kind === "mean-upper-ci" ? meanInterval(badness) : undefined;
  const scale = interval === undefined ? worst.limit : limit;
  const bad = interval?.high ?? sign * (worst.value - worst.limit);
  return scale === 0 ? undefined : (0 - bad) / scale;
}

function gateText(gate: Gate): string {
  return gate.kind === "share-of-seeds"
    ? `${gate.kind} >= ${Number((gate.ratio * 100).toPrecision(6))}%`
    : gate.kind;
}
