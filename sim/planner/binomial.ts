// What a share of runs says about the share of all runs: the exact interval of Clopper and Pearson.
//
// "10 of 10 seeds held" is no certainty: with 95 % confidence it means at least 69 % of them. The bound is where the observed
// count becomes as improbable as the confidence allows (Clopper & Pearson, Biometrika 26, 1934).

import { assert } from "../../core/assert.ts";
import type { Interval } from "../student-t.ts";

/** Either tail of a 95 % interval. */
const TAIL = 0.025;
/** Halvings of [0, 1]: below the precision of anything that is printed. */
const HALVINGS = 48;

/** The two-sided 95 % interval of the true share, when `held` of `count` trials held; [0, 1] without trials. */
export function shareInterval(held: number, count: number): Interval {
  assert(held >= 0 && held <= count, "as many hold as there are at most", held);
  if (count === 0) return { low: 0, high: 1 };
  // P(at least `held`) grows with the share, P(at most `held`) falls.
  const low = held === 0 ? 0 : shareWhere((share) => tail(share, held, count, count) > TAIL);
  const high = held === count ? 1 : shareWhere((share) => tail(share, 0, held, count) < TAIL);
  return { low, high };
}

/** The least share for which `isAbove` holds; it must hold from some share on. */
function shareWhere(isAbove: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (isAbove(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * P(from ≤ X ≤ to) for X binomial(count, share), share in (0, 1). Terms are built from the mode outwards, relative to it, so
 * that none that matters is lost to underflow.
 */
function tail(share: number, from: number, to: number, count: number): number {
  const odds = share / (1 - share);
  const mode = Math.min(count, Math.floor((count + 1) * share));
  let [all, within] = [0, 0];
  const add = (x: number, weight: number): void => {
    all += weight;
    if (x >= from && x <= to) within += weight;
  };
  add(mode, 1);
  for (let x = mode, weight = 1; x > 0; x--) {
    weight *= x / ((count - x + 1) * odds);
    add(x - 1, weight);
  }
  for (let x = mode, weight = 1; x < count; x++) {
    weight *= ((count - x) / (x + 1)) * odds;
    add(x + 1, weight);
  }
  return within / all;
}
