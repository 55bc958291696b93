// Decisions of an HPA as a table of its looks.
//
// The table says what decided each look in one word, and the sentence below it why; where nothing new was decided the
// sentence is left out. Cells shrink before the table breaks: first the value goes, then the ratio, never the proposal.

import type { DecisionRecord } from "../sim/result.ts";
import { formatMs } from "./format.ts";
import { decidedBy, isChange, letterOf } from "./hpa-decided-by.ts";
import { type Column, type Paint, table, visibleLength, wrapped } from "./layout.ts";

export interface Explained {
  /** "HPA stormglass-node of join-storm-100k, seed 1, Kubernetes 1.35". */
  readonly title: string;
  /** In the order of time, all of them. */
  readonly decisions: readonly DecisionRecord[];
  /** Those to show, a part of `decisions`. */
  readonly shown: readonly DecisionRecord[];
  /** What the others have in common: "in which nothing changed; --all shows them". */
  readonly leftOut: string;
}

export interface ExplainOptions {
  readonly width: number;
  readonly paint: Paint;
}

export type MetricTrace = DecisionRecord["trace"]["metrics"][number];

/** The table, ending in a newline. */
export function explainText(explained: Explained, options: ExplainOptions): string {
  const { title, decisions, shown, leftOut } = explained;
  const { width, paint } = options;
  const metrics = metricsOf(decisions);
  const missing = decisions.length - shown.length;
  const told = `${missing} of ${decisions.length} looks left out, ${leftOut}`;
  const lines = [
    ...wrapped(title, width).map(paint.strong),
    "",
    ...legend(decisions, metrics, width),
    ...rows(explained, metrics, options),
    ...(missing > 0 ? ["", ...wrapped(told, width).map(paint.faint)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** In the order of the spec; as the first look that asked them saw them. */
function metricsOf(decisions: readonly DecisionRecord[]): readonly MetricTrace[] {
  return decisions.find(({ trace }) => trace.metrics.length > 0)?.trace.metrics ?? [];
}

function legend(
  decisions: readonly DecisionRecord[],
  metrics: readonly MetricTrace[],
  width: number,
): readonly string[] {
  if (metrics.length === 0) return [];
  const lines = metrics.flatMap(({ name, target }, i) =>
    wrapped(`${letterOf(i)}  ${name}, target ${target}`, width, "  ", "     "),
  );
  const isGuessed = decisions.some(({ trace }) =>
    trace.metrics.some(({ correctedRatio }) => correctedRatio !== undefined),
  );
  const guessed = "*  with guesses for pods that are missing or not ready";
  return [...lines, ...(isGuessed ? wrapped(guessed, width, "  ", "     ") : []), ""];
}

const FORMS = ["value", "ratio", "proposal"] as const;
type CellForm = (typeof FORMS)[number];
/** Under this a table breaks into blocks whatever its columns (layout.ts). */
const BLOCK_WIDTH = 59;

function rows(
  { decisions, shown }: Explained,
  metrics: readonly MetricTrace[],
  { width, paint }: ExplainOptions,
): readonly string[] {
  const columns: readonly Column[] = [
    { title: "Time", align: "right" },
    { title: "Replicas", align: "left" },
    { title: "Ready", align: "right" },
    ...metrics.map((_, i): Column => ({ title: letterOf(i), align: "left" })),
    { title: "Decided by", align: "left" },
  ];
  const cells = (form: CellForm): readonly (readonly string[])[] =>
    shown.map((record) => cellsOf(record, metrics, form));
  const form = FORMS.find((one) => width > BLOCK_WIDTH && fits(columns, cells(one), width));
  const whole = form === undefined ? [] : table(columns, cells(form), width);
  const lines = shown.map((record, i) => {
    const blockWidth = Math.min(width, BLOCK_WIDTH);
    const own =
      form === undefined
        ? table(columns, [cellsOf(record, metrics, "value")], blockWidth)
        : [whole[i + 1]!]; // After its header a table has a line for each row.
    const isTold = isChange(record, decisions[decisions.indexOf(record) - 1]);
    return [...own, ...(isTold ? reasonLines(record, width).map(paint.faint) : [])];
  });
  return [...whole.slice(0, 1), ...lines.flat()];
}

function fits(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
): boolean {
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((row) => visibleLength(row[i]!))),
  );
  return widths.reduce((sum, one) => sum + one + 2, 0) <= width;
}

function cellsOf(
  record: DecisionRecord,
  metrics: readonly MetricTrace[],
  form: CellForm,
): readonly string[] {
  return [
    formatMs(record.atMs),
    replicasText(record),
    readyText(record),
    ...metrics.map((_, i) => metricText(record.trace.metrics[i], form)),
    decidedBy(record),
  ];
}

/** "8→10", or "8". */
function replicasText({ specReplicas, replicas }: DecisionRecord): string {
  if (specReplicas === undefined) return "?";
  return replicas === specReplicas ? `${specReplicas}` : `${specReplicas}→${replicas}`;
}

/** Ready pods of those that are not being deleted, as the first metric of pods counts them. */
function readyText({ trace, statusReplicas }: DecisionRecord): string {
  const pods = trace.metrics.find((metric) => metric.pods !== undefined)?.pods;
  if (pods === undefined) return statusReplicas === undefined ? "?" : `${statusReplicas}`;
  return `${pods.ready}/${pods.ready + pods.unready + pods.missing}`;
}

function metricText(metric: MetricTrace | undefined, form: CellForm): string {
  if (metric === undefined) return "";
  if (metric.error !== undefined) return "failed";
  const { correctedRatio, ratio, proposal } = metric;
  const counted = correctedRatio ?? ratio;
  const guessed = correctedRatio === undefined ? "" : "*";
  const seen = `${counted === undefined ? "none" : Number(counted.toFixed(3))}${guessed}`;
  if (form === "proposal") return `${guessed}${proposal}`;
  return form === "ratio" ? `${seen}→${proposal}` : `${usageText(metric)}@${seen}→${proposal}`;
}

/** "1700", "62.5", "1.2M", "65%". */
function usageText({ utilizationPercent, usageMilli }: MetricTrace): string {
  if (utilizationPercent !== undefined) return `${utilizationPercent}%`;
  const value = (usageMilli ?? 0) / 1_000;
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
  ] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function reasonLines(record: DecisionRecord, width: number): readonly string[] {
  // What the reason tells already is not told twice.
  const others = record.remarks.filter((remark) => {
    const message = remark.replace(/^\w+: /, "");
    return !record.reason.includes(message);
  });
  const remarks = others.length === 0 ? "" : ` [${others.join("; ")}]`;
  return wrapped(`${record.reason}${remarks}`, width, "      ");
}
