// The end of the runs as OpenMetrics text, under the names that the server's /metrics uses, so that one dashboard reads both.
//
// A simulation knows what a server cannot: its joins are timed by the client, its queues are those of the fullest node. The help
// of a family says where it differs from the server's.

import type { HistogramCounts, RunResult } from "../sim/result.ts";
import { LATENCY_BUCKETS_S, SERVER_METRICS, type ServerMetric } from "./exports/server-metrics.ts";

/** How many recorded values are at most `limitMs`; the caller knows the layout of histograms. */
export type CountAtMost = (name: string, counts: HistogramCounts, limitMs: number) => number;

/** A series of a family, and the metric of a run that it shows. */
interface Shown {
  /** Labels beside scenario and seed. */
  readonly labels: Readonly<Record<string, string>>;
  readonly metric: string;
}
interface ShownFamily {
  readonly name: ServerMetric;
  readonly help: string;
  readonly shown: readonly Shown[];
}

const CLASSES = ["critical", "coalescable", "droppable"] as const;
const SCOPE_PATTERN = /^updates\.dropped\/(\w+)\/(\w+)@run$/;
const EDGE = { role: "edge" } as const;
const NODE = { role: "node" } as const;

const FAMILIES: readonly ShownFamily[] = [
  {
    name: "active_websocket_connections",
    help: "Sockets with a session, of all edges and of all nodes.",
    shown: [
      { labels: EDGE, metric: "connections.active" },
      { labels: NODE, metric: "sessions.active" },
    ],
  },
  {
    name: "offered_websocket_connections",
    help: "Sessions, and clients on their way into one, wherever they are.",
    shown: [{ labels: EDGE, metric: "connections.offered" }],
  },
  {
    name: "fanout_queue_depth",
    help: "Deliveries waiting at the fullest node.",
    shown: [{ labels: NODE, metric: "fanout.queue.depth" }],
  },
  {
    name: "rtc_sessions",
    help: "Sessions with a socket.",
    shown: [{ labels: { ...NODE, state: "attached" }, metric: "sessions.active" }],
  },
  {
    name: "stormglass_nodes",
    help: "Nodes that are ready.",
    shown: [{ labels: { ...EDGE, state: "serving" }, metric: "replicas.ready" }],
  },
  {
    name: "rtc_joins_total",
    help: "Clients let into their room.",
    shown: [{ labels: EDGE, metric: "join.succeeded" }],
  },
  {
    name: "rtc_resumes_total",
    help: "Sessions that came back.",
    shown: [{ labels: EDGE, metric: "reconnect.succeeded" }],
  },
];

/** The text, `# EOF` included. Runs without a fault (paired variants) are left out. */
export function openMetricsText(runs: readonly RunResult[], countAtMost: CountAtMost): string {
  const full = runs.filter(({ variant }) => variant === "full");
  const lines = [
    ...FAMILIES.flatMap((family) => familyLines(family, full)),
    ...dropLines(full),
    ...joinLines(full, countAtMost),
    "# EOF",
  ];
  return `${lines.join("\n")}\n`;
}

function familyLines({ name, help, shown }: ShownFamily, runs: readonly RunResult[]): string[] {
  const samples = runs.flatMap((run) =>
    shown.flatMap(({ labels, metric }) => {
      const value = run.values[`${metric}@run`] ?? lastOf(run, metric);
      return value === undefined ? [] : [sample(name, { ...labels, ...ownLabels(run) }, value)];
    }),
  );
  return samples.length === 0 ? [] : [...headLines(name, help), ...samples];
}

/** Where a gauge stood at the end. */
function lastOf({ series }: RunResult, metric: string): number | undefined {
  return series.columns[metric]?.at(-1);
}

/** By class and scope; the server says which of its roles dropped, a run does not. */
function dropLines(runs: readonly RunResult[]): string[] {
  const name = "rtc_room_updates_dropped_total";
  const samples = runs.flatMap((run) =>
    Object.keys(run.values)
      .sort()
      .flatMap((key) => {
        const [, className = "", scope = ""] = SCOPE_PATTERN.exec(key) ?? [];
        if (!(CLASSES as readonly string[]).includes(className)) return [];
        return [sample(name, { class: className, scope, ...ownLabels(run) }, run.values[key]!)];
      }),
  );
  const help = "Updates given up, by delivery class and by the budget or queue that gave them up.";
  return samples.length === 0 ? [] : [...headLines(name, help), ...samples];
}

function joinLines(runs: readonly RunResult[], countAtMost: CountAtMost): string[] {
  const name = "rtc_join_duration_seconds";
  const samples = runs.flatMap((run) => {
    const counts = run.histograms["join.latency@run"];
    if (counts === undefined) return [];
    const labels = { ...EDGE, ...ownLabels(run) };
    const buckets = LATENCY_BUCKETS_S.map((edge) =>
      sample(
        `${name}_bucket`,
        { ...labels, le: floatText(edge) },
        countAtMost("join.latency", counts, edge * 1_000),
      ),
    );
    return [
      ...buckets,
      sample(`${name}_bucket`, { ...labels, le: "+Inf" }, counts.count),
      sample(`${name}_count`, labels, counts.count),
      sample(`${name}_sum`, labels, counts.sum / 1_000),
    ];
  });
  const help = "From a client's arrival to its room, retries included; the server times one join.";
  if (samples.length === 0) return [];
  return [
    headLines(name, help)[0]!,
    `# UNIT ${name} seconds`,
    headLines(name, help)[1]!,
    ...samples,
  ];
}

/** Of a counter the family is called without its `_total`. */
function headLines(name: ServerMetric, help: string): readonly string[] {
  const family = name.replace(/_total$/, "");
  return [`# TYPE ${family} ${SERVER_METRICS[name].type}`, `# HELP ${family} ${escaped(help)}`];
}

function ownLabels({ scenario, seed }: RunResult): Readonly<Record<string, string>> {
  return { scenario, seed: String(seed) };
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const words = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}{${words.join(",")}} ${Number(value.toPrecision(12))}`;
}

/** OpenMetrics wants 1.0 where Prometheus took 1. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
