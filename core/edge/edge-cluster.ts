// What an edge hears of the nodes, and what it does when one is out of reach, gone, or back.
//
// Out of reach is not gone. A trunk that breaks takes the node from this edge alone: its sessions move, and if most edges say the same the
// nodes agree. A node is gone when its beats stop for a lease, while the bus is up; while it is down nobody's silence means
// anything, and only broken trunks count (SPEC ND).

import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import type { BusMessage } from "../trunk.ts";
import { ConnectionState, type Connections } from "./connections.ts";
import type { EdgeArrivals } from "./edge-arrivals.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePeers } from "./edge-peers.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import type { Orphans } from "./orphans.ts";

export class EdgeCluster {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #view: ClusterView;
  readonly #arrivals: EdgeArrivals;
  readonly #orphans: Orphans;
  readonly #peers: EdgePeers;

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    view: ClusterView,
    arrivals: EdgeArrivals,
    orphans: Orphans,
    peers: EdgePeers,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#view = view;
    this.#arrivals = arrivals;
    this.#orphans = orphans;
    this.#peers = peers;
  }

  trunkLost(nodeId: string, nowMs: number, life: number | undefined): void {
    const record = this.#view.node(nodeId);
    if (record === undefined || (life !== undefined && life !== record.incarnation)) return;
    if (!this.#view.markUnreachable(nodeId, record.incarnation)) return;
    this.#report("node-lost", record);
    this.#nodeLost(record, nowMs);
  }

  trunkOpened(nodeId: string, life: number): void {
    const record = this.#view.node(nodeId);
    if (record === undefined || !this.#view.markReachable(nodeId, life)) return;
    this.#report("node-found", record);
  }

  #report(type: "node-lost" | "node-found", { nodeId, incarnation }: NodeRecord): void {
    const { edgeId } = this.#policy;
    this.#outbox.publish("cluster", { type, edgeId, nodeId, incarnation });
  }

  heard(message: BusMessage, nowMs: number): void {
    if (message.type === "edge-beat") {
      if (message.beat.edgeId !== this.#policy.edgeId) this.#view.heardSomebody(nowMs);
      this.#peers.heard(message.beat, nowMs);
    }
    if (message.type !== "beat") return;
    this.#view.heardSomebody(nowMs);
    const { beat } = message;
    const before = this.#view.node(beat.nodeId);
    const incarnation = before?.incarnation;
    const wasServing = before?.state === "serving";
    const news = this.#view.beat(beat, nowMs);
    if (news === "stale" && beat.incarnation === incarnation && beat.state !== "gone") {
      const { nodeId } = beat;
      const by = this.#policy.edgeId;
      this.#outbox.publish(`node.${nodeId}`, { type: "outlived", by, nodeId, incarnation });
    }
    if (news !== "members" || before === undefined) return;
    const isReplaced = before.incarnation !== incarnation;
    if (wasServing && (isReplaced || before.state !== "serving")) this.#nodeLost(before, nowMs);
  }

  /** Leases that ended. Those nodes may live, cut off from the bus: their trunks are given up, so that they serve nobody. */
  leasesEnded(nowMs: number): void {
    for (const record of this.#view.expired(nowMs)) {
      this.#nodeLost(record, nowMs);
      this.#outbox.dropTrunk(record.index);
    }
  }

  #nodeLost(record: NodeRecord, nowMs: number): void {
    this.#orphans.nodeLost(
      record,
      (roomId, expectedSize) => {
        this.#arrivals.hostForgotten(roomId);
        const verdict = this.#policy.placement.place(
          {
            roomId,
            region: this.#policy.region,
            expectedSize,
            nowMs,
            refused: [record],
            knownHost: undefined,
            draw: 0,
          },
          this.#view,
        );
        return verdict.node;
      },
      nowMs,
    );
    this.#askElsewhere(record, nowMs);
  }

  /** Joins that the lost node had not answered. */
  #askElsewhere(record: NodeRecord, nowMs: number): void {
    const c = this.#connections;
    for (let at = 0; at < c.handles.end; at++) {
      if (c.state[at] !== ConnectionState.attaching || c.node[at] !== record.index) continue;
      this.#arrivals.refused(
        c.handles.at(at),
        record,
        { reason: "full", nextNodeId: undefined, nextAs: "host", retryAfterMs: 0 },
        nowMs,
      );
    }
  }
}
