// A metric's outcome in words, and as a trace.

import { decimalText } from "./quantity.ts";
import type { Failed } from "./reading.ts";
import type { Proposal } from "./metric.ts";
import type { MetricSpec, MetricTarget } from "./spec.ts";
import { type Tolerances, bandText, short } from "./tolerance.ts";
import type { MetricTrace } from "./trace.ts";

/** As the reason of a rescale names it. The words are the API's. */
export function nameOf(metric: MetricSpec): string {
  switch (metric.type) {
    case "Resource":
      return `${metric.resource} resource${ofRequest(metric.target)}`;
    case "ContainerResource":
      return `${metric.resource} container resource${ofRequest(metric.target)}`;
    case "Pods":
      return `pods metric ${metric.metric}`;
    case "Object":
      return `${metric.objectKind} metric ${metric.metric}`;
    case "External":
      return `external metric ${metric.metric}`;
    case "Unknown":
      return `unknown metric source ${metric.source}`;
  }
}

function ofRequest({ averageValueMilli }: MetricTarget): string {
  return averageValueMilli === undefined ? " utilization (percentage of request)" : "";
}

/** Reason of the condition ScalingActive, and of the event, when the metric fails. */
export function failureReason({ type }: MetricSpec): string {
  return type === "Unknown" ? "InvalidMetricSourceType" : `FailedGet${type}Metric`;
}

/** "65 %", "1700 a pod", "1700 in all". */
export function targetText(metric: MetricSpec): string {
  if (metric.type === "Unknown") return "none";
  const { type, averageUtilization, averageValueMilli, valueMilli } = metric.target;
  if (averageValueMilli !== undefined && type !== "Value") {
    return `${decimalText(averageValueMilli)} a pod`;
  }
  if (averageUtilization !== undefined) return `${averageUtilization} %`;
  return valueMilli === undefined ? "none" : `${decimalText(valueMilli)} in all`;
}

export function traceOf(
  metric: MetricSpec,
  outcome: Proposal | Failed,
  tolerances: Tolerances,
): MetricTrace {
  const known = {
    name: nameOf(metric),
    type: metric.type,
    target: targetText(metric),
    toleranceDownRatio: tolerances.downRatio,
    toleranceUpRatio: tolerances.upRatio,
  };
  if ("error" in outcome) {
    const { error } = outcome;
    return { ...known, ...NOTHING, error, reason: `${known.name} failed: ${error}` };
  }
  const isPerPod = outcome.groups !== undefined;
  return {
    ...known,
    usageMilli: Number(isPerPod ? outcome.averageMilli : outcome.usageMilli),
    utilizationPercent: isPerPod ? outcome.utilizationPercent : undefined,
    ratio: Number.isFinite(outcome.ratio) ? outcome.ratio : undefined,
    correctedRatio: isPerPod ? outcome.correctedRatio : undefined,
    pods: isPerPod ? countsOf(outcome.groups) : undefined,
    countedPods: outcome.countedPods,
    proposal: outcome.replicas,
    error: undefined,
    reason: `${known.name}: ${reasonOf(outcome, known.target, tolerances)}`,
  };
}

const NOTHING = {
  usageMilli: undefined,
  utilizationPercent: undefined,
  ratio: undefined,
  correctedRatio: undefined,
  pods: undefined,
  countedPods: undefined,
  proposal: undefined,
} as const;

function countsOf(groups: NonNullable<Proposal["groups"]>): NonNullable<MetricTrace["pods"]> {
  const { readyCount, unready, missing, ignored } = groups;
  return {
    ready: readyCount,
    unready: unready.size,
    missing: missing.size,
    ignored: ignored.size,
  };
}

function reasonOf(proposal: Proposal, target: string, tolerances: Tolerances): string {
  const { replicas, rule, ratio, countedPods } = proposal;
  const seen = `${usageText(proposal)} of ${target}, ratio ${short(ratio)}`;
  const band = bandText(tolerances);
  switch (rule) {
    case "within tolerance":
      return `${seen}, within ${band}: ${replicas} stay`;
    case "within tolerance: status replicas":
      return `${seen}, within ${band}: the ${replicas} of the status are asked for`;
    case "ratio × ready pods":
      return `${seen} × ${countedPods} ready pods: ${replicas}`;
    case "ratio, from zero":
      return `${seen}, from zero: ${replicas}`;
    case "value ÷ target":
      return `${seen} for ${countedPods} replicas of the status: value ÷ target is ${replicas}`;
    default:
      return `${seen}; ${correctedText(proposal, band)}`;
  }
}

function correctedText(proposal: Proposal, band: string): string {
  const { replicas, rule, countedPods, groups } = proposal;
  if (groups === undefined) return "";
  const corrected = short(proposal.correctedRatio ?? proposal.ratio);
  const guesses = [
    ...(groups.missing.size > 0 ? [`${groups.missing.size} without a sample`] : []),
    ...(groups.unready.size > 0 ? [`${groups.unready.size} not ready`] : []),
  ];
  const seen = `with ${guesses.join(" and ")} the ratio is ${corrected}`;
  if (rule === "corrected: within tolerance") return `${seen}, within ${band}: ${replicas} stay`;
  if (rule === "corrected: other direction") {
    return `${seen}, on the other side of 1: ${replicas} stay`;
  }
  if (rule === "corrected: count against direction") {
    return `${seen}, but × ${countedPods} pods it would go the other way: ${replicas} stay`;
  }
  return `${seen} × ${countedPods} pods: ${replicas}`;
}

function usageText(proposal: Proposal): string {
  if (proposal.groups === undefined) return decimalText(proposal.usageMilli);
  const { utilizationPercent, averageMilli } = proposal;
  if (utilizationPercent !== undefined) return `${utilizationPercent} %`;
  return decimalText(averageMilli);
}
