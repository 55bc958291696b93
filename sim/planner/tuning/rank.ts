// Which of two candidates is better, and which one is recommended.
//
// Feasible and steady (no more flaps than the current manifest) comes before feasible, that before the rest; then what the
// user asked for. A gain within the noise is none: among candidates as good as the best the one with the fewest changes is
// recommended, and that may be the current manifest itself.

import { changesBetween } from "./changes.ts";
import type { Candidate, Pool, Scored } from "./pool.ts";
import { meanOf } from "./score.ts";

export const OBJECTIVES = ["cost", "margin", "flaps"] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Of node-hours. Assumed: less is not worth a change that somebody has to review. */
export const NOISE_RATIO = 0.02;
/** Of margin. Assumed: the margin moves by as much from seed to seed. */
export const NOISE_MARGIN = 0.05;
/** Of flaps. Assumed: a flap in one scenario of two seeds. */
export const NOISE_FLAPS = 0.5;

/** Negative where `a` is better; never 0 for two candidates. */
export function compared(a: Scored, b: Scored, current: Scored, objective: Objective): number {
  return (
    classOf(a, current) - classOf(b, current) ||
    differences(a, b, objective).find((difference) => difference !== 0) ||
    a.candidate.index - b.candidate.index
  );
}

function classOf({ score }: Scored, { score: current }: Scored): number {
  if (!score.isFeasible) return 2;
  return score.flaps <= current.flaps ? 0 : 1;
}

function differences(a: Scored, b: Scored, objective: Objective): readonly number[] {
  const margin = b.score.margin - a.score.margin;
  const cost = a.score.nodeHours - b.score.nodeHours;
  const flaps = a.score.flaps - b.score.flaps;
  if (!a.score.isFeasible) return [margin, cost, flaps];
  switch (objective) {
    case "cost":
      return [cost, flaps, margin];
    case "margin":
      return [margin, cost, flaps];
    case "flaps":
      return [flaps, cost, margin];
  }
}

/** What counts as noise of node-hours: the stated share, or twice the standard error of the paired differences. */
export function costNoise(pool: Pool, a: Candidate, b: Candidate): number {
  const pairs = pool.seeds.flatMap((seed) => {
    const [one, other] = [pool.nodeHoursOf(a, seed), pool.nodeHoursOf(b, seed)];
    return one === undefined || other === undefined ? [] : [{ other, difference: one - other }];
  });
  const stated = NOISE_RATIO * meanOf(pairs.map(({ other }) => other));
  if (pairs.length < 2) return stated;
  const middle = meanOf(pairs.map(({ difference }) => difference));
  const squares = pairs.map(({ difference }) => (difference - middle) * (difference - middle));
  const variance = meanOf(squares) / (pairs.length - 1);
  return Math.max(stated, 2 * Math.sqrt(variance));
}

/**
 * Of the complete ones: the best, or of those that are as good within the noise the one that changes least. Undefined when
 * nobody is feasible.
 */
export function recommended(
  pool: Pool,
  current: Candidate,
  objective: Objective,
): Scored | undefined {
  const own = pool.scored(current);
  const all = pool.candidates.map((candidate) => pool.scored(candidate));
  const feasible = all.filter((one) => one.isComplete && one.score.isFeasible);
  feasible.sort((a, b) => compared(a, b, own, objective));
  const best = feasible[0];
  if (best === undefined) return undefined;
  const asGood = feasible.filter((one) => isAsGood(pool, one, best, current, objective));
  const changed = (one: Scored): number => changesBetween(current.spec, one.candidate.spec).length;
  return asGood.reduce((least, one) => (changed(one) < changed(least) ? one : least));
}

/** Whether `one` is complete, of the same class as `best` or a better one, and no worse than noise explains. */
export function isAsGood(
  pool: Pool,
  one: Scored,
  best: Scored,
  current: Candidate,
  objective: Objective,
): boolean {
  const own = pool.scored(current);
  return (
    one.isComplete &&
    classOf(one, own) <= classOf(best, own) &&
    isWithinNoise(pool, one, best, objective)
  );
}

function isWithinNoise(pool: Pool, one: Scored, best: Scored, objective: Objective): boolean {
  switch (objective) {
    case "cost":
      return (
        one.score.nodeHours - best.score.nodeHours <= costNoise(pool, one.candidate, best.candidate)
      );
    case "margin":
      return best.score.margin - one.score.margin <= NOISE_MARGIN;
    case "flaps":
      return one.score.flaps - best.score.flaps <= NOISE_FLAPS;
  }
}
