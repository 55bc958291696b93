// Quantities as manifests and metric APIs write them: "1700", "250m", "1.5k", "64Mi", "1e3".
//
// Exact until the last step: the text is a whole number times a power of ten or of two, and only the result is rounded,
// up and away from zero, to thousandths, as the API machinery does. What does not fit an int64 of thousandths is refused.

import { INT64_MAX } from "./int64.ts";

interface Parts {
  /** The digits without their point, with their sign. */
  readonly mantissa: bigint;
  /** Power of ten that the mantissa is to be multiplied with. */
  readonly exponent: number;
  /** Further factor of a binary suffix. */
  readonly factor: bigint;
}

const WRITTEN = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,3})?$/;
const DECIMAL: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

function partsOf(text: string): Parts | undefined {
  const match = WRITTEN.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = match[4] ?? "", , suffix = ""] = match;
  const digits = BigInt(`${whole}${fraction}`);
  const mantissa = sign === "-" ? -digits : digits;
  const binary = BINARY.indexOf(suffix);
  const power = DECIMAL.get(suffix) ?? (binary >= 0 ? 0 : Number(suffix.slice(1)));
  return {
    mantissa,
    exponent: power - fraction.length,
    factor: 1n << BigInt(10 * (binary + 1)),
  };
}

/** In thousandths. Undefined when the text is no quantity, or too large for an int64 of thousandths. */
export function milliOf(text: string): bigint | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { mantissa, factor } = parts;
  const exponent = parts.exponent + 3;
  const scaled = mantissa * factor * (exponent > 0 ? tenTo(exponent) : 1n);
  const milli = exponent < 0 ? dividedAwayFromZero(scaled, tenTo(-exponent)) : scaled;
  return milli > INT64_MAX || milli < -INT64_MAX ? undefined : milli;
}

/**
 * As the double that the API machinery makes of it, mantissa × 10^exponent: "0.3" is 0.30000000000000004 and "300m" is
 * 0.3. Of a tolerance the last bit can decide. Undefined when the text is no quantity.
 */
export function doubleOf(text: string): number | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { mantissa, factor, exponent } = parts;
  return exponent === 0
    ? Number(mantissa * factor)
    : Number(mantissa * factor) * Number(`1e${exponent}`);
}

/** "1700", "62500m": what `milliOf` reads back. */
export function quantityText(milli: bigint): string {
  return milli % 1_000n === 0n ? `${milli / 1_000n}` : `${milli}m`;
}

/** "1700", "62.5": for sentences. */
export function decimalText(milli: bigint): string {
  const sign = milli < 0n ? "-" : "";
  const amount = milli < 0n ? -milli : milli;
  const fraction = String(amount % 1_000n)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return `${sign}${amount / 1_000n}${fraction === "" ? "" : `.${fraction}`}`;
}

function tenTo(exponent: number): bigint {
  return BigInt(`1${"0".repeat(exponent)}`);
}

function dividedAwayFromZero(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}
