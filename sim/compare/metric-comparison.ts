// One metric on both sides, seed by seed: how much it changed, and what t and the flipping of signs make of it.
//
// Everything is said twice: as candidate − base, which people read, and as "how much worse", which the gate judges. Values are
// rounded to what files keep, so that a side from a file and a side from this minute cannot differ by their dust.

import { mean } from "d3-array";
import type { MetricUnit } from "../metrics/catalogue.ts";
import type { Interval } from "../student-t.ts";
import { PairedDifferences } from "./paired-differences.ts";
import { allowed, defaultTolerance, type Direction, type Tolerance } from "./tolerance.ts";

export interface ComparedMetric {
  /** "p99(join.latency)@storm". */
  readonly key: string;
  readonly unit: MetricUnit;
  /** Undefined: nobody said which way is worse, so it cannot be gated. */
  readonly direction: Direction | undefined;
  /** What it must be; only with "equal". */
  readonly target: number | undefined;
  readonly isGated: boolean;
  /** Instead of the default of its unit. */
  readonly tolerance: Tolerance | undefined;
}

/** One seed; undefined where a side measured nothing. */
export interface SeedPair {
  readonly seed: number;
  readonly base: number | undefined;
  readonly candidate: number | undefined;
}

export interface MetricComparison {
  readonly metric: ComparedMetric;
  readonly pairs: readonly SeedPair[];
  /** Seeds in which both sides measured something, and in which only one did. */
  readonly paired: number;
  readonly lonely: number;
  /** Means over the paired seeds; undefined without any. */
  readonly base: number | undefined;
  readonly candidate: number | undefined;
  /** candidate − base: mean, and its interval where there are two seeds. */
  readonly difference: number | undefined;
  readonly interval: Interval | undefined;
  /** How much worse it may get, in the unit. 0 without a direction. */
  readonly tolerance: number;
  /** How much worse it got, seed by seed; undefined below two paired seeds or without a direction. */
  readonly worse: PairedDifferences | undefined;
  /** Two-sided p of "no change": by t, and by flipping signs. */
  readonly pT: number | undefined;
  readonly pSignFlip: number | undefined;
  /** Seeds in which the base met the target and the candidate does not; 0 unless "equal". */
  readonly newlyBroken: number;
  /** Whether the base met the target in all seeds; false unless "equal". */
  readonly isKept: boolean;
}

/** Significant digits that files keep (reports/results-json.ts). */
const KEPT_DIGITS = 12;

function rounded(value: number): number {
  return Number(value.toPrecision(KEPT_DIGITS));
}

/** `confidence` of the interval, 0 to 1. */
export function compareMetric(
  metric: ComparedMetric,
  pairs: readonly SeedPair[],
  confidence: number,
): MetricComparison {
  const both = pairs.flatMap(({ base, candidate }) =>
    base === undefined || candidate === undefined ? [] : [[rounded(base), rounded(candidate)]],
  ) as [number, number][];
  const lonely = pairs.filter(
    ({ base, candidate }) => (base === undefined) !== (candidate === undefined),
  ).length;
  const changes = both.map(([base, candidate]) => rounded(candidate - base));
  const change = changes.length < 2 ? undefined : new PairedDifferences(changes);
  const base = mean(both, ([value]) => value);
  const target = metric.direction === "equal" ? metric.target : undefined;
  const broken = both.map(([before, after]) => [before !== target, after !== target] as const);
  return {
    metric,
    pairs,
    paired: both.length,
    lonely,
    base,
    candidate: mean(both, ([, value]) => value),
    difference: mean(changes),
    interval: change?.interval(confidence),
    tolerance: base === undefined ? 0 : toleranceOf(metric, base),
    worse: change === undefined ? undefined : worseOf(metric, both, change),
    pT: change?.pZero(),
    pSignFlip: change?.flips.pEqual(0),
    newlyBroken:
      target === undefined ? 0 : broken.filter(([before, after]) => !before && after).length,
    isKept: target !== undefined && broken.every(([before]) => !before),
  };
}

function toleranceOf({ unit, direction, tolerance }: ComparedMetric, base: number): number {
  if (direction === undefined) return 0;
  return allowed(tolerance ?? defaultTolerance(unit, direction), base, unit, direction);
}

function worseOf(
  { direction, target = 0 }: ComparedMetric,
  both: readonly (readonly [number, number])[],
  change: PairedDifferences,
): PairedDifferences | undefined {
  switch (direction) {
    case undefined:
      return undefined;
    case "lower":
      return change;
    case "higher":
      return new PairedDifferences(both.map(([base, candidate]) => rounded(base - candidate)));
    case "equal":
      return new PairedDifferences(
        both.map(([base, candidate]) =>
          rounded(Math.abs(candidate - target) - Math.abs(base - target)),
        ),
      );
  }
}
