// Distributions: plain data in scenarios, compiled once into a function of draws.
//
// Every number is made from one draw (erlang: one per stage) by inverting the distribution function: who
// asks for the nth time gets the nth draw of his stream, whatever the distribution, and a larger draw
// never gives a smaller number. Values are in the unit of the parameters. Same bits on every Node version.

import { assert } from "../../core/assert.ts";
import { exp, log, unitExponential } from "./elementary.ts";
import { normalQuantile } from "./normal-quantile.ts";
import type { RandomStream } from "./random.ts";

export interface WeightedRange {
  /** Relative to the other ranges; from 0 on. */
  readonly weight: number;
  /** Uniform from `low` to `high`; equal for a single value. */
  readonly low: number;
  readonly high: number;
}

export type Distribution =
  | { readonly dist: "constant"; readonly value: number }
  | { readonly dist: "uniform"; readonly low: number; readonly high: number }
  | { readonly dist: "exponential"; readonly mean: number }
  | { readonly dist: "normal"; readonly mean: number; readonly sd: number }
  /** By median and 99th percentile, which is what people measure. */
  | { readonly dist: "lognormal"; readonly p50: number; readonly p99: number }
  /** By mean and coefficient of variation, which is what papers report. */
  | { readonly dist: "lognormal"; readonly mean: number; readonly cv: number }
  /** A sum of `shape` exponential stages: waits made of steps. */
  | { readonly dist: "erlang"; readonly shape: number; readonly mean: number }
  /** P(X > x) = (low / x)^shape; with `high`, cut there (and scaled up to stay a distribution). */
  | {
      readonly dist: "pareto";
      readonly low: number;
      readonly shape: number;
      readonly high?: number | undefined;
    }
  | { readonly dist: "empirical"; readonly ranges: readonly WeightedRange[] };

export type Sampler = (stream: RandomStream) => number;

/** The 99th percentile of the standard normal distribution. */
const Z99 = normalQuantile(0.99);
const UNIT = 1 / 0x1_0000_0000;

/** Throws `BrokenRule` for parameters that describe no distribution. */
export function compile(distribution: Distribution): Sampler {
  switch (distribution.dist) {
    case "constant": {
      const { value } = distribution;
      return () => value;
    }
    case "uniform": {
      const { low, high } = distribution;
      assert(low <= high, "a uniform distribution has low ≤ high", high);
      return (stream) => low + (high - low) * stream.nextUnit();
    }
    case "exponential": {
      const { mean } = distribution;
      assert(mean >= 0, "an exponential distribution has a mean from 0 on", mean);
      return (stream) => mean * unitExponential(stream.nextUint32());
    }
    case "normal": {
      const { mean, sd } = distribution;
      assert(sd >= 0, "a normal distribution has an sd from 0 on", sd);
      return (stream) => mean + sd * unitNormal(stream);
    }
    case "lognormal": {
      const { mu, sigma } = lognormalParameters(distribution);
      return (stream) => exp(mu + sigma * unitNormal(stream));
    }
    case "erlang":
      return erlang(distribution.shape, distribution.mean);
    case "pareto":
      return pareto(distribution.low, distribution.shape, distribution.high ?? Infinity);
    case "empirical":
      return empirical(distribution.ranges);
  }
}

/** A draw stands for the middle of its 2^-32, so that neither end is reached. |z| ≤ 6.34. */
function unitNormal(stream: RandomStream): number {
  return normalQuantile((stream.nextUint32() + 0.5) * UNIT);
}

function lognormalParameters(distribution: Distribution & { dist: "lognormal" }): {
  readonly mu: number;
  readonly sigma: number;
} {
  if ("p50" in distribution) {
    const { p50, p99 } = distribution;
    assert(p50 > 0 && p99 >= p50, "a lognormal distribution has 0 < p50 ≤ p99", p99);
    return { mu: log(p50), sigma: log(p99 / p50) / Z99 };
  }
  const { mean, cv } = distribution;
  assert(mean > 0 && cv >= 0, "a lognormal distribution has mean > 0 and cv ≥ 0", cv);
  const variance = log(1 + cv * cv);
  return { mu: log(mean) - variance / 2, sigma: Math.sqrt(variance) };
}

function erlang(shape: number, mean: number): Sampler {
  assert(Number.isInteger(shape) && shape >= 1, "an erlang shape counts stages", shape);
  assert(mean >= 0, "an erlang distribution has a mean from 0 on", mean);
  const stageMean = mean / shape;
  return (stream) => {
    let sum = 0;
    for (let stage = 0; stage < shape; stage++) sum += unitExponential(stream.nextUint32());
    return stageMean * sum;
  };
}

function pareto(low: number, shape: number, high: number): Sampler {
  assert(low > 0 && shape > 0, "a pareto distribution has low > 0 and shape > 0", low);
  assert(high >= low, "a pareto distribution has low ≤ high", high);
  if (high === Infinity) {
    return (stream) => low * exp(unitExponential(stream.nextUint32()) / shape);
  }
  const mass = 1 - exp(shape * log(low / high));
  return (stream) => Math.min(high, low * exp(-log(1 - mass * stream.nextUnit()) / shape));
}

function empirical(ranges: readonly WeightedRange[]): Sampler {
  // Range i begins at `starts[i]` of the total weight; its values rise from `lows[i]` by `slopes[i]`.
  const starts = new Float64Array(ranges.length + 1);
  const lows = Float64Array.from(ranges, ({ low }) => low);
  const slopes = new Float64Array(ranges.length);
  ranges.forEach(({ weight, low, high }, i) => {
    assert(weight >= 0 && low <= high, "a range has weight ≥ 0 and low ≤ high", weight);
    starts[i + 1] = starts[i] + weight;
    slopes[i] = weight > 0 ? (high - low) / weight : 0;
  });
  const total = starts[ranges.length];
  assert(total > 0 && total < Infinity, "ranges have weight", total);
  return (stream) => {
    const at = total * stream.nextUnit();
    let i = 0;
    while (starts[i + 1] <= at) i++;
    return lows[i] + slopes[i] * (at - starts[i]);
  };
}

/** The expected value, by formula. Infinity for a pareto distribution of shape ≤ 1 without end. */
export function meanOf(distribution: Distribution): number {
  switch (distribution.dist) {
    case "constant":
      return distribution.value;
    case "uniform":
      return (distribution.low + distribution.high) / 2;
    case "exponential":
    case "normal":
    case "erlang":
      return distribution.mean;
    case "lognormal": {
      const { mu, sigma } = lognormalParameters(distribution);
      return exp(mu + (sigma * sigma) / 2);
    }
    case "pareto":
      return paretoMean(distribution.low, distribution.shape, distribution.high ?? Infinity);
    case "empirical": {
      const total = distribution.ranges.reduce((sum, { weight }) => sum + weight, 0);
      return distribution.ranges.reduce(
        (sum, { weight, low, high }) => sum + ((weight / total) * (low + high)) / 2,
        0,
      );
    }
  }
}

function paretoMean(low: number, shape: number, high: number): number {
  if (high === Infinity) return shape > 1 ? (shape * low) / (shape - 1) : Infinity;
  const ratio = log(low / high);
  const mass = 1 - exp(shape * ratio);
  if (mass === 0) return low;
  if (shape === 1) return (-low * ratio) / mass;
  return ((shape * low) / (shape - 1)) * ((1 - exp((shape - 1) * ratio)) / mass);
}
