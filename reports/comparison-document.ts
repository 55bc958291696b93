// What `stormglass compare` found, as a document: for programs as it stands, for people by comparison.ts.

import type { MetricUnit } from "../sim/metrics/catalogue.ts";
import type { Verdict } from "../sim/slo.ts";

/** Grows in the second number when something is added, in the first when something changes. */
export const COMPARISON_VERSION = "1.0";

export interface ComparedSideDocument {
  /** A file, a directory, or "this run". */
  readonly label: string;
  readonly scenario: string;
  readonly digest: string;
  readonly toolVersion: string;
  /** Digest of the code that simulated; absent in results of versions that did not say. */
  readonly model?: string;
  readonly seeds: number;
}

export interface ComparedMetricDocument {
  /** "p99(join.latency)@storm". */
  readonly metric: string;
  /** Ids of the budgets that limit it. */
  readonly budgets: readonly string[];
  readonly gated: boolean;
  readonly unit: MetricUnit;
  readonly better?: "lower" | "higher" | "equal";
  /** Means over the seeds of both sides, in the unit; absent when nothing was measured. */
  readonly base?: number;
  readonly candidate?: number;
  /** candidate − base, its interval, and all three as shares of the base where that is not 0. */
  readonly difference?: number;
  readonly interval?: { readonly low: number; readonly high: number };
  readonly relative?: number;
  readonly relativeInterval?: { readonly low: number; readonly high: number };
  /** How much worse it may get, in the unit. */
  readonly tolerance: number;
  /** Absent where it is not gated. */
  readonly verdict?: Verdict;
  readonly change: "none" | "better" | "worse" | "changed";
  /** Two-sided p of "no change": by t, by flipping signs, and the smaller after Holm where it is gated. */
  readonly pT?: number;
  readonly pSignFlip?: number;
  readonly pHolm?: number;
  readonly skewed: boolean;
  readonly note: string;
  readonly seeds: readonly {
    readonly seed: number;
    readonly base?: number;
    readonly candidate?: number;
  }[];
}

export interface ComparisonDocument {
  readonly kind: "stormglass-comparison";
  readonly version: typeof COMPARISON_VERSION;
  readonly base: ComparedSideDocument;
  readonly candidate: ComparedSideDocument;
  readonly verdict: Verdict;
  /** Every seed did the same in every event. */
  readonly identical: boolean;
  /** What differs between the inputs: a label, and one line per value. */
  readonly change: { readonly label: string; readonly lines: readonly string[] };
  readonly seeds: readonly number[];
  readonly identicalSeeds: number;
  /** Accepted chance of a false alarm, over `looks` looks; this is look `look`. */
  readonly alpha: number;
  readonly looks: number;
  readonly look: number;
  /** Of each interval. */
  readonly confidence: number;
  /** What makes runs unfit for a comparison, most important first. */
  readonly alarms: readonly string[];
  readonly notes: readonly string[];
  readonly metrics: readonly ComparedMetricDocument[];
}
