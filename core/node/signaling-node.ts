// The signaling node's state machine: the authority on its rooms.
//
// Facts come from trunks (edges), from the bus (other nodes) and from the media plane; orders go to the outbox. This file
// queues those who come in and keeps the clock; who gets in is entrance.ts, who is in a room is membership.ts, what they
// say is relay.ts, what nodes tell each other is span.ts.

import { Admission } from "../admission.ts";
import { slotOf } from "../handles.ts";
import type { NodeBeat, NodeRecord, NodeState } from "../cluster-view.ts";
import type { SfuBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { AttachRequest, BusMessage, OrphanRoom, Refusal } from "../trunk.ts";
import { Announcements } from "./announcements.ts";
import { Entrance, refuse } from "./entrance.ts";
import { Membership } from "./membership.ts";
import { NodeContext, type NodePolicy } from "./node-context.ts";
import type { NodeOutbox } from "./node-outbox.ts";
import { NodePeers } from "./peers.ts";
import { Relay } from "./relay.ts";
import type { Room } from "./room.ts";
import { Span } from "./span.ts";

/** A join or resume that waits in the admission's queue. */
interface Waiting {
  readonly edge: number;
  readonly connection: number;
  readonly request: AttachRequest;
}

export class SignalingNode {
  readonly context: NodeContext;
  readonly membership: Membership;
  readonly relay: Relay;
  readonly span: Span;
  readonly entrance: Entrance;
  readonly admission: Admission;
  readonly #policy: NodePolicy;
  readonly #outbox: NodeOutbox;
  readonly #waiting = new Map<number, Waiting>();
  readonly #peers: NodePeers;
  #hasSteppedDown = false;
  #tickets = 0;
  #beatAtMs = 0;

  constructor(policy: NodePolicy, outbox: NodeOutbox) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.context = new NodeContext(policy, outbox);
    this.span = new Span(this.context);
    this.#peers = new NodePeers(policy, this.context.view);
    const meanReturnMs = (nowMs: number): number => this.#peers.meanReturnMs(nowMs);
    this.entrance = new Entrance(this.context, this.span, meanReturnMs);
    this.relay = new Relay(this.context, this.span.publish);
    const announcements = new Announcements(this.context, this.relay, this.span.publish);
    this.membership = new Membership(this.context, announcements, (room, nowMs) =>
      this.#closed(room, nowMs),
    );
    this.admission = new Admission(policy.admission);
  }

  // ---- facts: trunks ------------------------------------------------------------------------------

  attachAsked(edge: number, connection: number, request: AttachRequest, nowMs: number): void {
    const refusal = this.entrance.whyNot(request, nowMs);
    if (refusal !== undefined) {
      this.#outbox.refused(edge, connection, refusal);
      return;
    }
    const ticket = this.#tickets++;
    const kind = request.resume === undefined ? "join" : "resume";
    const verdict = this.admission.request(kind, ticket, nowMs, request.deadlineMs);
    if (verdict === "admitted") {
      this.#letIn({ edge, connection, request }, nowMs);
    } else if (verdict === "queued") {
      this.#waiting.set(ticket, { edge, connection, request });
    } else {
      this.#outbox.refused(edge, connection, busy(this.admission.lastRetryAfterMs));
    }
  }

  relayed(session: number, message: Message, nowMs: number): void {
    this.relay.received(session, message, nowMs);
  }

  acknowledged(session: number, s: number): void {
    const { sessions } = this.context;
    if (!sessions.handles.isLive(session)) return;
    const at = slotOf(session);
    if (s <= sessions.ackedS[at]! || s > sessions.sentS(session)) return;
    sessions.ackedS[at] = s;
    const room = sessions.room[at]!;
    if (room.log.acknowledged(room.members.size)) {
      room.log.trim(sessions, room.members.values(), this.#policy.bufferMax);
    }
  }

  detached(
    session: number,
    edge: number,
    attachment: number,
    isFinal: boolean,
    nowMs: number,
  ): void {
    this.membership.detached(session, edge, attachment, isFinal, nowMs);
  }

  edgeLost(edge: number, nowMs: number): void {
    this.relay.trunkForgotten(edge);
    this.membership.edgeLost(edge, nowMs);
  }

  /** So much waits on the trunk to this edge, bytes. */
  trunkBuffered(edge: number, bytes: number, nowMs: number): void {
    if (!this.relay.trunkBuffered(edge, bytes)) return;
    this.#outbox.dropTrunk(edge);
    this.edgeLost(edge, nowMs);
  }

  orphansDeclared(rooms: readonly OrphanRoom[], nowMs: number): void {
    const elsewhere = new Map<string, OrphanRoom[]>();
    for (const orphans of rooms) {
      const host = this.entrance.hostForOrphans(orphans, nowMs);
      if (host === undefined) continue;
      if (host === this.#policy.nodeId) {
        const known = this.context.roomOf(orphans.roomId);
        const room = known ?? this.#found(orphans.roomId, orphans.expectedSize, Infinity, nowMs);
        this.membership.orphansDeclared(room, orphans, nowMs);
      } else {
        const batch = elsewhere.get(host);
        if (batch === undefined) elsewhere.set(host, [orphans]);
        else batch.push(orphans);
      }
    }
    for (const [host, batch] of elsewhere) {
      this.#outbox.publish(`node.${host}`, { type: "orphans", rooms: batch });
    }
  }

  // ---- facts: media -----------------------------------------------------------------------------------

  sfuAllocated(room: number, sfu: SfuBody): void {
    const known = this.context.roomByHandle(room);
    if (known === undefined || known.sfu?.id === sfu.id) return;
    known.sfu = sfu;
    if (known.attachedCount === 0) return;
    const bytes = serverFrameBytes(Kind.sfu, sfu);
    this.context.enqueue(known, new Message(Kind.sfu, 0, "", "", 0, bytes, "", sfu), -1, -1, 0);
  }

  sfuAnswered(session: number, message: Message): void {
    this.relay.sfuAnswered(session, message);
  }

  // ---- facts: bus -------------------------------------------------------------------------------------

  heard(message: BusMessage, nowMs: number): void {
    if (message.type === "beat") this.#otherBeats(message.beat, nowMs);
    else if (message.type === "edge-beat") this.#peers.edgeHeard(message.beat, nowMs);
    else if (message.type === "node-lost" || message.type === "node-found")
      this.#trunkReported(message, nowMs);
    else if (message.type === "outlived") this.#outlived(message, nowMs);
    else if (message.type === "orphans") this.#orphansAssigned(message.rooms, nowMs);
    else this.span.heard(message, nowMs);
  }

  /** What is said on the bus now reaches nobody: silence means nothing, and what the others know of our rooms grows old. */
  busLost(_nowMs: number): void {
    this.context.view.freeze();
    this.span.busLost();
  }

  busRestored(nowMs: number): void {
    this.context.view.thaw(nowMs);
    this.span.busRestored(nowMs);
    this.#beat(nowMs);
  }

  #orphansAssigned(rooms: readonly OrphanRoom[], nowMs: number): void {
    for (const orphans of rooms) {
      const known = this.context.roomOf(orphans.roomId);
      const room = known ?? this.#found(orphans.roomId, orphans.expectedSize, Infinity, nowMs);
      this.membership.orphansDeclared(room, orphans, nowMs);
    }
  }

  #trunkReported(
    report: Extract<BusMessage, { type: "node-lost" | "node-found" }>,
    nowMs: number,
  ): void {
    const former = this.context.view.serving;
    if (!this.#peers.trunkReported(report, nowMs)) return;
    if (report.nodeId === this.#policy.nodeId) {
      this.#stepDown();
      return;
    }
    this.span.nodeGone(report.nodeId, nowMs);
    this.span.membersChanged(former, this.#self(), nowMs);
  }

  /** Somebody holds this life to be over. Who was alone, or stopped for a while, is the last to know. */
  #outlived(message: Extract<BusMessage, { type: "outlived" }>, nowMs: number): void {
    const { nodeId, incarnation } = this.#policy;
    if (message.nodeId !== nodeId || message.incarnation !== incarnation) return;
    if (this.#peers.outlived(message.by, nowMs)) this.#stepDown();
  }

  #stepDown(): void {
    if (this.#hasSteppedDown) return;
    this.#hasSteppedDown = true;
    this.#outbox.stepDown();
  }

  #otherBeats(beat: NodeBeat, nowMs: number): void {
    const { view } = this.context;
    if (beat.nodeId !== this.#policy.nodeId) view.heardSomebody(nowMs);
    const record = view.node(beat.nodeId);
    const isOver =
      record?.state === "gone" && record.incarnation === beat.incarnation && beat.state !== "gone";
    if (isOver) {
      const { nodeId, incarnation } = beat;
      const by = this.#policy.nodeId;
      this.#outbox.publish(`node.${nodeId}`, { type: "outlived", by, nodeId, incarnation });
    }
    this.#beatHeard(beat, nowMs);
  }

  #beatHeard(beat: NodeBeat, nowMs: number): void {
    const { view } = this.context;
    const former = view.serving;
    const incarnation = view.node(beat.nodeId)?.incarnation;
    if (view.beat(beat, nowMs) !== "members") return;
    const isReplaced = incarnation !== undefined && incarnation !== beat.incarnation;
    if (isReplaced || beat.state === "gone") this.span.nodeGone(beat.nodeId, nowMs);
    this.span.membersChanged(former, this.#self(), nowMs);
  }

  // ---- who gets in ----------------------------------------------------------------------------------------

  #letIn(waiting: Waiting, nowMs: number): void {
    const { edge, connection, request } = waiting;
    const known = this.context.roomOf(request.roomId);
    const claims = request.resume;
    if (claims !== undefined) {
      const isOwn =
        claims.nodeId === this.#policy.nodeId && claims.incarnation === this.#policy.incarnation;
      const room = known ?? (isOwn ? undefined : this.#foundFor(request, nowMs));
      const why = this.membership.resume(room, request, claims, edge, connection, nowMs);
      if (why !== undefined) this.#outbox.refused(edge, connection, refuse(why));
      return;
    }
    const room = known ?? this.#foundFor(request, nowMs);
    this.membership.join(room, request, edge, connection, nowMs);
  }

  #foundFor(request: AttachRequest, nowMs: number): Room {
    return this.#found(request.roomId, request.expectedSize, request.roomMax, nowMs);
  }

  #found(roomId: string, expectedSize: number, roomMax: number, nowMs: number): Room {
    const room = this.context.found(roomId, expectedSize, roomMax, nowMs);
    this.membership.founded(room, nowMs);
    this.span.announce(room, nowMs);
    return room;
  }

  #closed(room: Room, nowMs: number): void {
    this.relay.forgetRoom(room);
    this.span.closed(room, nowMs);
  }

  // ---- time ---------------------------------------------------------------------------------------------

  nextDeadlineMs(): number {
    return Math.min(
      this.relay.nextDeadlineMs(),
      this.#beatAtMs,
      this.membership.nextDeadlineMs(),
      this.admission.nextDeadlineMs(),
      this.context.view.nextDeadlineMs(),
      this.context.committed.nextDeadlineMs(),
      this.span.nextDeadlineMs(),
    );
  }

  /** Everything that is due, then one slice of the fanout. */
  deadlinePassed(nowMs: number): void {
    const { view, committed } = this.context;
    if (this.#beatAtMs <= nowMs) this.#beat(nowMs);
    if (view.nextDeadlineMs() <= nowMs) this.#leasesEnded(nowMs);
    if (this.admission.nextDeadlineMs() <= nowMs) this.#releaseQueued(nowMs);
    if (this.membership.nextDeadlineMs() <= nowMs) this.membership.deadlinePassed(nowMs);
    if (committed.nextDeadlineMs() <= nowMs) committed.deadlinePassed(nowMs);
    if (this.span.nextDeadlineMs() <= nowMs) this.span.deadlinePassed(this.#self(), nowMs);
    if (this.relay.nextDeadlineMs() <= nowMs) this.relay.deadlinePassed(nowMs);
  }

  #leasesEnded(nowMs: number): void {
    const former = this.context.view.serving;
    const gone = this.context.view.expired(nowMs);
    for (const record of gone) this.span.nodeGone(record.nodeId, nowMs);
    if (gone.length > 0) this.span.membersChanged(former, this.#self(), nowMs);
  }

  #releaseQueued(nowMs: number): void {
    this.admission.release(
      nowMs,
      (ticket) => {
        const waiting = this.#waiting.get(ticket);
        if (waiting === undefined) return;
        this.#waiting.delete(ticket);
        const refusal = this.entrance.whyNot(waiting.request, nowMs); // The room may have filled meanwhile.
        if (refusal === undefined) this.#letIn(waiting, nowMs);
        else this.#outbox.refused(waiting.edge, waiting.connection, refusal);
      },
      (ticket, retryAfterMs) => {
        const waiting = this.#waiting.get(ticket);
        if (waiting === undefined) return;
        this.#waiting.delete(ticket);
        this.#outbox.refused(waiting.edge, waiting.connection, busy(retryAfterMs));
      },
    );
  }

  /** Joins and resumes that wait in the queue. */
  get queuedCount(): number {
    return this.#waiting.size;
  }

  /** Sockets here, joins that wait for their turn, and those who want in, had no room and are to come back (SPEC AD11). */
  offeredConnections(nowMs: number): number {
    return this.context.load + this.queuedCount + this.entrance.turnedAway.count(nowMs);
  }

  #beat(nowMs: number): void {
    this.#beatAtMs = nowMs + this.#policy.beatEveryMs;
    const beat = this.beatNow();
    this.#beatHeard(beat, nowMs);
    this.#outbox.publish("cluster", { type: "beat", beat });
  }

  beatNow(): NodeBeat {
    const p = this.#policy;
    return {
      nodeId: p.nodeId,
      incarnation: p.incarnation,
      region: p.region,
      zone: p.zone,
      state: this.context.state,
      activeConnections: this.context.load,
      committedLoad: this.context.committed.total,
      maxConnections: p.maxConnections,
      softLimit: this.context.softLimit,
      admitPerSec: p.admitPerSec,
      generation: p.generation ?? 0,
    };
  }

  /** Begins to drain: no new rooms; edges hear of it by the beat and give the members their slots. */
  drainAsked(nowMs: number): void {
    this.#become("serving", "draining", nowMs);
  }

  /** It shall stay: new rooms are taken again. */
  drainCancelled(nowMs: number): void {
    this.#become("draining", "serving", nowMs);
  }

  /** The last beat of this life: whoever hears it need not wait for the lease. */
  leaveAsked(nowMs: number): void {
    if (this.context.state === "serving") this.drainAsked(nowMs);
    this.#become("draining", "gone", nowMs);
    this.#beatAtMs = Infinity;
  }

  #become(from: NodeState, to: NodeState, nowMs: number): void {
    if (this.context.state !== from) return;
    this.context.state = to;
    this.#beat(nowMs);
  }

  /** Whether nobody is connected through it, or could come back to it. */
  get isEmpty(): boolean {
    return this.context.load === 0;
  }

  /** An operator puts somebody out. False when he is not in that room on this node. */
  kickAsked(roomId: string, participantId: string, nowMs: number): boolean {
    const room = this.context.roomOf(roomId);
    return room !== undefined && this.membership.kicked(room, participantId, nowMs);
  }

  #self(): NodeRecord | undefined {
    return this.context.view.node(this.#policy.nodeId);
  }
}

function busy(retryAfterMs: number): Refusal {
  return { reason: "busy", nextNodeId: undefined, nextAs: "host", retryAfterMs };
}
