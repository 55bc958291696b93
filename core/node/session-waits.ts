// The three waits of a session without its socket: until it is shown as reconnecting, until the others are told that it left,
// until it is gone.
//
// Each wait is constant, so those of one kind end in the order in which they began. Orphans wait from their slots on, which lie ahead and come in
// groups, so they have queues of their own.

import { DeadlineQueue, GroupedDeadlines } from "../deadlines.ts";

export type WaitQueue = DeadlineQueue | GroupedDeadlines;

export interface WaitTimes {
  readonly reconnectingNoticeMs: number;
  readonly presenceGraceMs: number;
  readonly resumeWindowMs: number;
}

type Queues = readonly [DeadlineQueue, GroupedDeadlines];

export class SessionWaits {
  readonly notices: Queues = [new DeadlineQueue(), new GroupedDeadlines()];
  readonly graces: Queues = [new DeadlineQueue(), new GroupedDeadlines()];
  readonly windows: Queues = [new DeadlineQueue(), new GroupedDeadlines()];

  get nextMs(): number {
    return Math.min(
      this.notices[0].nextMs,
      this.notices[1].nextMs,
      this.graces[0].nextMs,
      this.graces[1].nextMs,
      this.windows[0].nextMs,
      this.windows[1].nextMs,
    );
  }

  /** The socket is gone now. */
  begin(session: number, nowMs: number, times: WaitTimes): void {
    this.#push(0, session, nowMs, times);
  }

  /** The socket's node died; its client was told to come back at `slotMs`. */
  beginAtSlot(session: number, slotMs: number, times: WaitTimes): void {
    this.#push(1, session, slotMs, times);
  }

  #push(which: 0 | 1, session: number, fromMs: number, times: WaitTimes): void {
    this.notices[which].push(session, fromMs + times.reconnectingNoticeMs);
    this.graces[which].push(session, fromMs + times.presenceGraceMs);
    this.windows[which].push(session, fromMs + times.resumeWindowMs);
  }
}
