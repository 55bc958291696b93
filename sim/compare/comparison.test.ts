import fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream } from "../engine/random.ts";
import { compareSides, type ComparedSide, type Comparison } from "./comparison.ts";
import type { ComparedMetric } from "./metric-comparison.ts";

const LATENCY: ComparedMetric = {
  key: "p99(join.latency)@storm",
  unit: "ms",
  direction: "lower",
  target: undefined,
  isGated: true,
  tolerance: undefined,
};
const LOST: ComparedMetric = {
  ...LATENCY,
  key: "value(critical.lost)@run",
  unit: "count",
  direction: "equal",
  target: 0,
};

type Columns = Readonly<Record<string, readonly (number | undefined)[]>>;

function side(columns: Columns, digest = "a"): ComparedSide {
  const count = Math.max(...Object.values(columns).map(({ length }) => length));
  const digests = new Map(Array.from({ length: count }, (_, i) => [i + 1, `${digest}${i}`]));
  return { digests, valueOf: (seed, key) => columns[key]?.[seed - 1] };
}

function compared(
  metrics: readonly ComparedMetric[],
  base: Columns,
  candidate: Columns,
  looks = 1,
): Comparison {
  return compareSides(metrics, side(base), side(candidate, "b"), { alpha: 0.05, looks });
}

const join = (base: readonly number[], candidate: readonly number[], metric = LATENCY) =>
  compared([metric], { [metric.key]: base }, { [metric.key]: candidate });

const TEN = [980, 1_010, 995, 1_020, 1_000, 990, 1_005, 1_015, 985, 1_000];
const plus = (values: readonly number[], more: number): number[] =>
  values.map((value, i) => value + more + ((i * 3) % 5) - 2);

test("[BC5] the interval of the paired differences is the textbook's", () => {
  // Differences 3, 4, 5, 6, 7: mean 5, deviation √2.5, t(4) = 2.77645.
  const base = [100, 100, 100, 100, 100];
  const [metric] = join(base, [103, 104, 105, 106, 107]).metrics;

  expect(metric).toMatchObject({ base: 100, candidate: 105, difference: 5, paired: 5 });
  expect(metric!.interval!.low).toBeCloseTo(3.03676, 4);
  expect(metric!.interval!.high).toBeCloseTo(6.96324, 4);
  // t = 5 / 0.70711 = 7.0711 with 4 degrees; all signs equal: 2 of 32 patterns.
  expect(metric!.pT).toBeCloseTo(0.0021103, 6);
  expect(metric!.pSignFlip).toBe(2 / 32);
});

test("[BC5] within the tolerance passes, beyond it fails, on it is inconclusive", () => {
  const verdicts = [10, 38, 48, 51, 80, -80].map((more) => join(TEN, plus(TEN, more)).verdict);

  expect(verdicts).toEqual(["pass", "pass", "pass", "inconclusive", "fail", "pass"]);
});

test("[BC5] a pass that can be told from no change says so: nothing is passed silently", () => {
  const metric = (more: number) => join(TEN, plus(TEN, more)).metrics[0];

  expect(metric(20)).toMatchObject({ verdict: "pass", change: "worse" });
  expect(metric(-20)).toMatchObject({ verdict: "pass", change: "better" });
  expect(metric(0)).toMatchObject({ verdict: "pass", change: "none" });
});

test("[BC5] a change that most seeds hardly show, and one shows much, is told by its signs", () => {
  const much = TEN.map((value, i) => value + (i === 4 ? 150 : 0.1 + i / 10));
  const [metric] = join(TEN, much).metrics;

  expect(metric!.pT).toBeGreaterThan(0.05);
  expect(metric!.pSignFlip).toBe(2 / 1_024);
  expect(metric!.change).toBe("worse");
});

test("[BC5] where higher is better, less is worse", () => {
  const throughput = { ...LATENCY, unit: "count", direction: "higher" } as const;

  expect(join(TEN, plus(TEN, -80), throughput).verdict).toBe("fail");
  expect(join(TEN, plus(TEN, 80), throughput).metrics[0]!.change).toBe("better");
});

test("[BC6] an invariant that the base kept fails with one broken seed; one that it broke is compared", () => {
  const kept = [0, 0, 0, 0, 0, 0];
  const once = [0, 0, 1, 0, 0, 0];

  const broken = join(kept, once, LOST);
  expect(broken.verdict).toBe("fail");
  expect(broken.metrics[0]).toMatchObject({
    change: "worse",
    note: "broken in 1 of 6 seeds, in none before",
  });
  expect(join(kept, kept, LOST).verdict).toBe("pass");
  expect(join(once, kept, LOST).verdict).toBe("inconclusive");
  expect(join([5, 6, 7, 5, 6, 7], [1, 2, 3, 1, 2, 3], LOST).verdict).toBe("pass");
});

test("[BC7] equal digests are identical without a computation, whatever was measured", () => {
  const base = side({ [LATENCY.key]: TEN });
  const result = compareSides([LATENCY], base, base, { alpha: 0.05, looks: 1 });

  expect(result).toMatchObject({ isIdentical: true, identicalSeeds: 10, verdict: "pass" });
  expect(result.metrics[0]).toMatchObject({ verdict: "pass", change: "none", difference: 0 });
});

