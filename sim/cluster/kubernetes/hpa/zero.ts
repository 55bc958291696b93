// Down to no pods, and back.
//
// 0 replicas can mean that a person switched the workload off or that this autoscaler did. The newer rule remembers the
// second in a condition, so that what a person switched off stays off; the older takes minReplicas 0 for consent.

import { type Conditions, isTrue, withCondition, withoutCondition } from "./conditions.ts";
import type { FilledSpec } from "./spec.ts";
import type { ControllerRules } from "./version.ts";

/** Whether metrics are asked for a target of 0 replicas. */
export function leavesZero(
  { minReplicas, metrics }: FilledSpec,
  conditions: Conditions,
  rules: ControllerRules,
): boolean {
  if (!rules.keepsScaledToZero) return minReplicas === 0;
  if (!isOwnZero(conditions, rules)) return false;
  return minReplicas !== 0 || hasWholeMetric({ metrics });
}

/** Whether the zero is remembered as the autoscaler's own. */
export function isOwnZero(conditions: Conditions, rules: ControllerRules): boolean {
  return rules.keepsScaledToZero && rules.gates.scaleToZero && isTrue(conditions, "ScaledToZero");
}

/** Only a metric that does not come from pods can bring pods back. */
function hasWholeMetric({ metrics }: Pick<FilledSpec, "metrics">): boolean {
  return metrics.some(({ type }) => type === "Object" || type === "External");
}

/** The conditions after the scale was written. */
export function rememberedZero(
  conditions: Conditions,
  spec: FilledSpec,
  change: { readonly from: number; readonly to: number },
  rules: ControllerRules,
  nowMs: number,
): Conditions {
  if (!rules.keepsScaledToZero) return conditions;
  if (!rules.gates.scaleToZero) return withoutCondition(conditions, "ScaledToZero");
  const isZero =
    change.from > 0 && change.to === 0 && spec.minReplicas === 0 && hasWholeMetric(spec);
  const said = {
    type: "ScaledToZero",
    status: isZero ? "True" : "False",
    reason: isZero ? "ScaledToZero" : "NotScaledToZero",
    message: isZero
      ? "the autoscaler itself went to 0 replicas"
      : "the last step was no way to 0 that metrics lead back from",
  } as const;
  return withCondition(conditions, said, nowMs);
}
