// What paired differences say of their mean: an interval and p values, by Student's t and by flipping signs.
//
// Two ways because each has its blind side: t trusts that means of so few differences are nearly normal, flipping signs that they
// are symmetrical. Where there are enough differences for both and they do not agree, the differences are skewed, and the one that
// assumes less is believed.

import { deviation, mean } from "d3-array";
import { assert } from "../../core/assert.ts";
import type { Interval } from "../student-t.ts";
import { SubsetMeans } from "./subset-means.ts";
import { quantileWithin, shareAbove, shareWithin } from "./t-distribution.ts";

export class PairedDifferences {
  readonly count: number;
  readonly mean: number;
  readonly flips: SubsetMeans;
  readonly #error: number;

  /** At least two differences: one has no spread. */
  constructor(differences: readonly number[]) {
    assert(differences.length >= 2, "an interval needs two differences", differences.length);
    this.count = differences.length;
    this.mean = mean(differences)!;
    this.#error = deviation(differences)! / Math.sqrt(this.count);
    this.flips = new SubsetMeans(differences);
  }

  /** Two-sided interval of the mean by t. */
  interval(confidence: number): Interval {
    const half = this.#error === 0 ? 0 : quantileWithin(confidence, this.count - 1) * this.#error;
    return { low: this.mean - half, high: this.mean + half };
  }

  /** Two-sided p of "the mean is 0" by t. */
  pZero(): number {
    if (this.#error === 0) return this.mean === 0 ? 1 : 0;
    return 1 - shareWithin(this.mean / this.#error, this.count - 1);
  }

  /** One-sided p of "the mean is at most `limit`" by t: small when it is above. */
  pAtMost(limit: number): number {
    if (this.#error === 0) return this.mean > limit ? 0 : 1;
    return shareAbove((this.mean - limit) / this.#error, this.count - 1);
  }
}
