// A Grafana dashboard of a live cluster, with the lines that the run was judged by.
//
// Classic JSON, which every Grafana imports. Ids are the panels' places in the list, nothing depends on a clock, so the same
// result gives the same file and a review sees what changed.

import { jsonText } from "./numbers.ts";
import { type PanelSpec, panelsOf } from "./panels.ts";
import { seedsText } from "./provenance.ts";
import type { ExportSubject, Exported } from "./subject.ts";

/** The last version of the classic schema. Cited: Grafana's DashboardMigrator. */
const SCHEMA_VERSION = 42;
/** A dashboard is 24 columns wide. */
const COLUMNS = 24;
const PANEL_WIDTH = 12;
const PANEL_HEIGHT = 8;
const NOTE_HEIGHT = 4;

const NAMESPACES = 'label_values(active_websocket_connections{role="edge"}, namespace)';
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

export function grafanaExport(subject: ExportSubject): Exported {
  const dashboard = {
    annotations: { list: [] },
    description: `Signaling cluster; made for ${subject.scenario}, run ${subject.runDigest}.`,
    editable: true,
    graphTooltip: 1,
    links: [],
    panels: [note(subject), ...panelsOf(subject).map(panel)],
    refresh: "30s",
    schemaVersion: SCHEMA_VERSION,
    tags: ["stormglass"],
    templating: { list: variables(subject) },
    time: { from: "now-3h", to: "now" },
    timepicker: {},
    timezone: "browser",
    title: `Stormglass: ${subject.scenario}`,
    uid: uidOf(subject.scenario),
    version: 1,
  };
  return { files: [{ name: "grafana-dashboard.json", text: jsonText(dashboard) }], warnings: [] };
}

/** At most 40 characters of those that a uid may have. */
function uidOf(scenario: string): string {
  return `stormglass-${scenario.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`.slice(0, 40);
}

function variables({ namespace }: ExportSubject): object[] {
  return [
    {
      hide: 0,
      label: "Prometheus",
      name: "datasource",
      query: "prometheus",
      refresh: 1,
      regex: "",
      type: "datasource",
    },
    {
      current: { selected: true, text: namespace, value: namespace },
      datasource: DATASOURCE,
      definition: NAMESPACES,
      hide: 0,
      label: "Namespace",
      name: "namespace",
      query: { query: NAMESPACES, refId: "namespace" },
      refresh: 2,
      type: "query",
    },
  ];
}

function note(subject: ExportSubject): object {
  const { scenario, verdict, answer, runDigest, runs, command } = subject;
  const content = [
    `**${scenario}: ${verdict}.** ${answer}`,
    "",
    `Run ${runDigest}, seeds ${seedsText(runs.map(({ seed }) => seed))}: \`${command}\`. Dashed lines are the run's limits and the HPA's targets.`,
  ].join("\n");
  return {
    gridPos: { h: NOTE_HEIGHT, w: COLUMNS, x: 0, y: 0 },
    id: 1,
    options: { code: { language: "plaintext" }, content, mode: "markdown" },
    title: "The run behind this",
    type: "text",
  };
}

function panel(spec: PanelSpec, i: number): object {
  const { title, description, unit, queries, limits } = spec;
  const perRow = COLUMNS / PANEL_WIDTH;
  return {
    datasource: DATASOURCE,
    description,
    fieldConfig: {
      defaults: {
        custom: {
          drawStyle: "line",
          fillOpacity: 0,
          lineWidth: 1,
          spanNulls: false,
          thresholdsStyle: { mode: limits.length === 0 ? "off" : "dashed" },
        },
        min: 0,
        thresholds: {
          mode: "absolute",
          steps: [
            { color: "green", value: null },
            ...limits.map((value) => ({ color: "red", value })),
          ],
        },
        unit,
      },
      overrides: [],
    },
    gridPos: {
      h: PANEL_HEIGHT,
      w: PANEL_WIDTH,
      x: (i % perRow) * PANEL_WIDTH,
      y: NOTE_HEIGHT + Math.floor(i / perRow) * PANEL_HEIGHT,
    },
    id: i + 2,
    options: {
      legend: { calcs: ["lastNotNull", "max"], displayMode: "table", placement: "bottom" },
      tooltip: { mode: "multi", sort: "desc" },
    },
    targets: queries.map(({ expr, legend }, at) => ({
      datasource: DATASOURCE,
      editorMode: "code",
      expr,
      legendFormat: legend,
      range: true,
      refId: String.fromCharCode("A".charCodeAt(0) + at),
    })),
    title,
    type: "timeseries",
  };
}
