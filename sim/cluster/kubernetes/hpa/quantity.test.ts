import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalText, doubleOf, milliOf, quantityText } from "./quantity.ts";

test.each([
  ["1700", 1_700_000n],
  ["250m", 250n],
  ["1.5", 1_500n],
  [".5", 500n],
  ["5.", 5_000n],
  ["+2k", 2_000_000n],
  ["-0.25", -250n],
  ["1Ki", 1_024_000n],
  ["1.5Mi", 1_572_864_000n],
  ["1e3", 1_000_000n],
  ["2E-3", 2n],
  ["1E", 1_000_000_000_000_000_000_000n],
  ["123456789n", 124n],
  ["1n", 1n],
  ["-1n", -1n],
  ["1001u", 2n],
  ["0.0001", 1n],
  ["9223372036854775807m", 9_223_372_036_854_775_807n],
])("[HP3] %s is %s thousandths", (text, milli) => {
  const fits = milli <= 9_223_372_036_854_775_807n;

  expect(milliOf(text)).toBe(fits ? milli : undefined);
});

test.each(["", "k", ".", "1 Gi", "1ki", "1K", "0x10", "1e", "--1", "1,5", "9223372036854775808m"])(
  "[HP3] %j is no quantity",
  (text) => {
    expect(milliOf(text)).toBeUndefined();
  },
);

test("[HP3] what is written is read back", () => {
  const amounts = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });

  expect([1_700_000n, 62_500n, -40n].map(quantityText)).toEqual(["1700", "62500m", "-40m"]);
  expect([1_700_000n, 62_500n, -40n].map(decimalText)).toEqual(["1700", "62.5", "-0.04"]);
  fc.assert(
    fc.property(
      amounts,
      (milli) => milliOf(quantityText(milli)) === milli && milliOf(decimalText(milli)) === milli,
    ),
    { seed: 4, numRuns: 300 },
  );
});

test.each([
  ["0.3", 0.30000000000000004],
  ["300m", 0.3],
  ["0.1", 0.1],
  ["0", 0],
  ["5", 5],
  ["x", undefined],
])("[HP9] as a tolerance %s is the double %s", (text, double) => {
  expect(doubleOf(text)).toBe(double);
});
