// The course of a run: panels below each other on one axis of time, with faults and windows across all of them.
//
// The line is the run of one seed; the band behind it spans all seeds, so that nobody takes one seed's luck for the rule.
// A panel in which nothing happened is not drawn: it is said.

import type { ChartSpec, Table } from "../../documents/document.ts";
import { columns } from "../../documents/document.ts";
import type { RunResult } from "../../../sim/result.ts";
import { formatCount, formatMs, formatPercent } from "../../format.ts";
import type { Incident } from "../subject.ts";
import { rounded, thinned } from "../thin.ts";
import {
  AXIS_WIDTH,
  chart,
  legendAbove,
  lineEncoding,
  look,
  PLOT_WIDTH,
  TIME_LABEL,
  timeTicks,
  titleLayer,
} from "./look.ts";

export interface TimelineInput {
  readonly shown: RunResult;
  readonly full: readonly RunResult[];
  readonly incidents: readonly Incident[];
}

export interface Timeline {
  readonly spec: ChartSpec;
  readonly table: Table;
  /** Titles of panels that were left out, since their series never left 0. */
  readonly silent: readonly string[];
}

interface Line {
  readonly name: string;
  readonly column: string;
  /** Values are divided by it: 1, or seconds per interval. */
  readonly per: "interval" | "second";
  readonly hasBand?: true;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly height: number;
  readonly format: "count" | "percent";
  readonly isStepped?: true;
  readonly hasDecisions?: true;
}

const PANELS: readonly Panel[] = [
  {
    title: "Clients joining, per second",
    height: 110,
    format: "count",
    lines: [
      { name: "joined", column: "join.succeeded", per: "second", hasBand: true },
      { name: "offered", column: "join.offered", per: "second" },
    ],
  },
  {
    title: "Sessions lost and back, per second",
    height: 90,
    format: "count",
    lines: [
      { name: "back", column: "reconnect.succeeded", per: "second", hasBand: true },
      { name: "lost", column: "reconnect.offered", per: "second" },
    ],
  },
  {
    title: "Clients on their way in",
    height: 70,
    format: "count",
    lines: [{ name: "pending", column: "join.pending", per: "interval", hasBand: true }],
  },
  {
    title: "Nodes",
    height: 90,
    format: "count",
    isStepped: true,
    hasDecisions: true,
    lines: [
      { name: "ready", column: "replicas.ready", per: "interval", hasBand: true },
      { name: "desired", column: "replicas.desired", per: "interval" },
    ],
  },
  {
    title: "CPU of the busiest host",
    height: 80,
    format: "percent",
    lines: [
      { name: "node", column: "node.cpu.ratio", per: "interval", hasBand: true },
      { name: "edge", column: "edge.cpu.ratio", per: "interval" },
    ],
  },
  {
    title: "Deliveries waiting at the fullest node",
    height: 60,
    format: "count",
    lines: [{ name: "waiting", column: "fanout.queue.depth", per: "interval", hasBand: true }],
  },
];

/** `input.shown` has at least one interval. */
export function timeline(input: TimelineInput): Timeline {
  const { shown } = input;
  const isSilent = (panel: Panel): boolean =>
    panel.lines.every(({ column }) => (shown.series.columns[column] ?? []).every((v) => v === 0));
  const drawn = PANELS.filter((panel) => !isSilent(panel));
  const endS = shown.simulatedMs / 1_000;
  const panels = drawn.map((panel, i) =>
    panelSpec(panel, input, { endS, isLast: i === drawn.length - 1 }),
  );
  return {
    spec: chart({
      vconcat: [...laneSpec(input, endS), ...panels],
      resolve: { scale: { color: "independent", strokeDash: "independent", y: "independent" } },
    }),
    table: timelineTable(drawn, shown),
    silent: PANELS.filter(isSilent).map(({ title }) => title),
  };
}

/** Seconds, a tenth of one at least. */
function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}

interface Frame {
  readonly endS: number;
  readonly isLast: boolean;
}

