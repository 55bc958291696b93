// A room on several nodes, and the rooms' directory: what nodes tell each other over the bus.
//
// A room that lives on one node is silent here, but for one announcement to its home. When the home learns of a
// second host it introduces them, and from then on each host numbers its updates and sends them to the others. A hole
// in the numbers asks for a snapshot, whose difference from what was known is told to the members, so that a lost
// update costs a round trip and never a ghost.

import { slotOf } from "../handles.ts";
import type { NodeRecord } from "../cluster-view.ts";
import { RoomDirectory } from "../placement/directory.ts";
import { homeOf } from "../placement/ranking.ts";
import { ReannouncementPlan } from "../placement/reannouncement.ts";
import type { LeftBody, ParticipantBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { BusMessage, RoomUpdate } from "../trunk.ts";
import type { NodeContext } from "./node-context.ts";
import type { RemoteHost, Room } from "./room.ts";
import { SessionState } from "./sessions.ts";

/** A snapshot that has not come by then is asked for again, ms. Assumed: several round trips on the bus. */
const SNAPSHOT_WAIT_MS = 1_000;

export class Span {
  readonly directory: RoomDirectory;
  readonly plan = new ReannouncementPlan();
  readonly #node: NodeContext;
  #goneAtMs = Infinity;
  #askAgainAtMs = Infinity;
  /** Rooms that this node shares with others now, and relays that crossed to another node. */
  crossed = 0;

  constructor(node: NodeContext) {
    this.#node = node;
    const rule = node.policy.placement.assignment;
    this.directory = new RoomDirectory(rule === undefined ? {} : { rule });
  }

  // ---- the directory ----------------------------------------------------------------------------------

  /** This node hosts the room from now on: its home must know. */
  announce(room: Room, nowMs: number): void {
    const home = homeOf(room.roomId, this.#node.view);
    if (home === undefined) return;
    this.plan.announced(room.roomId, home);
    this.#tellHome(home, [{ roomId: room.roomId, size: Math.max(1, room.presentCount) }], nowMs);
  }

  closed(room: Room, nowMs: number): void {
    const toldId = this.plan.closed(room.roomId);
    const home = toldId === undefined ? undefined : this.#node.view.node(toldId);
    if (home !== undefined) this.#tellHome(home, [{ roomId: room.roomId, size: 0 }], nowMs);
  }

  #tellHome(home: NodeRecord, rooms: { roomId: string; size: number }[], nowMs: number): void {
    const { nodeId, incarnation } = this.#node.policy;
    const message: BusMessage = { type: "announce", nodeId, incarnation, rooms };
    if (home.nodeId === nodeId) this.heard(message, nowMs);
    else this.#node.outbox.publish(`node.${home.nodeId}`, message);
  }

  /** The serving set changed from `former`: rooms whose home moved are announced there, in batches. */
  membersChanged(former: readonly NodeRecord[], self: NodeRecord | undefined, nowMs: number): void {
    if (self !== undefined) this.directory.membersChanged(former, this.#node.view, self, nowMs);
    this.plan.membersChanged(nowMs);
  }

  busLost(): void {
    this.directory.freeze();
  }

  /** What was said meanwhile was lost: homes hear of our rooms again, and other hosts are asked what they have. */
  busRestored(nowMs: number): void {
    this.directory.thaw(nowMs);
    this.plan.tellAll(nowMs);
    for (const room of this.#node.rooms.values()) {
      for (const remote of room.remotes.values()) {
        if (remote.goneAtMs === Infinity) this.#wantSnapshot(room, remote, nowMs);
      }
    }
  }

  // ---- updates out ------------------------------------------------------------------------------------

  readonly publish = (room: Room, message: Message): void => {
    if (!room.isSpanning) return;
    const { nodeId, incarnation } = this.#node.policy;
    room.published++;
    this.#node.published++;
    this.crossed++;
    const update: RoomUpdate = {
      type: "update",
      roomId: room.roomId,
      nodeId,
      incarnation,
      u: room.published,
      message,
    };
    for (const remote of room.remotes.values()) {
      if (remote.goneAtMs === Infinity) this.#node.outbox.publish(`node.${remote.nodeId}`, update);
    }
  };

  // ---- what is heard ----------------------------------------------------------------------------------

  heard(message: BusMessage, nowMs: number): void {
    switch (message.type) {
      case "announce":
        for (const { roomId, size } of message.rooms) {
          this.#announced(roomId, message.nodeId, message.incarnation, size, nowMs);
        }
        break;
      case "hosts":
        this.#introduced(message, nowMs);
        break;
      case "update":
        this.#updated(message, nowMs);
        break;
      case "snapshot-wanted":
        this.#answerSnapshot(message.roomId, message.by, nowMs);
        break;
      case "snapshot":
        this.#snapshot(message);
        break;
      default: // Beats and orphans are the node's.
    }
  }

  #announced(roomId: string, from: string, incarnation: number, size: number, nowMs: number): void {
    const before = this.#confirmedHosts(roomId).length;
    if (size === 0) this.directory.forget(roomId, from);
    else if (!this.directory.announce(roomId, from, incarnation, size)) return;
    const hosts = this.#confirmedHosts(roomId);
    if (hosts.length < 2 && before < 2) return;
    const closedBy = size === 0 ? from : "";
    for (const host of hosts) {
      const message: BusMessage = { type: "hosts", roomId, hosts, closedBy };
      if (host === this.#node.policy.nodeId) this.#introduced(message, nowMs);
      else this.#node.outbox.publish(`node.${host}`, message);
    }
  }

  /** Who was only named, and refused perhaps, has nothing to tell: it is introduced when it says that it has the room. */
  #confirmedHosts(roomId: string): readonly string[] {
    const hosts = this.directory.hostsOf(roomId);
    return hosts.filter(({ lapsesAtMs }) => lapsesAtMs === Infinity).map(({ nodeId }) => nodeId);
  }

  /** A home that is new does not know all hosts yet: only who says so itself has left the room. */
  #introduced(message: Extract<BusMessage, { type: "hosts" }>, nowMs: number): void {
    const room = this.#node.roomOf(message.roomId);
    if (room === undefined) return;
    for (const nodeId of message.hosts) {
      if (nodeId !== this.#node.policy.nodeId) this.#meet(room, nodeId, nowMs);
    }
    const left = room.remotes.get(message.closedBy);
    if (left === undefined) return;
    left.goneAtMs = nowMs;
    this.#dropGone(room, nowMs);
  }

  /** Another host that lives: what it says counts from its snapshot on. Nothing new of one that is known. */
  #meet(room: Room, nodeId: string, nowMs: number): void {
    const known = room.remotes.get(nodeId);
    if (known !== undefined) {
      if (known.goneAtMs === Infinity) return;
      known.goneAtMs = Infinity; // It was restarted, and hosts the room again.
      this.#wantSnapshot(room, known, nowMs);
      return;
    }
    const remote: RemoteHost = {
      nodeId,
      incarnation: 0,
      u: -1,
      participants: new Map(),
      goneAtMs: Infinity,
      askedAtMs: nowMs,
    };
    room.ownRemotes().set(nodeId, remote);
    this.#wantSnapshot(room, remote, nowMs);
  }

  #wantSnapshot(room: Room, remote: RemoteHost, nowMs: number): void {
    remote.u = -1;
    remote.askedAtMs = nowMs;
    this.#askAgainAtMs = Math.min(this.#askAgainAtMs, nowMs + SNAPSHOT_WAIT_MS);
    const by = this.#node.policy.nodeId;
    const wanted: BusMessage = { type: "snapshot-wanted", roomId: room.roomId, by };
    this.#node.outbox.publish(`node.${remote.nodeId}`, wanted);
  }

  #answerSnapshot(roomId: string, by: string, nowMs: number): void {
    const room = this.#node.roomOf(roomId);
    if (room === undefined) return;
    this.#meet(room, by, nowMs);
    const { sessions, policy } = this.#node;
    const participants: ParticipantBody[] = [];
    for (const session of room.members.values()) {
      const at = slotOf(session);
      if (sessions.state[at] !== SessionState.away) participants.push(sessions.participant[at]!);
    }
    this.#node.outbox.publish(`node.${by}`, {
      type: "snapshot",
      roomId,
      nodeId: policy.nodeId,
      incarnation: policy.incarnation,
      u: room.published,
      participants,
    });
  }

  #snapshot(message: Extract<BusMessage, { type: "snapshot" }>): void {
    const room = this.#node.roomOf(message.roomId);
    const remote = room?.remotes.get(message.nodeId);
    if (room === undefined || remote === undefined) return;
    remote.incarnation = message.incarnation;
    remote.u = message.u;
    const now = new Map(message.participants.map((who) => [who.id, who]));
    for (const id of [...remote.participants.keys()]) {
      if (!now.has(id)) this.#remoteLeft(room, remote, { id, reason: "left" });
    }
    for (const who of message.participants) this.#remoteJoined(room, remote, who);
  }

  #updated(update: RoomUpdate, nowMs: number): void {
    const room = this.#node.roomOf(update.roomId);
    const remote = room?.remotes.get(update.nodeId);
    if (room === undefined || remote === undefined || remote.u < 0) return;
    const isNext = update.incarnation === remote.incarnation && update.u === remote.u + 1;
    if (!isNext) {
      const isOld = update.incarnation === remote.incarnation && update.u <= remote.u;
      if (isOld) return;
      this.#wantSnapshot(room, remote, nowMs); // A hole: only a snapshot tells what was in it.
      return;
    }
    remote.u = update.u;
    const { message } = update;
    if (message.kind === Kind.participantJoined) {
      this.#remoteJoined(room, remote, message.body as ParticipantBody);
    } else if (message.kind === Kind.participantLeft) {
      this.#remoteLeft(room, remote, message.body as LeftBody);
    } else if (message.to === "") {
      this.#node.enqueue(room, message, -1, -1, 0);
    } else {
      const target = room.members.get(message.to);
      if (target !== undefined) this.#node.enqueue(room, message, target, -1, 0);
    }
  }

  #remoteJoined(room: Room, remote: RemoteHost, who: ParticipantBody): void {
    const wasKnown = this.#node.isPresent(room, who.id) || room.isElsewhere(who.id);
    if (remote.goneAtMs === Infinity) room.takeFromGone(who.id);
    remote.participants.set(who.id, who);
    if (wasKnown) return;
    const bytes = serverFrameBytes(Kind.participantJoined, who);
    const message = new Message(Kind.participantJoined, 0, "", "", 0, bytes, "", who);
    this.#node.enqueue(room, message, -1, -1, 0);
  }

  #remoteLeft(room: Room, remote: RemoteHost, body: LeftBody): void {
    const { id } = body;
    if (!remote.participants.delete(id)) return;
    if (this.#node.isPresent(room, id) || room.isElsewhere(id)) return; // It moved.
    const bytes = serverFrameBytes(Kind.participantLeft, body);
    const message = new Message(Kind.participantLeft, 0, "", "", 0, bytes, "", body);
    this.#node.enqueue(room, message, -1, -1, 0);
  }

  // ---- hosts that are gone ----------------------------------------------------------------------------

  /** Another node is gone: its rooms' homes forget it, and its participants have a grace to come back here. */
  nodeGone(nodeId: string, nowMs: number): void {
    this.directory.nodeGone(nodeId);
    const goneAtMs = nowMs + this.#node.policy.presenceGraceMs + this.#node.policy.resumeWindowMs;
    for (const room of this.#node.rooms.values()) {
      const remote = room.remotes.get(nodeId);
      if (remote === undefined) continue;
      remote.goneAtMs = goneAtMs;
      this.#goneAtMs = Math.min(this.#goneAtMs, goneAtMs);
    }
  }

  #dropGone(room: Room, nowMs: number): void {
    for (const remote of room.remotes.values()) {
      if (remote.goneAtMs > nowMs) continue;
      for (const id of [...remote.participants.keys()]) {
        this.#remoteLeft(room, remote, { id, reason: "node-lost" });
      }
      room.remotes.delete(remote.nodeId);
    }
  }

  nextDeadlineMs(): number {
    return Math.min(
      this.#goneAtMs,
      this.#askAgainAtMs,
      this.directory.nextDeadlineMs(),
      this.plan.nextDeadlineMs(),
    );
  }

  deadlinePassed(self: NodeRecord | undefined, nowMs: number): void {
    if (this.#goneAtMs <= nowMs) {
      this.#goneAtMs = Infinity;
      for (const room of this.#node.rooms.values()) {
        this.#dropGone(room, nowMs);
        for (const remote of room.remotes.values()) {
          this.#goneAtMs = Math.min(this.#goneAtMs, remote.goneAtMs);
        }
      }
    }
    if (this.#askAgainAtMs <= nowMs) this.#askAgain(nowMs);
    if (self !== undefined) this.directory.deadlinePassed(nowMs, this.#node.view, self);
    if (this.plan.nextDeadlineMs() <= nowMs) this.#announceMoved(nowMs);
  }

  /** Snapshots that were asked for and did not come: the bus may lose either message. */
  #askAgain(nowMs: number): void {
    this.#askAgainAtMs = Infinity;
    for (const room of this.#node.rooms.values()) {
      for (const remote of room.remotes.values()) {
        if (remote.u >= 0 || remote.goneAtMs !== Infinity) continue;
        const dueMs = remote.askedAtMs + SNAPSHOT_WAIT_MS;
        if (dueMs <= nowMs) this.#wantSnapshot(room, remote, nowMs);
        else this.#askAgainAtMs = Math.min(this.#askAgainAtMs, dueMs);
      }
    }
  }

  #announceMoved(nowMs: number): void {
    const byHome = new Map<NodeRecord, { roomId: string; size: number }[]>();
    for (const { roomId, home } of this.plan.due(nowMs, this.#node.view)) {
      const room = this.#node.roomOf(roomId);
      if (room === undefined) continue;
      const entry = { roomId, size: Math.max(1, room.presentCount) };
      const batch = byHome.get(home);
      if (batch === undefined) byHome.set(home, [entry]);
      else batch.push(entry);
    }
    for (const [home, rooms] of byHome) this.#tellHome(home, rooms, nowMs);
  }
}
