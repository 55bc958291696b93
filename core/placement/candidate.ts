// What the policies without a directory have in common: whom they may name, and how they say so.

import type { NodeRecord } from "../cluster-view.ts";
import type { PlacementRequest, PlacementVerdict } from "./policy.ts";

export const NO_CAPACITY: PlacementVerdict = { node: undefined, reason: "No capacity available" };

/** Whether the node, as far as the view knows, has a free place, and did not refuse this joiner. */
export function mayTake(node: NodeRecord, request: PlacementRequest): boolean {
  return node.activeConnections < node.maxConnections && !request.refused.includes(node);
}

export function candidate(node: NodeRecord | undefined): PlacementVerdict {
  return node === undefined ? NO_CAPACITY : { node, as: "candidate" };
}

/** Connections per place, 0 to 1; 1 for a node without places. */
export function loadRatioOf(node: NodeRecord): number {
  return node.maxConnections > 0 ? node.activeConnections / node.maxConnections : 1;
}
