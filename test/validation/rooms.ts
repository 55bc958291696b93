// Nodes and rooms by number, for the experiments on placement.

import { ClusterView, type NodeBeat, NodeRecord } from "../../core/cluster-view.ts";
import { SIZE_TABLES } from "../../scenarios/size-presets.ts";
import { compile } from "../../sim/engine/distributions.ts";
import type { RandomStream } from "../../sim/engine/random.ts";

export const REGION = "r1";

/** Nodes never fall silent here. */
const LEASE_MS = 1e12;

export interface NodeLimits {
  readonly maxConnections: number;
  readonly softLimit: number;
}

const ENDLESS: NodeLimits = { maxConnections: Infinity, softLimit: Infinity };

export interface NodeLoad {
  readonly activeConnections: number;
  readonly committedLoad: number;
}

const IDLE: NodeLoad = { activeConnections: 0, committedLoad: 0 };

export function beatOf(nodeId: string, limits = ENDLESS, load = IDLE): NodeBeat {
  return {
    nodeId,
    incarnation: 1,
    region: REGION,
    zone: "a",
    state: "serving",
    activeConnections: load.activeConnections,
    committedLoad: load.committedLoad,
    maxConnections: limits.maxConnections,
    softLimit: limits.softLimit,
    admitPerSec: 500,
  };
}

/** A view of `count` serving nodes, `node-0` and so on. */
export function viewOf(count: number, limits: NodeLimits = ENDLESS, prefix = "node"): ClusterView {
  const view = new ClusterView(LEASE_MS);
  for (let i = 0; i < count; i++) view.beat(beatOf(`${prefix}-${i}`, limits), 0);
  return view;
}

/** Node records without a view, for what needs only their names. */
export function namedNodes(count: number, prefix: string): readonly NodeRecord[] {
  return Array.from({ length: count }, (_, i) => new NodeRecord(`${prefix}-${i}`, i));
}

/** Room sizes of a preset, people. */
export function roomSizes(preset: string): (stream: RandomStream) => number {
  const ranges = SIZE_TABLES[preset].map(({ min, max, share }) => {
    return { weight: share, low: min, high: max + 1 }; // Whole numbers from min to max.
  });
  const sample = compile({ dist: "empirical", ranges });
  return (stream) => Math.floor(sample(stream));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Standard deviation over mean, of all values there are. */
export function relativeSpread(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) * (value - mean)))) / mean;
}
