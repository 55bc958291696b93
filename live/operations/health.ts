// Three questions, kept apart, because a machine acts on each answer differently.
//
// Live: does the event loop turn? If not, restart the process. Whoever answers, turns; nothing else may enter, least of all the bus: a
// cluster that restarts because its bus is away has turned an inconvenience into an outage. Ready: shall new clients come here? If not, take it off the
// balancer. Losing the bus does not count: rooms of one node go on, and joiners are placed by what was known. Healthy: is everything as it
// should be? That is for people and alerts.

import { nodeCounts, type NodeCounts } from "./shared-metrics.ts";
import type { Phase, ProcessSources } from "./sources.ts";
import { roleOf } from "./sources.ts";

export interface Readiness {
  readonly isReady: boolean;
  /** Why not, in stable words. */
  readonly reasons: readonly string[];
}

export function readinessOf({ phase, edge, node }: ProcessSources): Readiness {
  const reasons: string[] = [];
  const now = phase();
  if (now !== "running") reasons.push(now);
  if (edge !== undefined) {
    const { core } = edge.driver;
    if (core.isDraining) reasons.push("edge-draining");
    else if (core.view.serving.length === 0) reasons.push("no-serving-node");
  }
  if (node !== undefined && node.driver.core.context.state !== "serving") {
    reasons.push(`node-${node.driver.core.context.state}`);
  }
  return { isReady: reasons.length === 0, reasons };
}

export interface Health {
  readonly status: "ok" | "degraded";
  /** Why it is degraded, in stable words. */
  readonly reasons: readonly string[];
  readonly role: string;
  readonly phase: Phase;
  readonly draining: boolean;
  readonly bus: "up" | "down";
  /** As this process sees them. */
  readonly nodes: NodeCounts;
  readonly trunks: { readonly edge?: number; readonly node?: number };
  readonly connections?: number;
  readonly rooms?: number;
  readonly sessions?: number;
}

export function healthOf(sources: ProcessSources): Health {
  const { phase, edge, node, buses } = sources;
  const isBusUp = buses.every((bus) => bus.isUp);
  const view = edge === undefined ? node?.driver.core.context.view : edge.driver.core.view;
  const nodes =
    view === undefined ? { serving: 0, draining: 0, unreachable: 0, gone: 0 } : nodeCounts(view);
  const isDraining =
    phase() === "leaving" ||
    edge?.driver.core.isDraining === true ||
    node?.driver.core.context.state === "draining";
  const reasons: string[] = [];
  if (!isBusUp) reasons.push("bus-down");
  if (nodes.unreachable > 0) reasons.push("node-unreachable");
  if (edge !== undefined && nodes.serving === 0) reasons.push("no-serving-node");
  return {
    status: reasons.length === 0 ? "ok" : "degraded",
    reasons,
    role: roleOf(sources),
    phase: phase(),
    draining: isDraining,
    bus: isBusUp ? "up" : "down",
    nodes,
    trunks: {
      ...(edge === undefined ? {} : { edge: edge.driver.openTrunkCount }),
      ...(node === undefined ? {} : { node: node.driver.trunkCount }),
    },
    ...(edge === undefined ? {} : { connections: edge.driver.core.connections.handles.count }),
    ...(node === undefined
      ? {}
      : {
          rooms: node.driver.core.context.rooms.size,
          sessions: node.driver.core.context.sessions.handles.count,
        }),
  };
}
