// A node process: performs a SignalingNode.
//
// The right-hand sides of core's orders, and a turn for every fact. Fanout goes in slices: while core has a backlog its next deadline
// is now, and each slice waits behind the sockets (turns.ts); what a slice put on the trunks leaves with it. Orders to an edge whose trunk is gone
// fall away: core hears of the loss, and the edge attaches anew.
//
// An `ok` promises that the message was handed to the edges of all recipients (SPEC RM3), and a process can be killed between two writes: so
// the answers of a slice are written when the trunks of all edges have been.

import type { NodePolicy } from "../../core/node/node-context.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import { SignalingNode } from "../../core/node/signaling-node.ts";
import type { SfuBody } from "../../core/protocol/bodies.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type {
  AttachGrant,
  AttachRequest,
  BusMessage,
  OrphanRoom,
  Refusal,
} from "../../core/trunk.ts";
import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { MediaPlane } from "../media.ts";
import type { Log } from "../operations/log.ts";
import type { NodeMeters } from "../operations/node-meters.ts";
import type { NodeLife, TrunkToEdge, TrunkToEdgeFacts } from "../trunk/trunk.ts";
import { Turns } from "../turns.ts";
import { TrunkMarks } from "./trunk-marks.ts";

export interface NodeDriverParts {
  readonly clock: Clock;
  /** The policy of one life: `incarnation` is the only thing that differs. */
  readonly policyOf: (incarnation: number) => NodePolicy;
  /** What records puts itself between core and its driver. */
  readonly makeCore?: (policy: NodePolicy, outbox: NodeOutbox) => SignalingNode;
  readonly bus: Bus;
  readonly media: MediaPlane;
  readonly log: Log;
  readonly meters: NodeMeters;
}

/** An `ok` that waits for the rest of its slice. */
interface Answer {
  readonly trunk: TrunkToEdge;
  readonly connection: number;
  readonly session: number;
  readonly message: Message;
}

export class NodeDriver implements NodeOutbox, NodeLife {
  core: SignalingNode;
  readonly nodeId: string;
  #incarnation: number;
  readonly #parts: NodeDriverParts;
  readonly #turns: Turns;
  readonly #trunks = new Map<number, TrunkToEdge>();
  readonly #marks: TrunkMarks;
  readonly #answers: Answer[] = [];
  #introducedCount = 0;
  /** Whether this turn tells a fact; if not it is a deadline's, and its frames leave at once. */
  #isFact = false;
  #isStopped = false;

