// Any node with a free place, by lot: the floor that every other policy is compared with.

import { assert } from "../assert.ts";
import type { ClusterView } from "../cluster-view.ts";
import { candidate, mayTake } from "./candidate.ts";
import type { PlacementPolicy, PlacementRequest, PlacementVerdict } from "./policy.ts";

export function randomPolicy(): PlacementPolicy {
  return { name: "random", usesDirectory: false, assignment: undefined, place };
}

function place(request: PlacementRequest, view: ClusterView): PlacementVerdict {
  const draw = request.draw ?? NaN;
  assert(draw >= 0 && draw < 1, "the random policy is given a draw in [0, 1)", request.draw);
  const takers = view.serving.filter((node) => mayTake(node, request));
  return candidate(takers[Math.floor(draw * takers.length)]);
}
