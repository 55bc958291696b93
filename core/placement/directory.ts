// The home's side of placement: which nodes host the rooms whose home this node is.
//
// While a room is live its joiners go where it is, whatever the ranking says now. A room has one
// host; it gets a second only when the first has refused for being full, or must move because it
// drains. What the directory assigns it also remembers, unconfirmed until the host announces the room,
// so that the members of a room who arrive within one round trip all go to one place.

import { assert } from "../assert.ts";
import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import {
  assignmentTier,
  boundedByCommittedLoad,
  reserveFor,
  type AssignmentRule,
} from "./assignment.ts";
import { FormerHomes } from "./former-homes.ts";
import { homeOf, outrankedBy } from "./ranking.ts";

export interface DirectoryOptions {
  /** How long an assignment waits for the host's announcement, ms. Assumed: many round trips. */
  readonly confirmMs: number;
  /** How long after a change of the node set its announcements may be under way, ms; see FormerHomes. */
  readonly graceMs: number;
  /** How a new room is assigned. */
  readonly rule: AssignmentRule;
}

const DEFAULTS: DirectoryOptions = {
  confirmMs: 5_000,
  graceMs: 5_000,
  rule: boundedByCommittedLoad,
};

export interface HomeRequest {
  readonly roomId: string;
  /** Size the room was booked for; 0 when unknown. */
  readonly expectedSize: number;
  /** Region of the joiner's edge. */
  readonly region: string;
  /** Ids of the nodes that refused this joiner, for being full or for not knowing the room. */
  readonly refusedBy: readonly string[];
  readonly nowMs: number;
  /** The joiner comes from a host that died: the room is live, and may use the places of live rooms. */
  readonly isOrphan?: boolean;
}

export type HomeVerdict =
  /** host: the room lives there. new: it may be founded there. second: there too, from now on.
   * moved: there from now on, its host drains. ask: that node was its home and may know more; if it does
   * not, it counts as one that refused. elsewhere: that node is the home, and this one, which knows
   * nothing, counts as one that refused. */
  | {
      readonly as: "host" | "new" | "second" | "moved" | "ask" | "elsewhere";
      readonly node: NodeRecord;
      /** Nodes that rank before this one and were passed over; above 0 the room was spilled. */
      readonly outrankedBy: number;
    }
  | { readonly as: "none"; readonly node: undefined; readonly reason: "No capacity available" };

const NOWHERE: HomeVerdict = { as: "none", node: undefined, reason: "No capacity available" };

/** A node that hosts a room, or was asked to. */
export interface RoomHost {
  readonly nodeId: string;
  readonly incarnation: number;
  /** Connections there when it last announced the room; 0 until then. */
  readonly size: number;
  /** When the assignment lapses, ms; Infinity once announced. */
  readonly lapsesAtMs: number;
}

const NO_HOSTS: readonly RoomHost[] = [];

interface Lapse {
  readonly roomId: string;
  readonly nodeId: string;
  readonly atMs: number;
}

export class RoomDirectory {
  readonly #options: DirectoryOptions;
  /** Hosts in the order in which they came to the room. Never empty. */
  readonly #hosts = new Map<string, readonly RoomHost[]>();
  readonly #roomsOf = new Map<string, Set<string>>();
  /** Unconfirmed assignments, in order of time; the taken ones are cut off now and then. */
  #lapses: Lapse[] = [];
  #lapsesTaken = 0;
  readonly #formerHomes: FormerHomes;
  #tidyAtMs = Infinity;
  #isFrozen = false;

  constructor(options: Partial<DirectoryOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#formerHomes = new FormerHomes(this.#options.graceMs);
  }

  get roomCount(): number {
    return this.#hosts.size;
  }

  /** In the order in which they came to the room; empty when the room is not known here. */
  hostsOf(roomId: string): readonly RoomHost[] {
    return this.#hosts.get(roomId) ?? NO_HOSTS;
  }

