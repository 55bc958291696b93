// The edge's trunk to one life of one node, dialled again while that life may be there.
//
// Core hears of the first break and of the return, not of the attempts between. Whether it is worth another attempt is what core's
// view says of that life: gone is gone. What is ordered while there is no trunk falls away; core knows.

import type { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { NodeRecord } from "../../core/cluster-view.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant, Refusal } from "../../core/trunk.ts";
import type { Log } from "../operations/log.ts";
import type { TrunkMeters } from "../operations/tally.ts";
import type { TrunkDialer, TrunkToNode, TrunkToNodeFacts } from "../trunk/trunk.ts";
import type { Turns } from "../turns.ts";

/** Assumed: a node that restarts its listener is back at once, one that does not must not be hammered. */
const REDIAL_MIN_MS = 50;
const REDIAL_MAX_MS = 1_000;

/** What a link has of its edge. */
export interface LinkHost {
  readonly core: EdgeGateway;
  readonly turns: Turns;
  readonly dialer: TrunkDialer;
  readonly log: Log;
  readonly meters: TrunkMeters;
  /** A slice of fanout is over: sockets are written to now, or soon if there is more for them. */
  sliceEnded(isMoreToCome: boolean): void;
}

export class NodeLink implements TrunkToNodeFacts {
  readonly nodeId: string;
  readonly incarnation: number;
  /** Of the node's record in core's view. */
  readonly index: number;
  readonly #url: string;
  readonly #host: LinkHost;
  #trunk: TrunkToNode | undefined;
  #redialMs = REDIAL_MIN_MS;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;
  /** Core holds it to be lost. */
  #isLost = false;
  isOpen = false;
  #toldBytes = 0;

  constructor(record: NodeRecord, url: string, host: LinkHost) {
    this.nodeId = record.nodeId;
    this.incarnation = record.incarnation;
    this.index = record.index;
    this.#url = url;
    this.#host = host;
    this.#dial();
  }

  leadsTo(record: NodeRecord): boolean {
    return this.incarnation === record.incarnation && this.nodeId === record.nodeId;
  }

  /** Where frames go; undefined while it is lost. */
  get trunk(): TrunkToNode | undefined {
    return this.#trunk;
  }

  get bufferedBytes(): number {
    return this.#trunk?.bufferedBytes ?? 0;
  }

  #dial(): void {
    const { nodeId, incarnation } = this;
    this.#trunk = this.#host.dialer.dial(nodeId, incarnation, this.#url, this);
  }

  /** By order of core. It may be dialled again: a life that is not gone is worth it. */
  drop(): void {
    if (this.#isEnded) return;
    this.#closeTrunk();
    this.#isLost = true;
    this.#host.log.warn({ node: this.nodeId }, "The trunk to a node is dropped.");
    this.#redialLater();
  }

  /** For good: another life takes its place, or the edge stops. */
  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#closeTrunk();
  }

  #closeTrunk(): void {
    const trunk = this.#trunk;
    this.#trunk = undefined;
    this.isOpen = false;
    trunk?.close();
  }

  #redialLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isWorthIt()) this.#dial();
    }, this.#redialMs);
    this.#redialMs = Math.min(this.#redialMs * 2, REDIAL_MAX_MS);
  }

  #isWorthIt(): boolean {
    const record = this.#host.core.view.node(this.nodeId);
    if (this.#isEnded || record === undefined || !this.leadsTo(record)) return false;
    return record.state !== "gone" || record.isUnreachable;
  }

  /** Tells core how much waits, when that has changed. */
  tellBuffered(): void {
    const bytes = this.bufferedBytes;
    if (bytes === this.#toldBytes) return;
    this.#toldBytes = bytes;
    const { core, turns } = this.#host;
    const nowMs = turns.begin();
    core.trunkBuffered(this.index, bytes, nowMs);
    turns.end();
  }

  // ---- facts of the trunk -------------------------------------------------------------------------

  opened(trunk: TrunkToNode): void {
    if (trunk !== this.#trunk) return;
    this.isOpen = true;
    this.#isLost = false;
    this.#redialMs = REDIAL_MIN_MS;
    const { core, turns, log, meters } = this.#host;
    meters.opened();
    log.info({ node: this.nodeId, incarnation: this.incarnation }, "The trunk to a node is open.");
    const nowMs = turns.begin();
    core.trunkOpened(this.nodeId, this.incarnation, nowMs);
    turns.end();
  }

  lost(trunk: TrunkToNode, reason: string): void {
    if (trunk !== this.#trunk) return;
    this.#trunk = undefined;
    this.isOpen = false;
    this.#redialLater();
    if (this.#isLost) return;
    this.#isLost = true;
    const { core, turns, log, meters } = this.#host;
    meters.lost();
    log.warn({ node: this.nodeId, reason }, "The trunk to a node is lost.");
    const nowMs = turns.begin();
    core.trunkLost(this.nodeId, nowMs, this.incarnation);
    turns.end();
  }

  sliceEnded(isMoreToCome: boolean): void {
    this.#host.sliceEnded(isMoreToCome);
  }

  multicast(_trunk: TrunkToNode, room: number, except: number, message: Message): void {
    const { core, turns } = this.#host;
    const nowMs = turns.begin();
    core.multicast(this.index, room, except, message, nowMs);
    turns.end();
  }

  delivered(
    _trunk: TrunkToNode,
    connection: number,
    session: number,
    message: Message,
    s: number,
  ): void {
    const { core, turns } = this.#host;
    const nowMs = turns.begin();
    core.delivered(this.index, connection, session, message, s, nowMs);
    turns.end();
  }

  attached(_trunk: TrunkToNode, connection: number, grant: AttachGrant): void {
    const { core, turns } = this.#host;
    const nowMs = turns.begin();
    core.attached(this.index, connection, grant, nowMs);
    turns.end();
  }

  refused(_trunk: TrunkToNode, connection: number, refusal: Refusal): void {
    const { core, turns } = this.#host;
    const nowMs = turns.begin();
    core.refused(this.index, connection, refusal, nowMs);
    turns.end();
  }

  closeAsked(_trunk: TrunkToNode, connection: number, session: number, code: CloseCode): void {
    const { core, turns } = this.#host;
    turns.begin();
    core.closeAsked(this.index, connection, session, code);
    turns.end();
  }
}
