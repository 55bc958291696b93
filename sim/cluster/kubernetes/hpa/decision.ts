// What the controller is told, what it keeps, and what it answers.
//
// All of it is plain: an observation can be made up by a test, read from a file of samples, or taken from a simulated
// cluster, and a decision can be printed as it is.

import type { Conditions } from "./conditions.ts";
import type { Recommendation } from "./history.ts";
import type { PodView } from "./pods.ts";
import type { MetricReading } from "./reading.ts";
import type { ScaleEvents } from "./scale-events.ts";
import type { DecisionTrace, MetricTrace } from "./trace.ts";

export interface Scale {
  /** What the target is asked to have. Everywhere but in one formula, this is the current count. */
  readonly specReplicas: number;
  /** What it has, surge pods of a rollout included. */
  readonly statusReplicas: number;
}

/** What there is to see at one reconcile. */
export interface Observation {
  /** The scale subresource, or why it cannot be read. */
  readonly scale: Scale | { readonly error: string };
  /** Default: valid. */
  readonly selector?: "valid" | "missing" | "unparsable" | "ambiguous";
  /** All pods that the selector finds. */
  readonly pods: readonly PodView[];
  /** One for each metric of the controller's spec, in its order; undefined: the API answered with nothing. */
  readonly metrics: readonly (MetricReading | undefined)[];
  /** What becomes of writing the scale, if it is written. Default: it succeeds. */
  readonly scaleWrite?: "succeeds" | "fails" | "conflicts once";
  /** How long writing the scale takes; the events kept are that much younger. Default 0. */
  readonly scaleWriteMs?: number;
}

/** Lost when the controller manager restarts. */
export interface HpaMemory {
  /** Undefined: this controller has never seen the HPA. */
  readonly recommendations: readonly Recommendation[] | undefined;
  readonly events: ScaleEvents;
}

/** Kept by the API server. */
export interface HpaStatus {
  readonly currentReplicas: number | undefined;
  readonly desiredReplicas: number | undefined;
  readonly lastScaleAtMs: number | undefined;
  readonly conditions: Conditions;
  readonly currentMetrics: readonly MetricTrace[];
}

export interface KubernetesEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface Decision {
  readonly atMs: number;
  /** The scale as it was read; undefined when it could not be. */
  readonly scale: Scale | undefined;
  /** Whether the scale was written with a new value. */
  readonly rescaled: boolean;
  /** What the scale asks for afterwards; undefined when it could not be read. */
  readonly replicas: number | undefined;
  /** Error that the reconcile ends with. It may have scaled all the same. */
  readonly error: string | undefined;
  readonly status: HpaStatus;
  readonly events: readonly KubernetesEvent[];
  readonly trace: DecisionTrace;
  /** The whole decision in words. */
  readonly reason: string;
}
