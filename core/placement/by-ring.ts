// Consistent hashing on a ring, with the next node clockwise taking what a full one cannot.
//
// Here to be compared with: on a ring all the overflow of a full node lands on the few nodes that
// follow its points, and fills them in turn, whereas in rank order every room has its own next node.

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import { murmur32 } from "../hash.ts";
import { candidate, mayTake } from "./candidate.ts";
import type { PlacementPolicy, PlacementRequest, PlacementVerdict } from "./policy.ts";

/** Points of each node. Cited: 100 points give shares a spread of 10 % (Lamping & Veach 2014, table 1). */
const POINTS_PER_NODE = 100;

export interface Point {
  /** A uint32: where on the circle. */
  readonly position: number;
  readonly node: NodeRecord;
}

export function ringPolicy(): PlacementPolicy {
  let builtFor: readonly NodeRecord[] | undefined;
  let ring: readonly Point[] = [];
  return {
    name: "ring",
    usesDirectory: false,
    assignment: undefined,
    place(request: PlacementRequest, view: ClusterView): PlacementVerdict {
      if (builtFor !== view.serving) {
        builtFor = view.serving;
        ring = ringOf(view.serving);
      }
      return candidate(clockwiseFrom(ring, murmur32(request.roomId), request));
    },
  };
}

/** All points in the order of the circle; each owns the arc before it. */
export function ringOf(
  nodes: readonly NodeRecord[],
  pointsPerNode: number = POINTS_PER_NODE,
): readonly Point[] {
  const ring: Point[] = [];
  for (const node of nodes) {
    for (let i = 0; i < pointsPerNode; i++) {
      ring.push({ position: murmur32(`${node.nodeId}#${i}`), node });
    }
  }
  return ring.sort((a, b) => a.position - b.position || (a.node.nodeId < b.node.nodeId ? -1 : 1));
}

function clockwiseFrom(
  ring: readonly Point[],
  position: number,
  request: PlacementRequest,
): NodeRecord | undefined {
  const start = firstAtOrAfter(ring, position);
  for (let step = 0; step < ring.length; step++) {
    const { node } = ring[(start + step) % ring.length];
    if (mayTake(node, request)) return node;
  }
  return undefined;
}

function firstAtOrAfter(ring: readonly Point[], position: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ring[middle].position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
