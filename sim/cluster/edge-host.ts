// An edge process: performs an EdgeGateway.
//
// The right-hand sides of core's orders, each with its price from the profile. What a socket or a trunk does with a
// frame is links.ts; tokens are "verified" here by the profile's cost and what the population knows of its clients.

import { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import { CloseCode as Close } from "../../core/protocol/limits.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type {
  AttachGrant,
  AttachRequest,
  BusMessage,
  JoinClaims,
  OrphanRoom,
  Refusal,
  ResumeClaims,
} from "../../core/trunk.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { Histogram } from "../metrics/histogram.ts";
import type { CostTable } from "./cost-table.ts";
import type { Backplane } from "./backplane.ts";
import { Host } from "./host.ts";
import { slotOf } from "../../core/handles.ts";
import type { ErrorBody } from "../../core/protocol/bodies.ts";
import type { RecentAnswers } from "./recent-answers.ts";
import { EventKind, peerExtra, peerFrom, socketClient } from "./kinds.ts";
import type { CloseFrame, DeliverFrame, ExceptFrame, Links } from "./links.ts";

/** What the edge may ask of the world: the sockets' other ends, and who a token belongs to. */
export interface EdgeWorld {
  readonly links: Links;
  readonly backplane: Backplane;
  claimsOf(token: string): JoinClaims | undefined;
  resumeClaimsOf(token: string): ResumeClaims | undefined;
  /** Whether the client holds a TLS ticket of an earlier socket. */
  hasTicket(client: number): boolean;
  seal(claims: ResumeClaims): string;
  readonly answers: RecentAnswers;
}

export class EdgeHost extends Host implements EdgeOutbox {
  core: EdgeGateway;
  /** Number among the edges. */
  readonly edge: number;
  /** Handshakes that the kernel holds. */
  accepting = 0;
  /** Dials that found the backlog full. */
  backlogOverflows = 0;
  /** Kernel of the socket's other end, by connection slot. */
  readonly #world: EdgeWorld;
  readonly #costs: CostTable;
  readonly #isTls: boolean;
  readonly #deliverUs: number;
  readonly #acceptBacklog: number;
  /** Simulated node by the index of its record in this edge's view. */
  #nodeOfRecord: number[] = [];
  /** A fact for ourselves, to be told once core has returned. */
  readonly #owed: (() => void)[] = [];
  readonly #policyOf: (incarnation: number) => EdgePolicy;
  #incarnation = 1;
  /** By connection slot: when its join was asked for, ms. */
  #askedAtMs = new Float64Array(1_024);

  constructor(
    edge: number,
    policyOf: (incarnation: number) => EdgePolicy,
    options: { isTls: boolean; acceptBacklog: number },
    world: EdgeWorld,
    sim: Simulation,
    costs: CostTable,
    lag: Histogram,
  ) {
    super(edge, `edge ${edge}`, sim, costs.host, lag);
    this.edge = edge;
    this.#world = world;
    this.#costs = costs;
    this.#isTls = options.isTls;
    this.#deliverUs = options.isTls ? costs.edgeDeliverUs : costs.edgePlainDeliverUs;
    this.#acceptBacklog = options.acceptBacklog;
    this.#policyOf = policyOf;
    this.core = new EdgeGateway(policyOf(1), this);
  }

  /** A client's dial reached the kernel: false when its backlog is full and the packet is dropped. */
  dialed(socket: number): boolean {
    if (this.isDown) return false;
    if (this.accepting >= this.#acceptBacklog) {
      this.backlogOverflows++;
      return false;
    }
    this.accepting++;
    this.arrive(EventKind.edgeDialed, socket, this.edge, undefined);
    return true;
  }

  override crash(): void {
    super.crash();
    this.accepting = 0;
    this.#owed.length = 0;
  }

