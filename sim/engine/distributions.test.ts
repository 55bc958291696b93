import { expect, test } from "vitest";
import { compile, meanOf } from "./distributions.ts";
import type { Distribution } from "./distributions.ts";
import { randomStream } from "./random.ts";

const RANGES = [
  { weight: 6, low: 2, high: 4 },
  { weight: 0, low: 90, high: 99 },
  { weight: 3, low: 5, high: 10 },
  { weight: 1, low: 50, high: 50 },
];

const DISTRIBUTIONS: Distribution[] = [
  { dist: "constant", value: 3.5 },
  { dist: "uniform", low: -2, high: 6 },
  { dist: "exponential", mean: 250 },
  { dist: "normal", mean: 10, sd: 3 },
  { dist: "lognormal", p50: 40, p99: 300 },
  { dist: "lognormal", mean: 12, cv: 1.5 },
  { dist: "erlang", shape: 4, mean: 20 },
  { dist: "pareto", low: 1, shape: 3 },
  { dist: "pareto", low: 2, shape: 1, high: 1_000 },
  { dist: "pareto", low: 2, shape: 1.2, high: 200 },
  { dist: "empirical", ranges: RANGES },
];

function sorted(distribution: Distribution, count = 100_000): number[] {
  const sample = compile(distribution);
  const stream = randomStream(11, "sample");
  return Array.from({ length: count }, () => sample(stream)).sort((x, y) => x - y);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: readonly number[], q: number): number =>
  values[Math.floor(q * values.length)];

test("[EV9] samples have the mean that the formula says", () => {
  for (const distribution of DISTRIBUTIONS) {
    const values = sorted(distribution);
    const expected = meanOf(distribution);
    const sd = Math.sqrt(mean(values.map((value) => (value - expected) ** 2)));
    expect(Math.abs(mean(values) - expected)).toBeLessThanOrEqual((4 * sd) / Math.sqrt(100_000));
  }
});

test("[EV9] samples have the quantiles that the parameters say", () => {
  const cases: [Distribution, number, number][] = [
    [{ dist: "lognormal", p50: 40, p99: 300 }, 0.5, 40],
    [{ dist: "lognormal", p50: 40, p99: 300 }, 0.99, 300],
    [{ dist: "normal", mean: 10, sd: 3 }, 0.5, 10],
    [{ dist: "normal", mean: 10, sd: 3 }, 0.8413447460685429, 13],
    [{ dist: "exponential", mean: 250 }, 0.9, 575.6462732485114],
    [{ dist: "pareto", low: 1, shape: 3 }, 0.875, 2],
    [{ dist: "uniform", low: -2, high: 6 }, 0.25, 0],
    [{ dist: "empirical", ranges: RANGES }, 0.3, 3],
    [{ dist: "empirical", ranges: RANGES }, 0.75, 7.5],
    [{ dist: "empirical", ranges: RANGES }, 0.95, 50],
  ];
  for (const [distribution, q, value] of cases) {
    const found = quantile(sorted(distribution), q);
    expect(Math.abs(found - value)).toBeLessThan(0.03 * Math.max(1, Math.abs(value)));
  }
});

test("[EV9] samples stay within the support", () => {
  expect(sorted({ dist: "pareto", low: 2, shape: 1.2, high: 200 }).at(-1)).toBeLessThanOrEqual(200);
  expect(sorted({ dist: "pareto", low: 2, shape: 1.2, high: 200 })[0]).toBeGreaterThanOrEqual(2);
  expect(sorted({ dist: "erlang", shape: 4, mean: 20 })[0]).toBeGreaterThan(0);
  const seen = sorted({ dist: "empirical", ranges: RANGES });
  expect(seen.filter((value) => value > 10 && value !== 50)).toEqual([]);
});

test("[EV9] a larger draw never gives a smaller number, and each number takes one draw", () => {
  for (const distribution of DISTRIBUTIONS) {
    if (distribution.dist === "erlang") continue;
    const sample = compile(distribution);
    let last = -Infinity;
    for (let uint32 = 0; uint32 < 0x1_0000_0000; uint32 += 1_048_575) {
      let count = 0;
      const value = sample({
        nextUint32: () => (count++, uint32),
        nextUnit: () => (count++, uint32 / 0x1_0000_0000),
      });
      if (value < last || count > 1) expect.unreachable(distribution.dist);
      last = value;
    }
  }
});

test("[EV9] the bits of the first samples are pinned", () => {
  const view = new DataView(new ArrayBuffer(8));
  const hex = (value: number): string => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  };
  const golden = DISTRIBUTIONS.map((distribution) => {
    const sample = compile(distribution);
    const stream = randomStream(1, "golden");
    return [sample(stream), sample(stream)].map(hex).join(" ");
  });
  expect(golden).toEqual([
    "400c000000000000 400c000000000000",
    "3ff925a27a000000 4014e607dbe00000",
    "40627b6283e47d0b 40823bbcb29d7d1c",
    "4023313e175c100c 402bcbba80fa5ee6",
    "4041cc8ef8b0b909 405ed028af026c4d",
    "4017016bada9bc05 403b47d9ba87669f",
    "4033d247a8bd25a4 403dbe093beb075a",
    "3ff37c95463a0ac5 40016a88909dec2a",
    "400cdbbe04ccf7a5 4034420ed2b0df32",
    "400a1f2d8fbefef8 402b229cff6b01ae",
    "400be7d72ec00000 4049000000000000",
  ]);
});

test("[EV9] parameters that describe no distribution are refused", () => {
  const wrong: Distribution[] = [
    { dist: "uniform", low: 2, high: 1 },
    { dist: "exponential", mean: -1 },
    { dist: "exponential", mean: NaN },
    { dist: "lognormal", p50: 0, p99: 1 },
    { dist: "lognormal", p50: 2, p99: 1 },
    { dist: "erlang", shape: 1.5, mean: 1 },
    { dist: "pareto", low: 0, shape: 1 },
    { dist: "empirical", ranges: [] },
    { dist: "empirical", ranges: [{ weight: 0, low: 1, high: 2 }] },
  ];
  for (const distribution of wrong) expect(() => compile(distribution)).toThrow("Broken rule");
});
