// The controller's integers.
//
// Every metric value, target and request is an int64 in thousandths, kept as a bigint, because a sum may pass 2^53 and
// because Go's int64 wraps where a double only gets coarser. Ratios are doubles, in Go as here; a bigint becomes the
// nearest double, as an int64 does there. Replica counts are int32 in Go and plain numbers here.

export const INT64_MAX = 9_223_372_036_854_775_807n;
export const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;

/** What is left of `value` in 64 bits. */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

export function sum64(values: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const value of values) sum = wrap64(sum + value);
  return sum;
}

/** `value` rounded up to a replica count; beyond int32 it saturates, and what is no number is 0. */
export function replicasAbove(value: number): number {
  const whole = Math.ceil(value);
  if (whole > INT32_MAX) return INT32_MAX;
  if (whole < INT32_MIN) return INT32_MIN;
  return whole | 0; // NaN and -0 are 0.
}

/** As JSON can hold it: a number where that is exact, else a decimal text. */
export function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