  constructor(parts: NodeDriverParts) {
    this.#parts = parts;
    this.#incarnation = Math.floor(parts.clock.nowMs());
    const policy = parts.policyOf(this.#incarnation);
    this.nodeId = policy.nodeId;
    this.core = this.#made(policy);
    this.#turns = new Turns(this.core, parts.clock, this.#settle);
    this.#marks = new TrunkMarks((edge, bytes) => this.#trunkBuffered(edge, bytes));
  }

  /** Which life this is: its beginning, ms on the process's clock; grows with every life. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** Edges that are connected. */
  get trunkCount(): number {
    return this.#trunks.size;
  }

  /** Bytes that wait on all trunks. */
  get trunkBufferedBytes(): number {
    let bytes = 0;
    for (const trunk of this.#trunks.values()) bytes += trunk.bufferedBytes;
    return bytes;
  }

  /** Joins the bus and begins to beat. */
  start(): void {
    const { bus, meters } = this.#parts;
    bus.subscribe("cluster", this.#heard);
    bus.subscribe(`node.${this.nodeId}`, this.#heard);
    bus.onChange((isUp) => {
      this.#busChanged(isUp);
    });
    meters.lifeBegan();
    if (!bus.isUp) this.#busChanged(false);
    this.#turns.start();
  }

  /** At once: trunks are closed, nothing is said on the bus. */
  stop(): void {
    this.#isStopped = true;
    this.#turns.stop();
    this.#closeTrunks();
  }

  /** Tells core something in a turn of its own. Never from within an order. */
  tell<Answer>(fact: (core: SignalingNode, nowMs: number) => Answer): Answer {
    const nowMs = this.#begin();
    const answer = fact(this.core, nowMs);
    this.#turns.end();
    return answer;
  }

  // ---- facts: trunks ------------------------------------------------------------------------------

  /** Where the node's ends of trunks tell what happens. */
  trunkFacts(): TrunkToEdgeFacts {
    return this.#facts;
  }

  readonly #facts: TrunkToEdgeFacts = {
    introduced: () => this.#introducedCount++,
    opened: (trunk) => {
      if (this.#isStopped) return trunk.close();
      this.#trunks.set(trunk.edge, trunk);
      this.#parts.meters.trunks.opened();
      this.#parts.log.info({ edge: trunk.edgeId }, "An edge is connected.");
    },
    attachAsked: (trunk, connection, request) => this.#attachAsked(trunk, connection, request),
    relayed: (_trunk, session, message) => {
      this.#parts.meters.relayed(message.deliveryClass);
      const nowMs = this.#begin();
      this.core.relayed(session, message, nowMs);
      this.#turns.end();
    },
    acknowledged: (_trunk, session, s) => {
      this.#begin();
      this.core.acknowledged(session, s);
      this.#turns.end();
    },
    detached: (trunk, session, attachment, isFinal) => {
      const nowMs = this.#begin();
      this.core.detached(session, trunk.edge, attachment, isFinal, nowMs);
      this.#turns.end();
    },
    orphansDeclared: (_trunk, rooms) => this.#orphansDeclared(rooms),
    lost: (trunk, reason) => {
      if (!this.#forget(trunk)) return;
      this.#parts.meters.trunks.lost();
      this.#parts.log.warn({ edge: trunk.edgeId, reason }, "The trunk of an edge is lost.");
      this.tell((core, nowMs) => core.edgeLost(trunk.edge, nowMs));
    },
  };

  #attachAsked(trunk: TrunkToEdge, connection: number, request: AttachRequest): void {
    this.#parts.meters.attachAsked();
    const nowMs = this.#begin();
    this.core.attachAsked(trunk.edge, connection, request, nowMs);
    this.#turns.end();
  }

  #orphansDeclared(rooms: readonly OrphanRoom[]): void {
    this.tell((core, nowMs) => core.orphansDeclared(rooms, nowMs));
  }

  #trunkBuffered(edge: number, bytes: number): void {
    this.#turns.owe(() => this.tell((core, nowMs) => core.trunkBuffered(edge, bytes, nowMs)));
  }

  /** False when it was forgotten before. */
  #forget(trunk: TrunkToEdge): boolean {
    this.#marks.forget(trunk);
    return this.#trunks.get(trunk.edge) === trunk && this.#trunks.delete(trunk.edge);
  }

  // ---- facts: bus, media, time ----------------------------------------------------------------------

  readonly #heard = (message: BusMessage): void => {
    if (this.#isStopped) return;
    const nowMs = this.#begin();
    this.core.heard(message, nowMs);
    this.#turns.end();
  };

  #busChanged(isUp: boolean): void {
    if (this.#isStopped) return;
    this.tell((core, nowMs) => (isUp ? core.busRestored(nowMs) : core.busLost(nowMs)));
  }

  #begin(): number {
    const nowMs = this.#turns.begin();
    this.#isFact = true;
    return nowMs;
  }

