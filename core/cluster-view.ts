// What one machine believes about the signaling nodes, from their beats.
//
// Beats come over the bus, late, twice or not at all, so a view is a belief: every machine has its
// own, and no decision may depend on two of them being equal. An incarnation numbers the lives of a
// node under one name; a beat from an earlier life changes nothing. The epoch counts the changes of
// the serving set, because only they move homes; a change of load never does.

import { assert } from "./assert.ts";
import { NodePrefix } from "./hash.ts";

/** serving: takes new rooms; draining: keeps its rooms, takes no new one; gone: left or silent. */
export type NodeState = "serving" | "draining" | "gone";

/** What a node says of itself every second. */
export interface NodeBeat {
  /** Without ":", which separates node from room in the hash. */
  readonly nodeId: string;
  /** Grows with each start of the node. */
  readonly incarnation: number;
  readonly region: string;
  readonly zone: string;
  readonly state: NodeState;
  readonly activeConnections: number;
  /** Σ over its rooms of max(actual, reserved), connections. */
  readonly committedLoad: number;
  /** Connections that live rooms may fill the node up to. */
  readonly maxConnections: number;
  /** Committed load that new rooms may fill the node up to, connections. */
  readonly softLimit: number;
  /** Connections that the node admits, per second. */
  readonly admitPerSec: number;
  /** Number of the release the node runs; 0 when unknown. New rooms go to the newest first. */
  readonly generation?: number;
}

/** A node may hold this many lease times of silence, once gone, before its name is forgotten. Assumed:
 * far longer than a beat can be under way, so that no late beat revives the dead. */
const GONE_MEMORY_LEASES = 10;

/** One node as this view knows it. The object stays the same while the node is known. */
export class NodeRecord {
  readonly nodeId: string;
  /** Dense and stable while the node is known; reused after it is forgotten. */
  readonly index: number;
  readonly prefix: NodePrefix;
  incarnation = 0;
  region = "";
  zone = "";
  state: NodeState = "gone";
  generation = 0;
  activeConnections = 0;
  committedLoad = 0;
  /** Connections assigned by this machine since the last beat, which that beat cannot know of. */
  recentAssignments = 0;
  maxConnections = 0;
  softLimit = 0;
  admitPerSec = 0;
  leaseEndsAtMs = 0;
  /** Whether this life of the node had load when it was first heard of: it was there before us. */
  metBusy = false;
  /** This machine cannot reach this life of the node, which may live: "gone" here, and nowhere else. */
  isUnreachable = false;
  /** What its last beat said. */
  announced: NodeState = "gone";

  constructor(nodeId: string, index: number) {
    this.nodeId = nodeId;
    this.index = index;
    this.prefix = new NodePrefix(nodeId);
  }
}

export class ClusterView {
  readonly #leaseMs: number;
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #records: (NodeRecord | undefined)[] = [];
  readonly #freeIndexes: number[] = [];
  #serving: readonly NodeRecord[] = [];
  #epoch = 0;
  #deadlineMs = Infinity;
  #deadlineIsStale = false;
  #isFrozen = false;
  /** When any other machine was heard last; Infinity while nobody says: then silence is taken for what it seems. */
  #heardAtMs = Infinity;

  /** `leaseMs`: silence after which a node is held to be gone; 6,000 for a beat each second. */
  constructor(leaseMs: number) {
    assert(leaseMs > 0, "a lease lasts longer than nothing", leaseMs);
    this.#leaseMs = leaseMs;
  }

  /** Grows with every change of the serving set, a restart under the same name included. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Sorted by node id. A new array at every epoch, so that holders keep the set they saw. */
  get serving(): readonly NodeRecord[] {
    return this.#serving;
  }

  /** Known nodes by their index; a hole where one was forgotten. */
  get records(): readonly (NodeRecord | undefined)[] {
    return this.#records;
  }

  /** Gone nodes are known for a while. */
  node(nodeId: string): NodeRecord | undefined {
    return this.#nodes.get(nodeId);
  }

