// Negotiation messages that the server refused for being too many at once: said again when it asked for them.
//
// A call cannot do without them, and a room in which everybody negotiates with everybody begins with more of them than a
// budget holds. Application messages are not repeated here: their sender is told, and decides. The order is kept, and the
// pace is the server's; whoever comes back at once for all of them would only be refused again.

import type { Message } from "../protocol/message.ts";

/** Messages that one client may have waiting here. Assumed: a mesh of 25, each with six messages. */
const WAITING_MAX = 150;
/** Between two of them, ms: the connection budget's own rate of 30/s, protocol §4.5. */
const PACE_MS = 34;

interface Waiting {
  readonly messages: Message[];
  nextAtMs: number;
}

export class RetryLater {
  readonly #waiting = new Map<number, Waiting>();

  /** False when there is no more room: the message is lost, and the caller says so. */
  put(client: number, message: Message, afterMs: number, nowMs: number): boolean {
    let waiting = this.#waiting.get(client);
    if (waiting === undefined) {
      waiting = { messages: [], nextAtMs: nowMs + afterMs };
      this.#waiting.set(client, waiting);
    }
    if (waiting.messages.length >= WAITING_MAX) return false;
    waiting.messages.push(message);
    waiting.nextAtMs = Math.max(waiting.nextAtMs, nowMs + afterMs);
    return true;
  }

  /** ms; Infinity when nothing waits. */
  nextDeadlineMs(client: number): number {
    if (this.#waiting.size === 0) return Infinity;
    return this.#waiting.get(client)?.nextAtMs ?? Infinity;
  }

  /** The next message whose time has come; undefined when there is none yet. */
  take(client: number, nowMs: number): Message | undefined {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined || waiting.nextAtMs > nowMs) return undefined;
    const message = waiting.messages.shift();
    waiting.nextAtMs = nowMs + PACE_MS;
    if (waiting.messages.length === 0) this.#waiting.delete(client);
    return message;
  }

  forget(client: number): void {
    this.#waiting.delete(client);
  }
}
