// A model of a scenario at 1:k: as many nodes and edges, each a k-th as large, and a k-th of the people.
//
// What decides how a cluster copes is kept: shares of limits, shares of CPU (each piece of work costs k times as much), the
// arithmetic of the autoscaler (targets per node shrink with the nodes), latencies, delays and the people's own behaviour.
// What is not kept is chance: fewer rooms spread less evenly, so a model is a little harder than what it stands for, and a
// room that would be larger than a quarter of a model's node is cut to that. Whoever decides by a model verifies at full size.

import type {
  Cost,
  CostName,
  Fault,
  Profile,
  Scenario,
  SizeRange,
} from "../../scenarios/schema.ts";
import { milliOf } from "../cluster/kubernetes/hpa/quantity.ts";
import {
  metricName,
  recordOf,
  shapeOf,
  sourceOf,
  withTarget,
  type ManifestShape,
  type MetricShape,
} from "./tuning/manifest-shape.ts";

/** Metrics that count people or their messages: k times as many on a node k times as large. */
const EXTENSIVE: ReadonlySet<string> = new Set([
  "active_websocket_connections",
  "offered_websocket_connections",
  "fanout_queue_depth",
]);

/** Of a node's capacity: the largest room of a model. Assumed: at full size the largest are a sixth of a node. */
const ROOM_SHARE_MAX = 0.25;

/** The scenario at 1:k, its HPA included. k = 1 is the scenario itself. */
export function scaledDown(scenario: Scenario, k: number): Scenario {
  if (k === 1) return scenario;
  const { cluster, autoscaling, clients, faults, profile } = scenario;
  const { hpa } = autoscaling;
  return {
    ...scenario,
    profile: scaledProfile(profile, k),
    cluster: scaledCluster(cluster, k),
    autoscaling:
      hpa === undefined
        ? autoscaling
        : { ...autoscaling, hpa: recordOf(scaledManifest(shapeOf(hpa), k)) },
    clients: {
      ...clients,
      total: clients.arrivals.reduce((sum, phase) => sum + part(phase.clients, k), 0),
      rooms: { sizes: clients.rooms.sizes.map((range) => cut(range, cluster, k)) },
      arrivals: clients.arrivals.map((phase) => ({ ...phase, clients: part(phase.clients, k) })),
    },
    faults: faults.map((fault) => scaledFault(fault, k)),
  };
}

/** A k-th, at least 1 of what there is. */
function part(count: number, k: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round(count / k));
}

function scaledCluster(cluster: Scenario["cluster"], k: number): Scenario["cluster"] {
  const { edges, nodes, budgets, fanout, sfu } = cluster;
  const admission = edges.admission;
  return {
    ...cluster,
    edges: {
      ...edges,
      acceptBacklog: part(edges.acceptBacklog, k),
      admission: {
        ...admission,
        joinsPerSec: admission.joinsPerSec / k,
        resumesPerSec: admission.resumesPerSec / k,
        burst: part(admission.burst, k),
        queueMax: part(admission.queueMax, k),
      },
    },
    nodes: {
      ...nodes,
      maxConnections: part(nodes.maxConnections, k),
      admission: {
        ...nodes.admission,
        perSec: nodes.admission.perSec / k,
        burst: part(nodes.admission.burst, k),
      },
    },
    budgets: {
      ...budgets,
      node: {
        deliveriesPerSec: budgets.node.deliveriesPerSec / k,
        burst: part(budgets.node.burst, k),
      },
    },
    fanout: { ...fanout, backlogMax: part(fanout.backlogMax, k) },
    sfu: { ...sfu, transportsMax: part(sfu.transportsMax, k) },
  };
}

function cut(range: SizeRange, { nodes }: Scenario["cluster"], k: number): SizeRange {
  const most = Math.max(2, Math.floor((nodes.maxConnections * ROOM_SHARE_MAX) / k));
  return { ...range, min: Math.min(range.min, most), max: Math.min(range.max, most) };
}

/** CPU of each piece of work and memory of each thing, so that a full model is as busy and as heavy as the full size. */
function scaledProfile(profile: Profile, k: number): Profile {
  const isPerPiece = (name: string): boolean => name.endsWith("Us") || /BytesPer/.test(name);
  const costs = Object.entries(profile.costs).map(([name, cost]): [string, Cost] => [
    name,
    isPerPiece(name) ? { ...cost, value: cost.value * k } : cost,
  ]);
  return { ...profile, costs: Object.fromEntries(costs) as Record<CostName, Cost> };
}

/** A noisy room is as noisy beside its node as it was. */
function scaledFault(fault: Fault, k: number): Fault {
  if (fault.kind !== "noisy-room") return fault;
  return { ...fault, messagesPerSec: fault.messagesPerSec / k };
}

/** With its targets for nodes a k-th as large. Exact: in thousandths where k does not divide a target. */
export function scaledManifest(manifest: ManifestShape, k: number): ManifestShape {
  const { metrics } = manifest.spec;
  if (metrics === undefined) return manifest;
  return {
    ...manifest,
    spec: { ...manifest.spec, metrics: metrics.map((metric) => scaledMetric(metric, 1, k)) },
  };
}

/** What `scaledManifest` made smaller, at full size again: the same manifest, but for how quantities are written. */
export function unscaledManifest(manifest: ManifestShape, k: number): ManifestShape {
  const { metrics } = manifest.spec;
  if (metrics === undefined) return manifest;
  return {
    ...manifest,
    spec: { ...manifest.spec, metrics: metrics.map((metric) => scaledMetric(metric, k, 1)) },
  };
}

function scaledMetric(metric: MetricShape, times: number, over: number): MetricShape {
  if (!EXTENSIVE.has(metricName(metric))) return metric;
  const { target } = sourceOf(metric);
  const { averageValue, value } = target;
  return withTarget(metric, {
    ...target,
    ...(averageValue === undefined ? {} : { averageValue: quantity(averageValue, times, over) }),
    ...(value === undefined ? {} : { value: quantity(value, times, over) }),
  });
}

/** A target below a thousandth is none: it stays at one. */
function quantity(written: string | number, times: number, over: number): string {
  const milli = (milliOf(String(written)) ?? 0n) * BigInt(times);
  const scaled = (milli + BigInt(over) / 2n) / BigInt(over);
  return quantityText(scaled < 1n ? 1n : scaled);
}

/** "170", or "170500m" where it is no whole number. */
export function quantityText(milli: bigint): string {
  return milli % 1_000n === 0n ? String(milli / 1_000n) : `${milli}m`;
}
