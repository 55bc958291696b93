// How a decision came about, as plain values: numbers, texts and lists that survive JSON.
//
// The controller computes with exact integers; here thousandths are numbers, which is exact up to 2^53. A step that did
// not take place is undefined.

import type { SelectPolicy } from "./spec.ts";

export interface MetricTrace {
  /** As in the reason of a rescale: "pods metric active_websocket_connections". */
  readonly name: string;
  readonly type: string;
  /** "65 %", "1700 a pod". */
  readonly target: string;
  /** The mean per pod, or the whole value. */
  readonly usageMilli: number | undefined;
  readonly utilizationPercent: number | undefined;
  /** Usage over target; undefined also where it is divided by no replicas. */
  readonly ratio: number | undefined;
  /** With the guesses for pods that are missing or not ready. */
  readonly correctedRatio: number | undefined;
  readonly toleranceDownRatio: number;
  readonly toleranceUpRatio: number;
  readonly pods:
    | {
        readonly ready: number;
        readonly unready: number;
        readonly missing: number;
        readonly ignored: number;
      }
    | undefined;
  /** What the ratio was multiplied with. */
  readonly countedPods: number | undefined;
  readonly proposal: number | undefined;
  readonly error: string | undefined;
  /** In words, with the numbers. */
  readonly reason: string;
}

export interface StabilizationTrace {
  /** Windows that count, ms; undefined where the path has none. */
  readonly upWindowMs: number | undefined;
  readonly downWindowMs: number;
  /** The least and the greatest proposal within the windows, the raw one included. */
  readonly low: number | undefined;
  readonly high: number;
  readonly stabilized: number;
  readonly reason: string;
}

export interface PolicyTrace {
  readonly type: "Pods" | "Percent";
  readonly value: number;
  readonly periodMs: number;
  /** Replicas when the period began, as the events kept tell. */
  readonly startReplicas: number;
  readonly limit: number;
}

export interface RateTrace {
  readonly direction: "up" | "down";
  readonly selectPolicy: SelectPolicy;
  readonly policies: readonly PolicyTrace[];
  readonly limit: number;
  readonly reason: string;
}

export type Mode = "metrics" | "above max" | "below min" | "disabled" | "no scale";

export interface DecisionTrace {
  readonly mode: Mode;
  readonly metrics: readonly MetricTrace[];
  /** The greatest proposal of the metrics, before windows and limits. */
  readonly raw: number | undefined;
  /** Name of the metric that asked for it. */
  readonly winner: string | undefined;
  readonly stabilization: StabilizationTrace | undefined;
  readonly rate: RateTrace | undefined;
  readonly limits: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    /** Why the result differs from the stabilized count, or DesiredWithinRange. */
    readonly reason: string | undefined;
  };
  readonly final: number;
}
