// The course of every metric over time as one table, for spreadsheets and notebooks: a row for each interval of each run.
//
// One file and not one for each seed, so that one line of any tool reads it all; `seed` and `variant` tell the runs apart. A run
// lacks the columns of hosts that it never had: there the table is empty, not 0.

import type { RunResult } from "../sim/result.ts";

/** A column by name, a value for each row; undefined where a run has no such column. */
export interface SeriesColumn {
  readonly name: string;
  readonly kind: "whole" | "text" | "number";
  readonly values: readonly (number | string | undefined)[];
}

/** Significant digits, as results.json has them. */
const DIGITS = 12;

/** Columns that say which row it is. A row's time is the beginning of its interval, in simulated seconds. */
export const KEY_COLUMNS = ["seed", "variant", "at_s"] as const;

/** The table of these runs, in their order. Metrics by name; their units are those of the catalogue. */
export function seriesColumns(runs: readonly RunResult[]): readonly SeriesColumn[] {
  const lengths = runs.map(rowCount);
  const over = <T>(value: (run: RunResult, row: number) => T): T[] =>
    runs.flatMap((run, i) => Array.from({ length: lengths[i]! }, (_, row) => value(run, row)));
  return [
    { name: "seed", kind: "whole", values: over((run) => run.seed) },
    { name: "variant", kind: "text", values: over((run) => run.variant) },
    {
      name: "at_s",
      kind: "number",
      values: over((run, row) => rounded((row * run.series.resolutionMs) / 1_000)),
    },
    ...metricNames(runs).map((name): SeriesColumn => ({
      name,
      kind: "number",
      values: over((run, row) => {
        const value = run.series.columns[name]?.[row];
        return value === undefined ? undefined : rounded(value);
      }),
    })),
  ];
}

/** The same as CSV (RFC 4180, but lines end in a line feed), in pieces. */
export function* seriesCsv(runs: readonly RunResult[]): Generator<string> {
  const names = metricNames(runs);
  yield `${[...KEY_COLUMNS, ...names].map(cell).join(",")}\n`;
  for (const run of runs) {
    const { resolutionMs, columns } = run.series;
    const length = rowCount(run);
    for (let row = 0; row < length; row++) {
      const values = names.map((name) => {
        const value = columns[name]?.[row];
        return value === undefined ? "" : String(rounded(value));
      });
      const atSeconds = rounded((row * resolutionMs) / 1_000);
      yield `${run.seed},${cell(run.variant)},${atSeconds},${values.join(",")}\n`;
    }
  }
}

function rowCount({ series: { columns } }: RunResult): number {
  return Object.values(columns).reduce((most, rows) => Math.max(most, rows.length), 0);
}

/** By code unit: the same order everywhere. */
function metricNames(runs: readonly RunResult[]): readonly string[] {
  return [...new Set(runs.flatMap(({ series }) => Object.keys(series.columns)))].sort();
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
}

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
