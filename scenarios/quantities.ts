// Quantities: text with a unit ⇄ a number in the one unit the program uses.
//
// A scenario file says `30s`, `2GiB`, `1500/s`, `20%`; the program knows milliseconds, bytes, events
// per second and ratios from 0 to 1. A bare number is refused wherever the unit could be in doubt:
// `timeout: 30` reads as seconds to one person and as milliseconds to the next.

/** How a field's text is to be read. */
export type Unit =
  | "duration" // → ms
  | "cost" // → µs of CPU
  | "size" // → bytes
  | "count" // → a whole number
  | "rate" // → events per second
  | "hourly" // → events per hour
  | "byteRate" // → bytes per second
  | "ratio"; // → 0 to 1

interface Notation {
  /** Accepted text, as a regular expression that a JSON Schema may carry. */
  readonly pattern: string;
  /** Whether a YAML number is accepted as it stands. */
  readonly bareNumber: boolean;
  /** What an error message asks for. */
  readonly expected: string;
}

const NUMBER = "\\d[\\d_]*(\\.\\d+)?";

export const NOTATION: Readonly<Record<Unit, Notation>> = {
  duration: {
    pattern: `^(${NUMBER}(us|ms|s|m|min|h|d))+$`,
    bareNumber: false,
    expected: "a duration with a unit (us, ms, s, m or min, h, d), such as 250ms or 1m30s",
  },
  cost: {
    pattern: `^${NUMBER}(ns|us|ms|s)$`,
    bareNumber: false,
    expected: "a time of computing with a unit (ns, us, ms, s), such as 12us",
  },
  size: {
    pattern: `^${NUMBER}(B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$`,
    bareNumber: false,
    expected: "a size with a unit (B, kB, KiB, MB, MiB, GB, GiB, TB, TiB), such as 512MiB",
  },
  count: {
    pattern: `^${NUMBER}(k|M)?$`,
    bareNumber: true,
    expected: 'a whole number, such as 100000, "100_000", 100k or 1.5M',
  },
  rate: {
    pattern: `^${NUMBER}(k|M)?/(s|m|min|h)$`,
    bareNumber: false,
    expected: "a rate with a unit (/s, /min, /h), such as 1500/s or 20/min",
  },
  hourly: {
    pattern: `^${NUMBER}(k|M)?/(s|m|min|h)$`,
    bareNumber: false,
    expected: "a rate with a unit (/s, /min, /h), such as 12/h",
  },
  byteRate: {
    pattern: `^${NUMBER}(bit|kbit|Mbit|Gbit|B|kB|KiB|MB|MiB|GB|GiB)/s$`,
    bareNumber: false,
    expected: "a bandwidth with a unit (kbit/s, Mbit/s, kB/s, KiB/s, MiB/s), such as 256kbit/s",
  },
  ratio: {
    pattern: `^${NUMBER}%$`,
    bareNumber: true,
    expected: "a share: a percentage such as 20%, or a number from 0 to 1",
  },
};

/** Milliseconds per unit. */
const DURATION_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const COST_US: Readonly<Record<string, number>> = { ns: 0.001, us: 1, ms: 1_000, s: 1_000_000 };
/** Bytes per unit: kB, MB, GB count in thousands (SI), KiB, MiB, GiB in 1,024s (IEC 80000-13). */
const SIZE_BYTES: Readonly<Record<string, number>> = {
  bit: 0.125,
  kbit: 125,
  Mbit: 125_000,
  Gbit: 125_000_000,
  B: 1,
  kB: 1_000,
  KB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
  TB: 1_000_000_000_000,
  TiB: 1_099_511_627_776,
};
const MULTIPLE: Readonly<Record<string, number>> = { "": 1, k: 1_000, M: 1_000_000 };
const PER_HOUR: Readonly<Record<string, number>> = { s: 3_600, m: 60, min: 60, h: 1 };

/** Words that stand for `Infinity` where a field allows them. */
export const ENDLESS_WORDS: readonly string[] = ["unlimited", "never", "none"];

