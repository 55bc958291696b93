// One metric of the spec against what was observed: a proposal, or a failure with its reason.

import {
  type Meter,
  type PerPodProposal,
  averageMeter,
  participating,
  perPodProposal,
  utilizationMeter,
} from "./per-pod.ts";
import { type PodGroups, type PodView, type Samples, groupPods, requestsOf } from "./pods.ts";
import { type Failed, type MetricReading, expected, samplesOf } from "./reading.ts";
import type { MetricSpec, MetricTarget } from "./spec.ts";
import type { Tolerances } from "./tolerance.ts";
import type { ControllerRules } from "./version.ts";
import {
  type WholeProposal,
  averageProposal,
  cappedSum,
  suspiciousSum,
  valueProposal,
} from "./whole.ts";

/** What all metrics of one reconcile share. */
export interface Question {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly pods: readonly PodView[];
  readonly tolerances: Tolerances;
  readonly rules: ControllerRules;
  readonly nowMs: number;
}

export type Proposal =
  | (PerPodProposal & { readonly groups: PodGroups })
  | (WholeProposal & { readonly groups: undefined });

export function proposalOf(
  metric: MetricSpec,
  reading: MetricReading | undefined,
  question: Question,
): Proposal | Failed {
  switch (metric.type) {
    case "Resource":
      return ofResource(metric.resource, undefined, metric.target, reading, question);
    case "ContainerResource":
      return ofResource(metric.resource, metric.container, metric.target, reading, question);
    case "Pods":
      return ofPods(metric.metric, metric.target, reading, question);
    case "Object":
      return ofObject(metric.metric, metric.target, reading, question);
    case "External":
      return ofExternal(metric.metric, metric.target, reading, question);
    case "Unknown":
      return { error: `unknown metric source type ${metric.source}` };
  }
}

function ofResource(
  resource: string,
  container: string | undefined,
  target: MetricTarget,
  reading: MetricReading | undefined,
  question: Question,
): Proposal | Failed {
  const { averageValueMilli, averageUtilization } = target;
  if (averageValueMilli === undefined && averageUtilization === undefined) {
    return { error: "neither a utilization target nor a value target is set" };
  }
  const answer = expected(reading, "usages");
  if ("error" in answer) return told(`unable to get metrics for resource ${resource}`, answer);
  const of = { resource, container };
  const samples = samplesOf(answer.usages, of);
  return perPod(samples, resource, question, () => {
    if (averageValueMilli !== undefined) return averageMeter(averageValueMilli);
    const requests = requestsOf(question.pods, of, question.rules);
    return "error" in requests ? requests : utilizationMeter(averageUtilization!, requests); // One of the two is set.
  });
}

function ofPods(
  metric: string,
  { averageValueMilli }: MetricTarget,
  reading: MetricReading | undefined,
  question: Question,
): Proposal | Failed {
  if (averageValueMilli === undefined) return { error: "no average value target is set" };
  const answer = expected(reading, "samples");
  if ("error" in answer) return told(`unable to get metric ${metric}`, answer);
  return perPod(answer.samples, undefined, question, () => averageMeter(averageValueMilli));
}

function perPod(
  samples: Samples,
  resource: string | undefined,
  { pods, specReplicas, tolerances, rules, nowMs }: Question,
  meterOf: () => Meter | Failed,
): Proposal | Failed {
  if (pods.length === 0) {
    return { error: "no pods returned by selector while calculating replica count" };
  }
  const groups = groupPods(pods, samples, resource, rules, nowMs);
  const values = participating(samples, groups);
  if (values.size === 0) {
    return { error: "did not receive metrics for targeted pods (pods might be unready)" };
  }
  const meter = meterOf();
  if ("error" in meter) return meter;
  const proposal = perPodProposal({ meter, values, groups, specReplicas, tolerances });
  return "error" in proposal ? proposal : { ...proposal, groups };
}

/** The type of the target decides. */
function ofObject(
  metric: string,
  { type, valueMilli, averageValueMilli }: MetricTarget,
  reading: MetricReading | undefined,
  question: Question,
): Proposal | Failed {
  const answer = expected(reading, "value");
  if ("error" in answer) return told(`unable to get metric ${metric}`, answer);
  const usageMilli = answer.valueMilli;
  if (type === "Value" && valueMilli !== undefined)
    return byValue(usageMilli, valueMilli, question);
  if (type === "AverageValue" && averageValueMilli !== undefined) {
    return byAverage(usageMilli, averageValueMilli, question);
  }
  return { error: "neither a value target nor an average value target is set" };
}

/** An average wins over a value. */
function ofExternal(
  metric: string,
  { valueMilli, averageValueMilli }: MetricTarget,
  reading: MetricReading | undefined,
  question: Question,
): Proposal | Failed {
  if (valueMilli === undefined && averageValueMilli === undefined) {
    return { error: "neither a value target nor an average value target is set" };
  }
  const answer = expected(reading, "series");
  if ("error" in answer) return told(`unable to get external metric ${metric}`, answer);
  if (averageValueMilli !== undefined) {
    return byAverage(suspiciousSum(answer.valuesMilli), averageValueMilli, question);
  }
  return byValue(cappedSum(answer.valuesMilli), valueMilli!, question); // One of the two is set.
}

function byValue(usageMilli: bigint, targetMilli: bigint, question: Question): Proposal | Failed {
  const { specReplicas, pods, tolerances } = question;
  const proposal = valueProposal({ usageMilli, targetMilli, specReplicas, pods, tolerances });
  return "error" in proposal ? proposal : { ...proposal, groups: undefined };
}

function byAverage(usageMilli: bigint, targetMilli: bigint, question: Question): Proposal {
  const { specReplicas, statusReplicas, tolerances, rules } = question;
  const within = rules.averageWithinTolerance;
  const counts = { specReplicas, statusReplicas, tolerances, within };
  return { ...averageProposal({ usageMilli, targetMilli, ...counts }), groups: undefined };
}

function told(what: string, { error }: Failed): Failed {
  return { error: `${what}: ${error}` };
}
