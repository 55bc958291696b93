// The sign-flip permutation test of paired differences, and the interval that goes with it.
//
// Were a change without effect, each difference might as well have had the other sign. Flipping the signs of a subset A of
// differences gives a sum at least as large as the one that was seen exactly when the mean over A is at most 0; around any other
// centre, at most that centre. So the sorted means of all subsets answer every question at once (Hartigan's typical values, 1969):
// p values are shares of them, the interval's ends are quantiles of them. Nothing is assumed but symmetry.

import type { Interval } from "../student-t.ts";
import { randomStream } from "../engine/random.ts";

/** Up to this many differences all subsets are gone through: 16,383 of them. */
const EXACT_MOST = 14;
/** Above it so many are drawn: p is then known to about 0.0015 at 0.05. Assumed to be enough. */
const SAMPLES = 19_999;
/** Means closer than this share of the greatest difference are equal: sums of decimal fractions are not exact. */
const TIE_RATIO = 1e-9;

export class SubsetMeans {
  /** Means of subsets with members, ascending. The empty one counts on either side of every centre. */
  readonly #means: Float64Array;
  readonly #tie: number;
  readonly isExact: boolean;

  /** `differences`: at least one. Equal differences give equal answers: the draws have a seed of their own. */
  constructor(differences: readonly number[]) {
    this.isExact = differences.length <= EXACT_MOST;
    this.#means = (this.isExact ? allMeans(differences) : drawnMeans(differences)).sort();
    const greatest = differences.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    this.#tie = Math.max(TIE_RATIO * greatest, Number.MIN_VALUE);
  }

  /** One-sided p of "the mean is at most `center`": small when it is above. */
  pAtMost(center: number): number {
    const below = this.#countBelow(center + this.#tie);
    return (1 + below) / (this.#means.length + 1);
  }

  /** One-sided p of "the mean is at least `center`": small when it is below. */
  pAtLeast(center: number): number {
    const above = this.#means.length - this.#countBelow(center - this.#tie);
    return (1 + above) / (this.#means.length + 1);
  }

  /** Two-sided p of "the mean is `center`". */
  pEqual(center: number): number {
    return Math.min(1, 2 * Math.min(this.pAtMost(center), this.pAtLeast(center)));
  }

  /** Every centre that the two-sided test does not refuse at 1 − `confidence`; undefined where so few differences refuse none. */
  interval(confidence: number): Interval | undefined {
    const refused = Math.floor(((1 - confidence) / 2) * (this.#means.length + 1));
    if (refused < 1) return undefined;
    const { length } = this.#means;
    return { low: this.#means[refused - 1]!, high: this.#means[length - refused]! };
  }

  /** How many means are at most `limit`. */
  #countBelow(limit: number): number {
    let [low, high] = [0, this.#means.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#means[middle]! <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** By bit mask: a subset is a smaller one and the difference of its lowest bit. */
function allMeans(differences: readonly number[]): Float64Array {
  const count = 1 << differences.length;
  const sums = new Float64Array(count);
  const sizes = new Uint8Array(count);
  const means = new Float64Array(count - 1);
  for (let mask = 1; mask < count; mask++) {
    const rest = mask & (mask - 1);
    sums[mask] = sums[rest]! + differences[31 - Math.clz32(mask ^ rest)]!;
    sizes[mask] = sizes[rest]! + 1;
    means[mask - 1] = sums[mask]! / sizes[mask]!;
  }
  return means;
}

function drawnMeans(differences: readonly number[]): Float64Array {
  const luck = randomStream(differences.length, "sign-flip");
  const means = new Float64Array(SAMPLES);
  for (let i = 0; i < SAMPLES;) {
    let [sum, size, bits] = [0, 0, 0];
    for (const [k, difference] of differences.entries()) {
      if (k % 32 === 0) bits = luck.nextUint32();
      if (((bits >>> (k % 32)) & 1) === 0) continue;
      sum += difference;
      size++;
    }
    if (size > 0) means[i++] = sum / size;
  }
  return means;
}
