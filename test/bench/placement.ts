// Which of 64 nodes is a room's home: asked for every room, by every edge.

import { ClusterView } from "../../core/cluster-view.ts";
import { homeOf } from "../../core/placement/ranking.ts";
import type { BenchReport } from "./row.ts";

const NODES = 64;
const ROOMS = 4_096;
const ROUNDS = 7;
const TIMES = 200_000;

function viewOf(nodeCount: number): ClusterView {
  const view = new ClusterView(6_000);
  for (let i = 0; i < nodeCount; i++) {
    view.beat(
      {
        nodeId: `sig-${i}`,
        incarnation: 1,
        region: "eu",
        zone: "a",
        state: "serving",
        activeConnections: 0,
        committedLoad: 0,
        maxConnections: 5_000,
        softLimit: 4_000,
        admitPerSec: 100,
      },
      0,
    );
  }
  return view;
}

export async function placement(): Promise<BenchReport> {
  const view = viewOf(NODES);
  const rooms = Array.from({ length: ROOMS }, (_, i) => `room-${(i * 2_654_435_761) >>> 0}`);
  const values: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    let placed = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < TIMES; i++) if (homeOf(rooms[i & (ROOMS - 1)], view)) placed++;
    const us = Number(process.hrtime.bigint() - start) / 1_000 / TIMES;
    if (placed !== TIMES) throw new Error("a room found no home");
    if (round > 0) values.push(us);
  }
  const what = `home of a room among ${NODES} nodes`;
  return [{ what, values, unit: "µs", better: "lower", target: 2, stretch: 1.4 }];
}
