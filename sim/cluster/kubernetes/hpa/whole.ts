// Object and External metrics: one value for all pods.
//
// Two formulas that look alike and differ in what they multiply with: a Value target with the pods that are ready (none
// ready: nothing is asked for, however high the metric), an AverageValue target with the status, which counts surge
// pods of a rollout too. Readiness plays no part in the second.

import { INT64_MAX, replicasAbove, wrap64 } from "./int64.ts";
import { type PodView, readyRunningCount } from "./pods.ts";
import { type Tolerances, isWithin } from "./tolerance.ts";

export type WholeRule =
  | "within tolerance"
  | "ratio × ready pods"
  | "ratio, from zero"
  | "value ÷ target"
  | "within tolerance: status replicas";

export interface WholeProposal {
  readonly replicas: number;
  readonly rule: WholeRule;
  readonly ratio: number;
  /** What the status reports: the value, or its mean per replica. */
  readonly usageMilli: bigint;
  readonly countedPods: number;
}

export interface ValueQuestion {
  readonly usageMilli: bigint;
  readonly targetMilli: bigint;
  readonly specReplicas: number;
  readonly pods: readonly PodView[];
  readonly tolerances: Tolerances;
}

export function valueProposal(question: ValueQuestion): WholeProposal | { readonly error: string } {
  const { usageMilli, targetMilli, specReplicas, pods, tolerances } = question;
  const ratio = Number(usageMilli) / Number(targetMilli);
  const found = { ratio, usageMilli, countedPods: 0 };
  if (specReplicas === 0) {
    return { ...found, replicas: replicasAbove(ratio), rule: "ratio, from zero" };
  }
  if (isWithin(tolerances, ratio)) {
    return { ...found, replicas: specReplicas, rule: "within tolerance" };
  }
  if (pods.length === 0) {
    return {
      error:
        "unable to calculate ready pods: no pods returned by selector while calculating replica count",
    };
  }
  const countedPods = readyRunningCount(pods);
  const replicas = replicasAbove(ratio * countedPods);
  return { ...found, countedPods, replicas, rule: "ratio × ready pods" };
}

export interface AverageQuestion {
  readonly usageMilli: bigint;
  /** Per pod. */
  readonly targetMilli: bigint;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  /** Which count a ratio within tolerance proposes. */
  readonly within: "status" | "spec";
}

export function averageProposal(question: AverageQuestion): WholeProposal {
  const { usageMilli, targetMilli, specReplicas, statusReplicas, tolerances, within } = question;
  const ratio = Number(usageMilli) / (Number(targetMilli) * statusReplicas);
  const found = {
    ratio,
    usageMilli: perPodUsage(usageMilli, statusReplicas),
    countedPods: statusReplicas,
  };
  if (!isWithin(tolerances, ratio)) {
    const replicas = replicasAbove(Number(usageMilli) / Number(targetMilli));
    return { ...found, replicas, rule: "value ÷ target" };
  }
  if (within === "spec") return { ...found, replicas: specReplicas, rule: "within tolerance" };
  return { ...found, replicas: statusReplicas, rule: "within tolerance: status replicas" };
}

/** Usage per replica, rounded up; 0 of no replicas, and what has saturated stays so. */
export function perPodUsage(usageMilli: bigint, statusReplicas: number): bigint {
  if (Number(usageMilli) >= Number(INT64_MAX)) return INT64_MAX;
  if (statusReplicas === 0) return 0n;
  return BigInt(Math.ceil(Number(usageMilli) / statusReplicas));
}

/** The samples of an External metric with a Value target: only a positive overflow is capped. */
export function cappedSum(samplesMilli: readonly bigint[]): bigint {
  let sum = 0n;
  for (const sample of samplesMilli) {
    if (sample > 0n && sum > INT64_MAX - sample) return INT64_MAX;
    sum = wrap64(sum + sample);
  }
  return sum;
}

/** With an AverageValue target: a sum that is negative on the way is taken for an overflow, whatever made it so. */
export function suspiciousSum(samplesMilli: readonly bigint[]): bigint {
  let sum = 0n;
  for (const sample of samplesMilli) {
    sum = wrap64(sum + sample);
    if (sum < 0n) return INT64_MAX;
  }
  return sum;
}
