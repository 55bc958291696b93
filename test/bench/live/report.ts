// The tables that the benchmark prints: what each server costs, and what was to be reached.

import Table from "cli-table3";
import { type BenchRow, medianOf, verdictOf } from "../row.ts";
import { type Series, SERVERS } from "./measures.ts";

export type Finding = BenchRow;

const PLAIN = { head: [], border: [] };

function figure(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const median = figure(medianOf(values));
  if (values.length === 1) return median;
  return `${median} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`;
}

export function costTable(costs: readonly (readonly [string, string, Series])[]): string {
  const table = new Table({ head: ["median (least–most)", "", ...SERVERS], style: PLAIN });
  for (const [what, unit, series] of costs) {
    table.push([what, unit, ...SERVERS.map((name) => spread(series[name]))]);
  }
  return table.toString();
}

export function findingTable(findings: readonly Finding[]): string {
  const table = new Table({ head: ["what", "target", "stretch", "got", "verdict"], style: PLAIN });
  for (const row of findings) {
    const sign = row.better === "lower" ? "≤" : "≥";
    const goal = (value: number | undefined): string =>
      value === undefined ? "" : `${sign} ${figure(value)} ${row.unit}`;
    const got = `${spread(row.values)} ${row.unit}`;
    table.push([row.what, goal(row.target), goal(row.stretch), got, verdictOf(row)]);
  }
  return table.toString();
}
