// What an export is about: a result of `stormglass run`, as the person sees it who applies something to a cluster.
//
// Everything that a builder needs is read before it begins, so that the builders are functions from this to text, and equal
// results give equal bytes. Amounts are decimal texts: what a manifest says exactly is never a double here.

import type { ScenarioResult } from "../results-schema.ts";

export type CheckResult = ScenarioResult["checks"][number];

/** One metric of the HPA. `amount` is the target as a decimal: "1700", "62.5"; of Utilization percent. */
export type ScalingMetric =
  | {
      readonly type: "Resource" | "ContainerResource";
      readonly resource: string;
      /** Of ContainerResource. */
      readonly container: string | undefined;
      readonly target: "Utilization" | "AverageValue";
      readonly amount: string;
    }
  | {
      readonly type: "Pods" | "Object" | "External";
      readonly metric: string;
      /** Labels that the manifest asks for, name and value. */
      readonly labels: readonly (readonly [string, string])[];
      readonly target: "AverageValue" | "Value";
      readonly amount: string;
    };

export interface HpaSubject {
  /** As the API server takes it. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly metrics: readonly ScalingMetric[];
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** False for a manifest that the runs did not have: their verdict is not its. */
  readonly isOfRun: boolean;
  /** Most replicas that this HPA asked for in the runs; undefined when they did not have it. */
  readonly mostReplicas: number | undefined;
}

/** How pods of the nodes leave. */
export interface Departure {
  /** terminationGracePeriodSeconds, ms. */
  readonly graceMs: number;
  /** From SIGTERM to the beginning of the drain, ms. */
  readonly noticeMs: number;
  /** Pods that evictions may take at one time. */
  readonly maxUnavailable: number;
  /** False: the scenario was not at hand, and these are the settings that deploy/ ships. */
  readonly isOfRun: boolean;
  /** Longest time from a pod's deletion until it was gone in the runs, ms; undefined when none went. */
  readonly longestMs: number | undefined;
  /** Sessions that pods still had when they were killed, over all runs. */
  readonly sessionsKilled: number;
}

export interface ExportSubject {
  readonly scenario: string;
  readonly verdict: ScenarioResult["verdict"];
  readonly answer: string;
  /** Runs of the whole scenario, in order. */
  readonly runs: readonly { readonly seed: number; readonly digest: string }[];
  /** Of one run its own digest, of several the digest of their list. */
  readonly runDigest: string;
  /** What reproduces the runs. */
  readonly command: string;
  /** Version of the program that ran them. */
  readonly toolVersion: string;
  readonly namespace: string;
  /** Release that the export is for: "1.35". */
  readonly kubernetes: string;
  /** Where KEDA finds Prometheus. */
  readonly prometheusUrl: string;
  readonly checks: readonly CheckResult[];
  readonly hpa: HpaSubject | undefined;
  readonly workload: { readonly kind: string; readonly name: string };
  readonly departure: Departure;
}

/** A file of an export. */
export interface ExportFile {
  readonly name: string;
  readonly text: string;
}

/** An export: its files, the main one first, and what its reader must know that no file can say. */
export interface Exported {
  readonly files: readonly ExportFile[];
  readonly warnings: readonly string[];
}

/** The minor number: 35 of "1.35". */
export function minorOf(version: string): number {
  return Number(version.split(".")[1]);
}
