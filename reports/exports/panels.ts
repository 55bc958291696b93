// The panels of the dashboard: what is worth seeing when a storm comes, in the order in which one looks.

import { histogramSeries, type Scope, clusterSeries, series } from "./server-metrics.ts";
import type { ExportSubject } from "./subject.ts";

export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  /** Grafana's name: short, s, ops, percentunit. */
  readonly unit: string;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
  /** Dashed lines, ascending. */
  readonly limits: readonly number[];
}

/** Of the dashboard's own variable, so that one file serves every namespace. */
const SCOPE: Scope = 'namespace="$namespace"';
const EDGE = 'role="edge"';
const NODE = 'role="node"';
const RANGE = "$__rate_interval";

export function panelsOf(subject: ExportSubject): readonly PanelSpec[] {
  return [
    ...connectionPanels(subject),
    replicaPanel(subject),
    joinPanel(subject),
    ...trafficPanels(subject),
    ...processPanels(subject),
  ];
}

function connectionPanels(subject: ExportSubject): readonly PanelSpec[] {
  const active = series(SCOPE, "active_websocket_connections", NODE);
  const offered = series(SCOPE, "offered_websocket_connections", NODE);
  const targets = ["active_websocket_connections", "offered_websocket_connections"].flatMap(
    (name) => targetOf(subject, name),
  );
  return [
    {
      title: "Connections, whole cluster",
      description: "Offered above active: people who are not in. Room: what the nodes take in all.",
      unit: "short",
      queries: [
        { expr: `sum(${series(SCOPE, "active_websocket_connections", EDGE)})`, legend: "active" },
        { expr: `sum(${series(SCOPE, "offered_websocket_connections", EDGE)})`, legend: "offered" },
        { expr: `sum(${series(SCOPE, "stormglass_max_connections", NODE)})`, legend: "room" },
      ],
      limits: [],
    },
    {
      title: "Connections per node",
      description:
        "The HPA sees the mean alone; sessions stay where they are, so the fullest says more.",
      unit: "short",
      queries: [
        { expr: `avg(${active})`, legend: "active, mean" },
        { expr: `max(${active})`, legend: "active, fullest" },
        { expr: `avg(${offered})`, legend: "offered, mean" },
        { expr: `max(${offered})`, legend: "offered, fullest" },
      ],
      limits: ascending(targets),
    },
  ];
}

function replicaPanel({ hpa, workload }: ExportSubject): PanelSpec {
  const kind = workload.kind === "Deployment" ? "deployment" : "statefulset";
  const own = `${kind}="${workload.name}"`;
  const asked =
    kind === "deployment" ? "kube_deployment_spec_replicas" : "kube_statefulset_replicas";
  const ready =
    kind === "deployment"
      ? "kube_deployment_status_replicas_ready"
      : "kube_statefulset_status_replicas_ready";
  const name = String((hpa?.manifest["metadata"] as { name?: unknown } | undefined)?.name);
  const scaled = `horizontalpodautoscaler="${name}"`;
  const prefix = "kube_horizontalpodautoscaler";
  const hpaQueries = [
    {
      expr: clusterSeries(SCOPE, `${prefix}_status_desired_replicas`, scaled),
      legend: "HPA wants",
    },
    { expr: clusterSeries(SCOPE, `${prefix}_spec_min_replicas`, scaled), legend: "min" },
    { expr: clusterSeries(SCOPE, `${prefix}_spec_max_replicas`, scaled), legend: "max" },
  ];
  return {
    title: "Nodes",
    description:
      "From kube-state-metrics. Asked for above ready: pods that start, or find no machine.",
    unit: "short",
    queries: [
      { expr: clusterSeries(SCOPE, asked, own), legend: "asked for" },
      { expr: clusterSeries(SCOPE, ready, own), legend: "ready" },
      ...(hpa === undefined ? [] : hpaQueries),
    ],
    limits: [],
  };
}

