// An edge that is asked to go: it lets nobody in, and closes its sockets one after the other.
//
// The sockets die with the process, so each client must dial another edge. They are closed at a pace that the other edges
// admit, with a code that says "the moment was chosen for you" (4210): the client dials at once instead of waiting for its slot in W.
// Sessions stay on their nodes and are resumed; nobody is told that somebody left. The drain may be cancelled.

import { CloseCode } from "../protocol/limits.ts";
import type { Connections } from "./connections.ts";

export class EdgeDrain {
  readonly #connections: Connections;
  /** Closes a connection for good: the gateway's. */
  readonly #cut: (connection: number, code: CloseCode) => void;
  #isDraining = false;
  #queue: number[] = [];
  #next = 0;
  #beganMs = 0;
  #windowMs = 0;

  constructor(connections: Connections, cut: (connection: number, code: CloseCode) => void) {
    this.#connections = connections;
    this.#cut = cut;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** `othersAdmitPerSec`: what the other edges take together; 0 when this is the only one. */
  begin(withinMs: number, othersAdmitPerSec: number, nowMs: number): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#beganMs = nowMs;
    this.#queue = this.#open();
    this.#next = 0;
    const paceMs = othersAdmitPerSec > 0 ? (1_000 * this.#queue.length) / othersAdmitPerSec : 0;
    this.#windowMs = Math.min(withinMs, paceMs);
  }

  cancel(): void {
    this.#isDraining = false;
    this.#queue = [];
  }

  nextDeadlineMs(): number {
    if (!this.#isDraining || this.#connections.handles.count === 0) return Infinity;
    return Math.min(this.#slotMs(this.#next), this.#beganMs + this.#windowMs);
  }

  deadlinePassed(nowMs: number): void {
    while (this.#next < this.#queue.length && this.#slotMs(this.#next) <= nowMs) {
      const connection = this.#queue[this.#next++]!;
      if (this.#connections.isOpen(connection)) this.#cut(connection, CloseCode.draining);
    }
    if (nowMs < this.#beganMs + this.#windowMs) return;
    for (const late of this.#open()) this.#cut(late, CloseCode.draining); // Their upgrade was under way.
  }

  #slotMs(place: number): number {
    if (this.#queue.length === 0) return this.#beganMs + this.#windowMs;
    return this.#beganMs + (this.#windowMs * place) / this.#queue.length;
  }

  #open(): number[] {
    const { handles } = this.#connections;
    const open: number[] = [];
    for (let at = 0; at < handles.end; at++) {
      const connection = handles.at(at);
      if (connection >= 0) open.push(connection);
    }
    return open;
  }
}
