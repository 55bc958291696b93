// The gate: did the candidate get worse than the base by more than is tolerated?
//
// Three answers, since "not proven worse" is not "proven not worse". A gated metric passes when the whole interval of its change
// lies within the tolerance, fails when the whole interval lies beyond it, and is inconclusive when the interval holds the
// tolerance. Failing is claimed of several metrics at once, so those p values are Holm's; passing needs every one of them to pass,
// which needs no correction. Runs with the same digests did the same in every event: of them nothing is computed.

import type { Interval } from "../student-t.ts";
import type { Verdict } from "../slo.ts";
import { holm } from "./holm.ts";
import {
  compareMetric,
  type ComparedMetric,
  type MetricComparison,
  type SeedPair,
} from "./metric-comparison.ts";

export interface ComparedSide {
  /** Seed → digest of its run; "" when it did not come to its end. */
  readonly digests: ReadonlyMap<number, string>;
  readonly valueOf: (seed: number, key: string) => number | undefined;
}

export interface ComparisonOptions {
  /** Chance of a false alarm that is accepted over all looks. */
  readonly alpha: number;
  /** Looks that are planned: each may spend its part of alpha. */
  readonly looks: number;
}

export type Change = "none" | "better" | "worse" | "changed";

export interface JudgedMetric extends MetricComparison {
  /** Undefined where it is not gated. */
  readonly verdict: Verdict | undefined;
  /** What can be told from no change at all; of gated metrics after Holm. */
  readonly change: Change;
  /** Holm's p of "it did not change", over the gated metrics that differ in some seed; undefined where it is not gated. */
  readonly adjustedP: number | undefined;
  /** t and sign flips do not agree: the interval is that of the flips. */
  readonly isSkewed: boolean;
  /** Why, where the numbers alone do not say it; "" otherwise. */
  readonly note: string;
}

export interface Comparison {
  readonly seeds: readonly number[];
  /** Seeds whose runs are the same in every event. */
  readonly identicalSeeds: number;
  readonly isIdentical: boolean;
  readonly alpha: number;
  readonly looks: number;
  readonly confidence: number;
  readonly metrics: readonly JudgedMetric[];
  readonly verdict: Verdict;
}

/** From so many seeds on, a disagreement of t and sign flips is the metric's doing, not that of few seeds. */
const SKEW_SEEDS_LEAST = 20;

/** `metrics`: the gated ones and others, in the order of the report. Seeds that both sides ran are compared. */
export function compareSides(
  metrics: readonly ComparedMetric[],
  base: ComparedSide,
  candidate: ComparedSide,
  { alpha, looks }: ComparisonOptions,
): Comparison {
  const seeds = [...base.digests.keys()].filter((seed) => candidate.digests.has(seed));
  const same = seeds.filter((seed) => {
    const digest = base.digests.get(seed)!;
    return digest !== "" && digest === candidate.digests.get(seed);
  });
  const isIdentical = seeds.length > 0 && same.length === seeds.length;
  const level = alpha / looks;
  const compared = metrics.map((metric) => {
    const pairs = seeds.map((seed): SeedPair => {
      const before = base.valueOf(seed, metric.key);
      // Of the same events only what is measured can differ, and nothing is to be told of that here.
      const after = isIdentical ? before : candidate.valueOf(seed, metric.key);
      return { seed, base: before, candidate: after };
    });
    return compareMetric(metric, pairs, 1 - level);
  });
  const judged = isIdentical ? compared.map(identical) : judge(compared, level, alpha);
  return {
    seeds,
    identicalSeeds: same.length,
    isIdentical,
    alpha,
    looks,
    confidence: 1 - level,
    metrics: judged,
    verdict: isIdentical ? "pass" : together(judged),
  };
}

function identical(one: MetricComparison): JudgedMetric {
  const verdict = one.metric.isGated ? "pass" : undefined;
  return { ...one, verdict, change: "none", adjustedP: undefined, isSkewed: false, note: "" };
}