  readonly #settle = (): void => {
    const isFact = this.#isFact;
    this.#isFact = false;
    // More facts may come in this turn of the event loop: the trunks wait for its end.
    if (isFact && this.#answers.length === 0) return;
    const { isBusy } = this.#turns;
    for (const trunk of this.#trunks.values()) trunk.flush(isBusy || this.#answers.length > 0);
    if (this.#answers.length > 0) this.#answer(isBusy);
    for (const trunk of this.#trunks.values()) this.#marks.look(trunk);
  };

  #answer(isBusy: boolean): void {
    for (const { trunk, connection, session, message } of this.#answers) {
      trunk.deliver(connection, session, message, 0);
    }
    this.#answers.length = 0;
    for (const trunk of this.#trunks.values()) trunk.flush(isBusy);
  }

  // ---- orders -------------------------------------------------------------------------------------

  attached(edge: number, connection: number, grant: AttachGrant): void {
    this.#parts.meters.attached(grant.mode);
    this.#trunks.get(edge)?.attached(connection, grant);
  }

  refused(edge: number, connection: number, refusal: Refusal): void {
    this.#parts.meters.refused(refusal.reason);
    this.#trunks.get(edge)?.refused(connection, refusal);
  }

  multicast(edge: number, room: number, except: number, message: Message): void {
    this.#parts.meters.multicast();
    this.#trunks.get(edge)?.multicast(room, except, message);
  }

  deliver(edge: number, connection: number, session: number, message: Message, s: number): void {
    this.#parts.meters.delivered();
    const trunk = this.#trunks.get(edge);
    if (trunk === undefined) return;
    if (message.kind === Kind.ok && this.#trunks.size > 1) {
      this.#answers.push({ trunk, connection, session, message });
    } else {
      trunk.deliver(connection, session, message, s);
    }
  }

  close(edge: number, connection: number, session: number, code: CloseCode): void {
    this.#parts.meters.closeAsked();
    this.#trunks.get(edge)?.closeConnection(connection, session, code);
  }

  publish(subject: string, message: BusMessage): void {
    this.#parts.bus.publish(subject, message);
  }

  allocateSfu(room: number, roomId: string): void {
    const { core } = this; // An answer to an earlier life is nobody's.
    this.#parts.media.allocate(room, roomId, (sfu: SfuBody) => {
      this.#turns.owe(() => {
        if (this.core === core) this.tell(() => core.sfuAllocated(room, sfu));
      });
    });
  }

  toSfu(room: number, session: number, message: Message): void {
    const { core } = this;
    this.#parts.media.received(room, session, message, (answer: Message) => {
      this.#turns.owe(() => {
        if (this.core === core) this.tell(() => core.sfuAnswered(session, answer));
      });
    });
  }

  dropTrunk(edge: number): void {
    const trunk = this.#trunks.get(edge);
    if (trunk === undefined || !this.#forget(trunk)) return;
    this.#parts.log.warn({ edge: trunk.edgeId }, "The trunk of an edge is dropped.");
    trunk.close();
  }

  stepDown(): void {
    const { core } = this;
    this.#turns.owe(() => {
      if (this.core === core && !this.#isStopped) this.#beginLife();
    });
  }

  // ---- lives --------------------------------------------------------------------------------------

  #beginLife(): void {
    const { log, meters, clock, policyOf } = this.#parts;
    const former = this.#incarnation;
    this.#closeTrunks();
    this.#incarnation = Math.max(Math.floor(clock.nowMs()), former + 1);
    this.core = this.#made(policyOf(this.#incarnation));
    this.#turns.replace(this.core);
    meters.steppedDown();
    meters.lifeBegan();
    log.warn(
      { former, incarnation: this.#incarnation },
      "Others hold this life of the node to be over: it begins another, without rooms.",
    );
    if (!this.#parts.bus.isUp) this.#busChanged(false);
  }

  #made(policy: NodePolicy): SignalingNode {
    const { makeCore } = this.#parts;
    return makeCore === undefined ? new SignalingNode(policy, this) : makeCore(policy, this);
  }

  #closeTrunks(): void {
    const trunks = [...this.#trunks.values()];
    this.#trunks.clear();
    this.#answers.length = 0;
    for (const trunk of trunks) {
      this.#marks.forget(trunk);
      trunk.close();
    }
  }
}
