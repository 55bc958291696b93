// One look of the controller as it is kept: the decision, and what it was made from.
//
// The controller sees a count of pods and one mean; who reads the record wants to know how old the samples were and how
// far the pods lie apart, because a mean within its target hides a pod that is full.

import type { DecisionRecord } from "../../../result.ts";
import type { Condition } from "../hpa/conditions.ts";
import type { Decision } from "../hpa/decision.ts";
import type { PodView } from "../hpa/pods.ts";
import { type MetricReading, samplesOf } from "../hpa/reading.ts";
import type { MetricSpec } from "../hpa/spec.ts";
import type { Answer } from "../pipeline/adapter.ts";

/** Undefined: the API answered with nothing. */
interface Answered extends Pick<Answer, "sampledAt"> {
  readonly reading: MetricReading | undefined;
}

export interface Seen {
  readonly metrics: readonly MetricSpec[];
  readonly answers: readonly Answered[];
  readonly pods: readonly PodView[];
  readonly podCpuRequestMilli: number;
}

export function recordOf(decision: Decision, seen: Seen): DecisionRecord {
  const { atMs, scale, rescaled, replicas, error, reason, trace } = decision;
  const isAsked = trace.mode === "metrics";
  return {
    atMs,
    specReplicas: scale?.specReplicas,
    statusReplicas: scale?.statusReplicas,
    rescaled,
    replicas,
    error,
    reason,
    trace,
    metricAgesMs: isAsked ? seen.answers.map(({ sampledAt }) => agesOf(sampledAt, atMs)) : [],
    perPod: isAsked ? seen.metrics.map((metric, i) => spreadOf(metric, i, seen)) : [],
    remarks: remarksOf(decision),
  };
}

function agesOf(sampledAt: Answer["sampledAt"], nowMs: number) {
  if (sampledAt === undefined) return undefined;
  // The controller's clock shows whole ms.
  const age = (atMs: number): number => Math.max(0, Math.round(nowMs - atMs));
  return { youngestMs: age(sampledAt.youngestMs), oldestMs: age(sampledAt.oldestMs) };
}

/** Pods that are deleted do not count, as for the controller. CPU is in percent of the request where the target is. */
function spreadOf(
  metric: MetricSpec,
  index: number,
  { answers, pods, podCpuRequestMilli }: Seen,
): DecisionRecord["perPod"][number] {
  const deleted = new Set(pods.filter(({ isDeleted }) => isDeleted).map(({ name }) => name));
  const isPercent =
    "target" in metric &&
    metric.target.averageValueMilli === undefined &&
    metric.target.averageUtilization !== undefined;
  const unit = isPercent ? podCpuRequestMilli / 100 : 1_000;
  const values = valuesOf(answers[index].reading)
    .filter(([pod]) => !deleted.has(pod))
    .map(([, milli]) => Number(milli) / unit)
    .sort((a, b) => a - b);
  if (values.length === 0) return undefined;
  const [min] = values;
  return { min, p50: values[(values.length - 1) >> 1], max: values[values.length - 1] };
}

function valuesOf(reading: MetricReading | undefined): readonly (readonly [string, bigint])[] {
  if (reading?.kind !== "samples" && reading?.kind !== "usages") return [];
  const samples =
    reading.kind === "samples"
      ? reading.samples
      : samplesOf(reading.usages, { resource: "cpu", container: undefined });
  return [...samples].map(([pod, { valueMilli }]) => [pod, valueMilli]);
}

/** Conditions as `kubectl describe` would show them in red, then what was warned of. */
function remarksOf({ status, events }: Decision): readonly string[] {
  const conditions = status.conditions.filter((condition) => !isHealthy(condition));
  return [
    ...conditions.map(({ type, reason }) => `${type}: ${reason}`),
    ...events
      .filter(({ type }) => type === "Warning")
      .map(({ reason, message }) => `${reason}: ${message}`),
  ];
}

function isHealthy({ type, status }: Condition): boolean {
  if (type === "ScaledToZero") return true;
  return type === "ScalingLimited" ? status === "False" : status === "True";
}