  restart(): void {
    this.#incarnation++;
    this.revive();
    this.#nodeOfRecord = [];
    this.core = new EdgeGateway(this.#policyOf(this.#incarnation), this);
    this.start();
  }

  // ---- facts --------------------------------------------------------------------------------------

  protected override perform(
    kind: number,
    a: number,
    b: number,
    payload: object | undefined,
  ): void {
    const costs = this.#costs;
    const nowMs = this.nowMs;
    switch (kind) {
      case EventKind.edgeReceives: {
        const message = payload as Message;
        this.charge(message.kind === Kind.ping ? costs.pingUs : this.#relayUs());
        if (message.kind <= Kind.resume) this.#asked(a, message, nowMs);
        this.core.received(a, message, nowMs);
        break;
      }
      case EventKind.edgeMulticast:
        this.charge(costs.trunkFrameUs);
        this.core.multicast(this.#recordOf(peerFrom(b)), a, -1, payload as Message, nowMs);
        break;
      case EventKind.edgeMulticastExcept: {
        const { message, except } = payload as ExceptFrame;
        this.charge(costs.trunkFrameUs);
        this.core.multicast(this.#recordOf(peerFrom(b)), a, except, message, nowMs);
        break;
      }
      case EventKind.edgeDelivers: {
        const { message, session, s } = payload as DeliverFrame;
        this.charge(costs.trunkFrameUs);
        this.core.delivered(this.#recordOf(peerFrom(b)), a, session, message, s, nowMs);
        break;
      }
      case EventKind.edgeDialed:
        this.#accept(a, nowMs);
        break;
      default:
        this.#performRare(kind, a, b, payload, nowMs);
    }
    this.#payOwed();
  }

  #performRare(
    kind: number,
    a: number,
    b: number,
    payload: object | undefined,
    nowMs: number,
  ): void {
    const costs = this.#costs;
    switch (kind) {
      case EventKind.edgeAttached:
        this.charge(costs.trunkFrameUs);
        this.core.attached(this.#recordOf(peerFrom(b)), a, payload as AttachGrant, nowMs);
        break;
      case EventKind.edgeRefused:
        this.charge(costs.trunkFrameUs);
        this.core.refused(this.#recordOf(peerFrom(b)), a, payload as Refusal, nowMs);
        break;
      case EventKind.edgeCloses: {
        const { session, code } = payload as CloseFrame;
        this.charge(costs.trunkFrameUs);
        this.core.closeAsked(this.#recordOf(peerFrom(b)), a, session, code);
        break;
      }
      case EventKind.edgeClosed:
        this.charge(costs.trunkFrameUs);
        this.core.closed(a);
        break;
      case EventKind.edgeTrunkLost:
        this.core.trunkLost(this.#world.backplane.nodeId(a), nowMs);
        break;
      case EventKind.edgeHears:
        this.charge(costs.busReceiveUs);
        this.#hears(payload as BusMessage, nowMs);
        break;
      case EventKind.edgeBus:
        if (b === 1) this.core.busRestored(nowMs);
        else this.core.busLost(nowMs);
        break;
      case EventKind.edgeBuffered:
        this.core.buffered(a, this.#world.links.backlogBytes(this.edge, a), nowMs);
        break;
      default:
        throw new Error(`edge: unknown event ${kind}, extra ${peerExtra(b)}`);
    }
  }

  #hears(message: BusMessage, nowMs: number): void {
    this.core.heard(message, nowMs);
    if (message.type !== "beat") return;
    const record = this.core.view.node(message.beat.nodeId);
    if (record === undefined) return;
    this.#nodeOfRecord[record.index] = this.#world.backplane.nodeNumber(message.beat.nodeId);
  }

  #accept(socket: number, nowMs: number): void {
    this.accepting--;
    const costs = this.#costs;
    this.charge(costs.tcpAcceptUs + costs.upgradeUs);
    if (this.#isTls) {
      // Edges share their ticket keys: who has been here before resumes, at any edge.
      const hasTicket = this.#world.hasTicket(socketClient(socket));
      this.charge(hasTicket ? costs.tlsResumedHandshakeUs : costs.tlsFullHandshakeUs);
    }
    if (!this.#world.links.isWaiting(socket)) return; // The client gave up while it queued.
    this.core.opened(nowMs); // Its first order, the hello, binds the connection to the client.
  }

  protected override deadlinePassed(): void {
    this.core.deadlinePassed(this.nowMs);
    this.#payOwed();
  }

  protected override nextDeadlineMs(): number {
    return this.core.nextDeadlineMs();
  }

  /** Core has returned: now it may be told what its own orders led to. */
  #payOwed(): void {
    for (let i = 0; i < this.#owed.length; i++) this.#owed[i]!();
    this.#owed.length = 0;
  }

  #recordOf(node: number): number {
    const record = this.core.view.node(this.#world.backplane.nodeId(node));
    return record === undefined ? -1 : record.index;
  }

  #nodeOf(record: number): number {
    return this.#nodeOfRecord[record]!;
  }

  #relayUs(): number {
    return this.#isTls ? this.#costs.edgeRelayUs : this.#costs.edgePlainRelayUs;
  }

  #asked(connection: number, message: Message, nowMs: number): void {
    if (message.kind === Kind.resume) this.#world.answers.resumeAsked(nowMs);
    if (message.kind !== Kind.join) return;
    const at = slotOf(connection);
    if (at >= this.#askedAtMs.length) {
      const larger = new Float64Array(Math.max(2 * this.#askedAtMs.length, at + 1));
      larger.set(this.#askedAtMs);
      this.#askedAtMs = larger;
    }
    this.#askedAtMs[at] = nowMs;
  }

  #answered(connection: number, message: Message): void {
    const { answers } = this.#world;
    if (message.kind === Kind.joined) {
      answers.joinTook(this.nowMs - this.#askedAtMs[slotOf(connection)]!, this.nowMs);
    } else if (message.kind === Kind.error) {
      const { code } = message.body as ErrorBody;
      if (code === "resume_rejected") answers.resumeFailed(this.nowMs);
    }
  }

  // ---- orders -------------------------------------------------------------------------------------

  write(connection: number, message: Message, s: number): void {
    this.charge(this.#deliverUs);
    if (message.kind <= Kind.error) this.#answered(connection, message);
    const links = this.#world.links;
    links.toClient(this.edge, connection, message, s, this.departsUs);
    if (links.hasSlow && links.isBehind(this.edge, connection)) {
      this.#owed.push(() =>
        this.core.buffered(connection, links.backlogBytes(this.edge, connection), this.nowMs),
      );
    }
  }

  close(connection: number, code: CloseCode): void {
    this.#world.links.closeClient(this.edge, connection, code, this.departsUs);
  }

  verifyToken(connection: number, token: string): void {
    this.charge(this.#costs.verifyTokenUs);
    this.#owed.push(() => {
      const claims = this.#world.claimsOf(token);
      if (claims === undefined) this.core.tokenRejected(connection, Close.unauthorized);
      else this.core.tokenVerified(connection, claims, this.nowMs);
    });
  }

  verifyResume(connection: number, token: string): void {
    this.charge(this.#costs.verifyTokenUs);
    this.#owed.push(() => {
      const claims = this.#world.resumeClaimsOf(token);
      if (claims === undefined) this.core.tokenRejected(connection, Close.resumeRejected);
      else this.core.resumeVerified(connection, claims, this.nowMs);
    });
  }

  sealResume(claims: ResumeClaims): string {
    return this.#world.seal(claims);
  }

  attach(record: number, connection: number, request: AttachRequest): void {
    this.charge(this.#costs.trunkFrameUs);
    const node = this.#nodeOf(record);
    this.#world.backplane.toNode(
      this.edge,
      node,
      EventKind.nodeAttaches,
      connection,
      request,
      this.departsUs,
    );
  }

  relay(record: number, session: number, message: Message): void {
    const node = this.#nodeOf(record);
    this.#world.backplane.toNode(
      this.edge,
      node,
      EventKind.nodeReceives,
      session,
      message,
      this.departsUs,
    );
  }

  acknowledge(record: number, session: number, s: number): void {
    this.charge(this.#costs.trunkFrameUs);
    this.#world.backplane.acknowledge(this.edge, this.#nodeOf(record), session, s, this.departsUs);
  }

  detach(record: number, session: number, attachment: number, isFinal: boolean): void {
    this.charge(this.#costs.trunkFrameUs);
    const node = this.#nodeOf(record);
    this.#world.backplane.detach(this.edge, node, session, attachment, isFinal, this.departsUs);
  }

  declareOrphans(record: number, rooms: readonly OrphanRoom[]): void {
    this.charge(this.#costs.trunkFrameUs * rooms.length);
    const node = this.#nodeOf(record);
    this.#world.backplane.toNode(this.edge, node, EventKind.nodeOrphans, 0, rooms, this.departsUs);
  }

  /** The node lives, cut off: it learns after one trip that this edge has gone. */
  dropTrunk(record: number): void {
    const node = this.#nodeOf(record);
    this.sim.schedule(this.#world.backplane.trunkTripUs(), EventKind.nodeEdgeLost, this.edge, node);
  }

  /** Simulated clients need no servers to connect: credentials cost what a token does, and nobody reads them. */
  iceFor(): undefined {
    return undefined;
  }

  publish(subject: string, message: BusMessage): void {
    this.charge(this.#costs.busPublishUs);
    this.#world.backplane.publish(subject, message, this.departsUs);
  }
}