  /** A host says that it has the room. False when a later life of that node said so before. */
  announce(roomId: string, nodeId: string, incarnation: number, size: number): boolean {
    const known = this.#hostOf(roomId, nodeId);
    if (known !== undefined && known.incarnation > incarnation) return false;
    this.#put(roomId, { nodeId, incarnation, size, lapsesAtMs: Infinity });
    return true;
  }

  /** A host no longer has the room, or refused to found it. */
  forget(roomId: string, nodeId: string): void {
    const hosts = this.#hosts.get(roomId);
    if (hosts === undefined) return;
    const rest = hosts.filter((host) => host.nodeId !== nodeId);
    if (rest.length > 0) this.#hosts.set(roomId, rest);
    else this.#hosts.delete(roomId);
    const rooms = this.#roomsOf.get(nodeId);
    rooms?.delete(roomId);
    if (rooms?.size === 0) this.#roomsOf.delete(nodeId);
  }

  /** A node is no more, or was restarted: the rooms that it hosted, which are forgotten there. */
  nodeGone(nodeId: string): readonly string[] {
    const rooms = [...(this.#roomsOf.get(nodeId) ?? [])];
    for (const roomId of rooms) this.forget(roomId, nodeId);
    return rooms;
  }

  /** The serving set changed: from `former`, the array that `view.serving` was before, to today's. */
  membersChanged(
    former: readonly NodeRecord[],
    view: ClusterView,
    self: NodeRecord,
    nowMs: number,
  ): void {
    this.#formerHomes.changed(former, view, self, nowMs);
    this.#tidyAtMs = nowMs + this.#options.graceMs;
  }

  /** Where a joiner of the room shall go. An assignment is remembered, and counted in the view. */
  assign(request: HomeRequest, view: ClusterView, self: NodeRecord): HomeVerdict {
    const live = this.#liveHosts(request, view);
    const host = firstWilling(live, request);
    if (host !== undefined) return { as: "host", node: host, outrankedBy: 0 };
    if (live.length === 0) {
      const home = homeOf(request.roomId, view);
      if (home === undefined) return NOWHERE;
      if (home !== self) return { as: "elsewhere", node: home, outrankedBy: 0 };
      // Orphans come in several declarations, one of each edge, and all must wait in one place: what a former home might know
      // would change the answer from one to the next.
      const isAsking = request.isOrphan !== true;
      const former = isAsking ? this.#formerHomes.toAsk(request, view, self) : undefined;
      if (former !== undefined) return { as: "ask", node: former, outrankedBy: 0 };
      return this.#assignNew("new", request, view, live);
    }
    if (live.every((node) => node.state === "draining")) {
      return this.#assignNew("moved", request, view, live);
    }
    if (!this.#options.rule.allowsSecondHost) return NOWHERE;
    return this.#assignNew("second", request, view, live);
  }

  /** The bus is down: nobody can confirm an assignment, so none lapses. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** The bus is back: hosts have the usual time to confirm. */
  thaw(nowMs: number): void {
    this.#isFrozen = false;
    const lapsesAtMs = nowMs + this.#options.confirmMs;
    this.#lapses = [];
    this.#lapsesTaken = 0;
    for (const [roomId, hosts] of this.#hosts) {
      for (const host of hosts) {
        if (host.lapsesAtMs === Infinity) continue;
        this.#put(roomId, { ...host, lapsesAtMs });
        this.#lapses.push({ roomId, nodeId: host.nodeId, atMs: lapsesAtMs });
      }
    }
  }

  /** When an assignment lapses or old entries may go, ms; Infinity when neither is ahead. */
  nextDeadlineMs(): number {
    if (this.#isFrozen) return Infinity;
    const lapse = this.#lapses[this.#lapsesTaken];
    return Math.min(lapse === undefined ? Infinity : lapse.atMs, this.#tidyAtMs);
  }

  /** Forgets assignments that nobody confirmed, and rooms whose home has moved and knows by now. */
  deadlinePassed(nowMs: number, view: ClusterView, self: NodeRecord): void {
    for (;;) {
      const lapse = this.#lapses[this.#lapsesTaken];
      if (lapse === undefined || lapse.atMs > nowMs) break;
      this.#lapsesTaken++;
      const host = this.#hostOf(lapse.roomId, lapse.nodeId);
      if (host !== undefined && host.lapsesAtMs <= nowMs) this.forget(lapse.roomId, lapse.nodeId);
    }
    if (this.#lapsesTaken > 64 && this.#lapsesTaken * 2 > this.#lapses.length) {
      this.#lapses = this.#lapses.slice(this.#lapsesTaken);
      this.#lapsesTaken = 0;
    }
    if (this.#tidyAtMs > nowMs) return;
    this.#tidyAtMs = Infinity;
    for (const [roomId, hosts] of this.#hosts) {
      if (homeOf(roomId, view) === self) continue;
      for (const host of hosts) this.forget(roomId, host.nodeId);
    }
  }

  #assignNew(
    as: "new" | "second" | "moved",
    request: HomeRequest,
    view: ClusterView,
    live: readonly NodeRecord[],
  ): HomeVerdict {
    const { roomId, region, expectedSize } = request;
    const isLive = as !== "new" || request.isOrphan === true;
    const tierOf = assignmentTier(region, view);
    const except = (node: NodeRecord): boolean =>
      request.refusedBy.includes(node.nodeId) || live.includes(node);
    const node = this.#options.rule.choose({ roomId, expectedSize, isLive, except, tierOf }, view);
    if (node === undefined) return NOWHERE;

    view.assigned(node, reserveFor(expectedSize, node.softLimit));
    const lapsesAtMs = request.nowMs + this.#options.confirmMs;
    this.#put(roomId, { nodeId: node.nodeId, incarnation: node.incarnation, size: 0, lapsesAtMs });
    this.#lapses.push({ roomId, nodeId: node.nodeId, atMs: lapsesAtMs });
    return { as, node, outrankedBy: outrankedBy(roomId, view.serving, node, tierOf) };
  }

  /** The hosts that are alive as the view knows, which is asked here so that no death is missed. */
  #liveHosts(request: HomeRequest, view: ClusterView): readonly NodeRecord[] {
    const live: NodeRecord[] = [];
    for (const host of this.hostsOf(request.roomId)) {
      const node = view.node(host.nodeId);
      const isOver =
        (host.lapsesAtMs <= request.nowMs && !this.#isFrozen) ||
        (node !== undefined && (node.incarnation > host.incarnation || isGone(node, host)));
      if (isOver) this.forget(request.roomId, host.nodeId);
      else if (node !== undefined && node.state !== "gone") live.push(node);
    }
    return live;
  }

  #hostOf(roomId: string, nodeId: string): RoomHost | undefined {
    return this.hostsOf(roomId).find((host) => host.nodeId === nodeId);
  }

  #put(roomId: string, host: RoomHost): void {
    assert(roomId !== "", "a room has a name");
    const others = this.hostsOf(roomId);
    const at = others.findIndex((other) => other.nodeId === host.nodeId);
    this.#hosts.set(roomId, at < 0 ? [...others, host] : others.with(at, host));
    const rooms = this.#roomsOf.get(host.nodeId);
    if (rooms !== undefined) rooms.add(roomId);
    else this.#roomsOf.set(host.nodeId, new Set([roomId]));
  }
}

/** A host may have announced a life that the view has not heard a beat of: that one is not gone. */
function isGone(node: NodeRecord, host: RoomHost): boolean {
  return node.state === "gone" && node.incarnation === host.incarnation;
}

/** Serving hosts before draining ones, which keep the rooms they have until they move them. */
function firstWilling(hosts: readonly NodeRecord[], request: HomeRequest): NodeRecord | undefined {
  const willing = hosts.filter((node) => !request.refusedBy.includes(node.nodeId));
  return willing.find((node) => node.state === "serving") ?? willing[0];
}
