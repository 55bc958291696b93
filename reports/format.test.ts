import { expect, test } from "vitest";
import { formatBytes, formatCount, formatMs, formatPercent } from "./format.ts";

test.each([
  [0, "0 ms"],
  [0.00042, "420 ns"],
  [0.042, "0.042 ms"],
  [1.5, "1.5 ms"],
  [312.4, "312 ms"],
  [999.6, "1 s"],
  [2_512, "2.51 s"],
  [59_940, "59.9 s"],
  [59_960, "1m 00s"],
  [200_000, "3m 20s"],
  [3_900_000, "1h 05m"],
  [-38.4, "−38.4 ms"],
])("[CL8] %d ms is %s", (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});

test.each([
  [0, "0 %"],
  [1, "100 %"],
  [0.5, "50 %"],
  [0.9996, "99.96 %"],
  [0.99996, "99.996 %"],
  [0.9999999999, "almost 100 %"],
  [0.00004, "0.004 %"],
  [0.1234, "12.3 %"],
  [-0.1, "−10 %"],
  [1.25, "125 %"],
])("[CL8] the ratio %d is %s: never 100 %% unless it is all", (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [100_000, "100,000"],
  [1_234_567, "1,234,567"],
  [-1_234, "−1,234"],
  [0.25, "0.25"],
  [1_234.6, "1,235"],
])("[CL8] the count %d is %s", (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_024, "1 KiB"],
  [100_000_000, "95.4 MiB"],
  [2_147_483_648, "2 GiB"],
])("[CL8] %d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
