// The edge's state machine: it owns sockets, and decides nothing about rooms.
//
// It keeps the door (door.ts), admits and places (edge-arrivals.ts), relays (edge-ingress.ts), numbers and queues what goes out
// (edge-delivery.ts); it hears who is in the cluster (edge-cluster.ts); and when a node dies it keeps the sockets and moves the
// sessions (orphans.ts). This file is the table of its facts.

import { slotOf } from "../handles.ts";
import { DropAccount } from "../drops.ts";
import { ClusterView, type NodeRecord } from "../cluster-view.ts";
import type { HelloBody, JoinBody, ResumeBody } from "../protocol/bodies.ts";
import { unauthenticated } from "../protocol/codec.ts";
import type { FrameError } from "../protocol/frame-error.ts";
import { CloseCode, type ProtocolLimits } from "../protocol/limits.ts";
import { Kind, Message } from "../protocol/message.ts";
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
import { Door, type DoorVerdict } from "./door.ts";
import { EdgeArrivals } from "./edge-arrivals.ts";
import { EdgeCluster } from "./edge-cluster.ts";
import { EdgeDelivery } from "./edge-delivery.ts";
import { EdgeDrain } from "./edge-drain.ts";
import { EdgeIngress } from "./edge-ingress.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import { EdgePeers } from "./edge-peers.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import { EdgeWelcome } from "./edge-welcome.ts";
import { Orphans } from "./orphans.ts";
import { Timeouts } from "./timeouts.ts";

export class EdgeGateway {
  readonly connections: Connections;
  readonly door: Door;
  readonly drops = new DropAccount();
  readonly view: ClusterView;
  readonly arrivals: EdgeArrivals;
  readonly delivery: EdgeDelivery;
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #peers: EdgePeers;
  readonly #ingress: EdgeIngress;
  readonly #cluster: EdgeCluster;
  readonly #drain: EdgeDrain;
  readonly #strangersLimits: ProtocolLimits;
  readonly #welcome: EdgeWelcome;
  readonly #timeouts: Timeouts;
  readonly #orphans: Orphans;

  constructor(policy: EdgePolicy, outbox: EdgeOutbox) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.view = new ClusterView(policy.leaseMs);
    this.door = new Door(policy.door);
    this.connections = new Connections((address) => this.door.left(address));
    this.#strangersLimits = unauthenticated(policy.limits);
    const { connections, drops, view } = this;
    const cut = (connection: number, code: CloseCode): void => this.#cut(connection, code);
    this.delivery = new EdgeDelivery(policy, outbox, connections, drops, cut);
    this.#timeouts = new Timeouts(policy, connections, cut);
    this.#peers = new EdgePeers(policy, outbox, () => connections.handles.count);
    const peers = this.#peers;
    this.#welcome = new EdgeWelcome(policy, outbox, connections, (node) => this.#recordOf(node));
    this.#ingress = new EdgeIngress(policy, outbox, connections, drops, peers, this.#welcome, cut);
    this.arrivals = new EdgeArrivals(policy, outbox, connections, view, (nowMs) =>
      peers.spreadMs(nowMs),
    );
    const { arrivals, delivery } = this;
    const orphans = new Orphans(policy, outbox, connections, delivery, view, this.#timeouts);
    this.#orphans = orphans;
    this.#cluster = new EdgeCluster(policy, outbox, connections, view, arrivals, orphans, peers);
    this.#drain = new EdgeDrain(connections, cut);
  }

  // ---- facts: sockets ---------------------------------------------------------------------------

  /** Somebody at this address wants to open a socket: "busy" is let in only to be told so. */
  knocked(address: string, nowMs: number): DoorVerdict {
    return this.door.knocked(address, this.connections.handles.count, this.isDraining, nowMs);
  }

