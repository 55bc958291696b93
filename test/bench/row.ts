// One line of the benchmark report: what was measured, against which target.
//
// Ratios are taken between two programs that ran interleaved in the same minutes on the same machine:
// absolute times drift here by a third, ratios do not. The median counts, the extremes are shown.

export interface BenchRow {
  /** What was compared or timed, in full: "hold, 100,000 pending, exponential: our queue / C++ heap". */
  readonly what: string;
  readonly values: readonly number[];
  /** Unit of the values, or what they are a multiple of. */
  readonly unit: string;
  readonly better: "lower" | "higher";
  readonly target?: number;
  readonly stretch?: number;
}

/** What could not be measured, and why. */
export interface SkippedRow {
  readonly what: string;
  readonly skipped: string;
}

export type BenchReport = readonly (BenchRow | SkippedRow)[];

/** A subject measures for a few seconds and reports; it prints nothing itself. */
export type BenchSubject = () => Promise<BenchReport>;

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** "reached", "stretch" (both targets), "MISSED", or "" when there is no target. */
export function verdictOf(row: BenchRow): string {
  const median = medianOf(row.values);
  const meets = (goal: number): boolean =>
    row.better === "lower" ? median <= goal : median >= goal;
  if (row.target === undefined) return "";
  if (!meets(row.target)) return "MISSED";
  return row.stretch !== undefined && meets(row.stretch) ? "reached, and the stretch" : "reached";
}

export function lineOf(row: BenchRow | SkippedRow): string {
  if ("skipped" in row) return `${row.what}\n    SKIPPED: ${row.skipped}`;
  const sorted = [...row.values].sort((x, y) => x - y);
  const from = figure(sorted[0]);
  const to = figure(sorted[sorted.length - 1]);
  const sign = row.better === "lower" ? "≤" : "≥";
  const goals = [
    row.target === undefined ? "" : `target ${sign} ${row.target}`,
    row.stretch === undefined ? "" : `stretch ${sign} ${row.stretch}`,
    verdictOf(row),
  ];
  const measured = `${figure(medianOf(row.values))} ${row.unit} (${from}–${to}, n = ${sorted.length})`;
  return `${row.what}\n    ${[measured, ...goals.filter((goal) => goal !== "")].join(" · ")}`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
