// Surge pods inflate the count: an AverageValue of an Object or External metric within tolerance asks for the replicas of
// the status, which has the extra pods of a rollout. Kubernetes #138505.

import type { DecisionRecord } from "../../result.ts";
import type { Evidence } from "./evidence.ts";
import { counted, course, span } from "./words.ts";

export function surge(evidence: Evidence): readonly string[] {
  const steps = evidence.decisions.filter(isInflated);
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return [];
  const path = course([first.specReplicas ?? 0, ...steps.map(({ replicas }) => replicas ?? 0)]);
  const { trace, statusReplicas } = first;
  return [
    `The rollout inflated the count: at ${span(first.atMs)} ${trace.winner} was within its tolerance, where an ` +
      `AverageValue asks for the replicas of the status, and its ${statusReplicas} had the surge pods in it; in ` +
      `${counted(steps.length, "step")} the count went ${path} although nobody more had come. Scale on a Pods ` +
      `metric or a Value target, or roll out with maxSurge 0.`,
  ];
}

/** A rescale to the status, which was above the spec, while the ratio asked for no change. */
function isInflated({ trace, rescaled, specReplicas, statusReplicas }: DecisionRecord): boolean {
  if (!rescaled || specReplicas === undefined || statusReplicas === undefined) return false;
  const winner = trace.metrics.find(({ name }) => name === trace.winner);
  if (winner?.ratio === undefined || winner.pods !== undefined) return false;
  const isWithin =
    winner.ratio <= 1 + winner.toleranceUpRatio && winner.ratio >= 1 - winner.toleranceDownRatio;
  return isWithin && statusReplicas > specReplicas && winner.proposal === statusReplicas;
}
