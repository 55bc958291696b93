// What a node believes of the other machines, and what they say of it.
//
// Another node is gone when its lease ends, or when more than half of the edges lost their trunk to it: one edge may be mistaken
// about its own link. The same holds for this node's own death. One machine that was deaf for a while may hold everybody to be
// gone; but when half of the other nodes, or of the edges, say that this life is over, its rooms live elsewhere by now, and it steps
// down: it begins another life, empty, so that no room is hosted by one who does not know that it has moved (SPEC ND).

import type { ClusterView } from "../cluster-view.ts";
import type { BusMessage, EdgeBeat } from "../trunk.ts";
import type { NodePolicy } from "./node-context.ts";
import { meanReturnMs } from "./turned-away.ts";

/** Reports count for this many beats: who still believes it says it again at our next. Assumed. */
const REPORT_BEATS = 3;

type TrunkReport = Extract<BusMessage, { type: "node-lost" | "node-found" }>;

export class NodePeers {
  readonly #policy: NodePolicy;
  readonly #view: ClusterView;
  readonly #edges = new Map<string, { beat: EdgeBeat; heardAtMs: number }>();
  /** Edges that lost their trunk to a node, by node and incarnation. */
  readonly #lossReports = new Map<string, Set<string>>();
  /** Who holds this life of ours to be over, and when it said so. */
  readonly #outlivedBy = new Map<string, number>();

  #meanReturnMs = 0;
  #meanReturnAtMs = -Infinity;

  constructor(policy: NodePolicy, view: ClusterView) {
    this.#policy = policy;
    this.#view = view;
  }

  edgeHeard(beat: EdgeBeat, nowMs: number): void {
    this.#view.heardSomebody(nowMs);
    this.#edges.set(beat.edgeId, { beat, heardAtMs: nowMs });
  }

  /** How long clients whom nobody takes stay away on average, ms. Counted once per beat. */
  meanReturnMs(nowMs: number): number {
    if (nowMs - this.#meanReturnAtMs < this.#policy.beatEveryMs) return this.#meanReturnMs;
    this.#meanReturnAtMs = nowMs;
    this.#meanReturnMs = meanReturnMs(this.#beatsAlive(nowMs), this.#policy);
    return this.#meanReturnMs;
  }

  /** True when this report makes the node gone: another one for us, or this one for the others. */
  trunkReported(report: TrunkReport, nowMs: number): boolean {
    const record = this.#view.node(report.nodeId);
    if (record === undefined || record.incarnation !== report.incarnation) return false;
    const key = `${report.nodeId}/${report.incarnation}`;
    if (report.type === "node-found") {
      this.#lossReports.get(key)?.delete(report.edgeId);
      return false;
    }
    const reporters = this.#lossReports.get(key) ?? new Set<string>();
    this.#lossReports.set(key, reporters.add(report.edgeId));
    if (2 * reporters.size <= this.#edgesAlive(nowMs)) return false;
    this.#lossReports.delete(key);
    if (report.nodeId === this.#policy.nodeId) return true;
    return this.#view.markGone(report.nodeId, report.incarnation);
  }

  /** `by` says that this life is over. True when half of its kind say so. */
  outlived(by: string, nowMs: number): boolean {
    this.#outlivedBy.set(by, nowMs);
    let nodes = 0;
    let edges = 0;
    for (const [who, saidAtMs] of this.#outlivedBy) {
      if (nowMs - saidAtMs > REPORT_BEATS * this.#policy.beatEveryMs) continue;
      if (this.#view.node(who) === undefined) edges++;
      else nodes++;
    }
    const isHalfOfNodes = nodes > 0 && 2 * nodes >= this.#nodesAlive();
    return isHalfOfNodes || (edges > 0 && 2 * edges >= this.#edgesAlive(nowMs));
  }

  #edgesAlive(nowMs: number): number {
    return this.#beatsAlive(nowMs).length;
  }

  #beatsAlive(nowMs: number): EdgeBeat[] {
    const beats: EdgeBeat[] = [];
    for (const { beat, heardAtMs } of this.#edges.values()) {
      if (nowMs - heardAtMs < this.#policy.leaseMs) beats.push(beat);
    }
    return beats;
  }

  #nodesAlive(): number {
    let nodes = 0;
    for (const record of this.#view.records) {
      if (record !== undefined && record.state !== "gone" && record.nodeId !== this.#policy.nodeId)
        nodes++;
    }
    return nodes;
  }
}
