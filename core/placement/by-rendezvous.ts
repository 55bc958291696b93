// Rendezvous hashing as it is commonly published, faults included.
//
// Nodes with a free place, by hash, then by load ratio; the first is taken. It knows neither live
// rooms nor the nodes' own verdicts: when a room's first choice fills up, the room splits, and when
// places come free there, joiners return. It is here to be compared with.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { RoomKey } from "../hash.ts";
import { candidate, loadRatioOf, mayTake } from "./candidate.ts";
import type { PlacementPolicy, PlacementRequest, PlacementVerdict } from "./policy.ts";

export function rendezvousPolicy(): PlacementPolicy {
  const key = new RoomKey("");
  return {
    name: "rendezvous",
    usesDirectory: false,
    assignment: undefined,
    place(request: PlacementRequest, view: ClusterView): PlacementVerdict {
      key.set(request.roomId);
      let first: NodeRecord | undefined;
      let firstScore = 0;
      for (const node of view.serving) {
        if (!mayTake(node, request)) continue;
        const score = node.prefix.score(key);
        if (first !== undefined && !comesBefore(node, score, first, firstScore)) continue;
        first = node;
        firstScore = score;
      }
      return candidate(first);
    },
  };
}

/** The node id as the last resort makes the order total; the walk is in its order. */
function comesBefore(
  node: NodeRecord,
  score: number,
  other: NodeRecord,
  otherScore: number,
): boolean {
  if (score !== otherScore) return score > otherScore;
  return loadRatioOf(node) < loadRatioOf(other);
}