function panelSpec(panel: Panel, input: TimelineInput, { endS, isLast }: Frame): object {
  const looks = panel.lines.map(({ name }, i) => look(name, i));
  const legend = looks.length > 1 ? legendAbove(looks) : null;
  const interpolate = panel.isStepped ? "step-after" : "linear";
  const axis = {
    values: timeTicks(endS),
    labels: isLast,
    ticks: isLast,
    title: isLast ? "simulated time, minutes:seconds" : null,
    labelExpr: TIME_LABEL,
    grid: true,
  };
  const x = {
    field: "t",
    type: "quantitative",
    scale: { domain: [0, endS], nice: false },
    axis,
  };
  const y = {
    field: "v",
    type: "quantitative",
    title: null,
    axis: {
      minExtent: AXIS_WIDTH,
      maxExtent: AXIS_WIDTH,
      tickCount: panel.height < 80 ? 2 : 4,
      format: panel.format === "percent" ? "~%" : ",~r",
      domain: false,
      ticks: false,
    },
    scale: { zero: true },
  };
  return {
    width: PLOT_WIDTH,
    height: panel.height,
    layer: [
      titleLayer(panel.title),
      ...shades(input),
      ...bandLayers(panel, input, interpolate),
      {
        data: { values: lineValues(panel, input.shown) },
        mark: { type: "line", interpolate, strokeWidth: 1.7, clip: true },
        encoding: { x, y, ...lineEncoding(looks, legend) },
      },
      ...(panel.hasDecisions ? decisionLayers(input.shown) : []),
    ],
  };
}

function valuesOf({ column, per }: Line, { series }: RunResult): readonly number[] {
  const values = series.columns[column] ?? [];
  return per === "interval" ? values : values.map((v) => (v * 1_000) / series.resolutionMs);
}

function lineValues({ lines, isStepped }: Panel, shown: RunResult): readonly object[] {
  const { resolutionMs } = shown.series;
  return lines.flatMap((line) => {
    const points = thinned(valuesOf(line, shown)).map(({ index, value }) => ({
      t: seconds(index * resolutionMs),
      v: value,
      s: line.name,
    }));
    const last = points.at(-1);
    // A step holds until the end.
    return isStepped && last !== undefined
      ? [...points, { ...last, t: seconds(shown.simulatedMs) }]
      : points;
  });
}

/** From the least to the greatest of all seeds, a wide stroke of the first line. */
function bandLayers(panel: Panel, input: TimelineInput, interpolate: string): readonly object[] {
  const line = panel.lines.find(({ hasBand }) => hasBand === true);
  if (line === undefined || input.full.length < 2) return [];
  const all = input.full.map((run) => valuesOf(line, run));
  const { resolutionMs } = input.shown.series;
  const length = Math.max(...all.map((values) => values.length));
  const size = Math.ceil(length / 300);
  const values = [];
  for (let from = 0; from < length; from += size) {
    const part = all.flatMap((one) => one.slice(from, from + size));
    const [low, high] = [Math.min(...part), Math.max(...part)];
    values.push({ t: seconds(from * resolutionMs), v: rounded(low), w: rounded(high) });
  }
  return [
    {
      data: { values },
      mark: { type: "area", interpolate, color: "var(--blue)", opacity: 0.16, clip: true },
      encoding: {
        x: { field: "t", type: "quantitative" },
        y: { field: "v", type: "quantitative" },
        y2: { field: "w" },
      },
    },
  ];
}

/** Windows as washes, faults as lines or bands, across a whole panel. */
function shades({ shown, incidents }: TimelineInput): readonly object[] {
  const windows = windowsOf(shown).map(({ span }) => ({
    t: seconds(span.fromMs),
    u: seconds(span.toMs),
  }));
  const lasting = incidents
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .map(({ fromMs, toMs }) => ({ t: seconds(fromMs), u: seconds(toMs) }));
  const x = { field: "t", type: "quantitative" };
  const rect = (values: object[], color: string, opacity: number): readonly object[] =>
    values.length === 0
      ? []
      : [
          {
            data: { values },
            mark: { type: "rect", color, opacity, clip: true },
            encoding: { x, x2: { field: "u" } },
          },
        ];
  const instants = incidents.map(({ fromMs }) => ({ t: seconds(fromMs) }));
  const rule = {
    data: { values: instants },
    mark: { type: "rule", color: "var(--fault)", strokeWidth: 1.2, strokeDash: [3, 2] },
    encoding: { x },
  };
  return [
    ...rect(windows, "var(--window)", 0.05),
    ...rect(lasting, "var(--fault)", 0.09),
    ...(instants.length === 0 ? [] : [rule]),
  ];
}

/** Named by the scenario: not the whole run, nor the part that is measured. */
function windowsOf({ windows }: RunResult) {
  return Object.entries(windows)
    .filter(([name]) => name !== "run" && name !== "measured")
    .map(([name, span]) => ({ name, span }));
}