test("[BC8] failing is Holm's over the gated metrics alone", () => {
  const keys = Array.from({ length: 12 }, (_, i) => `p99(join.latency)@w${i}`);
  const metrics = (gated: number): ComparedMetric[] =>
    keys.map((key, i) => ({ ...LATENCY, key, isGated: i < gated }));
  const noise = [30, -20, 15, 40, -10, 25, 5, -15, 35, 20];
  const base = Object.fromEntries(keys.map((key) => [key, TEN]));
  // 66 ms more than a tolerance of 50, with noise: beyond it for one metric, not for one of twelve.
  const worse = TEN.map((value, i) => value + 60 + noise[i]!);
  const candidate = Object.fromEntries(keys.map((key, i) => [key, i === 0 ? worse : TEN]));

  expect(compared(metrics(1), base, candidate).verdict).toBe("fail");
  const many = compared(metrics(12), base, candidate);
  expect(many.verdict).toBe("inconclusive");
  expect(many.metrics[0]!.note).toBe("beyond, but not among so many gated metrics");
  expect(many.metrics[1]!.adjustedP).toBe(1);
});

test("[BC9] alpha is shared between the looks that are planned", () => {
  const once = join(TEN, plus(TEN, 20));
  const thrice = compared([LATENCY], { [LATENCY.key]: TEN }, { [LATENCY.key]: plus(TEN, 20) }, 3);
  const width = ({ metrics: [metric] }: Comparison): number =>
    metric!.interval!.high - metric!.interval!.low;

  expect(once.confidence).toBe(0.95);
  expect(thrice.confidence).toBeCloseTo(1 - 0.05 / 3, 12);
  // t(9) at 0.98333 is 2.9333, at 0.95 it is 2.2622.
  expect(width(thrice) / width(once)).toBeCloseTo(2.9333 / 2.2622, 3);
});

test("[BC9] telling a change pays neither for looks nor for gated metrics that never differ", () => {
  const still = Array.from({ length: 9 }, (_, i) => ({
    ...LATENCY,
    key: `p99(join.latency)@w${i}`,
  }));
  const same = Object.fromEntries(still.map(({ key }) => [key, TEN]));
  // One seed got a little better, the others worse.
  const worse = TEN.map((value, i) => value + (i === 0 ? -1 : 3 + 4 * (i % 4)));
  const columns = [
    { ...same, [LATENCY.key]: TEN },
    { ...same, [LATENCY.key]: worse },
  ] as const;
  const result = compared([LATENCY, ...still], ...columns, 3);

  expect(result.metrics[0]).toMatchObject({ verdict: "pass", change: "worse" });
  expect(result.metrics[0]!.adjustedP).toBeLessThan(0.005);
  expect(result.metrics[1]).toMatchObject({ change: "none", adjustedP: 1 });
});

test("[BC10] one seed, one-sided measures and nothing measured are inconclusive, with the reason", () => {
  const said = (
    base: readonly (number | undefined)[],
    candidate: readonly (number | undefined)[],
  ) => compared([LATENCY], { [LATENCY.key]: base }, { [LATENCY.key]: candidate });

  expect(said([5], [5]).metrics[0]!.note).toBe("one seed has no interval");
  expect(said([5, 5, 5], [5, 5, undefined]).metrics[0]!.note).toBe(
    "measured on one side only in 1 of 3",
  );
  const nothing = said([undefined, undefined], [undefined, undefined]);
  expect(nothing.metrics[0]!.note).toBe("not measured on both sides");
  expect(nothing.verdict).toBe("inconclusive");
  expect(compared([], { x: [1] }, { x: [1] }).verdict).toBe("inconclusive");
});

test("[BC11] from 20 seeds on, skewed differences are said to be, and the flips decide", () => {
  // Most seeds change by little, a few by very much: t's interval is symmetrical, the flips' is not.
  const base = Array.from({ length: 20 }, () => 1_000);
  const skewed = base.map((value, i) => value + (i < 18 ? 8 + (i % 3) : 300));
  const [metric] = join(base, skewed).metrics;

  expect(metric!.isSkewed).toBe(true);
  expect(metric!.interval!.low).toBeGreaterThan(0);
  expect(join(base.slice(10), skewed.slice(10)).metrics[0]!.isSkewed).toBe(false);
});

test("[BC12] exchanging the sides exchanges better and worse", () => {
  const values = fc.array(fc.integer({ min: 900, max: 1_100 }), { minLength: 8, maxLength: 8 });
  const turned = { better: "worse", worse: "better", none: "none", changed: "changed" } as const;
  fc.assert(
    fc.property(values, values, (base, candidate) => {
      const [there] = join(base, candidate).metrics;
      const [back] = join(candidate, base).metrics;
      expect(back!.difference).toBeCloseTo(0 - there!.difference!, 9);
      expect(back!.interval!.high).toBeCloseTo(0 - there!.interval!.low, 9);
      expect(back!.pT).toBeCloseTo(there!.pT!, 12);
      expect(back!.pSignFlip).toBe(there!.pSignFlip);
      expect(back!.change).toBe(turned[there!.change]);
    }),
    { seed: 5, numRuns: 100 },
  );
});

test("[BC5] with other luck and no change fewer than 1 in 100 comparisons fail", () => {
  const luck = randomStream(1, "comparison test");
  // Sums of four draws: nearly normal, deviation 3 % of the mean.
  const value = (): number =>
    1_000 + 52 * (luck.nextUnit() + luck.nextUnit() + luck.nextUnit() + luck.nextUnit() - 2);
  const ten = (): number[] => Array.from({ length: 10 }, value);
  const verdicts = Array.from({ length: 400 }, () => join(ten(), ten()).verdict);

  expect(verdicts.filter((verdict) => verdict === "fail")).toHaveLength(0);
  expect(verdicts.filter((verdict) => verdict === "pass").length).toBeGreaterThan(300);
});
