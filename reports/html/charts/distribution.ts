// How long things took: of each duration the share that took longer, both axes logarithmic.
//
// A histogram hides its tail in the last pixel row, and the tail is what was promised. Here one in a hundred and one in a
// thousand are as far apart as one and ten. A diamond is a promise: the line must pass below it.

import type { ChartSpec, Table } from "../../documents/document.ts";
import { columns } from "../../documents/document.ts";
import { formatMs } from "../../format.ts";
import type { HistogramPoint } from "../subject.ts";
import {
  chart,
  legendAbove,
  lineEncoding,
  look,
  MS_LABEL,
  PLOT_WIDTH,
  titleLayer,
} from "./look.ts";
import { rounded } from "../thin.ts";

export interface Distribution {
  readonly name: string;
  /** Ascending, in ms. */
  readonly points: readonly HistogramPoint[];
}

/** At most the share 1 − q may be longer than `limitMs`. */
export interface Promise {
  readonly name: string;
  readonly limitMs: number;
  readonly quantile: number;
}

/** A point is kept when it is this much above the one before: 1 % is less than a pixel. */
const GAP = 1.01;
const LEAST_MS = 0.1;

export function distributionChart(
  distributions: readonly Distribution[],
  promises: readonly Promise[],
): ChartSpec {
  const looks = distributions.map(({ name }, i) => look(name, i));
  const values = distributions.flatMap(({ name, points }) =>
    exceeding(points).map(({ v, p }) => ({ v, p, s: name })),
  );
  const most = Math.max(...values.map(({ v }) => v), ...promises.map(({ limitMs }) => limitMs));
  const least = Math.min(
    ...values.map(({ p }) => p),
    ...promises.map(({ quantile }) => 1 - quantile),
  );
  // Where nearly all took longer there is nothing to see.
  const first = Math.min(...values.filter(({ p }) => p < 0.999).map(({ v }) => v), most);
  const tens = decades(Math.max(LEAST_MS, first), most);
  const shares = decades(least, 1);
  const x = {
    field: "v",
    type: "quantitative",
    scale: { type: "log", domain: [tens[0], rounded(most * 1.15)], nice: false, clamp: true },
    axis: { values: tens, labelExpr: MS_LABEL, title: "took longer than" },
  };
  const y = {
    field: "p",
    type: "quantitative",
    scale: { type: "log", domain: [shares[0], 1], nice: false, clamp: true },
    axis: {
      values: shares,
      labelExpr: "format(datum.value * 100, '~g') + ' %'",
      title: "share",
    },
  };
  return chart({
    width: PLOT_WIDTH - 8,
    height: 250,
    layer: [
      titleLayer("Share that took longer than a time (both axes logarithmic)"),
      {
        data: { values },
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.8, clip: true },
        encoding: { x, y, ...lineEncoding(looks, legendAbove(looks)) },
      },
      ...(promises.length === 0 ? [] : promiseLayers(promises, x, y, most)),
    ],
  });
}

function promiseLayers(
  promises: readonly Promise[],
  x: object,
  y: object,
  most: number,
): readonly object[] {
  const values = promises.map(({ name, limitMs, quantile }) => ({
    v: limitMs,
    p: rounded(1 - quantile),
    name,
  }));
  // The name stands on the side where there is room.
  const isLate = ({ v }: { readonly v: number }): boolean => v * 4 > most;
  const label = (some: object[], align: "left" | "right"): object => ({
    data: { values: some },
    mark: { type: "text", align, dx: align === "left" ? 9 : -9, fontSize: 11, color: "var(--ink)" },
    encoding: { x, y, text: { field: "name" } },
  });
  return [
    {
      data: { values },
      mark: {
        type: "point",
        shape: "diamond",
        filled: true,
        size: 80,
        color: "var(--ink)",
        opacity: 1,
      },
      encoding: { x, y },
    },
    label(
      values.filter((one) => !isLate(one)),
      "left",
    ),
    label(values.filter(isLate), "right"),
  ];
}

/** After each value the share of values above it, from 1 down to the last that is not 0. */
function exceeding(points: readonly HistogramPoint[]): readonly { v: number; p: number }[] {
  const total = points.reduce((sum, { count }) => sum + count, 0);
  const kept: { v: number; p: number }[] = [{ v: LEAST_MS, p: 1 }];
  let above = total;
  for (const [i, { value, count }] of points.entries()) {
    above -= count;
    const v = Math.max(LEAST_MS, rounded(value));
    const isLast = i === points.length - 1;
    if (above > 0) {
      const before = kept.at(-1)!;
      const p = rounded(above / total);
      if (v < before.v * GAP && p * GAP * 2 > before.p) continue;
      kept.push({ v, p });
    } else if (isLast) kept.push({ v, p: kept.at(-1)!.p });
  }
  return kept;
}

/** Powers of ten from at most `low` to at least `high`; without logarithms, whose last bit differs between machines. */
function decades(low: number, high: number): readonly number[] {
  const all = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
  const from = Math.max(
    0,
    all.findLastIndex((one) => one <= low),
  );
  const to = all.findIndex((one) => one >= high);
  return all.slice(from, to < 0 ? all.length : to + 1);
}

const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const;

export function distributionTable(distributions: readonly Distribution[]): Table {
  const rows = distributions.map(({ name, points }) => {
    const total = points.reduce((sum, { count }) => sum + count, 0);
    const values = QUANTILES.map((q) => formatMs(quantile(points, total, q)));
    return [name, count(total), ...values, formatMs(points.at(-1)?.value ?? 0)];
  });
  const titles = ["Count>", "p50>", "p90>", "p95>", "p99>", "p99.9>", "max>"];
  return { columns: columns("What", ...titles), rows };
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function quantile(points: readonly HistogramPoint[], total: number, q: number): number {
  const rank = Math.max(1, Math.ceil(q * total * (1 - Number.EPSILON)));
  let seen = 0;
  for (const { value, count: some } of points) {
    seen += some;
    if (seen >= rank) return value;
  }
  return 0;
}