function joinPanel(subject: ExportSubject): PanelSpec {
  const buckets = histogramSeries(SCOPE, "rtc_join_duration_seconds", "_bucket", EDGE);
  const limits = subject.checks.flatMap(({ metric, limit, versus }) =>
    /\(join\.latency\)$/.test(metric) && limit !== undefined && versus === undefined
      ? [limit / 1_000]
      : [],
  );
  return {
    title: "Join latency",
    description:
      "From the join frame to joined, of those that were let in. Lines: the budgets' limits.",
    unit: "s",
    queries: ["0.5", "0.95", "0.99"].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[${RANGE}])))`,
      legend: `p${Number(quantile) * 100}`,
    })),
    limits: ascending(limits),
  };
}

function trafficPanels(subject: ExportSubject): readonly PanelSpec[] {
  const rate = (text: string): string => `sum(rate(${text}[${RANGE}]))`;
  const by = (label: string, text: string): string => `sum by (${label}) (rate(${text}[${RANGE}]))`;
  return [
    {
      title: "Fanout queue",
      description: "Deliveries that wait for their slice. Line: the HPA's target.",
      unit: "short",
      queries: [
        { expr: `max(${series(SCOPE, "fanout_queue_depth", NODE)})`, legend: "fullest node" },
        { expr: `avg(${series(SCOPE, "fanout_queue_depth", NODE)})`, legend: "mean" },
      ],
      limits: targetOf(subject, "fanout_queue_depth"),
    },
    {
      title: "Updates given up",
      description: "By delivery class. Critical ones are never given up lightly: each is an alert.",
      unit: "ops",
      queries: [
        {
          expr: by("class", series(SCOPE, "rtc_room_updates_dropped_total")),
          legend: "{{class}}",
        },
      ],
      limits: [],
    },
    {
      title: "Joins and reconnects",
      description: "Busy is no failure: the client comes again in a slot of its own.",
      unit: "ops",
      queries: [
        { expr: rate(series(SCOPE, "rtc_joins_total", EDGE)), legend: "joined" },
        { expr: rate(series(SCOPE, "rtc_resumes_total", EDGE)), legend: "resumed" },
        {
          expr: by("kind", series(SCOPE, "rtc_reconnect_attempts_total", EDGE)),
          legend: "asked to resume, {{kind}}",
        },
        { expr: rate(series(SCOPE, "rtc_reconnect_failures_total", EDGE)), legend: "rejected" },
        {
          expr: by("code", series(SCOPE, "rtc_refusals_total", EDGE)),
          legend: "refused, {{code}}",
        },
      ],
      limits: [],
    },
    {
      title: "Waiting for admission",
      description: "Joins and resumes that wait for their turn, by role.",
      unit: "short",
      queries: [
        {
          expr: `sum by (role, kind) (${series(SCOPE, "stormglass_admission_queue_depth")})`,
          legend: "{{role}}, {{kind}}",
        },
      ],
      limits: [],
    },
  ];
}

function processPanels(subject: ExportSubject): readonly PanelSpec[] {
  const utilization = (subject.hpa?.metrics ?? []).flatMap((metric) =>
    "resource" in metric && metric.resource === "cpu" && metric.target === "Utilization"
      ? [`CPU, cores (the HPA holds ${metric.amount} % of the request)`]
      : [],
  );
  return [
    {
      title: utilization[0] ?? "CPU, cores",
      description: "One thread does the work of a process: 1 is the end.",
      unit: "short",
      queries: ["node", "edge"].map((role) => ({
        expr: `max(rate(${series(SCOPE, "process_cpu_seconds_total", `role="${role}"`)}[${RANGE}]))`,
        legend: `busiest ${role}`,
      })),
      limits: [],
    },
    {
      title: "Event-loop lag, 99 %",
      description: "How late the loops were between scrapes. Line: where the alert is.",
      unit: "s",
      queries: ["node", "edge"].map((role) => ({
        expr: `max(${series(SCOPE, "stormglass_event_loop_lag_seconds", `role="${role}"`, 'quantile="0.99"')})`,
        legend: `latest ${role}`,
      })),
      limits: [0.1],
    },
    {
      title: "Drains",
      description:
        "Processes that drain, and sessions without a socket that wait for their client.",
      unit: "short",
      queries: [
        {
          expr: `sum by (role) (${series(SCOPE, "stormglass_draining")})`,
          legend: "draining, {{role}}",
        },
        {
          expr: `sum(${series(SCOPE, "rtc_sessions", NODE, 'state="detached"')})`,
          legend: "sessions detached",
        },
      ],
      limits: [],
    },
    {
      title: "Reserve",
      description: "Places that are left when the largest node is gone, as the edges see it.",
      unit: "short",
      queries: [
        {
          expr: `min(${series(SCOPE, "stormglass_reserve_connections", EDGE)})`,
          legend: "reserve",
        },
      ],
      limits: [],
    },
  ];
}

/** The HPA's target for a metric of pods, if it has one. */
function targetOf({ hpa }: ExportSubject, name: string): readonly number[] {
  return (hpa?.metrics ?? []).flatMap((metric) =>
    metric.type === "Pods" && "metric" in metric && metric.metric === name
      ? [Number(metric.amount)]
      : [],
  );
}

function ascending(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
