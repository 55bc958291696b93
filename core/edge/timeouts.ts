// Sockets that must go: those that did not get in, in time, and those that fell silent.
//
// Both waits are constant, so each is a queue. Who was heard meanwhile, or was told to come back later, is put back
// instead of being looked up: a ping costs nothing here.

import { CloseCode } from "../protocol/limits.ts";
import { DeadlineQueue } from "../deadlines.ts";
import { slotOf } from "../handles.ts";
import { ConnectionState, type Connections } from "./connections.ts";
import type { EdgePolicy } from "./edge-policy.ts";

export class Timeouts {
  readonly #policy: EdgePolicy;
  readonly #connections: Connections;
  /** Closes a connection for good: the gateway's. */
  readonly #cut: (connection: number, code: CloseCode) => void;
  readonly #unauthenticated = new DeadlineQueue();
  readonly #silent = new DeadlineQueue();

  constructor(
    policy: EdgePolicy,
    connections: Connections,
    cut: (connection: number, code: CloseCode) => void,
  ) {
    this.#policy = policy;
    this.#connections = connections;
    this.#cut = cut;
  }

  opened(connection: number, nowMs: number): void {
    this.#unauthenticated.push(connection, nowMs + this.#policy.authTimeoutMs);
    this.#silent.push(connection, nowMs + this.#policy.silenceMaxMs);
  }

  /** It has lost its session, and may stay for as long as it is awaited. */
  orphaned(connection: number, nowMs: number): void {
    this.#unauthenticated.push(connection, nowMs + this.#policy.authTimeoutMs);
  }

  nextDeadlineMs(): number {
    return Math.min(this.#unauthenticated.nextMs, this.#silent.nextMs);
  }

  deadlinePassed(nowMs: number): void {
    this.#closeUnauthenticated(nowMs);
    this.#closeSilent(nowMs);
  }

  #closeUnauthenticated(nowMs: number): void {
    const c = this.#connections;
    const queue = this.#unauthenticated;
    for (let who = queue.take(nowMs); who >= 0; who = queue.take(nowMs)) {
      if (!c.isOpen(who)) continue;
      const at = slotOf(who);
      const state = c.state[at];
      if (state === ConnectionState.attached) continue;
      if (state === ConnectionState.attaching || nowMs < c.openUntilMs[at]!) {
        queue.push(who, nowMs + this.#policy.authTimeoutMs);
      } else {
        this.#cut(who, CloseCode.authTimeout);
      }
    }
  }

  #closeSilent(nowMs: number): void {
    const c = this.#connections;
    for (let who = this.#silent.take(nowMs); who >= 0; who = this.#silent.take(nowMs)) {
      if (!c.isOpen(who)) continue;
      const idleMs = nowMs - c.heardAtMs[slotOf(who)]!;
      if (idleMs >= this.#policy.silenceMaxMs) this.#cut(who, CloseCode.heartbeatTimeout);
      else this.#silent.push(who, nowMs + this.#policy.silenceMaxMs);
    }
  }
}
