// What `stormglass run` prints: the answer first, then the objectives, then where to look next.

import type { IncidentSpend } from "../sim/error-budget.ts";
import type { Check, Verdict } from "../sim/slo.ts";
import { formatCount, formatPercent, formatValue } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";
import { spendSentences } from "./spend-words.ts";

export interface ScenarioReport {
  readonly name: string;
  /** The question. */
  readonly title: string;
  readonly answer: string;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly seeds: readonly number[];
  readonly eventCount: number;
  /** Sentences about one run, most important first. */
  readonly findings: readonly string[];
  /** The seed of that run. */
  readonly findingsSeed: number | undefined;
  /** Invariants that broke, limits that stopped a run, digests that differ. */
  readonly alarms: readonly string[];
  /** What incidents took of error budgets. */
  readonly spends?: readonly IncidentSpend[];
  /** Command lines, each with what it is for. */
  readonly next: readonly (readonly [string, string])[];
}

export interface TextOptions {
  readonly width: number;
  readonly paint: Paint;
}

const COLUMNS: readonly Column[] = [
  { title: "Objective", align: "left" },
  { title: "Limit", align: "right" },
  { title: "Measured", align: "left" },
  { title: "Margin", align: "right" },
  { title: "Worst", align: "right" },
  { title: "Verdict", align: "left" },
];
const FINDINGS_MAX = 6;

/** The report of one scenario, ending in a newline. */
export function scenarioText(report: ScenarioReport, options: TextOptions): string {
  const { width, paint } = options;
  const lines = [
    ...wrapped(report.answer, width).map(toneOf(report, paint)),
    ...wrapped(report.title, width, "  ").map(paint.faint),
    "",
  ];
  if (report.checks.length > 0) {
    lines.push(...table(COLUMNS, report.checks.map(rowOf(paint)), width));
    lines.push(...noteLines(report.checks, options), "");
  }
  if (report.alarms.length > 0) {
    lines.push(paint.strong("Alarms"), ...bullets(report.alarms, width).map(paint.bad), "");
  }
  const spent = spendSentences(report.spends ?? []).slice(0, FINDINGS_MAX);
  if (spent.length > 0) lines.push(paint.strong("Error budgets"), ...bullets(spent, width), "");
  const findings = report.findings.slice(0, FINDINGS_MAX);
  if (findings.length > 0) {
    lines.push(
      paint.strong(`Seen in seed ${report.findingsSeed}`),
      ...bullets(findings, width),
      "",
    );
  }
  lines.push(paint.strong("Next"), ...nextLines(report.next, options), "");
  lines.push(
    ...wrapped(
      `${report.name}: ${seedsText(report.seeds)}, ${formatCount(report.eventCount)} events`,
      width,
    ).map(paint.faint),
  );
  return lines.join("\n") + "\n";
}

function toneOf(report: ScenarioReport, paint: Paint): (text: string) => string {
  if (report.alarms.length > 0 || report.verdict === "fail") return paint.bad;
  if (report.checks.length === 0) return paint.strong;
  return report.verdict === "pass" ? paint.good : paint.unsure;
}

function rowOf(paint: Paint): (check: Check) => string[] {
  return (check) => [
    check.id,
    limitText(check),
    measuredText(check),
    check.margin === undefined ? "" : formatPercent(rounded(check.margin)),
    worstSeedText(check),
    verdictWord(check, paint),
  ];
}

/** A margin of 12.34567 % is said as 12.3 %. */
function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3));
}

const SIGN: Readonly<Record<Check["op"], string>> = {
  "<=": "≤",
  "<": "<",
  ">=": "≥",
  ">": ">",
  "==": "=",
};

/** "≤ 2.5 s", or "≤ 1.10× paired" for a budget whose note names the pair. */
export function limitText(check: Check): string {
  const sign = SIGN[check.op];
  if (check.versus !== undefined) {
    return `${sign} ${check.limitText.replace(/x$/, "×")} paired`;
  }
  return check.limit === undefined
    ? check.limitText
    : `${sign} ${formatValue(check.limit, check.unit)}`;
}

/**
 * What the gate looks at: "1.92 s [1.83 s – 2.01 s]" for a mean with its interval, "0.25, at worst 1"
 * where every seed counts; the value alone for one seed or when all agree.
 */
export function measuredText(check: Check): string {
  if (check.value === undefined) return "nothing";
  const say = (value: number): string => formatValue(value, check.unit);
  const value = say(check.value);
  if (check.gate !== "mean-upper-ci") {
    const worst = check.seeds.find((seed) => seed.seed === check.worstSeed)?.value;
    return worst === undefined || say(worst) === value ? value : `${value}, at worst ${say(worst)}`;
  }
  const { interval } = check;
  if (interval === undefined || say(interval.low) === say(interval.high)) return value;
  // Few seeds may put the lower end below what can be; no metric is negative.
  return `${value} [${say(Math.max(0, interval.low))} – ${say(interval.high)}]`;
}

/** The seed to look at; "" when all seeds agree. */
export function worstSeedText(check: Check): string {
  const values = new Set(check.seeds.map((seed) => `${seed.value} ${seed.limit}`));
  return check.worstSeed === undefined || values.size < 2 ? "" : String(check.worstSeed);
}

/** PASS, FAIL, UNSURE, and WARN for a broken limit that does not fail the run. */
export function verdictWord(check: Check, paint: Paint): string {
  switch (check.verdict) {
    case "pass":
      return paint.good("PASS");
    case "inconclusive":
      return paint.unsure("UNSURE");
    case "fail":
      return check.severity === "warn" ? paint.unsure("WARN") : paint.bad("FAIL");
  }
}

/** What a row cannot hold: why a verdict is what it is, and paired differences; "" when there is nothing to add. */
export function noteText(check: Check): string {
  const parts = [check.verdict === "pass" ? "" : check.note, differenceText(check)];
  return parts.filter((part) => part !== "").join("; ");
}

function noteLines(checks: readonly Check[], { width, paint }: TextOptions): string[] {
  const notes = checks.flatMap((check) => {
    const said = noteText(check);
    return said === "" ? [] : [`${check.id}: ${said}`];
  });
  return notes.flatMap((note) => wrapped(note, width, "  ", "    ").map(paint.faint));
}

function differenceText(check: Check): string {
  const { difference, unit } = check;
  if (difference === undefined) {
    return check.versus === undefined ? "" : `paired with the same seeds ${check.versus}`;
  }
  const signed = (value: number): string => `${value > 0 ? "+" : ""}${formatValue(value, unit)}`;
  return `${signed(difference.value)} [${signed(difference.low)} – ${signed(difference.high)}] against the same seeds ${check.versus}`;
}

/** One bullet for each. */
export function bullets(sentences: readonly string[], width: number): string[] {
  return sentences.flatMap((sentence) => wrapped(sentence, width, "  · ", "    "));
}

/** Commands stay on one line each, so that they can be copied. */
function nextLines(next: ScenarioReport["next"], { width, paint }: TextOptions): string[] {
  return next.flatMap(([purpose, command]) => [
    ...wrapped(`${purpose}:`, width, "  "),
    paint.strong(`    ${command}`),
  ]);
}

function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds.at(-1)];
  if (first === undefined || last === undefined) return "no seeds";
  if (seeds.length === 1) return `seed ${first}`;
  const isRange = seeds.every((seed, i) => seed === first + i);
  return isRange ? `seeds ${first} to ${last}` : `seeds ${seeds.join(", ")}`;
}
