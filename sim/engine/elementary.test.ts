import { expect, test } from "vitest";
import { exp, log, unitExponential } from "./elementary.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { randomStream } from "./random.ts";

const view = new DataView(new ArrayBuffer(8));

/** Distance in units in the last place; 0 for equal values. */
function ulps(x: number, y: number): number {
  if (x === y) return 0;
  const index = (value: number): bigint => {
    view.setFloat64(0, value);
    return view.getBigInt64(0);
  };
  const distance = Number(index(x) - index(y));
  return Math.abs(distance);
}

function worst(count: number, sample: (u: number) => [number, number]): number {
  const stream = randomStream(3, "samples");
  let most = 0;
  for (let i = 0; i < count; i++) {
    const [ours, reference] = sample(stream.nextUnit());
    most = Math.max(most, ulps(ours, reference));
  }
  return most;
}

test("[EV9] log agrees with the engine's to one unit in the last place", () => {
  expect(worst(200_000, (u) => [log(u + 1e-12), Math.log(u + 1e-12)])).toBeLessThanOrEqual(1);
  expect(worst(200_000, (u) => [log(1 + u), Math.log(1 + u)])).toBeLessThanOrEqual(1);
  expect(worst(200_000, (u) => [log(0.9 + u / 5), Math.log(0.9 + u / 5)])).toBeLessThanOrEqual(1);
  expect(worst(200_000, (u) => [log(u * 1e300), Math.log(u * 1e300)])).toBeLessThanOrEqual(1);
});

test("[EV9] exp agrees with the engine's to two units in the last place", () => {
  expect(worst(200_000, (u) => [exp(u - 0.5), Math.exp(u - 0.5)])).toBeLessThanOrEqual(2);
  expect(
    worst(200_000, (u) => [exp(1400 * u - 700), Math.exp(1400 * u - 700)]),
  ).toBeLessThanOrEqual(2);
  expect(worst(20_000, (u) => [exp(-700 - 40 * u), Math.exp(-700 - 40 * u)])).toBeLessThanOrEqual(
    2,
  );
});

test("[EV9] log and exp know their ends", () => {
  expect([log(1), log(0), log(-0), log(Infinity)]).toEqual([0, -Infinity, -Infinity, Infinity]);
  expect([log(-1), log(NaN), exp(NaN)]).toEqual([NaN, NaN, NaN]);
  expect([exp(0), exp(-0), exp(-Infinity), exp(-746), exp(Infinity)]).toEqual([
    1,
    1,
    0,
    0,
    Infinity,
  ]);
  expect([exp(709.79), exp(710)]).toEqual([Infinity, Infinity]);
  expect(exp(709.78)).toBeLessThan(Infinity);
  expect(ulps(log(Number.MIN_VALUE), Math.log(Number.MIN_VALUE))).toBeLessThanOrEqual(1);
  expect(log(Number.MAX_VALUE)).toBe(Math.log(Number.MAX_VALUE));
});

test("[EV9] an exponential draw is -ln(1 - u), rises with the draw, and is never negative", () => {
  let last = -1;
  const stream = randomStream(4, "samples");
  const draws = Array.from({ length: 100_000 }, () => stream.nextUint32());
  draws.push(0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff);
  for (const draw of draws.sort((x, y) => x - y)) {
    const value = unitExponential(draw);
    if (Math.abs(value + Math.log1p(-draw / 0x1_0000_0000)) > 2e-15)
      expect.unreachable("imprecise");
    if (value < last) expect.unreachable("falls");
    last = value;
  }
  expect(unitExponential(0)).toBe(0);
  expect(unitExponential(0xffff_ffff)).toBeCloseTo(22.18070977791825, 13);
});

test("[EV9] normal quantiles are those of the tables", () => {
  const table: [number, number][] = [
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.99, 2.3263478740408408],
    [0.999, 3.090232306167813],
    [1e-6, -4.753424308822899],
    [1e-12, -7.034483825301131],
  ];
  for (const [p, z] of table)
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(4e-15 * (1 + Math.abs(z)));
});

test("[EV9] the bits of log, exp and quantiles are pinned", () => {
  const hex = (value: number): string => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  };
  expect([log(10), log(0.3), exp(1), exp(-0.1), normalQuantile(0.99)].map(hex)).toEqual([
    "40026bb1bbb55516",
    "bff34378fcbda721",
    "4005bf0a8b14576a",
    "3fecf46d99d52b3b",
    "40029c5c4630ff0d",
  ]);
});
