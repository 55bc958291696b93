// Pods that are not ready, or have no sample yet, count as idle on the way up: nothing grows while the last batch starts.

import type { DecisionRecord } from "../../result.ts";
import type { MetricTrace } from "../kubernetes/hpa/trace.ts";
import { type Evidence, quantileOfSorted } from "./evidence.ts";
import { counted, span } from "./words.ts";

interface Damped {
  readonly decision: DecisionRecord;
  /** What the ratio would have asked for with all pods ready. */
  readonly undamped: number;
  readonly metric: MetricTrace;
  readonly held: boolean;
}

export function damping(evidence: Evidence): readonly string[] {
  const damped = evidence.decisions.flatMap(dampedAt);
  if (damped.length === 0) return [];
  return [sentence(damped, evidence)];
}

function dampedAt(decision: DecisionRecord): readonly Damped[] {
  const { trace, specReplicas } = decision;
  const { raw, metrics } = trace;
  if (raw === undefined || specReplicas === undefined) return [];
  const all = metrics.map((metric) => ({ metric, undamped: undampedOf(metric) }));
  const most = all.reduce((a, b) => (b.undamped > a.undamped ? b : a), all[0]!); // An HPA has a metric.
  const allowed = Math.min(most.undamped, trace.limits.maxReplicas);
  const { pods } = most.metric;
  if (allowed <= raw || pods === undefined || pods.unready + pods.missing === 0) return [];
  return [{ decision, undamped: allowed, metric: most.metric, held: raw <= specReplicas }];
}

/** ceil(ratio × pods), were all of them ready; 0 within tolerance. */
function undampedOf({ ratio, toleranceUpRatio, pods }: MetricTrace): number {
  if (ratio === undefined || pods === undefined || ratio <= 1 + toleranceUpRatio) return 0;
  return Math.ceil(ratio * (pods.ready + pods.unready + pods.missing));
}

function sentence(damped: readonly Damped[], evidence: Evidence): string {
  const held = damped.filter((one) => one.held);
  const worst = damped.reduce((a, b) => (gap(b) > gap(a) ? b : a));
  const { ready = 0, unready = 0, missing = 0 } = worst.metric.pods ?? {};
  const starts = evidence.pods
    .flatMap(({ createdFor, createdAtMs, readyAtMs }) =>
      createdFor === "scale-up" && readyAtMs !== undefined ? [readyAtMs - createdAtMs] : [],
    )
    .sort((a, b) => a - b);
  const start =
    starts.length === 0 ? "" : ` (${span(quantileOfSorted(starts, 0.5))} in the middle here)`;
  const effect =
    held.length === 0
      ? "each time it asked for less"
      : `${held.length} of them did not grow at all, ${span(held.length * evidence.scenario.autoscaling.controller.syncPeriodMs)} of waiting`;
  return (
    `Pods that were starting counted as idle: ${counted(damped.length, "look")} asked for less than the load, ` +
    `and ${effect}. At worst, at ${span(worst.decision.atMs)}, ${worst.metric.name} was ` +
    `${(worst.metric.ratio ?? 0).toFixed(2)} times its target on ${ready} ready pods, with ${unready} not ready and ` +
    `${missing} without a sample, and it asked for ${worst.decision.trace.raw} instead of ${worst.undamped}. Shorten ` +
    `the start of a pod${start}, or scale on an External sum, which no unready pod damps.`
  );
}

function gap({ undamped, decision }: Damped): number {
  return undamped - (decision.trace.raw ?? 0);
}