function together(judged: readonly JudgedMetric[]): Verdict {
  const verdicts = judged.flatMap(({ verdict }) => verdict ?? []);
  if (verdicts.includes("fail")) return "fail";
  return verdicts.length === 0 || verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

/**
 * Failing pays for every look and every gated metric. Telling that something changed fails nothing and ends no look, so it has the
 * whole of alpha, and of the gated metrics only those count that differ in some seed: the others cannot be told by any luck.
 */
function judge(
  compared: readonly MetricComparison[],
  level: number,
  alpha: number,
): readonly JudgedMetric[] {
  const looked = compared.map((one) => ({ one, ...lookAt(one, level) }));
  const gated = looked.filter(({ one }) => one.metric.isGated);
  const beyond = holm(gated.map(({ pBeyond }) => pBeyond));
  const moving = gated.filter(({ one }) => differs(one));
  const moved = holm(moving.map(({ pChange }) => pChange));
  return looked.map(({ one, isSkewed, interval, worseInterval, pChange }) => {
    const shown = { ...one, interval, isSkewed };
    const place = gated.findIndex((other) => other.one === one);
    if (place < 0) {
      const change = pChange <= alpha ? changeOf(one) : "none";
      return { ...shown, verdict: undefined, change, adjustedP: undefined, note: "" };
    }
    const isBeyond = beyond[place]! <= level / 2;
    const { verdict, note } = verdictOf(one, worseInterval, isBeyond);
    const adjustedP = moved[moving.findIndex((other) => other.one === one)] ?? 1;
    const change = adjustedP <= alpha || one.newlyBroken > 0 ? changeOf(one) : "none";
    return { ...shown, verdict, change, adjustedP, note };
  });
}

function differs({ pairs }: MetricComparison): boolean {
  return pairs.some(({ base, candidate }) => base !== candidate);
}

interface Look {
  readonly isSkewed: boolean;
  /** Of candidate − base. */
  readonly interval: Interval | undefined;
  /** Of how much worse it got. */
  readonly worseInterval: Interval | undefined;
  /** One-sided p of "it got worse by no more than the tolerance". */
  readonly pBeyond: number;
  /** Two-sided p of "it did not change", by the test that notices more. */
  readonly pChange: number;
}

function lookAt(one: MetricComparison, level: number): Look {
  const { worse, tolerance, interval, pT = 1, pSignFlip = 1 } = one;
  const byT = {
    isSkewed: false,
    interval,
    worseInterval: worse?.interval(1 - level),
    pBeyond: worse?.pAtMost(tolerance) ?? 1,
    // Either may notice: telling a change fails nothing, and missing one is what must not be.
    pChange: Math.min(pT, pSignFlip),
  };
  if (worse === undefined || one.paired < SKEW_SEEDS_LEAST) return byT;
  const byFlips = worse.flips.interval(1 - level);
  if (byFlips === undefined) return byT;
  const sides = [byT.worseInterval!, byFlips].map(({ low, high }) => [
    low > tolerance,
    high <= tolerance,
    low > 0,
    high < 0,
  ]);
  if (sides[0]!.every((side, i) => side === sides[1]![i])) return byT;
  const isTurned = one.metric.direction === "higher";
  const turned = isTurned ? { low: 0 - byFlips.high, high: 0 - byFlips.low } : byFlips;
  return {
    isSkewed: true,
    interval: one.metric.direction === "equal" ? interval : turned,
    worseInterval: byFlips,
    pBeyond: worse.flips.pAtMost(tolerance),
    pChange: pSignFlip,
  };
}

function verdictOf(
  one: MetricComparison,
  worse: Interval | undefined,
  isBeyond: boolean,
): { readonly verdict: Verdict; readonly note: string } {
  const { paired, lonely, pairs, newlyBroken, tolerance } = one;
  const inconclusive = (note: string) => ({ verdict: "inconclusive" as const, note });
  if (paired === 0) return inconclusive("not measured on both sides");
  // No matter of statistics: what was always kept is broken.
  if (one.isKept && newlyBroken > 0 && tolerance === 0) {
    return { verdict: "fail", note: `broken in ${newlyBroken} of ${paired} seeds, in none before` };
  }
  if (worse === undefined) return inconclusive("one seed has no interval");
  if (isBeyond) return { verdict: "fail", note: "" };
  if (lonely > 0) return inconclusive(`measured on one side only in ${lonely} of ${pairs.length}`);
  if (worse.high <= tolerance) return { verdict: "pass", note: "" };
  if (worse.low > tolerance) return inconclusive("beyond, but not among so many gated metrics");
  return inconclusive("the interval holds the tolerance");
}

function changeOf({ worse, difference }: MetricComparison): Change {
  if (worse !== undefined && worse.mean !== 0) return worse.mean > 0 ? "worse" : "better";
  return difference === 0 || difference === undefined ? "none" : "changed";
}
