// What an incident costs: the share of an error budget that went in it.
//
// A promise about a share of events, "99 % of the joins within 1 s", allows some bad ones in a period. Their number is the error
// budget; the bad events of a window that begins with a fault are what that fault spent of it. Where nobody says how many events
// the period has, the run is the period: then the share says how much of what the run allows the incident took.

import { mean } from "d3-array";
import type { Budget } from "../scenarios/budget.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { countAtMost } from "./measure.ts";
import { metricOf } from "./metrics/catalogue.ts";
import type { RunResult } from "./result.ts";

/** A window of a scenario that begins with a fault. */
export interface Incident {
  readonly fault: string;
  readonly window: string;
}

export interface IncidentSpend {
  /** Id of the budget. */
  readonly check: string;
  readonly fault: string;
  readonly window: string;
  /** Share of the events that must be good. */
  readonly target: number;
  /** "28d, rolling"; "the run" where the events are those of the run. */
  readonly period: string;
  /** Means over the seeds: bad events of the window, and those that the period allows. */
  readonly bad: number;
  readonly allowed: number;
  /** bad ÷ allowed; above 1: more than there was. */
  readonly share: number;
  /** By seed. */
  readonly seeds: readonly { readonly seed: number; readonly share: number }[];
}

/** In the order of the faults, then of the windows. */
export function incidentsOf({ faults, windows }: Scenario): readonly Incident[] {
  return faults.flatMap((fault) => {
    const beginMs = "atMs" in fault ? fault.atMs : fault.fromMs;
    return Object.entries(windows)
      .filter(([name, { fromMs }]) => name !== "run" && name !== "measured" && fromMs === beginMs)
      .map(([window]) => ({ fault: fault.name, window }));
  });
}

/** One for each budget that promises a share of events and each incident in which such events were counted. */
export function incidentSpends(
  budgets: readonly Budget[],
  results: readonly RunResult[],
  incidents: readonly Incident[],
): readonly IncidentSpend[] {
  const runs = results.filter((run) => run.variant === "full" && run.endedEarly === undefined);
  return budgets.flatMap((budget) => {
    const promise = promiseOf(budget);
    if (promise === undefined) return [];
    return incidents.flatMap((incident) => spendOf(budget, promise, runs, incident) ?? []);
  });
}

/** A promise about a share of events, and how to count them. */
interface Promised {
  readonly target: number;
  readonly count: (run: RunResult, window: string) => Counts | undefined;
}
interface Counts {
  readonly all: number;
  readonly bad: number;
}

/** Shares that the catalogue derives: which events they are shares of, and which of those are good. */
const DERIVED: Readonly<Record<string, { readonly good: string; readonly all: string }>> = {
  "join.success.ratio": { good: "join.succeeded", all: "join.offered" },
  "reconnect.failure.ratio": { good: "reconnect.succeeded", all: "reconnect.offered" },
};

function promiseOf(budget: Budget): Promised | undefined {
  const { metric, op, limit } = budget;
  if (limit.kind !== "absolute" || op === "==") return undefined;
  const [first, second = ""] = metric.metrics as [string, string | undefined];
  const isUpper = op === "<=" || op === "<";
  if (metric.fn === "quantile") {
    const target = isUpper ? metric.quantile : 1 - metric.quantile;
    return { target, count: (run, window) => beyond(run, first, window, limit.value, isUpper) };
  }
  const derived = metric.fn === "value" ? DERIVED[first] : undefined;
  if (derived !== undefined) {
    const target = isUpper ? 1 - limit.value : limit.value;
    return shareOf(target, (run, window) => of(run, derived.good, derived.all, window, false));
  }
  if (metric.fn !== "ratio") return undefined;
  const target = isUpper ? 1 - limit.value : limit.value;
  return shareOf(target, (run, window) => of(run, first, second, window, isUpper));
}

/** A promise that allows nothing has no budget to spend. */
function shareOf(target: number, count: Promised["count"]): Promised | undefined {
  return target > 0 && target < 1 ? { target, count } : undefined;
}

/** Clients that are still on their way at the end of a window count as bad in it. */
function of(
  run: RunResult,
  part: string,
  whole: string,
  window: string,
  isPartBad: boolean,
): Counts | undefined {
  const [some, all] = [eventCount(run, part, window), eventCount(run, whole, window)];
  if (some === undefined || all === undefined) return undefined;
  return { all, bad: isPartBad ? some : Math.max(0, all - some) };
}

function eventCount(run: RunResult, name: string, window: string): number | undefined {
  return run.values[`${name}@${window}`] ?? run.histograms[`${name}@${window}`]?.count;
}

/** Values on the wrong side of the limit; a bucket counts whole, as by a quantile (measure.ts). */
function beyond(
  run: RunResult,
  name: string,
  window: string,
  limit: number,
  isUpper: boolean,
): Counts | undefined {
  const histogram = run.histograms[`${name}@${window}`];
  if (histogram === undefined) return undefined;
  const ticks = metricOf(name)?.unit === "ms" ? 1_000 : 1;
  const within = countAtMost(histogram, limit, ticks);
  // A lower limit is exact to a bucket, which is a thousandth of the value.
  const bad = isUpper ? histogram.count - within : within;
  return { all: histogram.count, bad };
}

function spendOf(
  budget: Budget,
  { target, count }: Promised,
  runs: readonly RunResult[],
  { fault, window }: Incident,
): IncidentSpend | undefined {
  const { period } = budget;
  const seeds = runs.flatMap((run) => {
    const [inside, whole] = [count(run, window), count(run, "run")];
    if (inside === undefined || whole === undefined) return [];
    const events = period?.eventCount ?? whole.all;
    const allowed = events * (1 - target);
    if (allowed === 0) return [];
    return [{ seed: run.seed, bad: inside.bad, allowed, share: inside.bad / allowed }];
  });
  if (seeds.length === 0) return undefined;
  return {
    check: budget.id,
    fault,
    window,
    target,
    period: period?.eventCount === undefined ? "the run" : period.text || "its period",
    bad: mean(seeds, (one) => one.bad)!, // There is a seed.
    allowed: mean(seeds, (one) => one.allowed)!,
    share: mean(seeds, (one) => one.share)!,
    seeds: seeds.map(({ seed, share }) => ({ seed, share })),
  };
}
