// A comparison for people: first the answer, then each metric by how much, in words that stand on their own.

import type { ComparedMetricDocument, ComparisonDocument } from "./comparison-document.ts";
import { formatPercent, formatValue } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";

export interface ComparisonTextOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly onlyChanged: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "Metric", align: "left" },
  { title: "Base", align: "right" },
  { title: "Candidate", align: "right" },
  { title: "Change", align: "left" },
  { title: "Verdict", align: "left" },
];

/** More lines of changed inputs than these are counted, not shown. */
const CHANGE_LINES_MOST = 12;

export function comparisonText(
  document: ComparisonDocument,
  options: ComparisonTextOptions,
): string {
  const { width, paint } = options;
  const tone = { pass: paint.good, fail: paint.bad, inconclusive: paint.unsure }[document.verdict];
  const lines = wrapped(comparisonAnswer(document), width).map(tone);
  lines.push(...document.alarms.flatMap((alarm) => wrapped(`! ${alarm}`, width)).map(paint.bad));
  lines.push(...wrapped(`  ${sidesText(document)}`, width, "  "));
  lines.push(
    ...changeLines(document).flatMap((line) => wrapped(line, width, "    ", "      ")),
    "",
  );
  const { gated, others, unchanged } = shownMetrics(document, options.onlyChanged);
  if (gated.length > 0) lines.push(...table(COLUMNS, gated.map(rowOf(paint)), width), "");
  if (others.length > 0) {
    lines.push(paint.strong("Not gated, and changed"));
    lines.push(...table(COLUMNS, others.map(rowOf(paint)), width), "");
  }
  if (unchanged > 0) lines.push(paint.faint(`${unchangedText(unchanged)}.`));
  const notes = [...metricNotes(document.metrics), ...document.notes, levelText(document)];
  lines.push(...notes.flatMap((note) => wrapped(note, width, "", "  ").map(paint.faint)));
  return `${lines.join("\n")}\n`;
}

