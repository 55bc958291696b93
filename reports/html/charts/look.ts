// What all charts share: type, colours as CSS variables, quiet axes.

import type { ChartSpec } from "../../documents/document.ts";

/** Of a plot beside its axis, pixels; with the axis it fills the page. */
export const PLOT_WIDTH = 872;
/** Of the axis, so that plots below each other begin at the same place. */
export const AXIS_WIDTH = 64;

const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

const CONFIG = {
  background: null,
  font: FONT,
  padding: { left: 0, right: 10, top: 4, bottom: 2 },
  view: { stroke: null },
  axis: {
    labelColor: "var(--ink-2)",
    titleColor: "var(--ink-2)",
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    gridColor: "var(--grid)",
    domainColor: "var(--rule)",
    tickColor: "var(--rule)",
    labelLimit: 220,
    labelPadding: 5,
    tickSize: 4,
  },
  legend: {
    labelColor: "var(--ink-2)",
    titleColor: "var(--ink-2)",
    labelFontSize: 11,
    symbolSize: 120,
    symbolStrokeWidth: 2,
    labelLimit: 240,
    columnPadding: 16,
  },
  title: {
    color: "var(--ink)",
    fontSize: 12,
    fontWeight: 600,
    anchor: "start",
    frame: "group",
    offset: 8,
  },
  concat: { spacing: 14 },
  aria: false,
};

/** A specification with the look. */
export function chart(spec: ChartSpec): ChartSpec {
  return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config: CONFIG, ...spec };
}

export interface SeriesLook {
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly width: number;
}

/** Colour and dash of the n-th series: both differ. */
export function look(name: string, n: number): SeriesLook {
  const looks = [
    { color: "var(--blue)", dash: [1, 0], width: 1.7 },
    { color: "var(--orange)", dash: [6, 3], width: 1.7 },
    { color: "var(--green)", dash: [2, 2], width: 1.7 },
    { color: "var(--purple)", dash: [8, 3, 2, 3], width: 1.7 },
    { color: "var(--sky)", dash: [4, 2], width: 1.7 },
    { color: "var(--yellow)", dash: [1, 3], width: 1.7 },
  ];
  return { name, ...looks[n % looks.length]! };
}

/** Colour and dash of lines by name, with one legend in the line of the title. */
export function lineEncoding(looks: readonly SeriesLook[], legend: object | null): object {
  const domain = looks.map(({ name }) => name);
  return {
    color: {
      field: "s",
      type: "nominal",
      scale: { domain, range: looks.map(({ color }) => color) },
      legend,
      title: null,
    },
    strokeDash: {
      field: "s",
      type: "nominal",
      scale: { domain, range: looks.map(({ dash }) => dash) },
      legend,
      title: null,
    },
  };
}

/** A title on the line of the legend: vega would give each a line of its own. */
export function titleLayer(text: string): object {
  return {
    data: { values: [{}] },
    mark: {
      type: "text",
      align: "left",
      baseline: "alphabetic",
      fontSize: 12,
      fontWeight: 600,
      color: "var(--ink)",
      x: 0,
      y: -10,
      text,
    },
  };
}

const CHARACTER_WIDTH = 5.7;

/** A legend at the right end of the title's line; its width is estimated from its letters. */
export function legendAbove(looks: readonly SeriesLook[], plotWidth = PLOT_WIDTH): object {
  const letters = looks.reduce((sum, { name }) => sum + name.length, 0);
  const width = letters * CHARACTER_WIDTH + looks.length * 34;
  return {
    orient: "none",
    direction: "horizontal",
    legendX: Math.max(0, Math.round(plotWidth - width)),
    legendY: -21,
    symbolType: "stroke",
    title: null,
  };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200];
const TICKS_MAX = 12;

/** Round instants from 0 to `endS`. */
export function timeTicks(endS: number): readonly number[] {
  const step = STEPS_S.find((one) => endS / one <= TICKS_MAX) ?? 86_400;
  return Array.from({ length: Math.floor(endS / step) + 1 }, (_, i) => i * step);
}

/** "1:30", from seconds. */
export const TIME_LABEL =
  "floor(datum.value / 60) + ':' + (datum.value % 60 < 10 ? '0' : '') + (datum.value % 60)";
/** "250 ms", "2 s", from milliseconds. */
export const MS_LABEL =
  "datum.value >= 1000 ? format(datum.value / 1000, ',~g') + ' s' : format(datum.value, '~g') + ' ms'";
