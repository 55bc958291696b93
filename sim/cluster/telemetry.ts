// A look at a run while it runs, for people who wait for it. It only reads: whether and when somebody looks changes nothing.

import type { World } from "./world.ts";

/** Waits are recorded in µs. */
const TICKS_PER_MS = 1_000;

export interface Telemetry {
  /** Sockets that edges hold. */
  readonly connections: number;
  /** Clients on their way into their room. */
  readonly pendingJoins: number;
  /** Of all joins so far, ms; undefined before the first. */
  readonly joinP95Ms: number | undefined;
  /** Deliveries waiting at the fullest node. */
  readonly queueDepth: number;
  /** Nodes that are ready, and those that the workload is asked to have. */
  readonly replicasReady: number;
  readonly replicasDesired: number;
}

export function telemetryOf(world: World): Telemetry {
  const { edges, nodes, judge, managed, recorder } = world;
  const counts = managed?.kubernetes.counts;
  const up = nodes.filter(({ isDown }) => !isDown);
  const joins = recorder.soFar("join.latency");
  return {
    connections: edges.reduce(
      (sum, edge) => sum + (edge.isDown ? 0 : edge.core.connections.handles.count),
      0,
    ),
    pendingJoins: judge.pendingClients(),
    joinP95Ms:
      joins === undefined || joins.count === 0 ? undefined : joins.quantile(0.95) / TICKS_PER_MS,
    queueDepth: up.reduce(
      (most, { core }) => Math.max(most, core.context.scheduler.backlogDeliveries),
      0,
    ),
    replicasReady: counts?.ready ?? up.length,
    replicasDesired: counts?.desired ?? nodes.length,
  };
}