  /**
   * "members" when a node is new, restarted or changed state (the epoch grew if it served before or
   * serves now); "load" when only numbers moved; "stale" when the beat is of an earlier life, or of
   * one that is over, and changed nothing.
   *
   * @throws Error when a node id is empty or contains ":".
   */
  beat(beat: NodeBeat, nowMs: number): "members" | "load" | "stale" {
    const known = this.#nodes.get(beat.nodeId);
    const isForgotten =
      known === undefined ||
      (beat.incarnation < known.incarnation && this.#isLongGone(known, nowMs)); // Its clock was set back.
    const node = isForgotten ? this.#met(beat, nowMs) : known;
    if (beat.incarnation < node.incarnation) return "stale";
    const isNewLife = beat.incarnation > node.incarnation;
    if (!isNewLife && node.isUnreachable) return this.#beatOfUnreachable(beat, node, nowMs);
    if (!isNewLife && node.state === "gone") return "stale";

    if (isNewLife) {
      node.incarnation = beat.incarnation;
      node.isUnreachable = false;
      node.metBusy = beat.activeConnections > 0 || beat.committedLoad > 0;
    }
    const oldState = node.state;
    copyBeat(beat, node);
    node.state = beat.state;
    if (beat.state !== "gone") this.#lease(node, nowMs);
    if (!isNewLife && oldState === beat.state) return "load";
    this.#changed(oldState === "serving" || beat.state === "serving");
    return "members";
  }

  /**
   * An orderly leave, or a trunk that broke. False when this life of the node was not known, or was
   * over already.
   */
  markGone(nodeId: string, incarnation: number): boolean {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || node.incarnation !== incarnation || node.state === "gone") {
      return false;
    }
    const wasServing = node.state === "serving";
    node.state = "gone";
    this.#changed(wasServing);
    return true;
  }

