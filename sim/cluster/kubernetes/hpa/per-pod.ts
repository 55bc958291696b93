// Pods, Resource and ContainerResource metrics: from samples per pod to a number of pods.
//
// Pods without a sample and pods that only start are not guessed at where that would exaggerate: on the way up they
// count as idle, on the way down as busy, and if that turns the direction nothing changes. This is why nothing grows
// while the last batch of pods is not ready.

import { replicasAbove, sum64, wrap64 } from "./int64.ts";
import type { PodGroups, Samples } from "./pods.ts";
import { type Tolerances, isWithin } from "./tolerance.ts";

export interface Usage {
  /** Usage over target. */
  readonly ratio: number;
  /** Whole percent of the requests; of utilization alone. */
  readonly utilizationPercent: number | undefined;
  /** Mean of the samples that count, truncated. */
  readonly averageMilli: bigint;
}

/** How a kind of target turns samples into a ratio, and what it takes a missing pod to use when pods are too many. */
export interface Meter {
  usageOf(values: ReadonlyMap<string, bigint>): Usage | { readonly error: string };
  busyMilli(pod: string): bigint;
}

/** AverageValue. Every sample counts, those of unknown pods too. */
export function averageMeter(targetMilli: bigint): Meter {
  return {
    usageOf: (values) => {
      const averageMilli = sum64(values.values()) / BigInt(values.size);
      const ratio = Number(averageMilli) / Number(targetMilli);
      return { ratio, utilizationPercent: undefined, averageMilli };
    },
    busyMilli: () => targetMilli,
  };
}

/** Utilization: a ratio of sums, cut to a whole percent before it is a ratio. Samples without a request do not count. */
export function utilizationMeter(
  targetPercent: number,
  requests: ReadonlyMap<string, bigint>,
): Meter {
  const busyPercent = BigInt(Math.max(100, targetPercent));
  return {
    usageOf: (values) => {
      const counted = [...values].filter(([pod]) => requests.has(pod));
      const used = sum64(counted.map(([, value]) => value));
      const requested = sum64(counted.map(([pod]) => requests.get(pod)!)); // Filtered for having one.
      if (requested === 0n) return { error: "no metrics returned matched known pods" };
      const utilizationPercent = Number(BigInt.asIntN(32, wrap64(used * 100n) / requested));
      return {
        ratio: utilizationPercent / targetPercent,
        utilizationPercent,
        averageMilli: used / BigInt(counted.length),
      };
    },
    busyMilli: (pod) => wrap64((requests.get(pod) ?? 0n) * busyPercent) / 100n,
  };
}

/** Which rule had the last word. */
export type PerPodRule =
  | "within tolerance"
  | "ratio × ready pods"
  | "corrected: within tolerance"
  | "corrected: other direction"
  | "corrected: count against direction"
  | "corrected ratio × pods";

export interface PerPodProposal extends Usage {
  readonly replicas: number;
  readonly rule: PerPodRule;
  /** The ratio with the values that were filled in. */
  readonly correctedRatio: number | undefined;
  /** Pods that the ratio was multiplied with. */
  readonly countedPods: number;
}

export interface PerPodQuestion {
  readonly meter: Meter;
  /** Without those of ignored and unready pods; not empty. */
  readonly values: ReadonlyMap<string, bigint>;
  readonly groups: PodGroups;
  readonly specReplicas: number;
  readonly tolerances: Tolerances;
}

export function perPodProposal(
  question: PerPodQuestion,
): PerPodProposal | { readonly error: string } {
  const { meter, values, groups, specReplicas, tolerances } = question;
  const usage = meter.usageOf(values);
  if ("error" in usage) return usage;
  const { ratio } = usage;
  const risesUnready = groups.unready.size > 0 && ratio > 1;
  if (groups.missing.size === 0 && !risesUnready) {
    const uncorrected = { ...usage, correctedRatio: undefined, countedPods: groups.readyCount };
    if (isWithin(tolerances, ratio)) {
      return { ...uncorrected, replicas: specReplicas, rule: "within tolerance" };
    }
    const replicas = replicasAbove(ratio * groups.readyCount); // The ready pods, not the spec.
    return { ...uncorrected, replicas, rule: "ratio × ready pods" };
  }
  const enlarged = withGuesses(question, ratio, risesUnready);
  const corrected = meter.usageOf(enlarged);
  if ("error" in corrected) return corrected;
  const answer = correctedAnswer(question, ratio, corrected.ratio, enlarged.size);
  return { ...usage, correctedRatio: corrected.ratio, countedPods: enlarged.size, ...answer };
}

function withGuesses(
  { meter, values, groups }: PerPodQuestion,
  ratio: number,
  risesUnready: boolean,
): ReadonlyMap<string, bigint> {
  const enlarged = new Map(values);
  for (const pod of groups.missing) {
    if (ratio < 1) enlarged.set(pod, meter.busyMilli(pod));
    else if (ratio > 1) enlarged.set(pod, 0n);
  }
  if (risesUnready) for (const pod of groups.unready) enlarged.set(pod, 0n);
  return enlarged;
}

function correctedAnswer(
  { specReplicas, tolerances }: PerPodQuestion,
  ratio: number,
  corrected: number,
  count: number,
): { readonly replicas: number; readonly rule: PerPodRule } {
  if (isWithin(tolerances, corrected)) {
    return { replicas: specReplicas, rule: "corrected: within tolerance" };
  }
  if ((ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1)) {
    return { replicas: specReplicas, rule: "corrected: other direction" };
  }
  const replicas = replicasAbove(corrected * count);
  const isAgainst =
    (corrected < 1 && replicas > specReplicas) || (corrected > 1 && replicas < specReplicas);
  if (isAgainst) return { replicas: specReplicas, rule: "corrected: count against direction" };
  return { replicas, rule: "corrected ratio × pods" };
}

/** The values of the pods that take part: neither ignored nor unready. */
export function participating(samples: Samples, groups: PodGroups): ReadonlyMap<string, bigint> {
  const values = new Map<string, bigint>();
  for (const [pod, { valueMilli }] of samples) {
    if (!groups.ignored.has(pod) && !groups.unready.has(pod)) values.set(pod, valueMilli);
  }
  return values;
}
