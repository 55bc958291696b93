// The families of the server's /metrics that exports name, and how a series of them is written in PromQL.
//
// Every query is made of these, so that an export cannot name a metric that the server lacks: a test holds this table, and
// every exported query, against what the server exposes.

export interface Family {
  readonly type: "gauge" | "counter" | "histogram";
  readonly roles: readonly ("edge" | "node")[];
  /** Labels beside `role`. */
  readonly labels: readonly string[];
}

const BOTH = ["edge", "node"] as const;

export const SERVER_METRICS = {
  active_websocket_connections: { type: "gauge", roles: BOTH, labels: [] },
  offered_websocket_connections: { type: "gauge", roles: BOTH, labels: [] },
  fanout_queue_depth: { type: "gauge", roles: ["node"], labels: [] },
  rtc_sessions: { type: "gauge", roles: ["node"], labels: ["state"] },
  rtc_join_duration_seconds: { type: "histogram", roles: ["edge"], labels: [] },
  rtc_joins_total: { type: "counter", roles: ["edge"], labels: [] },
  rtc_resumes_total: { type: "counter", roles: ["edge"], labels: [] },
  rtc_refusals_total: { type: "counter", roles: ["edge"], labels: ["code"] },
  rtc_reconnect_attempts_total: { type: "counter", roles: ["edge"], labels: ["kind"] },
  rtc_reconnect_failures_total: { type: "counter", roles: ["edge"], labels: ["reason"] },
  rtc_room_updates_dropped_total: { type: "counter", roles: BOTH, labels: ["class", "scope"] },
  stormglass_admission_queue_depth: { type: "gauge", roles: BOTH, labels: ["kind"] },
  stormglass_bus_up: { type: "gauge", roles: BOTH, labels: [] },
  stormglass_dials_turned_away_total: { type: "counter", roles: ["edge"], labels: ["reason"] },
  stormglass_draining: { type: "gauge", roles: BOTH, labels: [] },
  stormglass_event_loop_lag_seconds: { type: "gauge", roles: BOTH, labels: ["quantile"] },
  stormglass_max_connections: { type: "gauge", roles: ["node"], labels: [] },
  stormglass_nodes: { type: "gauge", roles: BOTH, labels: ["state"] },
  stormglass_reserve_connections: { type: "gauge", roles: BOTH, labels: [] },
  process_cpu_seconds_total: { type: "counter", roles: BOTH, labels: [] },
} as const satisfies Readonly<Record<string, Family>>;
export type ServerMetric = keyof typeof SERVER_METRICS;

/** Edges of the server's latency histograms, s. A test compares them with the server's own. */
export const LATENCY_BUCKETS_S: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30,
];

/** Of kube-state-metrics: cited, its documentation of HPAs and workloads. */
export const CLUSTER_METRICS = [
  "kube_horizontalpodautoscaler_spec_max_replicas",
  "kube_horizontalpodautoscaler_spec_min_replicas",
  "kube_horizontalpodautoscaler_status_condition",
  "kube_horizontalpodautoscaler_status_current_replicas",
  "kube_horizontalpodautoscaler_status_desired_replicas",
  "kube_statefulset_replicas",
  "kube_statefulset_status_replicas_ready",
  "kube_deployment_spec_replicas",
  "kube_deployment_status_replicas_ready",
] as const;
export type ClusterMetric = (typeof CLUSTER_METRICS)[number];

/** What Prometheus adds to the name of a histogram. */
type Suffix = "" | "_bucket" | "_count" | "_sum";

/** Which series: matchers such as `namespace="stormglass"`; of prometheus-adapter its template. */
export type Scope = string;

/** The scope of one namespace: the label that Prometheus gives to what it finds in pods. */
export function namespaceScope(namespace: string): Scope {
  return `namespace="${namespace}"`;
}

/** A series of the server's: `series(scope, "fanout_queue_depth", 'role="node"')`. */
export function series(scope: Scope, metric: ServerMetric, ...matchers: readonly string[]): string {
  return selected(metric, scope, matchers);
}

export function histogramSeries(
  scope: Scope,
  metric: ServerMetric,
  suffix: Suffix,
  ...matchers: readonly string[]
): string {
  return selected(`${metric}${suffix}`, scope, matchers);
}

export function clusterSeries(
  scope: Scope,
  metric: ClusterMetric,
  ...matchers: readonly string[]
): string {
  return selected(metric, scope, matchers);
}

function selected(name: string, scope: Scope, matchers: readonly string[]): string {
  return `${name}{${[scope, ...matchers].join(",")}}`;
}
