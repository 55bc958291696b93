// What one run tells: everything reports, budgets and gates may know of it, and nothing else.
//
// Plain data, made of numbers, strings, arrays and records with sorted keys, so that it crosses
// worker threads and files unchanged and two equal runs print the same bytes. Nothing here depends on
// the wall clock. Times are simulated milliseconds unless the name says otherwise.

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
  readonly invariants: readonly InvariantReport[];
  /** Sentences about this run that the numbers support, most important first (findings). */
  readonly findings: readonly string[];
}