/**
 * The number that `raw` (a YAML scalar) stands for in the unit's own measure, or undefined when it
 * is not written as the unit asks. `endless` admits "unlimited", "never" and "none" as Infinity.
 */
export function parseQuantity(unit: Unit, raw: unknown, endless = false): number | undefined {
  if (typeof raw === "number") {
    if (!NOTATION[unit].bareNumber || !Number.isFinite(raw) || raw < 0) return undefined;
    if (unit === "count") return Number.isSafeInteger(raw) ? raw : undefined;
    return raw <= 1 ? raw : undefined;
  }
  if (typeof raw !== "string") return undefined;
  if (endless && ENDLESS_WORDS.includes(raw)) return Infinity;
  if (!new RegExp(NOTATION[unit].pattern).test(raw)) return undefined;
  return parseText(unit, raw.replaceAll("_", ""));
}

function parseText(unit: Unit, text: string): number | undefined {
  switch (unit) {
    case "duration":
      return tidy(sumOf(text, DURATION_MS));
    case "cost":
      return tidy(sumOf(text, COST_US));
    case "size":
      return Math.round(sumOf(text, SIZE_BYTES));
    case "byteRate":
      return tidy(sumOf(text.slice(0, -2), SIZE_BYTES));
    case "count": {
      const count = tidy(multipleOf(text));
      return Number.isSafeInteger(count) ? count : undefined;
    }
    case "rate":
    case "hourly": {
      const [amount, per] = text.split("/") as [string, string];
      const perHour = multipleOf(amount) * PER_HOUR[per]!;
      return tidy(unit === "hourly" ? perHour : perHour / 3_600);
    }
    case "ratio": {
      const ratio = tidy(Number(text.slice(0, -1)) / 100);
      return ratio <= 1 ? ratio : undefined;
    }
  }
}

function sumOf(text: string, factors: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([A-Za-z]+)/g)) {
    sum += Number(amount) * factors[unit!]!;
  }
  return sum;
}

function multipleOf(text: string): number {
  const [, amount, multiple] = /^([\d.]+)([kM]?)$/.exec(text) as unknown as [
    string,
    string,
    string,
  ];
  return Number(amount) * MULTIPLE[multiple]!;
}

/** Takes away the noise of binary fractions: 1.1 s is 1,100 ms and not 1,100.0000000000002. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

/** The shortest text that `parseQuantity` reads back as `value`. Infinity is "unlimited". */
export function formatQuantity(unit: Unit, value: number): string {
  if (value === Infinity) return "unlimited";
  switch (unit) {
    case "duration":
      return formatIn(value, [
        ["h", 3_600_000],
        ["m", 60_000],
        ["s", 1_000],
        ["ms", 1],
        ["us", 0.001],
      ]);
    case "cost":
      return formatIn(value, [
        ["ms", 1_000],
        ["us", 1],
        ["ns", 0.001],
      ]);
    case "size":
      return formatIn(value, [
        ["GiB", 1_073_741_824],
        ["MiB", 1_048_576],
        ["KiB", 1_024],
        ["B", 1],
      ]);
    case "byteRate":
      return `${formatIn(value, [
        ["MiB", 1_048_576],
        ["KiB", 1_024],
        ["B", 1],
      ])}/s`;
    case "count":
      return String(value);
    case "rate":
      return `${tidy(value)}/s`;
    case "hourly":
      return `${tidy(value)}/h`;
    case "ratio":
      return `${tidy(value * 100)}%`;
  }
}

/** In the largest unit that needs no fraction, else in the smallest. */
function formatIn(value: number, units: readonly (readonly [string, number])[]): string {
  const smallest = units[units.length - 1]!;
  if (value === 0) return `0${units.find(([, factor]) => factor === 1)?.[0] ?? smallest[0]}`;
  for (const [name, factor] of units) {
    const amount = tidy(value / factor);
    if (Number.isInteger(amount) && amount >= 1) return `${amount}${name}`;
  }
  return `${tidy(value / smallest[1])}${smallest[0]}`;
}
