// From the budgets of a run to objectives that a live cluster can be held to.
//
// A budget speaks of simulated clients, an objective of what the server counts. Where the two are not the same the
// objective says so, and what the server cannot see has none: a rule that only looks like the budget would be believed.

import { formatted } from "./numbers.ts";
import { histogramSeries, LATENCY_BUCKETS_S, type Scope, series } from "./server-metrics.ts";
import type { CheckResult } from "./subject.ts";

/** Counts of good and bad events. */
export interface Objective {
  /** Id of the budget. */
  readonly id: string;
  /** Share of the events that must be good, 0 to 1. */
  readonly share: number;
  /** What is promised, as a sentence without its end. */
  readonly promise: string;
  /** What differs from the budget. */
  readonly caveat: string;
  readonly isWarning: boolean;
  /** Rates per second over the range. */
  readonly bad: (scope: Scope, range: string) => string;
  readonly all: (scope: Scope, range: string) => string;
  /** Series of a test that counts events: of all, those that are good. */
  readonly counters: (scope: Scope) => {
    readonly all: string;
    readonly good?: string;
    readonly bad?: string;
  };
}

export interface Derived {
  readonly objectives: readonly Objective[];
  /** Budgets without an objective, and why. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
}

export function derivedObjectives(checks: readonly CheckResult[]): Derived {
  const objectives: Objective[] = [];
  const left: { id: string; why: string }[] = [];
  for (const check of checks) {
    const made = objectiveOf(check);
    if (typeof made === "string") left.push({ id: check.id, why: made });
    else objectives.push(made);
  }
  return { objectives, left };
}

const QUANTILE = /^p(\d{1,2}(?:\.\d+)?)\(join\.latency\)$/;

/** The objective, or why there is none. */
function objectiveOf(check: CheckResult): Objective | string {
  const { metric, versus, limit } = check;
  if (versus !== undefined || limit === undefined) {
    return "it compares with a paired run, which a live cluster does not have";
  }
  const quantile = QUANTILE.exec(metric)?.[1];
  if (quantile !== undefined) return joinLatency(check, limit, Number(quantile));
  if (metric === "value(join.success.ratio)") return joinSuccess(check, limit);
  if (metric === "value(reconnect.failure.ratio)") return reconnects(check, limit);
  if (metric.includes("reconnect.time")) {
    return "the server sees a client only when it is back, not when it was lost";
  }
  return "it is neither a share of events nor a latency that the server counts";
}

const EDGE = 'role="edge"';
const REFUSED = 'code=~"unauthorized|forbidden|room_full"';

function joinSuccess(check: CheckResult, limit: number): Objective | string {
  if (!check.op.startsWith(">")) return "it has no lower limit";
  const share = formatted(limit);
  if (share >= 1) return "it allows nothing, so there is no budget that could burn";
  const rate = (scope: Scope, range: string): string =>
    `sum by (namespace) (rate(${series(scope, "rtc_joins_total", EDGE)}[${range}]))`;
  const bad = (scope: Scope, range: string): string =>
    `(sum by (namespace) (rate(${series(scope, "rtc_refusals_total", EDGE, REFUSED)}[${range}])) or (0 * ${rate(scope, range)}))`;
  return {
    id: check.id,
    share,
    promise: `${percent(share)} of the joins succeed`,
    caveat:
      "The run counts clients, the server answers: who is told busy comes again and is no failure here, and whoever gives up is not seen.",
    isWarning: check.severity === "warn",
    bad,
    all: (scope, range) => `(${rate(scope, range)} + ${bad(scope, range)})`,
    counters: (scope) => ({
      all: series(scope, "rtc_joins_total", EDGE),
      bad: series(scope, "rtc_refusals_total", EDGE, 'code="room_full"'),
    }),
  };
}

function reconnects(check: CheckResult, limit: number): Objective | string {
  if (!check.op.startsWith("<")) return "it has no upper limit";
  const share = formatted(1 - limit);
  if (share >= 1) return "it allows nothing, so there is no budget that could burn";
  const came = (scope: Scope, range: string): string =>
    `sum by (namespace) (rate(${series(scope, "rtc_resumes_total", EDGE)}[${range}]))`;
  const bad = (scope: Scope, range: string): string =>
    `(sum by (namespace) (rate(${series(scope, "rtc_reconnect_failures_total", EDGE)}[${range}])) or (0 * ${came(scope, range)}))`;
  return {
    id: check.id,
    share,
    promise: `${percent(share)} of the sessions that come back are resumed`,
    caveat: "Sessions that never come back are not seen by the server.",
    isWarning: check.severity === "warn",
    bad,
    all: (scope, range) => `(${came(scope, range)} + ${bad(scope, range)})`,
    counters: (scope) => ({
      all: series(scope, "rtc_resumes_total", EDGE),
      bad: series(scope, "rtc_reconnect_failures_total", EDGE, 'reason="unknown"'),
    }),
  };
}

function joinLatency(check: CheckResult, limitMs: number, percentile: number): Objective | string {
  if (!check.op.startsWith("<")) return "it has no upper limit";
  const edge = LATENCY_BUCKETS_S.findLast((bucketS) => bucketS * 1_000 <= limitMs);
  if (edge === undefined) return "its limit is below the least bucket of the server's histogram";
  const isExact = edge * 1_000 === limitMs;
  const share = formatted(percentile / 100);
  const name = "rtc_join_duration_seconds";
  const rate = (text: string, range: string): string =>
    `sum by (namespace) (rate(${text}[${range}]))`;
  const within = (scope: Scope): string =>
    histogramSeries(scope, name, "_bucket", EDGE, `le=~"${writtenEdges(edge)}"`);
  const all = (scope: Scope, range: string): string =>
    rate(histogramSeries(scope, name, "_count", EDGE), range);
  return {
    id: check.id,
    share,
    promise: `${percent(share)} of the joins take at most ${edge} s`,
    caveat:
      (isExact
        ? ""
        : `The budget's limit is ${limitMs / 1_000} s; the server's histogram has an edge at ${edge} s. `) +
      "The run counts from a client's arrival, retries included; the server from the join frame that was let in.",
    isWarning: check.severity === "warn",
    bad: (scope, range) => `(${all(scope, range)} - ${rate(within(scope), range)})`,
    all,
    counters: (scope) => ({
      all: histogramSeries(scope, name, "_count", EDGE),
      good: histogramSeries(scope, name, "_bucket", EDGE, `le="${edge}"`),
    }),
  };
}

/** Prometheus 3 writes the edge 5 as 5.0, earlier ones as the server does. */
function writtenEdges(edge: number): string {
  const text = String(edge).replace(".", "[.]");
  return Number.isInteger(edge) ? `${text}|${text}[.]0` : text;
}

function percent(share: number): string {
  return `${formatted(share * 100)} %`;
}
