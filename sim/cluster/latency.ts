// How long a frame is under way.
//
// A distribution is tabulated once into 4,096 quantiles of whole microseconds, so that a draw costs a table look-up. The
// table ends at its outermost quantiles (1 in 8,192 on either side), which is said here because it cuts tails.

import type { Distribution as WrittenDistribution } from "../../scenarios/schema.ts";
import { compile, type Distribution } from "../engine/distributions.ts";
import type { RandomStream } from "../engine/random.ts";

const STEPS = 4_096;

export class LatencyTable {
  readonly #quantilesUs = new Float64Array(STEPS);
  readonly meanUs: number;

  constructor(written: WrittenDistribution) {
    const sample = sampler(written);
    let sum = 0;
    for (let i = 0; i < STEPS; i++) {
      const u = (i + 0.5) / STEPS;
      const draw: RandomStream = {
        nextUnit: () => u,
        nextUint32: () => Math.floor(u * 0x1_0000_0000),
      };
      const us = Math.max(0, Math.round(sample(draw) * 1_000));
      this.#quantilesUs[i] = us;
      sum += us;
    }
    this.meanUs = sum / STEPS;
  }

  /** Whole microseconds, from a draw in [0, 2^32). */
  atUs(uint32: number): number {
    return this.#quantilesUs[uint32 >>> 20]!;
  }
}

/** ms per draw, limits applied. */
export function sampler(written: WrittenDistribution): (stream: RandomStream) => number {
  const sample = compile(plain(written));
  if (written.dist === "constant" || written.dist === "uniform") return sample;
  const { minMs, maxMs } = written;
  return (stream) => Math.min(maxMs, Math.max(minMs, sample(stream)));
}

function plain(written: WrittenDistribution): Distribution {
  switch (written.dist) {
    case "constant":
      return { dist: "constant", value: written.valueMs };
    case "uniform":
      return { dist: "uniform", low: written.minMs, high: written.maxMs };
    case "exponential":
      return { dist: "exponential", mean: written.meanMs };
    case "normal":
      return { dist: "normal", mean: written.meanMs, sd: written.deviationMs };
    case "lognormal":
      return { dist: "lognormal", p50: written.medianMs, p99: written.p99Ms };
  }
}
