// What `stormglass run` prints of a matrix: one word for each cell, where it stands in the grid, and how near it came to the
// limit. The whole report of a cell is what running that cell alone prints.

import type { Check, Verdict } from "../sim/slo.ts";
import { formatCount, formatPercent } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";
import { bullets, type ScenarioReport, type TextOptions } from "./terminal.ts";

export interface MatrixCell {
  /** In the order of the axes. */
  readonly settings: readonly { readonly label: string; readonly value: string }[];
  readonly report: ScenarioReport;
}

/** Cells whose answers are printed, the worst first. */
const ANSWERS_MAX = 6;

/** The grid of the matrix of the scenario `name`, ending in a newline. `cells`: at least one. */
export function matrixText(
  name: string,
  cells: readonly MatrixCell[],
  { width, paint }: TextOptions,
): string {
  const [first] = cells as readonly [MatrixCell, ...MatrixCell[]];
  const worst = [...cells].sort((a, b) => badness(b) - badness(a)); // Stable: ties keep their order.
  const passed = cells.filter((cell) => isGood(cell)).length;
  const head = `${name}: ${passed} of ${cells.length} cells pass`;
  const tone =
    passed === cells.length ? paint.good : isFailed(worst[0]!) ? paint.bad : paint.unsure;
  const lines = [
    ...wrapped(head, width).map(tone),
    ...wrapped(first.report.title, width, "  ").map(paint.faint),
    "",
    ...grid(cells, width, paint),
    "",
  ];
  const open = worst.filter((cell) => !isGood(cell));
  if (open.length > 0) {
    const said = open.slice(0, ANSWERS_MAX).map((cell) => `${keyOf(cell)}: ${answerOf(cell)}`);
    if (open.length > said.length) said.push(`and ${open.length - said.length} more`);
    lines.push(paint.strong("Cells that do not pass"), ...bullets(said, width), "");
  }
  const [purpose, again] = worst[0]!.report.next[0] ?? ["", ""];
  if (purpose !== "") {
    lines.push(
      paint.strong("Next"),
      ...wrapped(`${keyOf(worst[0]!)}, with its whole report:`, width, "  "),
    );
    lines.push(paint.strong(`    ${again}`), "");
  }
  const events = cells.reduce((sum, { report }) => sum + report.eventCount, 0);
  const seeds = first.report.seeds.length;
  const runs = `${formatCount(cells.length)} cells with the same ${seeds} ${seeds === 1 ? "seed" : "seeds"}`;
  lines.push(...wrapped(`${name}: ${runs}, ${formatCount(events)} events`, width).map(paint.faint));
  return lines.join("\n") + "\n";
}

/** Of a broken run the answer says nothing about the question. */
function answerOf({ report }: MatrixCell): string {
  return report.alarms[0] ?? report.answer;
}

function keyOf({ settings }: MatrixCell): string {
  return settings.map(({ label, value }) => `${label} ${value}`).join(", ");
}

function isFailed({ report }: MatrixCell): boolean {
  return report.verdict === "fail" || report.alarms.length > 0;
}

function isGood(cell: MatrixCell): boolean {
  return cell.report.verdict === "pass" && !isFailed(cell);
}

const RANK: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, fail: 2 };

/** Larger is worse: by verdict, then by margin, which is below 1. */
function badness(cell: MatrixCell): number {
  const margin = tightest(cell.report)?.margin ?? 1;
  return 1_000 * (isFailed(cell) ? 2 : RANK[cell.report.verdict]) - Math.max(-400, margin);
}

/** Of the objectives that can fail the run, the one nearest to its limit or furthest beyond. */
function tightest({ checks }: ScenarioReport): (Check & { readonly margin: number }) | undefined {
  let found: (Check & { readonly margin: number }) | undefined;
  for (const check of checks) {
    const { margin, severity } = check;
    if (severity !== "fail" || margin === undefined) continue;
    if (found === undefined || margin < found.margin) found = { ...check, margin };
  }
  return found;
}

function word(cell: MatrixCell, paint: Paint): string {
  if (cell.report.alarms.length > 0) return paint.bad("STOPPED");
  switch (cell.report.verdict) {
    case "pass":
      return paint.good("PASS");
    case "inconclusive":
      return paint.unsure("UNSURE");
    case "fail":
      return paint.bad("FAIL");
  }
}

function marginText(cell: MatrixCell): string {
  const margin = tightest(cell.report)?.margin;
  return margin === undefined ? "" : formatPercent(Number(margin.toPrecision(3)));
}

/** One axis: a row for each value, with what is tightest. Several: the last one across. */
function grid(cells: readonly MatrixCell[], width: number, paint: Paint): string[] {
  const { settings } = cells[0]!; // At least one, as the caller says.
  const left = settings.slice(0, Math.max(1, settings.length - 1));
  const columns = left.map(({ label }): Column => ({ title: label, align: "left" }));
  if (settings.length === 1) {
    const more = ["Verdict", "Margin", "Tightest objective"].map((title): Column => ({
      title,
      align: "left",
    }));
    const rows = cells.map((cell) => [
      cell.settings[0]!.value,
      word(cell, paint),
      marginText(cell),
      tightest(cell.report)?.id ?? "",
    ]);
    return table([...columns, ...more], rows, width);
  }
  const across = [...new Set(cells.map((cell) => cell.settings.at(-1)!.value))];
  const label = settings.at(-1)!.label;
  const more = across.map((value, i): Column => ({
    title: i === 0 ? `${label} ${value}` : value,
    align: "left",
  }));
  const rows = new Map<string, string[]>();
  for (const cell of cells) {
    const values = cell.settings.slice(0, -1).map(({ value }) => value);
    const key = values.join("\n");
    const row = rows.get(key) ?? [...values, ...across.map(() => "–")]; // Excluded unless it comes.
    const place = values.length + across.indexOf(cell.settings.at(-1)!.value);
    row[place] = `${word(cell, paint)} ${marginText(cell)}`.trimEnd();
    rows.set(key, row);
  }
  return table([...columns, ...more], [...rows.values()], width);
}
