// Text of SVG and HTML: what comes from a file is escaped, numbers have at most two decimals.
//
// Whole pixels would show as steps in slow curves, more decimals would only make the page larger.

/** `text` as content or as a quoted attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A coordinate: 12.345 is "12.35", 3.00 is "3". */
export function px(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded); // No "-0".
}

/** JSON that may stand inside a script element. */
export function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028");
}

export interface TableColumn {
  readonly title: string;
  readonly isNumber: boolean;
}

/** A table for those who do not see the picture, folded under it. Cells are text, and escaped here. */
export function foldedTable(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): string {
  const classOf = (i: number): string => (columns[i]!.isNumber ? ' class="number"' : "");
  const head = columns.map(({ title }, i) => `<th scope="col"${classOf(i)}>${escaped(title)}</th>`);
  const body = rows.map(
    (row) => `<tr>${row.map((cell, i) => `<td${classOf(i)}>${escaped(cell)}</td>`).join("")}</tr>`,
  );
  return (
    `<details class="cv-table"><summary>${escaped(caption)}</summary><div class="cv-wide">` +
    `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>` +
    "</div></details>"
  );
}

/** Steps of 1, 2 or 5 times a power of ten, so that at most `countMax` of them fit into `span`. */
export function niceStep(span: number, countMax: number): number {
  if (!(span > 0)) return 1;
  const least = span / countMax;
  let power = 1;
  while (power * 10 <= least) power *= 10;
  while (power > least) power /= 10;
  for (const factor of [1, 2, 5]) if (power * factor >= least) return power * factor;
  return power * 10;
}

/** Steps of time that people count in, ms. */
const TIME_STEPS_MS = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000,
];

/** Instants for an axis from 0 to `durationMs`, at most `countMax` + 1. */
export function timeTicks(durationMs: number, countMax: number): readonly number[] {
  const step =
    TIME_STEPS_MS.find((candidate) => durationMs / candidate <= countMax) ??
    niceStep(durationMs, countMax);
  const ticks: number[] = [];
  for (let i = 0; i * step <= durationMs; i++) ticks.push(i * step);
  return ticks;
}

/** An instant on an axis: "0", "45s", "1m 30s", "1h 05m". */
export function clock(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 60_000) return `${px(ms / 1_000)}s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3_600),
    Math.floor((seconds % 3_600) / 60),
    seconds % 60,
  ];
  if (hours > 0) return `${hours}h ${String(minutes).padStart(2, "0")}m`;
  return rest === 0 ? `${minutes}m` : `${minutes}m ${String(rest).padStart(2, "0")}s`;
}
