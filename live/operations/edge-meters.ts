// What an edge's driver counts as it performs the orders of core. No ids, no decisions: additions only.
//
// Gauges (how many connections, how long a queue) are not here: the exposition asks the machine when it is scraped.

import { Histogram } from "prom-client";
import type { ErrorBody } from "../../core/protocol/bodies.ts";
import { type DeliveryClass, Kind, type Message } from "../../core/protocol/message.ts";
import { bodyOf } from "../wire-message.ts";
import { JOIN_SECONDS_BUCKETS } from "./buckets.ts";
import { Tally, TrunkMeters } from "./tally.ts";

/** Why a dial got no connection: core said busy or refused; the address has too many; the origin is not allowed; the upgrade was no
 * good or took too long. */
export type TurnedAway = "busy" | "refused" | "address" | "origin" | "handshake";

/** How a client came back: on a socket that it kept, or on another one. */
export type ReconnectKind = "in_band" | "new_socket";

/** What became of a join token: good; over; not ours, or not for this; it could not be verified now. */
export type TokenResult = "accepted" | "expired" | "rejected" | "unavailable";

/** Dials turned away count as offered for so long, s: about as long as a client waits before it comes again. Assumed. */
export const OFFERED_MEMORY_S = 10;

export class EdgeMeters {
  readonly trunks = new TrunkMeters();
  readonly turnedAwayBy = new Tally();
  readonly closesByCode = new Tally();
  readonly errorsByCode = new Tally();
  readonly refusalsByCode = new Tally();
  readonly frameErrorsByCode = new Tally();
  readonly tokensByResult = new Tally();
  readonly reconnectsByKind = new Tally();
  readonly reconnectFailuresByReason = new Tally();
  /** By delivery class. */
  readonly relayedByClass = new Float64Array(4);
  readonly joinSeconds = histogram(
    "rtc_join_duration_seconds",
    "Time from a join frame's arrival at the edge to its joined frame being written.",
  );
  readonly resumeSeconds = histogram(
    "rtc_resume_duration_seconds",
    "Time from a resume frame's arrival at the edge to its resumed frame being written.",
  );
  socketsOpened = 0;
  joins = 0;
  resumes = 0;
  deliveries = 0;
  receivedBytes = 0;
  sentBytes = 0;
  /** Dials turned away in each of the last seconds, by second modulo the memory. */
  readonly #turnedAwayInSecond = new Float64Array(OFFERED_MEMORY_S);
  readonly #secondOf = new Float64Array(OFFERED_MEMORY_S).fill(-1);

  /** An upgrade was finished. */
  socketOpened(): void {
    this.socketsOpened++;
  }

  /** A socket is gone, by whomever; the code as the WebSocket layer has it (1006 for a cut line). */
  socketClosed(code: number): void {
    // Codes of applications we do not know could be anything a client makes up.
    const isKnown = (code >= 1000 && code <= 1015) || (code >= 4000 && code < 4500);
    this.closesByCode.add(isKnown ? String(code) : "other");
  }

  /** A dial that got no connection. One that was busy or refused counts as offered for a while, once for each time it comes. */
  turnedAway(reason: TurnedAway, nowMs: number): void {
    this.turnedAwayBy.add(reason);
    if (reason !== "busy" && reason !== "refused") return; // More edges would not have let it in.
    const second = Math.floor(nowMs / 1_000);
    const at = second % OFFERED_MEMORY_S;
    if (this.#secondOf[at] !== second) {
      this.#secondOf[at] = second;
      this.#turnedAwayInSecond[at] = 0;
    }
    this.#turnedAwayInSecond[at] = this.#turnedAwayInSecond[at]! + 1;
  }

  /** Dials turned away for want of room within the last `OFFERED_MEMORY_S` seconds. */
  turnedAwayLately(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    let count = 0;
    for (let at = 0; at < OFFERED_MEMORY_S; at++) {
      if (second - this.#secondOf[at]! < OFFERED_MEMORY_S) count += this.#turnedAwayInSecond[at]!;
    }
    return count;
  }

  /** `joined` was written, so long after `join` came. */
  joinTook(ms: number): void {
    this.joins++;
    this.joinSeconds.observe(ROLE, ms / 1_000);
  }

  /** `resumed` was written, so long after `resume` came. */
  resumeTook(ms: number): void {
    this.resumes++;
    this.resumeSeconds.observe(ROLE, ms / 1_000);
  }

  /** A `resume` came. */
  reconnectAsked(kind: ReconnectKind): void {
    this.reconnectsByKind.add(kind);
  }

  /** A frame of kind `error` is being written: counts it, and what it refuses. Other kinds are ignored. */
  answered(message: Message): void {
    if (message.kind !== Kind.error) return;
    const { code, reason } = bodyOf(message) as ErrorBody;
    this.errorsByCode.add(code);
    if (code === "resume_rejected") this.reconnectFailuresByReason.add(reason ?? "unknown");
    if (REFUSALS.has(code)) this.refusalsByCode.add(code);
  }

  /** Frames handed to sockets: what a room's message became. */
  delivered(count: number): void {
    this.deliveries += count;
  }

  /** A client's message went to a node. */
  relayed(deliveryClass: DeliveryClass): void {
    this.relayedByClass[deliveryClass] = this.relayedByClass[deliveryClass]! + 1;
  }

  /** A frame that did not decode. */
  frameRejected(code: string): void {
    this.frameErrorsByCode.add(code);
  }

  tokenChecked(result: TokenResult): void {
    this.tokensByResult.add(result);
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  sent(bytes: number): void {
    this.sentBytes += bytes;
  }
}

/** Error codes that refuse a join or a resume, and nothing else. */
const REFUSALS: ReadonlySet<string> = new Set([
  "busy",
  "room_full",
  "unauthorized",
  "forbidden",
  "resume_rejected",
]);

const ROLE = { role: "edge" };

function histogram(name: string, help: string): Histogram<"role"> {
  return new Histogram({
    name,
    help,
    labelNames: ["role"],
    buckets: [...JOIN_SECONDS_BUCKETS],
    registers: [],
  });
}
