// Nodes, views and questions for tests of placement: several of everything, differing only where a test says so.

import { ClusterView, type NodeBeat, type NodeRecord } from "../cluster-view.ts";
import type { HomeRequest } from "./directory.ts";
import { rankedInto } from "./ranking.ts";

export const rooms = Array.from({ length: 400 }, (_, i) => `room-${i}`);

export function beatOf(nodeId: string, differing: Partial<NodeBeat> = {}): NodeBeat {
  return {
    nodeId,
    incarnation: 1,
    region: "eu",
    zone: "eu-a",
    state: "serving",
    activeConnections: 0,
    committedLoad: 0,
    maxConnections: 2_000,
    softLimit: 1_700,
    admitPerSec: 50,
    ...differing,
  };
}

export function viewOf(nodeCount: number, differing: Partial<NodeBeat> = {}): ClusterView {
  const view = new ClusterView(6_000);
  for (let i = 0; i < nodeCount; i++) view.beat(beatOf(`node-${i}`, differing), 0);
  return view;
}

export function requestFor(roomId: string, differing: Partial<HomeRequest> = {}): HomeRequest {
  return { roomId, expectedSize: 10, region: "eu", refusedBy: [], nowMs: 0, ...differing };
}

/** The nodes in rank order for the room: the first is its home. */
export function ranked(roomId: string, view: ClusterView): NodeRecord[] {
  const nodes: NodeRecord[] = [];
  rankedInto(roomId, view, nodes);
  return nodes;
}