  /** A socket finished its upgrade. Returns the handle by which everybody calls it from now on. */
  opened(nowMs: number, address = ""): number {
    this.door.entered(address, nowMs);
    const connection = this.connections.open(nowMs, address);
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

  /** A socket that the door let in only to be told "busy". Returns its handle, which is over already. */
  openedBusy(nowMs: number, _address = ""): number {
    const connection = this.connections.open(nowMs);
    const { retryAfterMs } = this.#policy.door;
    this.#ingress.refuse(connection, 0, "busy", "too many connections", retryAfterMs);
    this.connections.release(connection);
    this.#outbox.close(connection, CloseCode.busy);
    return connection;
  }

  received(connection: number, message: Message, nowMs: number): void {
    const c = this.connections;
    if (!c.isOpen(connection)) return;
    const at = slotOf(connection);
    c.heardAtMs[at] = nowMs;
    const isIn = c.state[at] === ConnectionState.attached;
    const isForUs = !isIn || message.kind < Kind.leave; // Those that are relayed have greater numbers.
    if (isForUs && !this.#ingress.attendsTo(connection, at, nowMs)) return;
    if (isIn) {
      this.#fromMember(connection, at, message, nowMs);
      return;
    }
    const isEntering = message.kind === Kind.join || message.kind === Kind.resume;
    if (isEntering) this.#orphans.departed(connection);
    const state = c.state[at];
    const mayEnter =
      state === ConnectionState.open ||
      state === ConnectionState.orphaned ||
      state === ConnectionState.parting;
    if (message.kind === Kind.ping) {
      this.#ingress.pong(connection, at, message, nowMs);
    } else if (message.kind === Kind.leave) {
      this.#cut(connection, CloseCode.normal);
    } else if (!mayEnter) {
      return; // One attempt at a time; what is critical is sent again after it.
    } else if (message.kind === Kind.join) {
      this.arrivals.joinAsked(connection, message.body as JoinBody, nowMs);
    } else if (message.kind === Kind.resume) {
      this.arrivals.resumeAsked(connection, message.body as ResumeBody, nowMs);
    } else if (message.id > 0) {
      this.#ingress.refuse(connection, message.id, "not_joined", "join first", 0);
    }
  }

  #fromMember(connection: number, at: number, message: Message, nowMs: number): void {
    switch (message.kind) {
      case Kind.ping:
        this.#ingress.pong(connection, at, message, nowMs);
        return;
      case Kind.ack:
        this.#ingress.acknowledged(at, message.n);
        return;
      case Kind.leave:
        this.#detach(at, true);
        this.#forget(connection);
        this.#outbox.close(connection, CloseCode.normal);
        return;
      case Kind.join:
      case Kind.resume:
        this.#ingress.refuse(
          connection,
          message.id,
          "duplicate",
          "this connection is in already",
          0,
        );
        return;
      default:
        this.#ingress.relay(connection, at, message, nowMs);
    }
  }

  /** What came on the socket was no frame. */
  frameRejected(connection: number, error: FrameError, nowMs: number): void {
    if (this.connections.isOpen(connection)) this.#ingress.rejected(connection, error, nowMs);
  }

  /** What its frames may be: little, until it is in. */
  limitsFor(connection: number): ProtocolLimits {
    const isIn = this.connections.state[slotOf(connection)] === ConnectionState.attached;
    return isIn ? this.#policy.limits : this.#strangersLimits;
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
    c.rotation[at] = grant.rotation;
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
    this.#outbox.write(connection, this.#welcome.of(connection, grant, windowMs, nowMs), 0);
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
    this.#cluster.trunkLost(nodeId, nowMs, life);
  }

  /** A trunk to this life of the node is open, perhaps again. */
  trunkOpened(nodeId: string, life: number, _nowMs: number): void {
    this.#cluster.trunkOpened(nodeId, life);
  }

  /** So much waits on the trunk to this node, bytes. */
  trunkBuffered(node: number, bytes: number, nowMs: number): void {
    if (!this.#ingress.trunkBuffered(node, bytes)) return;
    const record = this.#recordOf(node);
    if (record === undefined) return;
    this.#ingress.trunkForgotten(node);
    this.#outbox.dropTrunk(node);
    this.#cluster.trunkLost(record.nodeId, nowMs, record.incarnation);
  }

  // ---- facts: bus -----------------------------------------------------------------------------------

  heard(message: BusMessage, nowMs: number): void {
    this.#cluster.heard(message, nowMs);
  }

  busLost(_nowMs: number): void {
    this.view.freeze();
  }

  busRestored(nowMs: number): void {
    this.view.thaw(nowMs);
  }

  // ---- facts: the end ---------------------------------------------------------------------------------

  /** This edge shall go: its sockets are closed at a pace that the others admit, within this time. */
  drainAsked(nowMs: number, withinMs: number): void {
    this.#peers.isServing = false;
    this.#peers.beat(nowMs);
    this.#drain.begin(withinMs, this.#peers.othersAdmitPerSec(nowMs), nowMs);
  }

  drainCancelled(nowMs: number): void {
    this.#drain.cancel();
    this.#peers.isServing = true;
    this.#peers.beat(nowMs);
  }

  get isDraining(): boolean {
    return this.#drain.isDraining;
  }

  /** Whether nobody is left of those it had. */
  get isDrained(): boolean {
    return this.#drain.isDraining && this.connections.handles.count === 0;
  }

  // ---- time -------------------------------------------------------------------------------------------

  nextDeadlineMs(): number {
    return Math.min(
      this.#peers.nextDeadlineMs(),
      this.#drain.nextDeadlineMs(),
      this.#timeouts.nextDeadlineMs(),
      this.view.nextDeadlineMs(),
      this.arrivals.admission.nextDeadlineMs(),
      this.delivery.nextDeadlineMs(),
    );
  }

  deadlinePassed(nowMs: number): void {
    if (this.#peers.nextDeadlineMs() <= nowMs) this.#peers.beat(nowMs);
    if (this.view.nextDeadlineMs() <= nowMs) this.#cluster.leasesEnded(nowMs);
    if (this.#drain.nextDeadlineMs() <= nowMs) this.#drain.deadlinePassed(nowMs);
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

  #write(connection: number, kind: Kind, re: number, body: object): void {
    const bytes = serverFrameBytes(kind, body);
    this.#outbox.write(connection, new Message(kind, re, "", "", 0, bytes, "", body), 0);
  }

  #recordOf(node: number): NodeRecord | undefined {
    return this.view.records[node];
  }
}
