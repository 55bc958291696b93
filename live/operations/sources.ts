// What the operations side looks at: the machines of this process, by what their drivers already show.
//
// Everything is read when somebody asks (a scrape, a probe, an admin); nothing here is told anything. A node's core is replaced when
// a life of it ends, so it is reached through its driver every time.

import type { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { SignalingNode } from "../../core/node/signaling-node.ts";
import type { BusCounts } from "../bus/bus-counts.ts";
import type { EdgeMeters } from "./edge-meters.ts";
import type { NodeMeters } from "./node-meters.ts";

/** An edge's driver. */
export interface EdgeSource {
  readonly core: EdgeGateway;
  readonly openTrunkCount: number;
  readonly trunkBufferedBytes: number;
}

/** A node's driver. */
export interface NodeSource {
  readonly core: SignalingNode;
  readonly nodeId: string;
  readonly trunkCount: number;
  readonly trunkBufferedBytes: number;
}

export interface BusSource {
  readonly isUp: boolean;
  readonly counts?: BusCounts;
}

/** starting: not everything listens yet; leaving: a drain was asked for, and may be cancelled; stopping: told to go, for good. */
export type Phase = "starting" | "running" | "leaving" | "stopping";

export interface ProcessSources {
  /** ms, as the machines are told. */
  nowMs(): number;
  phase(): Phase;
  /** The buses of the roles: up when all are. */
  readonly buses: readonly BusSource[];
  readonly edge?: { readonly driver: EdgeSource; readonly meters: EdgeMeters };
  readonly node?: { readonly driver: NodeSource; readonly meters: NodeMeters };
}

/** The constant label of what concerns the whole process. */
export function roleOf({ edge, node }: ProcessSources): string {
  if (edge !== undefined && node !== undefined) return "edge+node";
  return edge === undefined ? "node" : "edge";
}
