// The metrics that an HPA of the nodes may name, and the PromQL that each is made of.
//
// The adapter's rules and KEDA's triggers ask the same queries, with the namespace written in the one way or the other: a
// manifest means the same whoever serves its metrics.

import { histogramSeries, type Scope, series, type ServerMetric } from "./server-metrics.ts";

/** A metric of each pod of the nodes: the custom metrics API has it under the server's own name. */
export interface PodSource {
  readonly name: ServerMetric;
  readonly means: string;
}

export const POD_SOURCES: readonly PodSource[] = [
  { name: "active_websocket_connections", means: "sessions of the node that have a socket" },
  {
    name: "offered_websocket_connections",
    means:
      "those, and who waits for the node or was refused for want of room: it grows past the limit",
  },
  { name: "fanout_queue_depth", means: "deliveries that wait for their slice" },
];

/** A metric of all edges together, for External and Object metrics. */
export interface WholeSource {
  readonly name: string;
  readonly means: string;
  /** The series by which it is found: it is there whenever an edge is. */
  readonly discovery: (scope: Scope) => string;
  /** One value. With edges but without traffic it is 0, not absent. */
  readonly query: (scope: Scope) => string;
}

/** As the simulator reads them (sim/cluster/recent-answers.ts): four scrapes of 15 s, the least that a rate should have. */
const WINDOW = "1m";
const EDGE = 'role="edge"';

function sumOfEdges(name: "active_websocket_connections" | "offered_websocket_connections") {
  return {
    name,
    discovery: (scope: Scope) => series(scope, name, EDGE),
    query: (scope: Scope) => `sum(${series(scope, name, EDGE)})`,
  };
}

function joinLatency(scope: Scope): string {
  const rate = (suffix: "_bucket" | "_count"): string =>
    `rate(${histogramSeries(scope, "rtc_join_duration_seconds", suffix, EDGE)}[${WINDOW}])`;
  // Without joins the quantile is NaN, which the comparison takes away.
  const quantile = `histogram_quantile(0.95, sum by (le) (${rate("_bucket")}))`;
  return `(${quantile} >= 0) or (0 * sum(${rate("_count")}))`;
}

function reconnectFailures(scope: Scope): string {
  const rate = (name: ServerMetric): string => `sum(rate(${series(scope, name, EDGE)}[${WINDOW}]))`;
  // Attempts and failures have no series before the first; resumes have one from the start.
  const share = `${rate("rtc_reconnect_failures_total")} / ${rate("rtc_reconnect_attempts_total")}`;
  return `(${share} >= 0) or (0 * ${rate("rtc_resumes_total")})`;
}

export const WHOLE_SOURCES: readonly WholeSource[] = [
  {
    ...sumOfEdges("active_websocket_connections"),
    means: "sockets with a session, over all edges",
  },
  {
    ...sumOfEdges("offered_websocket_connections"),
    means: "open sockets and dials turned away of late, over all edges",
  },
  {
    name: "join_latency_p95_seconds",
    means: `95 % of the joins of ${WINDOW} took no longer, s`,
    discovery: (scope) => histogramSeries(scope, "rtc_join_duration_seconds", "_count", EDGE),
    query: joinLatency,
  },
  {
    name: "reconnect_failure_ratio",
    means: `share of the resumes asked for in ${WINDOW} that were rejected`,
    discovery: (scope) => series(scope, "rtc_resumes_total", EDGE),
    query: reconnectFailures,
  },
];

/** PromQL of a metric of pods over all nodes; undefined when the server does not have it. */
export function podSumQuery(name: string, scope: Scope): string | undefined {
  const source = POD_SOURCES.find((one) => one.name === name);
  return source === undefined ? undefined : `sum(${series(scope, source.name, 'role="node"')})`;
}

/** PromQL of a metric of all edges; undefined when there is none of the name. */
export function wholeQuery(name: string, scope: Scope): string | undefined {
  return WHOLE_SOURCES.find((one) => one.name === name)?.query(scope);
}
