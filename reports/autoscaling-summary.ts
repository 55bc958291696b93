// What results.json tells of a run's scaling: the path of the replicas and how restless it was.

import type { AutoscalingReport, DecisionRecord } from "../sim/result.ts";
import type { ScenarioResult } from "./results-schema.ts";

export type AutoscalingSummary = NonNullable<ScenarioResult["runs"][number]["autoscaling"]>;

/** A turn within this time is a flap; one after it follows the load. Assumed; budgets of flaps mean the same. */
const FLAP_MS = 15 * 60_000;

export function autoscalingSummary(report: AutoscalingReport): AutoscalingSummary {
  const { kubernetesVersion, workloadKind, decisions } = report;
  const rescales = decisions.filter((decision) => decision.rescaled);
  return {
    kubernetesVersion,
    workloadKind,
    replicas: replicasPath(decisions),
    rescales: rescales.length,
    flaps: flapsOf(rescales),
  };
}

/** The scale when it was first read, and each change, whoever made it. */
function replicasPath(decisions: readonly DecisionRecord[]): AutoscalingSummary["replicas"] {
  const path: AutoscalingSummary["replicas"] = [];
  for (const { atMs, specReplicas, replicas } of decisions) {
    for (const value of [specReplicas, replicas]) {
      if (value === undefined || value === path.at(-1)?.replicas) continue;
      path.push({ atMs, replicas: value });
    }
  }
  return path;
}

function flapsOf(rescales: readonly DecisionRecord[]): number {
  let flaps = 0;
  let last = { direction: 0, atMs: -Infinity };
  for (const { atMs, specReplicas, replicas } of rescales) {
    const direction = Math.sign((replicas ?? 0) - (specReplicas ?? 0));
    if (direction === 0) continue;
    if (direction === -last.direction && atMs - last.atMs <= FLAP_MS) flaps++;
    last = { direction, atMs };
  }
  return flaps;
}
