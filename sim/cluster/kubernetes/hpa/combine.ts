// Several metrics, one proposal: the greatest of those that succeeded.
//
// A metric that fails blocks the way down and not the way up, and it does so on raw proposals: before windows, before
// limits, and strictly below the replicas there are.

import { nameOf, failureReason, traceOf } from "./metric-words.ts";
import { type Proposal, type Question, proposalOf } from "./metric.ts";
import type { Failed, MetricReading } from "./reading.ts";
import type { MetricSpec } from "./spec.ts";
import type { MetricTrace } from "./trace.ts";

export interface MetricFailure {
  /** Of the condition and of the event. */
  readonly reason: string;
  readonly error: string;
}

export interface Combined {
  /** Undefined: no proposal is to be had this time. */
  readonly raw: number | undefined;
  /** Name of the first metric that proposed the greatest. */
  readonly winner: string | undefined;
  readonly failures: readonly MetricFailure[];
  readonly traces: readonly MetricTrace[];
  /** By metric of the spec. */
  readonly outcomes: readonly (Proposal | Failed)[];
}

export function combined(
  metrics: readonly MetricSpec[],
  readings: readonly (MetricReading | undefined)[],
  question: Question,
): Combined {
  let greatest = -Infinity;
  let winner: string | undefined;
  const failures: MetricFailure[] = [];
  const outcomes = metrics.map((metric, i) => proposalOf(metric, readings[i], question));
  outcomes.forEach((outcome, i) => {
    const metric = metrics[i];
    if ("error" in outcome) {
      failures.push({ reason: failureReason(metric), error: outcome.error });
    } else if (outcome.replicas > greatest) {
      greatest = outcome.replicas;
      winner = nameOf(metric);
    }
  });
  const traces = outcomes.map((outcome, i) => traceOf(metrics[i], outcome, question.tolerances));
  const isBlocked =
    failures.length === metrics.length || (failures.length > 0 && greatest < question.specReplicas);
  if (isBlocked) return { raw: undefined, winner: undefined, failures, traces, outcomes };
  return { raw: greatest, winner, failures, traces, outcomes };
}
