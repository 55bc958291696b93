// Lengths side by side: updates by class and fate, stages of a delay.

import type { ChartSpec } from "../../documents/document.ts";
import { rounded } from "../thin.ts";
import { chart, look, MS_LABEL, PLOT_WIDTH } from "./look.ts";

export interface Bar {
  readonly row: string;
  readonly part: string;
  readonly value: number;
}

export interface BarsInput {
  readonly bars: readonly Bar[];
  readonly title: string;
  readonly axisTitle: string;
  readonly unit: "ms" | "count";
}

/** Rows and parts in the order in which they first come. Parts stand one after the other. */
export function stackedBars({ bars, title, axisTitle, unit }: BarsInput): ChartSpec {
  const parts = [...new Set(bars.map(({ part }) => part))];
  const looks = parts.map((part, i) => look(part, i));
  const format = unit === "ms" ? { labelExpr: MS_LABEL } : { format: ",~r" };
  return chart({
    data: {
      values: bars.map(({ row, part, value }) => ({
        row,
        s: part,
        v: rounded(value),
        o: parts.indexOf(part),
      })),
    },
    width: PLOT_WIDTH - 60,
    height: { step: 34 },
    title,
    mark: { type: "bar", stroke: "var(--paper)", strokeWidth: 1.5, height: { band: 0.7 } },
    encoding: {
      y: {
        field: "row",
        type: "nominal",
        sort: null,
        title: null,
        axis: { domain: false, ticks: false, minExtent: 110 },
      },
      x: {
        field: "v",
        type: "quantitative",
        axis: { ...format, title: axisTitle, tickCount: 8 },
      },
      order: { field: "o", type: "quantitative" },
      color: {
        field: "s",
        type: "nominal",
        sort: null,
        scale: { domain: parts, range: looks.map(({ color }) => color) },
        legend: { orient: "bottom", title: null, symbolType: "square", columns: 6 },
      },
    },
  });
}
