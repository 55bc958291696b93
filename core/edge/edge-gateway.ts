// The edge's state machine: it owns sockets, and decides nothing about rooms.
//
// It admits, places and relays; it numbers and queues what goes out (edge-delivery.ts); it hears who is in the
// cluster; and when a node dies it keeps the sockets and moves the sessions (orphans.ts).

import { slotOf } from "../handles.ts";
import { DropAccount } from "../drops.ts";
import { afterTake, canTake, retryAfterMs } from "../budgets/token-bucket.ts";
import { ClusterView, type NodeRecord } from "../cluster-view.ts";
import type { ErrorBody, HelloBody, JoinBody, PongBody, ResumeBody } from "../protocol/bodies.ts";
import { CloseCode } from "../protocol/limits.ts";
import { DeliveryClass, Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import {
  attachmentOf,
  type AttachGrant,
  type BusMessage,
  type JoinClaims,
  type Refusal,
  type ResumeClaims,
} from "../trunk.ts";
import { Connections, ConnectionState, EdgeRoom } from "./connections.ts";
import { EdgeArrivals } from "./edge-arrivals.ts";
import { EdgeDelivery } from "./edge-delivery.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import { EdgePeers } from "./edge-peers.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import { EdgeWelcome } from "./edge-welcome.ts";
import { Orphans } from "./orphans.ts";
import { Timeouts } from "./timeouts.ts";

/** W is told again when it changed by more than this share (protocol §4.7). */
const SPREAD_CHANGE_RATIO = 0.25;

export class EdgeGateway {
  readonly connections = new Connections();
  readonly drops = new DropAccount();
  readonly view: ClusterView;
  readonly arrivals: EdgeArrivals;
  readonly delivery: EdgeDelivery;
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #orphans: Orphans;
  readonly #peers: EdgePeers;
  readonly #welcome: EdgeWelcome;
  readonly #timeouts: Timeouts;

  constructor(policy: EdgePolicy, outbox: EdgeOutbox) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.view = new ClusterView(policy.leaseMs);
    const { connections, drops, view } = this;
    this.delivery = new EdgeDelivery(policy, outbox, connections, drops, (connection, code) =>
      this.#cut(connection, code),
    );
    this.#timeouts = new Timeouts(policy, connections, (connection, code) =>
      this.#cut(connection, code),
    );
    this.#peers = new EdgePeers(policy, outbox, () => connections.handles.count);
    this.#welcome = new EdgeWelcome(policy, outbox);
    this.arrivals = new EdgeArrivals(policy, outbox, connections, view, (nowMs) =>
      this.#peers.spreadMs(nowMs),
    );
    this.#orphans = new Orphans(policy, outbox, connections, this.delivery, view, this.#timeouts);
  }

  // ---- facts: sockets ---------------------------------------------------------------------------

  /** A socket finished its upgrade. Returns the handle by which everybody calls it from now on. */
  opened(nowMs: number): number {
    const connection = this.connections.open(nowMs);
    this.connections.openUntilMs[slotOf(connection)] = nowMs + this.#policy.authTimeoutMs;
    this.#timeouts.opened(connection, nowMs);
    const body: HelloBody = {
      server: this.#policy.edgeId,
      proto: 1,
      authTimeoutMs: this.#policy.authTimeoutMs,
    };
    this.#write(connection, Kind.hello, 0, body);
    return connection;
  }

  received(connection: number, message: Message, nowMs: number): void {
    const c = this.connections;
    if (!c.isOpen(connection)) return;
    const at = slotOf(connection);
    c.heardAtMs[at] = nowMs;
    if (c.state[at] === ConnectionState.attached) {
      this.#fromMember(connection, at, message, nowMs);
      return;
    }
    const mayEnter =
      c.state[at] === ConnectionState.open || c.state[at] === ConnectionState.orphaned;
    if (message.kind === Kind.ping) {
      this.#pong(connection, at, message, nowMs);
    } else if (message.kind === Kind.leave) {
      this.#cut(connection, CloseCode.normal);
    } else if (!mayEnter) {
      return; // One attempt at a time; what is critical is sent again after it.
    } else if (message.kind === Kind.join) {
      this.arrivals.joinAsked(connection, message.body as JoinBody, nowMs);
    } else if (message.kind === Kind.resume) {
      this.arrivals.resumeAsked(connection, message.body as ResumeBody, nowMs);
    } else if (message.id > 0) {
      this.#refuse(connection, message.id, "not_joined", "join first", 0);
    }
  }

  #fromMember(connection: number, at: number, message: Message, nowMs: number): void {
    switch (message.kind) {
      case Kind.ping:
        this.#pong(connection, at, message, nowMs);
        return;
      case Kind.ack:
        this.#acknowledged(at, message.n);
        return;
      case Kind.leave:
        this.#detach(at, true);
        this.#forget(connection);
        this.#outbox.close(connection, CloseCode.normal);
        return;
      case Kind.join:
      case Kind.resume:
        this.#refuse(connection, message.id, "duplicate", "this connection is in already", 0);
        return;
      default:
        this.#relay(connection, at, message, nowMs);
    }
  }

  #relay(connection: number, at: number, message: Message, nowMs: number): void {
    const c = this.connections;
    const tat = c.ingressTat[at]!;
    const isCritical = message.deliveryClass === DeliveryClass.critical;
    if (!canTake(tat, this.#policy.ingress, 1, nowMs, isCritical)) {
      this.drops.dropped(message.deliveryClass, "connection");
      if (message.id > 0) {
        const waitMs = retryAfterMs(tat, this.#policy.ingress, 1, nowMs, isCritical);
        this.#refuse(connection, message.id, "rate_limited", "too many messages", waitMs);
      }
      return;
    }
    c.ingressTat[at] = afterTake(tat, this.#policy.ingress, 1, nowMs);
    this.#outbox.relay(c.node[at]!, c.session[at]!, message);
  }

  #pong(connection: number, at: number, ping: Message, nowMs: number): void {
    const c = this.connections;
    if (c.state[at] === ConnectionState.attached) this.#acknowledged(at, ping.n);
    const windowMs = this.#peers.spreadMs(nowMs);
    const toldMs = c.toldSpreadMs[at]!;
    const changed = Math.abs(windowMs - toldMs) > SPREAD_CHANGE_RATIO * toldMs;
    if (changed) c.toldSpreadMs[at] = windowMs;
    const body: PongBody = changed ? { ts: 0, spreadMs: windowMs } : { ts: 0 };
    this.#write(connection, Kind.pong, 0, body);
  }

  #acknowledged(at: number, s: number): void {
    const c = this.connections;
    if (s <= c.ackedS[at]! || s > c.nextS[at]!) return;
    c.ackedS[at] = s;
    this.#outbox.acknowledge(c.node[at]!, c.session[at]!, s);
  }

  /** The socket is gone, not by us. */
  closed(connection: number): void {
    if (!this.connections.isOpen(connection)) return;
    const at = slotOf(connection);
    if (this.connections.state[at] === ConnectionState.attached) {
      this.#detach(at, false);
    }
    this.arrivals.admission.cancel(connection);
    this.#forget(connection);
  }

  buffered(connection: number, bytes: number, nowMs: number): void {
    this.delivery.buffered(connection, bytes, nowMs);
  }

  tokenVerified(connection: number, claims: JoinClaims, nowMs: number): void {
    this.arrivals.tokenVerified(connection, claims, nowMs);
  }

  resumeVerified(connection: number, claims: ResumeClaims, nowMs: number): void {
    this.arrivals.resumeVerified(connection, claims, nowMs);
  }

  tokenRejected(connection: number, code: CloseCode): void {
    this.arrivals.tokenRejected(connection, code);
  }

  // ---- facts: trunks ------------------------------------------------------------------------------

  attached(node: number, connection: number, grant: AttachGrant, nowMs: number): void {
    const c = this.connections;
    const at = slotOf(connection);
    const isAwaited =
      c.isOpen(connection) && c.state[at] === ConnectionState.attaching && c.node[at] === node;
    if (!isAwaited) {
      // The client went while the node let it in: who never knew of its session does not come back to it.
      const attachment = attachmentOf(grant.rotation);
      this.#outbox.detach(node, grant.session, attachment, grant.mode === "joined");
      return;
    }
    c.state[at] = ConnectionState.attached;
    c.session[at] = grant.session;
    c.attachment[at] = attachmentOf(grant.rotation);
    c.nextS[at] = grant.s;
    c.ackedS[at] = grant.mode === "replay" ? grant.replayFrom - 1 : grant.s;
    c.request[at] = undefined;
    c.participant[at] = grant.participant;
    c.sessionId[at] = grant.sessionId;
    const room = this.delivery.roomAt(
      node,
      grant.room,
      () => new EdgeRoom(grant.roomId, node, grant.room, grant.expectedSize),
    );
    c.enterRoom(connection, room);
    const record = this.#recordOf(node);
    if (record !== undefined) this.arrivals.hostLearned(grant.roomId, record);
    const windowMs = this.#peers.spreadMs(nowMs);
    c.toldSpreadMs[at] = windowMs;
    this.#outbox.write(connection, this.#welcome.of(grant, record, windowMs), 0);
  }

  refused(node: number, connection: number, refusal: Refusal, nowMs: number): void {
    const c = this.connections;
    if (!c.isOpen(connection)) return;
    const at = slotOf(connection);
    if (c.state[at] !== ConnectionState.attaching || c.node[at] !== node) return;
    const record = this.#recordOf(node);
    if (record !== undefined) this.arrivals.refused(connection, record, refusal, nowMs);
  }

  /** Returns how many connections that was: what the driver charges for. */
  multicast(node: number, room: number, except: number, message: Message, nowMs: number): number {
    return this.delivery.multicast(node, room, except, message, nowMs);
  }

  delivered(
    node: number,
    connection: number,
    session: number,
    message: Message,
    s: number,
    nowMs: number,
  ): void {
    if (!this.delivery.isAttached(connection, node, session)) return;
    this.delivery.deliver(connection, message, s, nowMs);
  }

  /** The node wants this socket closed (kicked, replaced by another socket). */
  closeAsked(node: number, connection: number, session: number, code: CloseCode): void {
    if (!this.delivery.isAttached(connection, node, session)) return;
    this.#forget(connection);
    this.#outbox.close(connection, code);
  }

  /** `life`: the incarnation that the trunk led to, when the driver knows it: a later one is not lost with it. */
  trunkLost(nodeId: string, nowMs: number, life?: number): void {
    const record = this.view.node(nodeId);
    if (record === undefined || record.state === "gone") return;
    if (life !== undefined && life !== record.incarnation) return;
    this.view.markGone(nodeId, record.incarnation);
    const { edgeId } = this.#policy;
    const { incarnation } = record;
    this.#outbox.publish("cluster", { type: "node-lost", edgeId, nodeId, incarnation });
    this.#nodeLost(record, nowMs);
  }

  // ---- facts: bus -----------------------------------------------------------------------------------

  heard(message: BusMessage, nowMs: number): void {
    if (message.type === "beat") {
      const before = this.view.node(message.beat.nodeId);
      const incarnation = before?.incarnation;
      const wasServing = before?.state === "serving";
      if (this.view.beat(message.beat, nowMs) !== "members" || before === undefined) return;
      const isReplaced = before.incarnation !== incarnation;
      if (wasServing && (isReplaced || before.state !== "serving")) this.#nodeLost(before, nowMs);
    } else if (message.type === "edge-beat") {
      this.#peers.heard(message.beat, nowMs);
    }
  }

  #nodeLost(record: NodeRecord, nowMs: number): void {
    this.#orphans.nodeLost(
      record,
      (roomId, expectedSize) => {
        this.arrivals.hostForgotten(roomId);
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
          this.view,
        );
        return verdict.node;
      },
      nowMs,
    );
    this.#askElsewhere(record, nowMs);
  }

  /** Joins that the lost node had not answered. */
  #askElsewhere(record: NodeRecord, nowMs: number): void {
    const c = this.connections;
    for (let at = 0; at < c.handles.end; at++) {
      if (c.state[at] !== ConnectionState.attaching || c.node[at] !== record.index) continue;
      this.arrivals.refused(
        c.handles.at(at),
        record,
        { reason: "full", nextNodeId: undefined, nextAs: "host", retryAfterMs: 0 },
        nowMs,
      );
    }
  }

  // ---- time -------------------------------------------------------------------------------------------

  nextDeadlineMs(): number {
    return Math.min(
      this.#peers.nextDeadlineMs(),
      this.#timeouts.nextDeadlineMs(),
      this.view.nextDeadlineMs(),
      this.arrivals.admission.nextDeadlineMs(),
      this.delivery.nextDeadlineMs(),
    );
  }

  deadlinePassed(nowMs: number): void {
    if (this.#peers.nextDeadlineMs() <= nowMs) this.#peers.beat(nowMs);
    if (this.view.nextDeadlineMs() <= nowMs) {
      for (const record of this.view.expired(nowMs)) this.#nodeLost(record, nowMs);
    }
    if (this.arrivals.admission.nextDeadlineMs() <= nowMs) this.arrivals.releaseQueued(nowMs);
    if (this.delivery.nextDeadlineMs() <= nowMs) this.delivery.deadlinePassed(nowMs);
    this.#timeouts.deadlinePassed(nowMs);
  }

  // ---- sockets ------------------------------------------------------------------------------------------

  #cut(connection: number, code: CloseCode): void {
    const at = slotOf(connection);
    if (this.connections.state[at] === ConnectionState.attached) {
      this.#detach(at, false);
    }
    this.arrivals.admission.cancel(connection);
    this.#forget(connection);
    this.#outbox.close(connection, code);
  }

  #detach(at: number, isFinal: boolean): void {
    const { node, session, attachment } = this.connections;
    this.#outbox.detach(node[at]!, session[at]!, attachment[at]!, isFinal);
  }

  #forget(connection: number): void {
    const room = this.connections.room[slotOf(connection)];
    this.connections.release(connection);
    if (room === undefined || room.members.length > 0) return;
    this.delivery.forgetRoom(room);
    this.arrivals.hostForgotten(room.roomId); // The next joiner may find it closed, so the home is asked.
  }

  #refuse(
    connection: number,
    re: number,
    code: ErrorBody["code"],
    text: string,
    retryMs: number,
  ): void {
    const body: ErrorBody =
      retryMs > 0
        ? { code, message: text, retry: true, retryAfterMs: retryMs }
        : { code, message: text, retry: false };
    this.#write(connection, Kind.error, re, body);
  }

  #write(connection: number, kind: Kind, re: number, body: object): void {
    const bytes = serverFrameBytes(kind, body);
    this.#outbox.write(connection, new Message(kind, re, "", "", 0, bytes, "", body), 0);
  }

  #recordOf(node: number): NodeRecord | undefined {
    return this.view.records[node];
  }
}
