import fc from "fast-check";
import { expect, test } from "vitest";
import { formatQuantity, parseQuantity, type Unit } from "./quantities.ts";

test.each<[Unit, unknown, number]>([
  ["duration", "30s", 30_000],
  ["duration", "250ms", 250],
  ["duration", "12us", 0.012],
  ["duration", "1m30s", 90_000],
  ["duration", "2min", 120_000],
  ["duration", "1.1s", 1_100],
  ["duration", "1.5h", 5_400_000],
  ["duration", "1d", 86_400_000],
  ["cost", "0.6us", 0.6],
  ["cost", "400ns", 0.4],
  ["cost", "2ms", 2_000],
  ["size", "2GiB", 2_147_483_648],
  ["size", "64KiB", 65_536],
  ["size", "64kB", 64_000],
  ["count", 100_000, 100_000],
  ["count", "100_000", 100_000],
  ["count", "100k", 100_000],
  ["count", "1.5M", 1_500_000],
  ["rate", "1500/s", 1_500],
  ["rate", "2k/s", 2_000],
  ["rate", "30/min", 0.5],
  ["hourly", "6/h", 6],
  ["hourly", "1/min", 60],
  ["byteRate", "256kbit/s", 32_000],
  ["byteRate", "1MiB/s", 1_048_576],
  ["ratio", "20%", 0.2],
  ["ratio", "0.1%", 0.001],
  ["ratio", 0.25, 0.25],
])("[SC2] %s %j is read as %d", (unit, text, value) => {
  expect(parseQuantity(unit, text)).toBe(value);
});

test.each<[Unit, unknown]>([
  ["duration", 30],
  ["duration", 0],
  ["duration", "30"],
  ["duration", "30 s"],
  ["duration", "-3s"],
  ["duration", "s"],
  ["duration", "3sec"],
  ["size", "12"],
  ["size", "12mb"],
  ["count", 1.5],
  ["count", -1],
  ["count", "1.5"],
  ["count", "12 apples"],
  ["count", Infinity],
  ["rate", "1500"],
  ["rate", "5/day"],
  ["byteRate", "1MiB"],
  ["ratio", 1.2],
  ["ratio", "140%"],
  ["ratio", "20"],
  ["duration", undefined],
  ["duration", true],
  ["duration", "unlimited"],
])("[SC2] %s %j is refused", (unit, text) => {
  expect(parseQuantity(unit, text)).toBeUndefined();
});

test("[SC2] unlimited, never and none are Infinity where a field is endless", () => {
  expect(parseQuantity("duration", "never", true)).toBe(Infinity);
  expect(parseQuantity("byteRate", "unlimited", true)).toBe(Infinity);
  expect(formatQuantity("duration", Infinity)).toBe("unlimited");
});

test("[SC2] what is formatted is read back as the same number", () => {
  const cases: readonly (readonly [Unit, fc.Arbitrary<number>])[] = [
    ["duration", fc.integer({ min: 0, max: 1e12 }).map((us) => us / 1_000)],
    ["cost", fc.integer({ min: 0, max: 1e9 }).map((ns) => ns / 1_000)],
    ["size", fc.integer({ min: 0, max: 2 ** 45 })],
    ["count", fc.nat()],
    ["rate", fc.nat({ max: 1_000_000 })],
    ["ratio", fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000)],
  ];
  for (const [unit, values] of cases) {
    fc.assert(
      fc.property(values, (value) => {
        expect(parseQuantity(unit, formatQuantity(unit, value))).toBe(value);
      }),
      { seed: 7, numRuns: 300 },
    );
  }
});

test("[SC2] the shortest exact text is chosen", () => {
  expect(formatQuantity("duration", 90_000)).toBe("90s");
  expect(formatQuantity("duration", 120_000)).toBe("2m");
  expect(formatQuantity("duration", 0)).toBe("0ms");
  expect(formatQuantity("duration", 1.5)).toBe("1500us");
  expect(formatQuantity("size", 524_288)).toBe("512KiB");
  expect(formatQuantity("cost", 0.6)).toBe("600ns");
});
