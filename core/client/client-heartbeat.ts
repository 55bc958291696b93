// How a client proves that it lives, and finds out whether its server does.
//
// Any frame counts as a sign of life; a ping only makes sure that there is one. The acknowledgement of what was received
// rides on the ping, and goes alone only when much has come in between.

import type { PongBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { clientFrameBytes } from "../protocol/sizes.ts";
import type { ClientOutbox } from "./client-outbox.ts";
import type { ClientPolicy } from "./client-policy.ts";
import type { ClientTable } from "./client-table.ts";

/** An answer to a ping that was sent because of a hint is awaited for this long. Cited: protocol §4.10. */
const NUDGE_TIMEOUT_MS = 3_000;
/** Whose own network was away comes back within this, ms. Cited: protocol §4.7, private loss. */
const HURRY_SPREAD_MS = 500;

export class ClientHeartbeat {
  readonly #table: ClientTable;
  readonly #policy: ClientPolicy;
  readonly #outbox: ClientOutbox;

  constructor(table: ClientTable, policy: ClientPolicy, outbox: ClientOutbox) {
    this.#table = table;
    this.#policy = policy;
    this.#outbox = outbox;
  }

  /** The live client's deadline passed: pings, or looks whether the ping was heard. False when it was not. */
  passed(client: number, nowMs: number): boolean {
    const table = this.#table;
    const ping = table.held[client]?.ping;
    const pingEveryMs = ping?.everyMs ?? this.#policy.pingEveryMs;
    const pingTimeoutMs = ping?.timeoutMs ?? this.#policy.pingTimeoutMs;
    const sentAtMs = table.pingSentAtMs[client]!;
    if (sentAtMs > 0) {
      if (table.heardAtMs(client) < sentAtMs) return false; // Silent for a whole ping timeout.
      table.pingSentAtMs[client] = 0;
      table.setDeadlineMs(client, sentAtMs + pingEveryMs);
      return true;
    }
    table.pingSentAtMs[client] = nowMs;
    table.setDeadlineMs(client, nowMs + pingTimeoutMs);
    this.#sendHeard(client, Kind.ping);
    return true;
  }

  /** Something hints that the network changed: is the server still there? An answer is owed soon. */
  nudged(client: number, nowMs: number): void {
    const table = this.#table;
    table.pingSentAtMs[client] = nowMs;
    table.setDeadlineMs(client, nowMs + NUDGE_TIMEOUT_MS);
    this.#sendHeard(client, Kind.ping);
  }

  /** One that waits to dial need not wait so long. */
  hurried(client: number, nowMs: number, draw: number): void {
    const soonMs = nowMs + draw * HURRY_SPREAD_MS;
    this.#table.setDeadlineMs(client, Math.min(this.#table.deadlineMs(client), soonMs));
  }

  /** W, and a fresh resume token, when the server has something new to say. */
  ponged(client: number, body: PongBody | undefined): void {
    const table = this.#table;
    if (body?.spreadMs !== undefined) table.spreadMs[client] = body.spreadMs;
    const held = table.held[client];
    if (body?.token !== undefined && held !== undefined) {
      table.held[client] = { ...held, token: body.token };
    }
  }

  acknowledge(client: number): void {
    this.#sendHeard(client, Kind.ack);
  }

  /** `n` carries the last sequence number received. */
  #sendHeard(client: number, kind: Kind): void {
    const s = this.#table.lastS(client);
    this.#table.setAckedS(client, s);
    const bytes = clientFrameBytes(kind, undefined);
    this.#outbox.send(client, new Message(kind, 0, "", "", s, bytes, "", undefined));
  }
}
