// Logarithm and exponential, the same bits everywhere.
//
// The language lets every engine compute log and exp as it likes, and engines have changed their minds.
// Here they are made of + - × ÷ and looks at the bits of a double, all of which are exact
// by the standard. They are accurate to about one unit in the last place, which the tests check.

const bits = new Uint32Array(2);
const double = new Float64Array(bits.buffer);
const HIGH = 1; // Typed arrays are little-endian on every platform Node runs on; a test would notice.

/** 2^-1023 to 2^1023. A table, because a double put together from its halves is slow to read back. */
const POWERS = new Float64Array(2_047);
const ZERO = 1_023;
POWERS[ZERO] = 1;
for (let i = 1; i <= ZERO; i++) {
  POWERS[ZERO + i] = POWERS[ZERO + i - 1] * 2;
  POWERS[ZERO - i] = POWERS[ZERO - i + 1] / 2;
}

/** ln 2 in two parts: the first has 32 bits, so that a multiple by an exponent is exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;

/** The natural logarithm. -Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  if (x < 2.2250738585072014e-308) return log(x * 0x40_0000_0000_0000) - 54 * (LN2_HIGH + LN2_LOW);
  double[0] = x;
  let exponent = (bits[HIGH] >>> 20) - 1_023;
  let m = x * POWERS[ZERO - exponent];
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  // ln(1 + f) = 2 atanh(s) with s = f / (2 + f): a series in s² ≤ 0.0295, cut below 2^-58. It is summed in
  // pairs, not from the inside out, so that the processor need not wait for each step.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const first = 2 / 3 + z * (2 / 5) + z2 * (2 / 7 + z * (2 / 9));
  const second = 2 / 11 + z * (2 / 13) + z2 * (2 / 15 + z * (2 / 17));
  const tail = z * (first + z4 * (second + z4 * (2 / 19 + z * (2 / 21))));
  // 2s = f - f²/2 + s f²/2: the large term stays exact, and what is rounded is small.
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + tail) + exponent * LN2_LOW) - f);
}

const EXP_STEPS = 64;
const EXP_TABLE = new Float64Array(EXP_STEPS);
const STEPS_PER_UNIT = EXP_STEPS / (LN2_HIGH + LN2_LOW);

/** e to the power of x. 0 below -746, Infinity above 709.79. */
export function exp(x: number): number {
  if (!(x < 709.782712893384)) return x !== x ? NaN : Infinity;
  if (x < -746) return 0;
  // x = step × ln 2 / 64 + r with |r| ≤ 0.0055: a short series, times a table of the 64th roots of 2.
  const step = Math.floor(x * STEPS_PER_UNIT + 0.5);
  const r = x - step * (LN2_HIGH / EXP_STEPS) - step * (LN2_LOW / EXP_STEPS);
  const series = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
  const root = EXP_TABLE[step & (EXP_STEPS - 1)];
  const power = Math.floor(step / EXP_STEPS);
  const mantissa = root + root * series;
  if (power >= -1_021 && power <= 1_022) return mantissa * POWERS[ZERO + power];
  const first = power < 0 ? -1_000 : 1_000;
  return mantissa * POWERS[ZERO + first] * POWERS[ZERO + power - first];
}

for (let i = 0; i < EXP_STEPS; i++) {
  const high = (i / EXP_STEPS) * LN2_HIGH;
  let series = 0; // (e^high - 1) / high, smallest terms first.
  for (let n = 22; n > 0; n--) series = (1 + high * series) / n;
  EXP_TABLE[i] = 1 + (high * series + (1 + high * series) * (i / EXP_STEPS) * LN2_LOW);
}

const LOG_STEPS = 128;
const LOG_INVERSE = new Float64Array(LOG_STEPS);
const LOG_TABLE = new Float64Array(LOG_STEPS);
for (let i = 0; i < LOG_STEPS; i++) {
  LOG_INVERSE[i] = LOG_STEPS / (LOG_STEPS + i + 0.5);
  LOG_TABLE[i] = -log(LOG_INVERSE[i]);
}
const LN2 = LN2_HIGH + LN2_LOW;

/**
 * An exponentially distributed number with mean 1 from a uniform `uint32`: -ln(1 - uint32 / 2^32), to
 * 1e-15. Quicker than `log`, because the bits of an integer are at hand.
 */
export function unitExponential(uint32: number): number {
  if (uint32 === 0) return 0;
  const n = (-uint32 | 0) >>> 0; // 2^32 - uint32
  const zeros = Math.clz32(n);
  const step = ((n << zeros) >>> 24) & (LOG_STEPS - 1);
  const m = n * POWERS[ZERO - 31 + zeros]; // In [1, 2).
  const r = m * LOG_INVERSE[step] - 1; // |r| ≤ 1/256.
  const r2 = r * r;
  const series = r - r2 * (0.5 - r * (1 / 3)) - r2 * r2 * (0.25 - r * 0.2 + r2 * (1 / 6));
  return (zeros + 1) * LN2 - (LOG_TABLE[step] + series);
}
