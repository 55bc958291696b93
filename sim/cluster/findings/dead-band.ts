// The dead band: within the tolerance nothing changes, and on a large cluster ten percent is many people.

import type { DecisionRecord } from "../../result.ts";
import type { ConnectionMetric, Evidence } from "./evidence.ts";
import { amount, counted, percent } from "./words.ts";

/** Shorter is a step on the way. Assumed: a minute of the default sync period. */
const LOOKS_LEAST = 4;
/** Nearer to the target nothing is missing. Assumed. */
const OFF_LEAST = 0.03;

export function deadBand(evidence: Evidence): readonly string[] {
  return evidence.connectionMetrics.flatMap((metric) => {
    const hidden = evidence.decisions.filter((decision) => isHidden(decision, metric, evidence));
    return hidden.length < LOOKS_LEAST ? [] : [sentence(hidden, metric, evidence)];
  });
}

/** More than the target, yet no change, and nobody waits outside: that is another trap. */
function isHidden(
  decision: DecisionRecord,
  { name }: ConnectionMetric,
  evidence: Evidence,
): boolean {
  const { specReplicas, trace, atMs } = decision;
  const seen = evidence.traceOf(decision, name);
  if (seen?.ratio === undefined || specReplicas === undefined || trace.raw === undefined) {
    return false;
  }
  const isBetween = seen.ratio >= 1 + OFF_LEAST && seen.ratio <= 1 + seen.toleranceUpRatio;
  return isBetween && trace.raw <= specReplicas && !evidence.isShortAt(atMs);
}

function sentence(
  hidden: readonly DecisionRecord[],
  metric: ConnectionMetric,
  evidence: Evidence,
): string {
  const over = (decision: DecisionRecord): number =>
    ((evidence.traceOf(decision, metric.name)?.ratio ?? 1) - 1) *
    metric.targetPerPod *
    (decision.specReplicas ?? 0);
  const worst = hidden.reduce((a, b) => (over(b) > over(a) ? b : a));
  const replicas = worst.specReplicas ?? 0;
  const tolerance = evidence.traceOf(worst, metric.name)?.toleranceUpRatio ?? 0;
  const band = tolerance * metric.targetPerPod * replicas;
  return (
    `The tolerance of ${percent(tolerance)} hides ${amount(band)} connections at ${counted(replicas, "pod")} with a ` +
    `target of ${amount(metric.targetPerPod)}: in ${counted(hidden.length, "look")} ${metric.metric} was over its ` +
    `target, by up to ${amount(over(worst))} connections, ${counted(Math.ceil(over(worst) / metric.targetPerPod), "pod")}, ` +
    `and nothing changed. Set the target ${percent(tolerance)} lower than what a node should hold, or ` +
    `behavior.scaleUp.tolerance (on by default from Kubernetes 1.35).`
  );
}
