// Logarithm, exponential and the normal quantile, the same bits everywhere.
//
// The language lets every engine compute log and exp as it likes, and engines have changed their minds.
// Here they are made of + - × ÷, square roots and looks at the bits of a double, all of which are exact
// by the standard. They are accurate to about one unit in the last place, which the tests check.

const bits = new Uint32Array(2);
const double = new Float64Array(bits.buffer);
const HIGH = 1; // Typed arrays are little-endian on every platform Node runs on; a test would notice.

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
  bits[HIGH] = (bits[HIGH] & 0xf_ffff) | 0x3ff0_0000;
  let m = double[0];
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  // ln(1 + f) = 2 atanh(s) with s = f / (2 + f): a series in s² ≤ 0.0295, cut below 2^-58.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const odd = 1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21)))));
  const tail = 2 * z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * odd))));
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
  if (power >= -1_021 && power <= 1_022) return mantissa * powerOfTwo(power);
  const first = power < 0 ? -1_000 : 1_000;
  return mantissa * powerOfTwo(first) * powerOfTwo(power - first);
}

/** 2 to an integer from -1,022 to 1,023. */
function powerOfTwo(exponent: number): number {
  bits[0] = 0;
  bits[HIGH] = (exponent + 1_023) << 20;
  return double[0];
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
/** 2^-k, for 0 to 31. */
const SCALE = Float64Array.from({ length: 32 }, (_, k) => powerOfTwo(-k));

/**
 * An exponentially distributed number with mean 1 from a uniform `uint32`: -ln(1 - uint32 / 2^32), to
 * 1e-15. A quarter of what `log` costs, because the bits of an integer are at hand.
 */
export function unitExponential(uint32: number): number {
  if (uint32 === 0) return 0;
  const n = (-uint32 | 0) >>> 0; // 2^32 - uint32
  const zeros = Math.clz32(n);
  const step = ((n << zeros) >>> 24) & (LOG_STEPS - 1);
  const m = n * SCALE[31 - zeros]; // In [1, 2).
  const r = m * LOG_INVERSE[step] - 1; // |r| ≤ 1/256.
  const r2 = r * r;
  const series = r - r2 * (0.5 - r * (1 / 3)) - r2 * r2 * (0.25 - r * 0.2 + r2 * (1 / 6));
  return (zeros + 1) * LN2 - (LOG_TABLE[step] + series);
}
