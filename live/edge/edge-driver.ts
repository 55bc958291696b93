// An edge process: performs an EdgeGateway.
//
// The right-hand sides of core's orders, and a turn for every fact. Sockets are sockets.ts, trunks node-link.ts; who may open a socket is
// asked by front.ts. Nothing is decided here. A token goes to the verifier and nowhere else; the log names connections by number.

import { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import { decodeClientFrame } from "../../core/protocol/codec.ts";
import type { IceBody } from "../../core/protocol/bodies.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type { AttachRequest, BusMessage, OrphanRoom, ResumeClaims } from "../../core/trunk.ts";
import type { Socket } from "node:net";
import type { ResumeSeal } from "../auth/resume-seal.ts";
import type { Verdict } from "../auth/token-claims.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Bus, BusSender } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { IceServers } from "../ice-servers.ts";
import type { EdgeMeters, TokenResult } from "../operations/edge-meters.ts";
import type { Log } from "../operations/log.ts";
import type { TrunkDialer, TrunkToNode } from "../trunk/trunk.ts";
import { Turns } from "../turns.ts";
import { NodeLink, type LinkHost } from "./node-link.ts";
import { type EdgeSocket, type SocketFacts, Sockets } from "./sockets.ts";

/** How often strained sockets and trunks are looked at, ms. Assumed: short against core's flush slots and the seconds of its levels. */
const SWEEP_EVERY_MS = 50;

const BINARY = FrameError.badFrame("frames are text");

export interface EdgeDriverParts {
  readonly clock: Clock;
  readonly policy: EdgePolicy;
  /** What records puts itself between core and its driver. */
  readonly makeCore?: (policy: EdgePolicy, outbox: EdgeOutbox) => EdgeGateway;
  readonly bus: Bus;
  readonly trunks: TrunkDialer;
  readonly verifier: TokenVerifier;
  readonly seal: ResumeSeal;
  readonly iceServers: IceServers;
  readonly log: Log;
  readonly meters: EdgeMeters;
}

/** As metrics say it: whether the token was at fault, or we. */
function resultOf(verdict: Verdict): TokenResult {
  if (verdict.ok) return "accepted";
  if (verdict.code === CloseCode.tokenExpired) return "expired";
  return verdict.code === CloseCode.unauthorized ? "rejected" : "unavailable";
}

export class EdgeDriver implements EdgeOutbox, SocketFacts, LinkHost {
  readonly core: EdgeGateway;
  readonly turns: Turns;
  readonly dialer: TrunkDialer;
  readonly log: Log;
  readonly #parts: EdgeDriverParts;
  readonly #edgeMeters: EdgeMeters;
  readonly #sockets: Sockets;
  /** By the index of the node's record in core's view. */
  readonly #links: (NodeLink | undefined)[] = [];
  /** Who spoke on the bus just now. */
  #hearing: BusSender | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: EdgeDriverParts) {
    this.#parts = parts;
    this.log = parts.log;
    this.dialer = parts.trunks;
    this.#edgeMeters = parts.meters;
    this.#sockets = new Sockets(this, parts.policy.outbound.softBytes, parts.meters);
    const { makeCore, policy } = parts;
    this.core = makeCore === undefined ? new EdgeGateway(policy, this) : makeCore(policy, this);
    this.turns = new Turns(this.core, parts.clock, () => this.#sockets.settle());
  }

  /** Joins the bus and begins to beat. */
  start(): void {
    const { bus } = this.#parts;
    bus.subscribe("cluster", this.#heard);
    bus.onChange((isUp) => this.#busChanged(isUp));
    if (!bus.isUp) this.#busChanged(false);
    this.#sweeper = setInterval(this.#sweep, SWEEP_EVERY_MS).unref();
    this.turns.start();
  }

  /** At once: sockets are closed, trunks too, nothing is said on the bus. */
  stop(): void {
    this.endSockets();
    this.#isStopped = true;
    clearInterval(this.#sweeper);
    this.turns.stop();
    for (const link of this.#links) link?.end();
    this.#links.length = 0;
  }

  /** Closes the sockets that are left. */
  endSockets(): void {
    if (!this.#isStopped) this.#sockets.endAll();
  }

  /** Tells core something in a turn of its own. Never from within an order. */
  tell<Answer>(fact: (core: EdgeGateway, nowMs: number) => Answer): Answer {
    const nowMs = this.turns.begin();
    const answer = fact(this.core, nowMs);
    this.turns.end();
    return answer;
  }

  // ---- what the exposition asks --------------------------------------------------------------------

  /** Frames must not be longer, bytes. */
  get frameBytesMax(): number {
    return this.#parts.policy.limits.frameBytesMax;
  }

  get socketCount(): number {
    return this.#sockets.count;
  }

  /** Sockets that hold more than they should. */
  get strainedCount(): number {
    return this.#sockets.strainedCount;
  }

  get openTrunkCount(): number {
    return this.#links.reduce((count, link) => count + (link?.isOpen === true ? 1 : 0), 0);
  }

  get trunkBufferedBytes(): number {
    return this.#links.reduce((bytes, link) => bytes + (link?.bufferedBytes ?? 0), 0);
  }

  sliceEnded(isMoreToCome: boolean): void {
    this.#sockets.sliceEnded(isMoreToCome);
  }

  get meters(): EdgeMeters["trunks"] {
    return this.#edgeMeters.trunks;
  }

  // ---- facts: sockets ------------------------------------------------------------------------------

  /** Somebody at this address wants a socket. */
  knocked(address: string): "welcome" | "busy" | "refused" {
    if (this.#isStopped) return "refused";
    const nowMs = this.turns.begin();
    const verdict = this.core.knocked(address, nowMs);
    this.turns.end();
    if (verdict !== "welcome") this.#edgeMeters.turnedAway(verdict, nowMs);
    return verdict;
  }

  /** A dial that came to nothing before core was asked. */
  turnedAway(reason: "origin" | "handshake"): void {
    this.#edgeMeters.turnedAway(reason, this.turns.nowMs);
  }

  /** The upgrade that `knocked` allowed is finished. */
  opened(socket: EdgeSocket, wire: Socket, address: string, isBusy: boolean): void {
    this.#edgeMeters.socketOpened();
    this.#sockets.adopt(socket, wire);
    const nowMs = this.turns.begin(); // Core's first order names the socket's handle.
    if (isBusy) this.core.openedBusy(nowMs);
    else this.core.opened(nowMs, address);
    this.#sockets.adopted(socket);
    this.turns.end();
  }

  received(socket: EdgeSocket, data: Buffer, isBinary: boolean): void {
    if (this.#isStopped) return;
    const { connection } = socket;
    const { core, turns } = this;
    const bytes = data.length;
    this.#edgeMeters.received(bytes);
    const frame = isBinary
      ? BINARY
      : decodeClientFrame(data.toString(), bytes, core.limitsFor(connection));
    const nowMs = turns.begin();
    if (frame instanceof FrameError) {
      this.#edgeMeters.frameRejected(frame.code);
      core.frameRejected(connection, frame, nowMs);
    } else {
      if (frame.kind === Kind.join) socket.askedAtMs = nowMs;
      else if (frame.kind === Kind.resume) this.#resumeAsked(socket, nowMs);
      core.received(connection, frame, nowMs);
    }
    turns.end();
  }

  #resumeAsked(socket: EdgeSocket, nowMs: number): void {
    this.#edgeMeters.reconnectAsked(socket.askedAtMs > 0 ? "in_band" : "new_socket");
    socket.askedAtMs = nowMs;
  }

  ended(connection: number, code: number): void {
    this.#edgeMeters.socketClosed(code);
    if (this.#isStopped) return;
    this.turns.begin();
    this.core.closed(connection);
    this.turns.end();
    this.log.debug({ connection, code }, "A client's socket is closed.");
  }

  buffered(connection: number, bytes: number): boolean {
    if (this.#isStopped) return false;
    const nowMs = this.turns.begin();
    this.core.buffered(connection, bytes, nowMs);
    this.turns.end();
    return this.core.connections.queues.has(connection);
  }

  readonly #sweep = (): void => {
    this.#sockets.sweep();
    for (const link of this.#links) link?.tellBuffered();
  };

  // ---- facts: tokens -------------------------------------------------------------------------------

  verifyToken(connection: number, token: string): void {
    const verdict = this.#parts.verifier.verify(token);
    if (verdict instanceof Promise) {
      verdict.then(
        (later) => this.#verified(connection, later),
        (error: unknown) => this.#notVerified(connection, error),
      );
    } else {
      this.turns.owe(() => this.#verified(connection, verdict));
    }
  }

  #verified(connection: number, verdict: Verdict): void {
    if (this.#isStopped) return;
    const nowMs = this.turns.begin();
    if (verdict.ok) this.core.tokenVerified(connection, verdict.claims, nowMs);
    else this.core.tokenRejected(connection, verdict.code);
    this.turns.end();
    this.#edgeMeters.tokenChecked(resultOf(verdict));
    if (!verdict.ok) this.log.debug({ connection, reason: verdict.reason }, "A token is refused.");
  }

  /** The verifier itself failed: not the client's fault, who may come back. */
  #notVerified(connection: number, error: unknown): void {
    if (this.#isStopped) return;
    this.#edgeMeters.tokenChecked("unavailable");
    this.log.error({ connection, error: error as Error }, "A token could not be verified.");
    this.tell((core) => core.tokenRejected(connection, CloseCode.internal));
  }

  verifyResume(connection: number, token: string): void {
    const claims = this.#parts.seal.open(token);
    this.turns.owe(() => {
      const nowMs = this.turns.begin();
      if (claims === undefined) {
        this.core.tokenRejected(connection, CloseCode.resumeRejected);
      } else {
        this.core.resumeVerified(connection, claims, nowMs);
      }
      this.turns.end();
    });
  }

  sealResume(claims: ResumeClaims): string {
    return this.#parts.seal.seal(claims);
  }

  iceFor(participantId: string): IceBody | undefined {
    return this.#parts.iceServers.for(participantId, this.turns.nowMs);
  }

  // ---- facts: bus ----------------------------------------------------------------------------------

  readonly #heard = (message: BusMessage, sender: BusSender): void => {
    if (this.#isStopped) return;
    this.#hearing = sender;
    const nowMs = this.turns.begin();
    this.core.heard(message, nowMs);
    this.turns.end();
    if (message.type === "beat") {
      const record = this.core.view.node(message.beat.nodeId);
      if (record !== undefined && record.state !== "gone") this.#linkTo(record.index);
    }
    this.#hearing = undefined;
  };

  #busChanged(isUp: boolean): void {
    if (this.#isStopped) return;
    if (isUp) this.log.info({}, "The bus is back.");
    else this.log.warn({}, "The bus is down: what is published is lost until it is back.");
    this.tell((core, nowMs) => (isUp ? core.busRestored(nowMs) : core.busLost(nowMs)));
  }

  // ---- orders: sockets, bus -------------------------------------------------------------------------

  write(connection: number, message: Message, s: number): void {
    if (message.kind <= Kind.error) this.#answered(connection, message);
    this.#edgeMeters.delivered(1);
    this.#sockets.write(connection, message, s);
  }

  #answered(connection: number, message: Message): void {
    if (message.kind === Kind.error) {
      this.#edgeMeters.answered(message);
      return;
    }
    if (message.kind !== Kind.joined && message.kind !== Kind.resumed) return;
    const askedAtMs = this.#sockets.of(connection)?.askedAtMs;
    if (askedAtMs === undefined) return;
    const tookMs = this.turns.nowMs - askedAtMs;
    if (message.kind === Kind.joined) this.#edgeMeters.joinTook(tookMs);
    else this.#edgeMeters.resumeTook(tookMs);
  }

  close(connection: number, code: CloseCode): void {
    this.#edgeMeters.socketClosed(code);
    this.#sockets.close(connection, code);
    this.log.debug({ connection, code }, "A client's socket was closed by order.");
  }

  publish(subject: string, message: BusMessage): void {
    this.#parts.bus.publish(subject, message);
  }

  // ---- orders: trunks --------------------------------------------------------------------------------

  /** The way to the present life of a node; made when that life is first heard of, or first needed. */
  #linkTo(node: number): NodeLink | undefined {
    const record = this.core.view.records[node];
    if (record === undefined) return undefined;
    const known = this.#links[node];
    if (known !== undefined && known.leadsTo(record)) return known;
    if (this.#hearing === undefined) return undefined; // No beat of it: nobody knows where it is.
    known?.end();
    const made = new NodeLink(record, this.#hearing.trunkUrl, this);
    this.#links[node] = made;
    return made;
  }

  #trunkTo(node: number): TrunkToNode | undefined {
    return this.#linkTo(node)?.trunk;
  }

  attach(node: number, connection: number, request: AttachRequest): void {
    this.#trunkTo(node)?.attach(connection, request);
  }

  relay(node: number, session: number, message: Message): void {
    this.#edgeMeters.relayed(message.deliveryClass);
    this.#trunkTo(node)?.relay(session, message);
  }

  acknowledge(node: number, session: number, s: number): void {
    this.#trunkTo(node)?.acknowledge(session, s);
  }

  detach(node: number, session: number, attachment: number, isFinal: boolean): void {
    this.#trunkTo(node)?.detach(session, attachment, isFinal);
  }

  declareOrphans(node: number, rooms: readonly OrphanRoom[]): void {
    this.#trunkTo(node)?.declareOrphans(rooms);
  }

  dropTrunk(node: number): void {
    this.#links[node]?.drop();
  }
}
