// A baseline for people: of what it is, why it was replaced, and the means that candidates are compared with.

import type { MetricUnit } from "../sim/metrics/catalogue.ts";
import type { Interval } from "../sim/student-t.ts";
import { formatValue } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";

export interface BaselineReport {
  readonly file: string;
  readonly scenario: string;
  readonly settings: readonly string[];
  readonly toolVersion: string;
  readonly model: string;
  readonly runtime: string;
  readonly seeds: number;
  readonly reasons: readonly string[];
  /** Whether its scenario is in it, so that it can be run again. */
  readonly isWhole: boolean;
  readonly metrics: readonly BaselineMetric[];
}

export interface BaselineMetric {
  readonly name: string;
  readonly metric: string;
  readonly gated: boolean;
  readonly unit: MetricUnit;
  readonly mean: number | undefined;
  readonly interval: Interval | undefined;
  readonly measured: number;
}

const COLUMNS: readonly Column[] = [
  { title: "Budget", align: "left" },
  { title: "Metric", align: "left" },
  { title: "Mean [95 %]", align: "right" },
  { title: "Seeds", align: "right" },
  { title: "", align: "left" },
];

export function baselineReportText(
  report: BaselineReport,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string {
  const limited = report.metrics.filter(({ name }) => name !== "");
  const others = report.metrics.length - limited.length;
  const lines = [
    ...wrapped(`${report.scenario}: ${report.seeds} seeds in ${report.file}`, width).map(
      paint.strong,
    ),
    ...report.settings.map((setting) => `  --set ${setting}`),
    ...wrapped(
      `stormglass ${report.toolVersion}, simulator ${report.model}, ${report.runtime}`,
      width,
      "  ",
    ),
    "",
    ...(limited.length === 0
      ? ["  No budget limits it."]
      : table(COLUMNS, limited.map(rowOf), width)),
    "",
    ...(others > 0 ? [paint.faint(`${others} more metrics are kept, and not gated.`)] : []),
    ...(report.isWhole
      ? []
      : [paint.unsure("Its scenario is not in it: it cannot be run again, nor with more seeds.")]),
    ...report.reasons.flatMap((reason, i) =>
      wrapped(`Replaced (${i + 1}): ${reason}`, width, "", "  "),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function rowOf({ name, metric, gated, unit, mean, interval, measured }: BaselineMetric): string[] {
  const say = (value: number): string => formatValue(value, unit);
  const isFlat = interval === undefined || say(interval.low) === say(interval.high);
  // Few seeds may put the lower end below what can be; no metric is negative.
  const range = isFlat ? "" : ` [${say(Math.max(0, interval.low))} – ${say(interval.high)}]`;
  const value = mean === undefined ? "nothing" : say(mean) + range;
  return [name, metric, value, String(measured), gated ? "gated" : "told"];
}
