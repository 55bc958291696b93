// How long those who were thrown out took to come back, from the counts that a run keeps.
//
// The layout of the counts is the recorder's: exact below 2,048 ticks (microseconds here), then 1,024 buckets per
// doubling. Reports know results by their types alone, so the layout stands here a second time; a test compares both.

import type { HistogramCounts } from "../../../sim/result.ts";

const HALF_BITS = 10;
const HALF = 1 << HALF_BITS;
const TICKS_PER_MS = 1_000;

/** The least value of a bucket, ms. */
export function bucketStartMs(index: number): number {
  if (index < 2 * HALF) return index / TICKS_PER_MS;
  let ticks = HALF + (index & (HALF - 1));
  for (let left = (index >> HALF_BITS) - 1; left > 0; left--) ticks *= 2;
  return ticks / TICKS_PER_MS;
}

export interface Returned {
  /** Time since the loss, ms. */
  readonly afterMs: number;
  /** How many were back by then. */
  readonly sessions: number;
}

/** Ever more sessions over time, one step per bucket that has some. */
export function returnsOf({ buckets, counts, max }: HistogramCounts): readonly Returned[] {
  let sessions = 0;
  return buckets.map((bucket, i) => {
    sessions += counts[i]!;
    return { afterMs: Math.min(max, bucketStartMs(bucket + 1)), sessions };
  });
}

/** When `share` of `lost` sessions were back, ms; undefined when they never were. */
export function returnedBy(
  steps: readonly Returned[],
  lost: number,
  share: number,
): number | undefined {
  // One rounding error down, lest 0.9 × 10 ask for a tenth session.
  const wanted = Math.ceil(share * lost * (1 - Number.EPSILON));
  return steps.find(({ sessions }) => sessions >= wanted)?.afterMs;
}

/** The part of a scenario's cluster that says how fast sessions may come back: per host and second, and at once. */
export interface Admission {
  readonly edges: {
    readonly admission: { readonly resumesPerSec: number; readonly burst: number };
  };
  readonly nodes: { readonly admission: { readonly perSec: number; readonly burst: number } };
}

export interface AdmittedResumes {
  /** Per second. Above 0. */
  readonly perSec: number;
  /** Those that pass at once. */
  readonly burst: number;
}

/** What so many edges and nodes let in, whichever of the two is slower; undefined without hosts. */
export function admittedResumes(
  { edges, nodes }: Admission,
  up: { readonly edges: number; readonly nodes: number },
): AdmittedResumes | undefined {
  const byEdges = up.edges * edges.admission.resumesPerSec;
  const byNodes = up.nodes * nodes.admission.perSec;
  if (!(byEdges > 0 && byNodes > 0)) return undefined;
  return byNodes < byEdges
    ? { perSec: byNodes, burst: up.nodes * nodes.admission.burst }
    : { perSec: byEdges, burst: up.edges * edges.admission.burst };
}