  /** It lives, but not for us: its beats keep its lease, and it serves nobody here. */
  #beatOfUnreachable(beat: NodeBeat, node: NodeRecord, nowMs: number): "load" {
    copyBeat(beat, node);
    if (beat.state === "gone") node.isUnreachable = false;
    else this.#lease(node, nowMs);
    return "load";
  }

  /** Our trunk to this life broke. False when that life was over, or was out of reach already. */
  markUnreachable(nodeId: string, incarnation: number): boolean {
    if (!this.markGone(nodeId, incarnation)) return false;
    this.#nodes.get(nodeId)!.isUnreachable = true;
    this.#deadlineIsStale = true;
    return true;
  }

  /** Our trunk to this life is there again. False when that life was within reach, or is over. */
  markReachable(nodeId: string, incarnation: number): boolean {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || !node.isUnreachable || node.incarnation !== incarnation) return false;
    node.isUnreachable = false;
    node.state = node.announced;
    this.#changed(node.state === "serving");
    return true;
  }

  /**
   * Some other machine was heard. Who hears nobody at all is deaf, or was stopped: that no beat came says nothing then, and when
   * somebody is heard again every lease begins anew.
   */
  heardSomebody(nowMs: number): void {
    if (this.#isDeaf(nowMs)) this.#renewLeases(nowMs);
    this.#heardAtMs = nowMs;
  }

  #isDeaf(nowMs: number): boolean {
    return nowMs - this.#heardAtMs > this.#leaseMs / 2;
  }

  /** The bus is down: nobody can be heard, so nobody's silence means anything. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** The bus is back: every lease begins anew. */
  thaw(nowMs: number): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#renewLeases(nowMs);
  }

  #renewLeases(nowMs: number): void {
    for (const node of this.#nodes.values()) {
      if (node.state !== "gone" || node.isUnreachable) node.leaseEndsAtMs = nowMs + this.#leaseMs;
    }
    this.#deadlineIsStale = true;
  }

  /** `count` connections were just sent to the node: counted on top of its load until its next beat. */
  assigned(node: NodeRecord, count: number): void {
    node.recentAssignments += count;
  }

  /** What the serving nodes admit together, per second, without `except`. */
  admitPerSecOfOthers(except?: NodeRecord): number {
    let sum = 0;
    for (const node of this.#serving) if (node !== except) sum += node.admitPerSec;
    return sum;
  }

  /** The same of those that live and are out of this machine's reach, as they said last. */
  get admitPerSecOutOfReach(): number {
    let sum = 0;
    for (const node of this.#nodes.values()) if (node.isUnreachable) sum += node.admitPerSec;
    return sum;
  }

  /** When the next lease ends unless a beat comes first, ms; Infinity when no lease runs. */
  nextDeadlineMs(): number {
    if (this.#isFrozen) return Infinity;
    if (this.#deadlineIsStale) {
      let deadlineMs = Infinity;
      for (const node of this.#nodes.values()) {
        if (node.state !== "gone" || node.isUnreachable)
          deadlineMs = Math.min(deadlineMs, node.leaseEndsAtMs);
      }
      this.#deadlineMs = deadlineMs;
      this.#deadlineIsStale = false;
    }
    return this.#deadlineMs;
  }

  /** The nodes whose leases ended, in the order of their ids. They are gone from now on. One that was out of reach is gone
   * without being named again. */
  expired(nowMs: number): readonly NodeRecord[] {
    if (nowMs < this.nextDeadlineMs()) return [];
    if (this.#isDeaf(nowMs)) {
      this.#renewLeases(nowMs);
      return [];
    }
    const silent: NodeRecord[] = [];
    let anyServed = false;
    for (const node of this.#nodes.values()) {
      if (node.leaseEndsAtMs > nowMs) continue;
      node.isUnreachable = false;
      if (node.state === "gone") continue;
      anyServed ||= node.state === "serving";
      node.state = "gone";
      silent.push(node);
    }
    this.#deadlineIsStale = true;
    if (silent.length > 0) this.#changed(anyServed);
    return silent.sort(byNodeId);
  }

  #met(beat: NodeBeat, nowMs: number): NodeRecord {
    if (beat.nodeId === "" || beat.nodeId.includes(":")) {
      throw new Error(`A node id must be a name without ":", got "${beat.nodeId}".`);
    }
    this.#forgetLongGone(nowMs);
    const index = this.#freeIndexes.pop() ?? this.#nodes.size;
    const node = new NodeRecord(beat.nodeId, index);
    node.incarnation = -Infinity; // Any first life is a new one.
    this.#nodes.set(beat.nodeId, node);
    this.#records[index] = node;
    return node;
  }

  #forgetLongGone(nowMs: number): void {
    for (const node of this.#nodes.values()) {
      if (!this.#isLongGone(node, nowMs)) continue;
      this.#nodes.delete(node.nodeId);
      this.#records[node.index] = undefined;
      this.#freeIndexes.push(node.index);
    }
  }

  #isLongGone({ state, isUnreachable, leaseEndsAtMs }: NodeRecord, nowMs: number): boolean {
    const memoryMs = GONE_MEMORY_LEASES * this.#leaseMs;
    return state === "gone" && !isUnreachable && leaseEndsAtMs + memoryMs <= nowMs;
  }

  #lease(node: NodeRecord, nowMs: number): void {
    // Only the lease that ends first decides the deadline; and every lease ends later than before.
    if (node.leaseEndsAtMs <= this.#deadlineMs) this.#deadlineIsStale = true;
    node.leaseEndsAtMs = nowMs + this.#leaseMs;
  }

  #changed(isServingSet: boolean): void {
    this.#deadlineIsStale = true;
    if (!isServingSet) return;
    const serving: NodeRecord[] = [];
    for (const node of this.#nodes.values()) if (node.state === "serving") serving.push(node);
    this.#serving = serving.sort(byNodeId);
    this.#epoch++;
  }
}

function copyBeat(beat: NodeBeat, node: NodeRecord): void {
  node.region = beat.region;
  node.zone = beat.zone;
  node.announced = beat.state;
  node.generation = beat.generation ?? 0;
  node.activeConnections = beat.activeConnections;
  node.committedLoad = beat.committedLoad;
  node.recentAssignments = 0;
  node.maxConnections = beat.maxConnections;
  node.softLimit = beat.softLimit;
  node.admitPerSec = beat.admitPerSec;
}

function byNodeId(a: NodeRecord, b: NodeRecord): number {
  return a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0;
}
