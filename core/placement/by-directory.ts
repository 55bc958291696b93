// Ask who knows: the host, when the edge has heard of it, else the room's home.
//
// The home is asked whatever its load is, because it is asked as the room's directory, not as a
// place to stay. So the question goes to the same node from every edge, and a full node costs one
// answer instead of a split room.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import type { AssignmentRule } from "./assignment.ts";
import { NO_CAPACITY } from "./candidate.ts";
import type { PlacementPolicy, PlacementRequest, PlacementVerdict, PolicyName } from "./policy.ts";
import { homeOf } from "./ranking.ts";

/** The edge's side, the same for each `assignment` rule that the home may go by. */
export function directoryPolicy(name: PolicyName, assignment: AssignmentRule): PlacementPolicy {
  return { name, usesDirectory: true, assignment, place };
}

function place(request: PlacementRequest, view: ClusterView): PlacementVerdict {
  const host = request.knownHost;
  if (host !== undefined && host.state !== "gone" && !request.refused.includes(host)) {
    return { node: host, as: "host" };
  }
  // A home may have refused once as a full host; as the directory it then names the second host. After
  // that it has answered for the whole cluster: going on down the rank would split rooms by accident.
  const home = homeOf(request.roomId, view);
  if (home === undefined || timesRefused(home, request) > 1) return NO_CAPACITY;
  return { node: home, as: "home" };
}

function timesRefused(node: NodeRecord, request: PlacementRequest): number {
  let times = 0;
  for (const refused of request.refused) if (refused === node) times++;
  return times;
}
