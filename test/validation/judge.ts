// One verdict for each expected value of a target, and one for what was left unsaid.
//
// An experiment answers for every key of its target: with a value or with the reason why there is none.
// A key it forgets and a key it makes up are failures, so a target cannot be passed by measuring less.

import type { Measured, Target, Tolerance, Value, Verdict } from "./target.ts";

/** How a target's own runs enter the tolerance z: its means are over so many. Cited: the targets' rule. */
const TARGET_RUNS = 1_000;
/** Standard errors that z allows. Cited: the targets' rule. */
const Z_MAX = 3.5;

/** In the order of the target's keys. */
export function judge(target: Target, measured: Measured): readonly Verdict[] {
  const { tolerance } = target;
  const rule = measured.by === "simulation" ? (tolerance.simulated ?? tolerance) : tolerance;
  const verdicts: Verdict[] = [];
  for (const [key, expected] of target.expected) {
    const value = measured.values[key];
    if (value !== undefined) verdicts.push(verdictOn(key, value, expected, rule, measured));
    else if (measured.without?.[key] === undefined && isBinding(rule, target, measured)) {
      verdicts.push(refusal(key, text(expected), "neither measured nor excused"));
    }
  }
  for (const key of [...Object.keys(measured.values), ...Object.keys(measured.without ?? {})]) {
    if (!target.expected.has(key)) verdicts.push(refusal(key, "nothing", "not asked for"));
  }
  if (rule.type === "ordering") verdicts.push(...orderVerdicts(target, measured));
  if (verdicts.length === 0) verdicts.push(refusal("", "a value", "nothing was measured"));
  return verdicts;
}

/** A band is about one value; the other keys describe the distribution that it was taken from. */
function isBinding(rule: Tolerance, target: Target, measured: Measured): boolean {
  return rule.type !== "band" || !Object.keys(measured.values).some((k) => target.expected.has(k));
}

function refusal(key: string, expected: string, why: string): Verdict {
  return { key, measured: why, expected, allowed: "every key is answered", passed: false };
}

function verdictOn(
  key: string,
  value: Value,
  expected: unknown,
  rule: Tolerance,
  measured: Measured,
): Verdict {
  const { passed, allowed } = compare(key, value, expected, rule, measured.runs ?? 1);
  return { key, measured: text(value), expected: text(expected), allowed, passed };
}

interface Comparison {
  readonly passed: boolean;
  readonly allowed: string;
}

function compare(
  key: string,
  value: Value,
  expected: unknown,
  rule: Tolerance,
  runs: number,
): Comparison {
  switch (rule.type) {
    case "exact":
    case "boolean":
      return { passed: isSame(value, expected), allowed: "equal" };
    case "abs":
      return near(value, expected, `± ${rule.value}`, () => rule.value);
    case "rel":
      return near(value, expected, `± ${percent(rule.value)}`, (e) => rule.value * Math.abs(e));
    case "band":
      return {
        passed: typeof value === "number" && value >= rule.low && value <= rule.high,
        allowed: `${text(rule.low)} … ${text(rule.high)}`,
      };
    case "z": {
      const sd = rule.sdPerRun.get(key.split("_")[0]) ?? 0;
      const width = Z_MAX * sd * Math.sqrt(1 / runs + 1 / TARGET_RUNS);
      return near(value, expected, `± ${text(width)} (${runs} runs)`, () => width);
    }
    case "binomial": {
      const allowed = `± ${Z_MAX} standard errors of ${runs} trials`;
      return near(value, expected, allowed, (p) => Z_MAX * Math.sqrt((p * (1 - p)) / runs));
    }
    case "lower_bound":
      return {
        passed: typeof value === "number" && typeof expected === "number" && value >= expected,
        allowed: "at least",
      };
    case "inequalities":
      return { passed: value === true, allowed: "holds" };
    case "ordering":
      return { passed: typeof value === "number", allowed: "a number, in order" };
    case "context":
      return { passed: true, allowed: "for comparison only" };
  }
}

/** Every measured part within `widthOf(expected part)`. Equal values pass whatever the width. */
function near(
  value: Value,
  expected: unknown,
  allowed: string,
  widthOf: (expected: number) => number,
): Comparison {
  const isNear = (v: unknown, e: unknown): boolean =>
    typeof v === "number" && typeof e === "number" && Math.abs(v - e) <= widthOf(e);
  if (!Array.isArray(value)) return { passed: isNear(value, expected), allowed };
  const parts = Array.isArray(expected) ? expected : [];
  const passed =
    parts.length === value.length &&
    value.some((v) => v !== undefined) &&
    value.every((v, i) => v === undefined || isNear(v, parts[i]));
  return { passed, allowed };
}

function isSame(value: Value | undefined, expected: unknown): boolean {
  if (typeof value !== "object") return value === expected;
  if (Array.isArray(value)) {
    if (!Array.isArray(expected) || expected.length !== value.length) return false;
    return value.every((v, i) => v === undefined || isSame(v, expected[i]));
  }
  if (typeof expected !== "object" || expected === null) return false;
  const parts = new Map(Object.entries(expected));
  const own = Object.entries(value);
  return own.length === parts.size && own.every(([name, part]) => isSame(part, parts.get(name)));
}

/** Of any two measured values the one that is expected to be larger is. */
function orderVerdicts(target: Target, measured: Measured): readonly Verdict[] {
  const keys = [...target.expected.keys()].filter((key) => measured.values[key] !== undefined);
  const verdicts: Verdict[] = [];
  for (const a of keys) {
    for (const b of keys) {
      const expectedA = target.expected.get(a) as number;
      const expectedB = target.expected.get(b) as number;
      if (!(expectedA > expectedB)) continue;
      const [x, y] = [measured.values[a] as number, measured.values[b] as number];
      verdicts.push({
        key: `${a} > ${b}`,
        measured: `${text(x)}, ${text(y)}`,
        expected: `${text(expectedA)}, ${text(expectedB)}`,
        allowed: "same order",
        passed: x > y,
      });
    }
  }
  return verdicts;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))} %`;
}

function text(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(8)));
  if (Array.isArray(value))
    return `[${value.map((v) => (v === undefined ? "-" : text(v))).join(", ")}]`;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** One line for people: what is allowed, what came. */
export function verdictText(verdict: Verdict): string {
  const { key, measured, expected, allowed, passed } = verdict;
  return `${passed ? "ok  " : "FAIL"} ${key}: ${measured}, expected ${expected} (${allowed})`;
}