/** A bar with its name for each window and fault, above the panels. */
function laneSpec({ shown, incidents }: TimelineInput, endS: number): readonly object[] {
  const windows = windowsOf(shown).map(({ name, span }) => ({ name, kind: "window", ...span }));
  const faults = incidents.map((one) => ({ ...one, name: `fault: ${one.name}`, kind: "fault" }));
  const bars = [...windows, ...faults].map(({ name, kind, fromMs, toMs }, i) => {
    const [t, u] = [seconds(fromMs), Math.max(seconds(toMs), seconds(fromMs) + endS / 250)];
    return { name, kind, row: i, t, u: rounded(Math.min(u, endS)) };
  });
  if (bars.length === 0) return [];
  const x = {
    field: "t",
    type: "quantitative",
    scale: { domain: [0, endS], nice: false },
    axis: null,
  };
  const y = { field: "row", type: "ordinal", axis: null, scale: { padding: 0.2 } };
  const color = {
    field: "kind",
    type: "nominal",
    scale: { domain: ["window", "fault"], range: ["var(--window)", "var(--fault)"] },
    legend: null,
  };
  const isLate = ({ t }: { readonly t: number }): boolean => t > endS * 0.8;
  const label = (values: object[], align: "left" | "right", field: string): object => ({
    data: { values },
    mark: { type: "text", align, dx: align === "left" ? 5 : -5, fontSize: 11, color: "var(--ink)" },
    encoding: { x: { ...x, field }, y, text: { field: "name" } },
  });
  return [
    {
      width: PLOT_WIDTH,
      height: bars.length * 19,
      layer: [
        {
          data: { values: bars },
          mark: { type: "rect", opacity: 0.3, cornerRadius: 3 },
          encoding: { x, x2: { field: "u" }, y, color },
        },
        label(
          bars.filter((bar) => !isLate(bar)),
          "left",
          "t",
        ),
        label(bars.filter(isLate), "right", "u"),
      ],
    },
  ];
}

/** Each look of the HPA as a tick below, each change as an arrowhead on its new count. */
function decisionLayers({ autoscaling }: RunResult): readonly object[] {
  const decisions = autoscaling?.decisions ?? [];
  const looks = decisions.map(({ atMs }) => ({ t: seconds(atMs) }));
  const changes = decisions
    .filter(({ rescaled, replicas }) => rescaled && replicas !== undefined)
    .map(({ atMs, replicas, specReplicas }) => ({
      t: seconds(atMs),
      v: replicas,
      a: (replicas ?? 0) >= (specReplicas ?? 0) ? "up" : "down",
    }));
  if (looks.length === 0) return [];
  const x = { field: "t", type: "quantitative" };
  const tick = {
    data: { values: looks.slice(0, 600) },
    mark: { type: "rule", color: "var(--ink-3)", strokeWidth: 0.8, opacity: 0.7 },
    encoding: { x, y: { value: 90 }, y2: { value: 85 } },
  };
  const arrow = {
    data: { values: changes },
    mark: { type: "point", filled: true, size: 46, color: "var(--ink)", opacity: 1 },
    encoding: {
      x,
      y: { field: "v", type: "quantitative" },
      shape: {
        field: "a",
        type: "nominal",
        scale: { domain: ["up", "down"], range: ["triangle-up", "triangle-down"] },
        legend: null,
      },
    },
  };
  return changes.length === 0 ? [tick] : [tick, arrow];
}

const TABLE_ROWS_MAX = 24;

/** The greatest value of each of some equal parts of the run. */
function timelineTable(panels: readonly Panel[], shown: RunResult): Table {
  const lines = panels.flatMap((panel) => panel.lines.map((line) => ({ panel, line })));
  const values = lines.map(({ line }) => valuesOf(line, shown));
  const length = Math.max(0, ...values.map((one) => one.length));
  const size = Math.max(1, Math.ceil(length / TABLE_ROWS_MAX));
  const rows: string[][] = [];
  for (let from = 0; from < length; from += size) {
    const fromMs = from * shown.series.resolutionMs;
    const cells = lines.map(({ panel }, i) => {
      const greatest = Math.max(...values[i]!.slice(from, from + size));
      if (panel.format === "percent") return formatPercent(Number(greatest.toPrecision(3)));
      return formatCount(rounded(greatest));
    });
    rows.push([formatMs(fromMs), ...cells]);
  }
  const titles = lines.map(({ panel, line }) => `${panel.title}: ${line.name}>`);
  return { columns: columns("From", ...titles), rows };
}
