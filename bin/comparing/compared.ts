// Two sides become one document: the statistics of sim/compare, what differs between the inputs, and what makes runs unfit.

import {
  COMPARISON_VERSION,
  type ComparedMetricDocument,
  type ComparisonDocument,
} from "../../reports/comparison-document.ts";
import type { Verdict } from "../../sim/slo.ts";
import {
  compareSides,
  type ComparedSide,
  type JudgedMetric,
} from "../../sim/compare/comparison.ts";
import type { ListedMetric } from "../../sim/compare/metric-list.ts";
import type { Tolerance } from "../../sim/compare/tolerance.ts";
import { changeLabel, type InputChange } from "./input-changes.ts";
import type { Side } from "./side.ts";

export interface ComparedOptions {
  readonly alpha: number;
  readonly looks: number;
  readonly look: number;
  /** Id of a budget, a metric, a metric with its window, or "all" → instead of the default. */
  readonly tolerances: ReadonlyMap<string, Tolerance>;
  readonly change: InputChange;
  readonly notes: readonly string[];
}

/** Seeds that gave other events for equal inputs. */
export function unreproduced(base: Side, candidate: Side, change: InputChange): readonly number[] {
  if (change.kind !== "none" || change.isModelChange) return [];
  const known = new Map(candidate.runs.map(({ seed, digest }) => [seed, digest]));
  return base.runs.flatMap(({ seed, digest }) => {
    const other = known.get(seed) ?? "";
    return digest !== "" && other !== "" && digest !== other ? [seed] : [];
  });
}

export function compared(
  base: Side,
  candidate: Side,
  options: ComparedOptions,
): ComparisonDocument {
  const { alpha, looks, look, tolerances, change } = options;
  const metrics = candidate.metrics.map((metric) => withTolerance(metric, tolerances));
  const result = compareSides(metrics, sideFor(base), sideFor(candidate), { alpha, looks });
  const budgets = new Map(metrics.map(({ key, budgets: ids }) => [key, ids]));
  const drifted = unreproduced(base, candidate, change);
  const alarms = [
    ...(drifted.length === 0
      ? []
      : [`Not reproducible: equal inputs gave other events with seed ${drifted.join(", ")}`]),
    ...base.stopped.map((text) => `Base: ${text}`),
    ...candidate.stopped.map((text) => `Candidate: ${text}`),
  ];
  return {
    kind: "stormglass-comparison",
    version: COMPARISON_VERSION,
    base: sideDocument(base),
    candidate: sideDocument(candidate),
    verdict: settled(result.verdict, candidate),
    identical: result.isIdentical,
    change: { label: changeLabel(change), lines: change.lines },
    seeds: result.seeds,
    identicalSeeds: result.identicalSeeds,
    alpha,
    looks,
    look,
    confidence: result.confidence,
    alarms,
    notes: [...pairingNotes(base, candidate, result.seeds.length), ...options.notes],
    metrics: result.metrics.map((one) => metricDocument(one, budgets.get(one.metric.key)!)),
  };
}

/** A run that did not come to its end passes nothing. */
function settled(verdict: Verdict, { stopped }: Side): Verdict {
  return verdict === "pass" && stopped.length > 0 ? "inconclusive" : verdict;
}

function pairingNotes(base: Side, candidate: Side, count: number): readonly string[] {
  const most = Math.max(base.runs.length, candidate.runs.length);
  if (count === most) return [];
  return [
    `${count} seeds were run on both sides, of ${base.runs.length} and ${candidate.runs.length}`,
  ];
}

function withTolerance(
  metric: ListedMetric,
  tolerances: ReadonlyMap<string, Tolerance>,
): ListedMetric {
  const at = metric.key.lastIndexOf("@");
  const names = [metric.key, ...metric.budgets, metric.key.slice(0, at)];
  const name = names.find((one) => tolerances.has(one));
  // What must equal a value has no room unless it is named.
  const isAll = metric.direction !== "equal" && tolerances.has("all");
  const tolerance = name === undefined ? isAll && tolerances.get("all") : tolerances.get(name);
  return tolerance ? { ...metric, tolerance } : metric;
}

function sideFor({ runs }: Side): ComparedSide {
  const bySeed = new Map(runs.map((run) => [run.seed, run]));
  return {
    digests: new Map(runs.map(({ seed, digest }) => [seed, digest])),
    valueOf: (seed, key) => bySeed.get(seed)?.values[key],
  };
}

function sideDocument({ label, inputs, runs }: Side): ComparisonDocument["base"] {
  const { scenario, digest, toolVersion, model } = inputs;
  const known = model === undefined ? {} : { model };
  return { label, scenario, digest, toolVersion, ...known, seeds: runs.length };
}

function metricDocument(one: JudgedMetric, budgets: readonly string[]): ComparedMetricDocument {
  const { metric, base, candidate, difference, interval, verdict, pT, pSignFlip, adjustedP } = one;
  const scale = base === undefined || base === 0 ? undefined : Math.abs(base);
  return {
    metric: metric.key,
    budgets,
    gated: metric.isGated,
    unit: metric.unit,
    ...(metric.direction === undefined ? {} : { better: metric.direction }),
    ...(base === undefined ? {} : { base }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(difference === undefined ? {} : { difference }),
    ...(interval === undefined ? {} : { interval }),
    ...(scale === undefined || difference === undefined ? {} : { relative: difference / scale }),
    ...(scale === undefined || interval === undefined
      ? {}
      : { relativeInterval: { low: interval.low / scale, high: interval.high / scale } }),
    tolerance: one.tolerance,
    ...(verdict === undefined ? {} : { verdict }),
    change: one.change,
    ...(pT === undefined ? {} : { pT }),
    ...(pSignFlip === undefined ? {} : { pSignFlip }),
    ...(adjustedP === undefined ? {} : { pHolm: adjustedP }),
    skewed: one.isSkewed,
    note: one.note,
    seeds: one.pairs.map(({ seed, base: before, candidate: after }) => ({
      seed,
      ...(before === undefined ? {} : { base: before }),
      ...(after === undefined ? {} : { candidate: after }),
    })),
  };
}
