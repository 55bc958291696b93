// A small cluster to look at: twelve people in rooms of a loopback, seen as the operations side sees a process.

import { Loopback } from "../../core/loopback/loopback.ts";
import { EdgeMeters } from "./edge-meters.ts";
import { NodeMeters } from "./node-meters.ts";
import type { Phase, ProcessSources } from "./sources.ts";

export interface Seen {
  readonly net: Loopback;
  /** What it is about: change it and look again. */
  readonly state: { phase: Phase; isBusUp: boolean };
  readonly edgeMeters: EdgeMeters;
  readonly nodeMeters: NodeMeters;
  sources(...roles: readonly ("edge" | "node")[]): ProcessSources;
}

/** The first edge and the first node, after five seconds. */
export function seenCluster(nodes = 1): Seen {
  let draws = 0;
  const net = new Loopback({
    nodes,
    edges: 2,
    clients: 12,
    delayMs: () => 1,
    draw: () => (draws++ * 0.618) % 1,
  });
  for (let client = 0; client < 12; client++) net.clients.core.started(client, net.nowMs);
  net.run(5_000);
  const state = { phase: "running" as Phase, isBusUp: true };
  const edgeMeters = new EdgeMeters();
  const nodeMeters = new NodeMeters();
  return {
    net,
    state,
    edgeMeters,
    nodeMeters,
    sources: (...roles) => ({
      nowMs: () => net.nowMs,
      phase: () => state.phase,
      buses: [
        { isUp: true },
        {
          get isUp() {
            return state.isBusUp;
          },
        },
      ],
      ...(roles.includes("edge")
        ? {
            edge: {
              driver: { core: net.edges[0]!.core, openTrunkCount: 1, trunkBufferedBytes: 64 },
              meters: edgeMeters,
            },
          }
        : {}),
      ...(roles.includes("node")
        ? {
            node: {
              driver: {
                core: net.nodes[0]!.core,
                nodeId: net.nodes[0]!.name,
                trunkCount: 2,
                trunkBufferedBytes: 128,
              },
              meters: nodeMeters,
            },
          }
        : {}),
    }),
  };
}
