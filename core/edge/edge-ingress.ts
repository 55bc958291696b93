// What a client says once it is in, and how often it may: its frames on their way to the node.
//
// The edge decides about frames, the node about messages. Over the ingress rate critical messages are refused aloud and the others dropped;
// who goes on, or sends what is no frame, collects strikes, and is closed with 4429 when they are too many. Ten refusals in
// ten seconds are (protocol §4.5).

import { slotOf } from "../handles.ts";
import type { DropAccount } from "../drops.ts";
import {
  afterTake,
  bucketShape,
  canTake,
  retryAfterMs,
  type BucketShape,
} from "../budgets/token-bucket.ts";
import type { ErrorBody, PongBody } from "../protocol/bodies.ts";
import type { FrameError } from "../protocol/frame-error.ts";
import { CloseCode } from "../protocol/limits.ts";
import { DeliveryClass, Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import { ConnectionState, type Connections } from "./connections.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePeers } from "./edge-peers.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import type { EdgeWelcome } from "./edge-welcome.ts";

/** W is told again when it changed by more than this share (protocol §4.7). */
const SPREAD_CHANGE_RATIO = 0.25;
/** A refusal and a broken frame weigh as much as ten dropped messages: ten of them in ten seconds are too many. */
export const STRIKES: BucketShape = bucketShape(10, 100, 0);
const REFUSED_STRIKES = 10;
const DROPPED_STRIKES = 1;
/** A critical message that finds the trunk full is to be sent again after this, ms. Assumed: a slow node's turn. */
const TRUNK_RETRY_MS = 1_000;

export class EdgeIngress {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #drops: DropAccount;
  readonly #peers: EdgePeers;
  readonly #welcome: EdgeWelcome;
  readonly #cut: (connection: number, code: CloseCode) => void;
  /** Nodes by index whose trunk holds more than soft. */
  readonly #congested = new Set<number>();

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    drops: DropAccount,
    peers: EdgePeers,
    welcome: EdgeWelcome,
    cut: (connection: number, code: CloseCode) => void,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#drops = drops;
    this.#peers = peers;
    this.#welcome = welcome;
    this.#cut = cut;
  }

  /**
   * Whether a frame is attended to that is not for the node: a ping, an acknowledgement, a join or resume, whatever a stranger says. They
   * have a bucket of their own, as large as that of messages: a talker's acknowledgements cost him no word. Over it they are not answered.
   */
  attendsTo(connection: number, at: number, nowMs: number): boolean {
    const { askedTat } = this.#connections;
    const { ingress } = this.#policy;
    if (canTake(askedTat[at]!, ingress, 1, nowMs, true)) {
      askedTat[at] = afterTake(askedTat[at]!, ingress, 1, nowMs);
      return true;
    }
    this.#strike(connection, DROPPED_STRIKES, nowMs);
    return false;
  }

  /** A message for the node. */
  relay(connection: number, at: number, message: Message, nowMs: number): void {
    const c = this.#connections;
    const tat = c.ingressTat[at]!;
    const { ingress } = this.#policy;
    const isCritical = message.deliveryClass === DeliveryClass.critical;
    if (!canTake(tat, ingress, 1, nowMs, isCritical)) {
      const waitMs = retryAfterMs(tat, ingress, 1, nowMs, isCritical);
      this.#notTaken(connection, message, "connection", waitMs, nowMs);
      return;
    }
    c.ingressTat[at] = afterTake(tat, ingress, 1, nowMs);
    const node = c.node[at]!;
    if (this.#congested.size > 0 && this.#congested.has(node)) {
      this.#notTaken(connection, message, "trunk", TRUNK_RETRY_MS, nowMs);
      return;
    }
    this.#outbox.relay(node, c.session[at]!, message);
  }

  #notTaken(
    connection: number,
    message: Message,
    scope: "connection" | "trunk",
    waitMs: number,
    nowMs: number,
  ): void {
    this.#drops.dropped(message.deliveryClass, scope);
    if (message.id > 0) {
      this.refuse(connection, message.id, "rate_limited", "too many messages", waitMs);
    }
    if (scope === "trunk") return; // Not its fault.
    this.#strike(connection, message.id > 0 ? REFUSED_STRIKES : DROPPED_STRIKES, nowMs);
  }

  /** A frame that says nothing: answered, or the end of the connection. */
  rejected(connection: number, error: FrameError, nowMs: number): void {
    const body: ErrorBody = {
      code: error.code,
      message: error.message,
      retry: false,
      ...(error.field === "" ? {} : { field: error.field }),
    };
    this.#write(connection, Kind.error, error.re, body);
    if (error.closeCode !== undefined) this.#cut(connection, error.closeCode);
    else this.#strike(connection, REFUSED_STRIKES, nowMs);
  }

  #strike(connection: number, cost: number, nowMs: number): void {
    const c = this.#connections;
    const at = slotOf(connection);
    const tat = c.strikesTat[at]!;
    if (canTake(tat, STRIKES, cost, nowMs, true)) {
      c.strikesTat[at] = afterTake(tat, STRIKES, cost, nowMs);
    } else {
      this.#cut(connection, CloseCode.rateLimited);
    }
  }

  pong(connection: number, at: number, ping: Message, nowMs: number): void {
    const c = this.#connections;
    const isIn = c.state[at] === ConnectionState.attached;
    if (isIn) this.acknowledged(at, ping.n);
    const windowMs = this.#peers.spreadMs(nowMs);
    const toldMs = c.toldSpreadMs[at]!;
    const changed = Math.abs(windowMs - toldMs) > SPREAD_CHANGE_RATIO * toldMs;
    if (changed) c.toldSpreadMs[at] = windowMs;
    const isOld = isIn && nowMs - c.sealedAtMs[at]! > this.#policy.resumeTtlMs / 2;
    const ice = isOld ? this.#outbox.iceFor(c.participant[at]?.id ?? "") : undefined;
    const body: PongBody = {
      ts: (ping.body as { ts?: number } | undefined)?.ts ?? 0,
      ...(changed ? { spreadMs: windowMs } : {}),
      ...(isOld ? { token: this.#welcome.freshToken(connection, nowMs) } : {}),
      ...(ice === undefined ? {} : { ice }),
    };
    this.#write(connection, Kind.pong, 0, body);
  }

  acknowledged(at: number, s: number): void {
    const c = this.#connections;
    if (s <= c.ackedS[at]! || s > c.nextS[at]!) return;
    c.ackedS[at] = s;
    this.#outbox.acknowledge(c.node[at]!, c.session[at]!, s);
  }

  refuse(
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

  /** What waits on the trunk to a node. True when that is more than it may ever be. */
  trunkBuffered(node: number, bytes: number): boolean {
    const { softBytes, hardBytes } = this.#policy.trunk;
    if (bytes < softBytes) this.#congested.delete(node);
    else this.#congested.add(node);
    return bytes >= hardBytes;
  }

  trunkForgotten(node: number): void {
    this.#congested.delete(node);
  }

  #write(connection: number, kind: Kind, re: number, body: object): void {
    const bytes = serverFrameBytes(kind, body);
    this.#outbox.write(connection, new Message(kind, re, "", "", 0, bytes, "", body), 0);
  }
}
