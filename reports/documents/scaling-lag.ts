// How long it takes from load to a pod that serves it, stage by stage.
//
// The metric is old when it is read, the controller looks in turns, and then a pod is scheduled, pulled, started and found
// ready. Each stage is a setting or a fact of somebody else's; only the sum is felt.

import type { AutoscalingReport, PodLife } from "../../sim/result.ts";

export interface LagStage {
  readonly name: string;
  readonly what: string;
  /** Ascending, ms; over all seeds. */
  readonly valuesMs: readonly number[];
}

/** Stages in which nothing was observed are empty. */
export function lagStages(reports: readonly AutoscalingReport[]): readonly LagStage[] {
  const grown = reports.flatMap(({ pods }) =>
    pods.filter(({ createdFor }) => createdFor === "scale-up"),
  );
  const between = (from: keyof PodLife, to: keyof PodLife): readonly number[] =>
    sorted(
      grown.flatMap((pod) => {
        const [start, end] = [pod[from], pod[to]];
        return typeof start === "number" && typeof end === "number" ? [end - start] : [];
      }),
    );
  return [
    {
      name: "metric age",
      what: "the oldest sample, when the HPA decided to grow",
      valuesMs: sorted(reports.flatMap(metricAges)),
    },
    {
      name: "sync",
      what: "between two looks of the HPA, at most",
      valuesMs: sorted(reports.flatMap(syncGaps)),
    },
    {
      name: "schedule",
      what: "until a machine has the pod",
      valuesMs: between("createdAtMs", "scheduledAtMs"),
    },
    {
      name: "pull",
      what: "until its image is there",
      valuesMs: between("scheduledAtMs", "pulledAtMs"),
    },
    {
      name: "start",
      what: "until its process serves",
      valuesMs: between("pulledAtMs", "servedAtMs"),
    },
    {
      name: "readiness",
      what: "until it is found ready",
      valuesMs: between("servedAtMs", "readyAtMs"),
    },
  ];
}

/** Of looks that grew, the age of the oldest sample of any metric. */
function metricAges({ decisions }: AutoscalingReport): readonly number[] {
  return decisions.flatMap(({ rescaled, replicas, specReplicas, metricAgesMs }) => {
    if (!rescaled || (replicas ?? 0) <= (specReplicas ?? 0)) return [];
    const ages = metricAgesMs.flatMap((age) => (age === undefined ? [] : [age.oldestMs]));
    return ages.length === 0 ? [] : [Math.max(...ages)];
  });
}

function syncGaps({ decisions }: AutoscalingReport): readonly number[] {
  return decisions.slice(1).map(({ atMs }, i) => atMs - decisions[i]!.atMs);
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** The middle value, the lower of two; 0 of none. */
export function middle(values: readonly number[]): number {
  return values[Math.floor((values.length - 1) / 2)] ?? 0;
}
