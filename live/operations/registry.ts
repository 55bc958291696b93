// Everything that /metrics says: both roles, the bus, the event loop and the process.
//
// Of prom-client's default metrics only those that cost nothing to read are taken: listing every handle or open file of a process with
// tens of thousands of sockets would stop it for longer than many a budget.

import { collectDefaultMetrics, Registry } from "prom-client";
import { exposeEdge } from "./edge-metrics.ts";
import { Exposition, type RoleExposition } from "./exposition.ts";
import type { LoopLag } from "./loop-lag.ts";
import { exposeNode } from "./node-metrics.ts";
import { type BusSource, type ProcessSources, roleOf } from "./sources.ts";

const PROCESS_METRICS = [
  "process_cpu_user_seconds_total",
  "process_cpu_system_seconds_total",
  "process_cpu_seconds_total",
  "process_start_time_seconds",
  "process_resident_memory_bytes",
  "process_virtual_memory_bytes",
  "nodejs_heap_size_total_bytes",
  "nodejs_heap_size_used_bytes",
  "nodejs_external_memory_bytes",
  "nodejs_gc_duration_seconds",
  "nodejs_version_info",
];

export function openRegistry(sources: ProcessSources, lag: LoopLag): Registry {
  const exposition = new Exposition();
  const { edge, node, buses } = sources;
  const role = exposition.of(roleOf(sources));
  if (edge !== undefined) exposeEdge(exposition, edge.driver, edge.meters, () => sources.nowMs());
  if (node !== undefined) exposeNode(exposition, node.driver, node.meters, () => sources.nowMs());
  exposeBus(role, buses);
  exposeLag(role, lag);
  takeProcessMetrics(exposition.registry, role.role);
  return exposition.registry;
}

function exposeBus(role: RoleExposition, buses: readonly BusSource[]): void {
  const sum = (of: "published" | "heard" | "lost" | "ignored"): number =>
    buses.reduce((count, bus) => count + (bus.counts?.[of] ?? 0), 0);
  role.gauge("stormglass_bus_up", "1 while what is published can arrive.", (emit) =>
    emit(buses.every((bus) => bus.isUp) ? 1 : 0),
  );
  role.counter(
    "stormglass_bus_messages_total",
    "Bus messages: published, heard, lost because the bus was down, ignored because nobody understands them.",
    (emit) => {
      for (const fate of ["published", "heard", "lost", "ignored"] as const) emit(sum(fate), fate);
    },
    "fate",
  );
}

function exposeLag(role: RoleExposition, lag: LoopLag): void {
  role.gauge(
    "stormglass_event_loop_lag_seconds",
    "How late the event loop was since the last scrape; 1 is the worst.",
    (emit) => {
      for (const quantile of [0.5, 0.99, 1]) emit(lag.seconds(quantile), String(quantile));
      lag.reset();
    },
    "quantile",
  );
}

/** Once per process: the observer of garbage collections, and its counts, are the process's. */
let processMetrics: Registry | undefined;

function takeProcessMetrics(registry: Registry, role: string): void {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    // Its own event loop monitor is not read, and so looks rarely.
    collectDefaultMetrics({ register: processMetrics, eventLoopMonitoringPrecision: 10_000 });
  }
  for (const name of PROCESS_METRICS) {
    const metric = processMetrics.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric as never);
  }
  registry.setDefaultLabels({ role });
}
