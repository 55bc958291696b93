// What one run tells: everything reports, budgets and gates may know of it, and nothing else.
//
// Plain data, made of numbers, strings, arrays and records with sorted keys, so that it crosses
// worker threads and files unchanged and two equal runs print the same bytes. Nothing here depends on
// the wall clock. Times are simulated milliseconds unless the name says otherwise.

import type { DecisionTrace } from "./cluster/kubernetes/hpa/trace.ts";

/** Sparse, exact counts of a log-linear histogram (metrics/histogram.ts): merging adds counts. */
export interface HistogramCounts {
  /** Recorded values. */
  readonly count: number;
  /** Bucket index → count, ascending. Two parallel arrays. */
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
  /** Exact extremes and sum, in the unit of the metric. 0 when empty. */
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export interface InvariantReport {
  /** Short name, e.g. "conservation of clients". */
  readonly name: string;
  readonly ok: boolean;
  /** When it was first broken, ms, and what was seen; empty when ok. */
  readonly detail: string;
}

export interface WindowSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeSeries {
  readonly resolutionMs: number;
  /** Column name (a metric of the catalogue, sometimes with "/part") → one number per interval. */
  readonly columns: Readonly<Record<string, readonly number[]>>;
}

/** One look of the HPA's controller, as it is kept. */
export interface DecisionRecord {
  readonly atMs: number;
  /** The scale that it read: what the workload was asked to have, and what it had; undefined when unreadable. */
  readonly specReplicas: number | undefined;
  readonly statusReplicas: number | undefined;
  /** Whether it wrote a new scale, and what the scale says afterwards. */
  readonly rescaled: boolean;
  readonly replicas: number | undefined;
  readonly error: string | undefined;
  readonly reason: string;
  readonly trace: DecisionTrace;
  /** By metric of the spec, in its order: how old the newest and the oldest sample were, ms; undefined without samples. */
  readonly metricAgesMs: readonly (
    { readonly youngestMs: number; readonly oldestMs: number } | undefined
  )[];
  /** By metric: the least, the middle and the greatest value of one pod, in the metric's unit; undefined where it has none. */
  readonly perPod: readonly (
    { readonly min: number; readonly p50: number; readonly max: number } | undefined
  )[];
  /** Conditions that are not as in a healthy HPA, "ScalingLimited: TooManyReplicas"; and warnings that were told. */
  readonly remarks: readonly string[];
}

/** The life of one pod of the nodes. Times in ms; undefined where it did not come to it. */
export interface PodLife {
  readonly name: string;
  /** Number of the node that runs in it: "n7" in columns of the series is 7. */
  readonly node: number;
  readonly machine: number | undefined;
  readonly createdAtMs: number;
  readonly scheduledAtMs: number | undefined;
  readonly pulledAtMs: number | undefined;
  readonly servedAtMs: number | undefined;
  readonly readyAtMs: number | undefined;
  readonly deletedAtMs: number | undefined;
  readonly goneAtMs: number | undefined;
  /** Why it was created and deleted. */
  readonly createdFor: "beginning" | "scale-up" | "update" | "replacement";
  readonly deletedFor: "scale-down" | "update" | "eviction" | undefined;
  /** Sessions when it was deleted, and those that it still had when it was killed at the end of its grace. */
  readonly sessionsAtDelete: number;
  readonly sessionsKilled: number;
}

export interface AutoscalingReport {
  /** The HPA as the API server takes it (plain JSON of autoscaling/v2); undefined where pods are managed without one. */
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
  readonly kubernetesVersion: string;
  readonly workloadKind: "Deployment" | "StatefulSet";
  readonly decisions: readonly DecisionRecord[];
  readonly pods: readonly PodLife[];
}

/** Reason a run ended before its simulated end. */
export type EndedEarly = "events" | "heap" | "invariant" | "interrupted";

export interface RunResult {
  readonly scenario: string;
  readonly seed: number;
  /** "full", or "without:<fault name>" for the paired run that a comparison budget asks for. */
  readonly variant: string;
  /** Rolling digest of every event, 16 hex digits. */
  readonly digest: string;
  readonly eventCount: number;
  readonly simulatedMs: number;
  readonly endedEarly: EndedEarly | undefined;
  readonly windows: Readonly<Record<string, WindowSpan>>;
  /** "metric@window" → value. The window "run" is the whole run. Counters and end-of-run gauges. */
  readonly values: Readonly<Record<string, number>>;
  /** "metric@window" → counts. */
  readonly histograms: Readonly<Record<string, HistogramCounts>>;
  readonly series: TimeSeries;
  /** Undefined where nothing manages the nodes. */
  readonly autoscaling: AutoscalingReport | undefined;
  readonly invariants: readonly InvariantReport[];
  /** Sentences about this run that the numbers support, most important first (findings). */
  readonly findings: readonly string[];
}
