// What a metric expression is worth in one run.
//
// `undefined` means that nothing was measured: an empty histogram has no p99, and a ratio of nothing is
// none. Callers must not take that for 0.

import { mean } from "d3-array";
import type { MetricExpression } from "../scenarios/expression.ts";
import type { LimitUnit } from "../scenarios/budget.ts";
import { metricNames, metricOf, type Metric, type MetricUnit } from "./metrics/catalogue.ts";
import { bucketLow } from "./metrics/histogram.ts";
import type { HistogramCounts, RunResult, WindowSpan } from "./result.ts";

/** The value of `expression` in `window` of `result`, in the metric's unit. */
export function measure(
  expression: MetricExpression,
  window: string,
  result: RunResult,
): number | undefined {
  const [first, second] = expression.metrics as [string, string | undefined];
  if (expression.fn === "ratio") {
    const [above, below] = [total(first, window, result), total(second ?? "", window, result)];
    return above === undefined || below === undefined || below === 0 ? undefined : above / below;
  }
  if (expression.fn === "value") return finite(result.values[`${first}@${window}`]);
  const metric = metricOf(first);
  const histogram = result.histograms[`${first}@${window}`];
  if (metric?.kind === "histogram") {
    return histogram === undefined ? undefined : ofHistogram(expression, metric.unit, histogram);
  }
  return ofGauge(expression.fn, first, window, result);
}

/** The unit in which `measure` answers. */
export function unitOf(expression: MetricExpression): MetricUnit {
  if (expression.fn === "ratio") return "ratio";
  if (expression.fn === "count") return "count";
  return metricOf(expression.metrics[0]!)?.unit ?? "count";
}

function total(name: string, window: string, result: RunResult): number | undefined {
  return (
    finite(result.values[`${name}@${window}`]) ?? result.histograms[`${name}@${window}`]?.count
  );
}

function ofHistogram(
  expression: MetricExpression,
  unit: MetricUnit,
  histogram: HistogramCounts,
): number | undefined {
  if (expression.fn === "count") return histogram.count;
  if (histogram.count === 0) return undefined;
  switch (expression.fn) {
    case "quantile":
      return quantileOf(histogram, expression.quantile, unit === "ms" ? 1_000 : 1);
    case "max":
      return histogram.max;
    case "min":
      return histogram.min;
    case "mean":
      return histogram.sum / histogram.count;
    default:
      return undefined;
  }
}

/**
 * The value that a share `q` of the recorded values are at most, in the metric's unit: the upper end
 * of its bucket, but never above the exact maximum. `ticksPerUnit` as in metrics/histogram.ts.
 */
export function quantileOf(histogram: HistogramCounts, q: number, ticksPerUnit: number): number {
  const rank = Math.max(1, Math.ceil(q * histogram.count * (1 - Number.EPSILON)));
  let seen = 0;
  for (const [i, count] of histogram.counts.entries()) {
    seen += count;
    if (seen < rank) continue;
    return Math.min((bucketLow(histogram.buckets[i]! + 1) - 1) / ticksPerUnit, histogram.max);
  }
  return histogram.max;
}

/** Recorded values of at most `limit`, in the metric's unit; a bucket counts whole, by its upper end, as a quantile does. */
export function countAtMost(
  histogram: HistogramCounts,
  limit: number,
  ticksPerUnit: number,
): number {
  return histogram.counts.reduce((sum, count, i) => {
    const end = (bucketLow(histogram.buckets[i]! + 1) - 1) / ticksPerUnit;
    return sum + (Math.min(end, histogram.max) <= limit ? count : 0);
  }, 0);
}

function ofGauge(
  fn: MetricExpression["fn"],
  name: string,
  window: string,
  result: RunResult,
): number | undefined {
  const exact = result.values[`${name}.${fn}@${window}`];
  if (exact !== undefined) return finite(exact);
  const span = result.windows[window];
  const column = result.series.columns[name];
  if (span === undefined || column === undefined) return undefined;
  const rows = rowsWithin(column, span, result.series.resolutionMs);
  if (rows.length === 0) return undefined;
  if (fn === "mean") return mean(rows);
  return rows.reduce((a, b) => (fn === "max" ? Math.max(a, b) : Math.min(a, b)));
}

/** The rows of the intervals that begin in the span. */
export function rowsWithin(
  column: readonly number[],
  span: WindowSpan,
  resolutionMs: number,
): readonly number[] {
  return column.slice(Math.ceil(span.fromMs / resolutionMs), Math.ceil(span.toMs / resolutionMs));
}

function finite(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

/** What is wrong with an expression and its limit, for an error message. */
export interface MetricFault {
  readonly must: string;
  /** The word that was not known, and those that are. */
  readonly got?: string;
  readonly known?: readonly string[];
}

/** What may be asked of each kind of metric. */
export const FUNCTIONS: Readonly<Record<Metric["kind"], readonly MetricExpression["fn"][]>> = {
  histogram: ["quantile", "max", "min", "mean", "count"],
  counter: ["value"],
  gauge: ["value", "max", "min", "mean"],
  ratio: ["value"],
};

/**
 * Why `expression` cannot be measured, or cannot be compared with a limit of `unit`; undefined when
 * all is well. `unit` is undefined where there is no limit.
 */
export function metricFault(
  expression: MetricExpression,
  unit: LimitUnit | undefined,
): MetricFault | undefined {
  for (const name of expression.metrics) {
    const metric = metricOf(name);
    if (metric === undefined) {
      return { must: "name a metric of the catalogue", got: name, known: metricNames() };
    }
    if (expression.fn === "ratio") {
      if (metric.unit === "count") continue;
      return { must: `divide numbers of things; ${name} is in ${metric.unit}` };
    }
    const allowed = FUNCTIONS[metric.kind];
    if (allowed.includes(expression.fn)) continue;
    const words = allowed.map((fn) => (fn === "quantile" ? "p99" : fn)).join(", ");
    return { must: `apply ${words} to ${name}, which is a ${metric.kind}` };
  }
  if (unit === undefined) return undefined;
  return unitFault(unitOf(expression), unit);
}

function unitFault(metric: MetricUnit, limit: LimitUnit): MetricFault | undefined {
  const isPlain = metric === "count" || metric === "ratio";
  if (limit === metric || (limit === "number" && isPlain)) return undefined;
  const example = { ms: "250ms", bytes: "64MiB", ratio: "1%", count: "12" }[metric];
  return { must: `have a limit such as ${example}, since the metric is in ${metric}` };
}