/** The same for a step summary or a comment. */
export function comparisonMarkdown(document: ComparisonDocument, onlyChanged: boolean): string {
  const { gated, others, unchanged } = shownMetrics(document, onlyChanged);
  const rows = (some: readonly ComparedMetricDocument[]): string[] => [
    `| ${COLUMNS.map(({ title }) => title).join(" | ")} |`,
    "| --- | ---: | ---: | --- | --- |",
    ...some.map((one) => `| ${rowOf(undefined)(one).map(escaped).join(" | ")} |`),
    "",
  ];
  const lines = [
    `### ${escaped(comparisonAnswer(document))}`,
    "",
    ...document.alarms.map((alarm) => `> **${escaped(alarm)}**\n`),
    escaped(sidesText(document)),
    "",
    ...changeLines(document).map((line) => `- ${escaped(line)}`),
    ...(document.change.lines.length > 0 ? [""] : []),
    ...(gated.length > 0 ? rows(gated) : []),
    ...(others.length > 0 ? ["**Not gated, and changed**", "", ...rows(others)] : []),
    ...(unchanged > 0 ? [`${unchangedText(unchanged)}.`, ""] : []),
    ...[...metricNotes(document.metrics), ...document.notes].map((note) => `- ${escaped(note)}`),
    `- ${escaped(levelText(document))}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** "Regression: join-p99 +38 ms (+2.0 %, CI +1.1 … +2.9 %), tolerance 1 %." */
export function comparisonAnswer(document: ComparisonDocument): string {
  const { verdict, metrics, seeds, identical } = document;
  const count = seeds.length === 1 ? "the one seed" : `${seeds.length} seeds`;
  if (identical) return `Identical: all of ${count} did the same in every event.`;
  const gated = metrics.filter((one) => one.gated);
  if (gated.length === 0)
    return "Not sure: no metric is gated; budgets with severity fail do that.";
  const of = (wanted: string): readonly ComparedMetricDocument[] =>
    gated.filter((one) => one.verdict === wanted);
  const said = (one: ComparedMetricDocument): string => `${nameOf(one)} ${changeText(one)}`;
  switch (verdict) {
    case "fail":
      return `Regression in ${count}: ${of("fail").map(said).join("; ")}.`;
    case "inconclusive": {
      const [first, ...more] = of("inconclusive");
      const others = more.length > 0 ? `, and ${more.length} more` : "";
      return `Not sure in ${count}: ${said(first!)} (${first!.note})${others}. Add seeds.`;
    }
    case "pass": {
      const worse = gated.filter(({ change }) => change === "worse").map(said);
      const slipped = worse.length > 0 ? ` Worse, within the tolerance: ${worse.join("; ")}.` : "";
      const held =
        gated.length === 1 ? "the gated metric is" : `all ${gated.length} gated metrics are`;
      return `No regression in ${count}: ${held} within the tolerance.${slipped}`;
    }
  }
}

function shownMetrics({ metrics }: ComparisonDocument, onlyChanged: boolean) {
  const isMoved = (one: ComparedMetricDocument): boolean =>
    one.change !== "none" || (one.verdict ?? "pass") !== "pass";
  const gated = metrics.filter((one) => one.gated && (!onlyChanged || isMoved(one)));
  const others = distinct(metrics.filter((one) => !one.gated && isMoved(one)));
  const still = metrics.filter((one) => !gated.includes(one) && !isMoved(one));
  return { gated, others, unchanged: still.filter(({ base }) => base !== undefined).length };
}

/** Windows often hold the same events: what says the same twice is said once. */
function distinct(metrics: readonly ComparedMetricDocument[]): readonly ComparedMetricDocument[] {
  const seen = new Set<string>();
  return metrics.filter(({ metric, base, candidate, difference }) => {
    const said = [metric.split("@")[0], base, candidate, difference].join();
    return !seen.has(said) && seen.add(said);
  });
}

function unchangedText(count: number): string {
  return count === 1 ? "1 more metric did not change" : `${count} more metrics did not change`;
}

function nameOf({ metric, budgets }: ComparedMetricDocument): string {
  return budgets.length > 0 ? budgets.join(", ") : metric;
}

function rowOf(paint: Paint | undefined): (one: ComparedMetricDocument) => string[] {
  return (one) => {
    const say = (value: number | undefined): string =>
      value === undefined ? "nothing" : formatValue(value, one.unit);
    const ends = [say(one.base), say(one.candidate)];
    return [nameOf(one), ...ends, changeText(one), verdictText(one, paint)];
  };
}

function verdictText(
  { verdict, change }: ComparedMetricDocument,
  paint: Paint | undefined,
): string {
  const drift = change === "none" ? "" : change;
  if (verdict === undefined) return drift;
  switch (verdict) {
    case "fail":
      return paint?.bad("FAIL") ?? "FAIL";
    case "inconclusive":
      return paint?.unsure("UNSURE") ?? "UNSURE";
    case "pass":
      return (paint?.good("PASS") ?? "PASS") + (drift === "" ? "" : `, ${drift}`);
  }
}

/** "+38 ms (+2.0 %, CI +1.1 … +2.9 %), tolerance 5 %". */
export function changeText(one: ComparedMetricDocument): string {
  const { difference, unit, interval, relative, relativeInterval, gated } = one;
  if (difference === undefined) return "not measured on both sides";
  const size = signed(difference, unit);
  const ends =
    relativeInterval !== undefined
      ? `CI ${range(relativeInterval, signedPercent)}`
      : interval && `CI ${range(interval, (value) => signed(value, unit))}`;
  const parts = [relative === undefined ? undefined : signedPercent(relative), ends];
  const isFlat = difference === 0 && (interval === undefined || interval.high === interval.low);
  const inWords = isFlat ? "" : parts.filter((part) => part !== undefined).join(", ");
  const tolerance = gated ? `, ${toleranceText(one)}` : "";
  return `${size}${inWords === "" ? "" : ` (${inWords})`}${tolerance}`;
}

function range(
  { low, high }: { readonly low: number; readonly high: number },
  say: (value: number) => string,
): string {
  const [from, to] = [say(low), say(high)];
  // One unit is enough.
  const unit = / \S+$/.exec(to)?.[0] ?? "";
  return `${from.endsWith(unit) ? from.slice(0, from.length - unit.length) : from} … ${to}`;
}

/** "tolerance 5 %" where it is a share of the base, else in the unit; "no tolerance". */
function toleranceText({ tolerance, base = 0, unit }: ComparedMetricDocument): string {
  if (tolerance === 0) return "no tolerance";
  const ratio = tolerance / Math.abs(base);
  const isShare =
    base !== 0 && unit !== "ratio" && Math.abs(ratio * 200 - Math.round(ratio * 200)) < 1e-6;
  const size = isShare ? formatPercent(Number(ratio.toPrecision(6))) : signed(tolerance, unit);
  return `tolerance ${size.replace("+", "")}`;
}

/** A change of a ratio is in percentage points: "+0.12 points". */
function signed(value: number, unit: ComparedMetricDocument["unit"]): string {
  const sign = value > 0 ? "+" : "";
  const text = formatValue(Number(value.toPrecision(3)), unit);
  return sign + (unit === "ratio" ? text.replace(" %", " points") : text);
}

function signedPercent(ratio: number): string {
  const percent = ratio * 100;
  const digits = Math.abs(percent) >= 0.1 || percent === 0 ? 1 : 3;
  const text = Math.abs(percent) >= 100 ? percent.toFixed(0) : percent.toFixed(digits);
  return `${percent > 0 ? "+" : ""}${text.replace("-", "−")} %`;
}

function sidesText({ base, candidate, change }: ComparisonDocument): string {
  const side = ({ label, scenario }: ComparisonDocument["base"]): string =>
    label.includes(scenario) ? label : `${label} (${scenario})`;
  return `${side(base)} → ${side(candidate)}: ${change.label}`;
}

function changeLines({ change }: ComparisonDocument): readonly string[] {
  const rest = change.lines.length - CHANGE_LINES_MOST;
  if (rest <= 1) return change.lines;
  return [...change.lines.slice(0, CHANGE_LINES_MOST), `and ${rest} more`];
}

function metricNotes(metrics: readonly ComparedMetricDocument[]): readonly string[] {
  return metrics.flatMap((one) => {
    const skew = one.skewed
      ? "skewed, look at it seed by seed: the interval is the sign flips'"
      : "";
    const said = [one.gated ? one.note : "", skew].filter((text) => text !== "");
    return said.length === 0 ? [] : [`${nameOf(one)}: ${said.join("; ")}`];
  });
}

function levelText({
  alpha,
  looks,
  look,
  confidence,
  metrics,
  identical,
}: ComparisonDocument): string {
  if (identical) return "Equal digests: nothing was computed.";
  const share = formatPercent(Number(alpha.toPrecision(6)));
  const level = formatPercent(Number(confidence.toPrecision(4)));
  const gated = metrics.filter((one) => one.gated).length;
  const shared =
    looks === 1
      ? ""
      : `, a ${looks === 2 ? "half" : "third"} of it at each of ${looks} looks (this is look ${look})`;
  const holm = gated > 1 ? `; Holm over ${gated} gated metrics` : "";
  return `Paired by seed, intervals of ${level} by Student's t, false alarms at most ${share}${shared}${holm}.`;
}

/** Text that stays text in a table of Markdown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\|*_`<>[\]]/g, (mark) => (mark === "<" ? "&lt;" : `\\${mark}`));
}
