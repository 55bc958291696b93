// The least loaded node, whatever the room: what a load balancer with "least connections" does.
//
// Joiners of one room land on several nodes, which is right for servers that share every room over
// a bus, and shows here what that bus then carries.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { candidate, loadRatioOf, mayTake } from "./candidate.ts";
import type { PlacementPolicy, PlacementRequest, PlacementVerdict } from "./policy.ts";

export function leastLoadedPolicy(): PlacementPolicy {
  return { name: "least-loaded", usesDirectory: false, assignment: undefined, place };
}

function place(request: PlacementRequest, view: ClusterView): PlacementVerdict {
  let least: NodeRecord | undefined;
  let leastRatio = Infinity;
  for (const node of view.serving) {
    if (!mayTake(node, request)) continue;
    const ratio = loadRatioOf(node) + recentRatioOf(node);
    if (ratio >= leastRatio) continue; // Equal loads go to the lesser node id: the walk is in order.
    least = node;
    leastRatio = ratio;
  }
  return candidate(least);
}

/** What this edge has sent there since the node's last beat; without it all joiners of a second herd. */
function recentRatioOf(node: NodeRecord): number {
  return node.maxConnections > 0 ? node.recentAssignments / node.maxConnections : 0;
}
