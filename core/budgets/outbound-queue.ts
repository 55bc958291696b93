// What one slow client still has to be sent.
//
// Most sockets take every frame at once and never have a queue; an edge makes one when a socket
// reports a backlog, and throws it away when it is idle again. Its law (SPEC TB10 to TB14):
//
//   control      is written at once: whatever waits here, it is in front of it.
//   critical     waits in order and is never dropped; who cannot follow is closed and resumes.
//   coalescable  waits for the next flush slot, one place per (sender, kind, key), last value wins.
//   droppable    waits while there is hardly any backlog, and goes first when there is.
//
//   level  reached when backlog is    coalescable every  droppable
//   0                                 50 ms              sent
//   1      over soft                  250 ms             dropped; `speakers` merges into one snapshot
//   2      over half of hard          1 s                dropped, `speakers` too
//   3      over hard for 5 s          close 4408, the session can be resumed
//
// Backlog is what the socket reports plus what waits here. A level rises at once and falls one step
// after 2 s below its mark. Nothing is written while the socket itself holds soft or more: what stays
// here can still be merged, overtaken and dropped. Levels and marks: the protocol design, §4.5.

import { assert } from "../assert.ts";
import type { ThrottledBody } from "../protocol/bodies.ts";
import { DeliveryClass, Kind, type Message } from "../protocol/message.ts";

export interface OutboundLimits {
  readonly softBytes: number;
  readonly hardBytes: number;
  /** Backlog above which the client is closed at once: memory must have a bound. */
  readonly ceilingBytes: number;
  /** How long over hard until the client is closed, ms. */
  readonly overHardMaxMs: number;
  /** How long below a level's mark until the level falls, ms. */
  readonly calmMs: number;
  /** Flush interval of coalescable messages by level, ms. */
  readonly flushEveryMs: readonly [number, number, number];
  readonly noticeEveryMs: number;
}

/** Cited: the protocol design, §4.5; the ceiling is assumed (8 × hard: it must let a large join pass). */
export const OUTBOUND_LIMITS: OutboundLimits = {
  softBytes: 64 * 1024,
  hardBytes: 512 * 1024,
  ceilingBytes: 8 * 512 * 1024,
  overHardMaxMs: 5_000,
  calmMs: 2_000,
  flushEveryMs: [50, 250, 1_000],
  noticeEveryMs: 1_000,
};

export type OfferResult = "write" | "queued" | "merged" | "dropped" | "close";
export type PressureLevel = 0 | 1 | 2 | 3;

const SPEAKERS_KEY = "speakers"; // Cannot be a merge key of others: those hold a line feed.

export class OutboundQueue {
  readonly #limits: OutboundLimits;
  /** Flush slots count from here, so that slow clients do not all flush in one instant. */
  readonly #bornAtMs: number;
  #nowMs = 0;
  #level: PressureLevel = 0;
  #socketBytes = 0;
  #queuedBytes = 0;
  /** Critical messages from `#criticalHead` on, and their sequence numbers beside them. */
  #critical: Message[] = [];
  #sequence: number[] = [];
  #criticalHead = 0;
  /** Insertion order is sending order; setting an existing key keeps its place. */
  readonly #coalesced = new Map<string, Message>();
  #droppable: Message[] = [];
  #droppableHead = 0;
  #unkeyedCount = 0;
  #flushAtMs = Infinity;
  #overHardSinceMs = Infinity;
  #belowMarkSinceMs = Infinity;
  #noticeAtMs = 0;
  #unreportedDropped = 0;
  #unreportedMerged = 0;
  #reportedLevel: PressureLevel = 0;
  /** Messages dropped and merged since the beginning, indexed by `DeliveryClass`. */
  readonly droppedByClass: number[] = [0, 0, 0, 0];
  readonly mergedByClass: number[] = [0, 0, 0, 0];

  constructor(limits: OutboundLimits, nowMs: number) {
    this.#limits = limits;
    this.#bornAtMs = nowMs;
    this.#nowMs = nowMs;
  }

  /** 3 says: close with 4408. */
  get level(): PressureLevel {
    return this.#level;
  }

  /** Bytes that the socket holds and that wait here. */
  get backlogBytes(): number {
    return this.#socketBytes + this.#queuedBytes;
  }

  /**
   * Decides on one message. "write": the caller writes it now; "close": the client is too slow and
   * this message is not sent. `s` is its sequence number, 0 for others than critical.
   */
  offer(message: Message, s: number, nowMs: number): OfferResult {
    this.#settle(nowMs);
    if (this.#level === 3) return "close";
    const result = this.#place(message, s);
    this.#settle(nowMs);
    return this.#isTooSlow() && result !== "write" ? "close" : result;
  }

  /** The socket reported how many bytes it holds. What may go now leaves with the next `flush`. */
  buffered(socketBytes: number, nowMs: number): void {
    assert(socketBytes >= 0, "a socket holds 0 bytes or more", socketBytes);
    this.#settle(nowMs);
    this.#socketBytes = socketBytes;
    this.#settle(nowMs);
  }

  /** When `flush` has something to do or a level may change, ms; Infinity when only a report helps. */
  nextDeadlineMs(): number {
    if (this.#level === 3) return Infinity;
    let atMs = Infinity;
    if (this.#socketBytes < this.#limits.softBytes) {
      if (this.#criticalHead < this.#critical.length) return this.#nowMs;
      atMs = this.#flushAtMs;
    }
    atMs = Math.min(atMs, this.#overHardSinceMs + this.#limits.overHardMaxMs);
    return Math.min(atMs, this.#belowMarkSinceMs + this.#limits.calmMs);
  }

  /** Hands over what may be written now: critical first, the rest in its slots. */
  flush(nowMs: number, write: (message: Message, s: number) => void): void {
    this.#settle(nowMs);
    if (this.#level === 3) return;
    this.#flushCritical(write);
    const criticalWaits = this.#criticalHead < this.#critical.length;
    if (nowMs >= this.#flushAtMs && !criticalWaits) this.#flushSlot(write);
    this.#settle(nowMs);
  }

  /** Nothing waits, nothing is held back, and there is nothing left to tell: throw this away. */
  isIdle(nowMs: number): boolean {
    this.#settle(nowMs);
    return this.#level === 0 && this.backlogBytes === 0 && !this.#hasNews();
  }

  /** What to tell the client of its losses, at most once per second; undefined when there is nothing. */
  throttledNotice(nowMs: number): ThrottledBody | undefined {
    this.#settle(nowMs);
    if (!this.#hasNews() || nowMs < this.#noticeAtMs) return undefined;
    const notice: ThrottledBody = {
      scope: "queue",
      level: this.#level,
      dropped: this.#unreportedDropped,
      merged: this.#unreportedMerged,
      retryAfterMs: this.#level === 0 ? 0 : this.#limits.calmMs,
    };
    this.#noticeAtMs = nowMs + this.#limits.noticeEveryMs;
    this.#unreportedDropped = 0;
    this.#unreportedMerged = 0;
    this.#reportedLevel = this.#level;
    return notice;
  }

  #isTooSlow(): boolean {
    return this.#level === 3;
  }

  #hasNews(): boolean {
    const lost = this.#unreportedDropped + this.#unreportedMerged;
    return lost > 0 || this.#level !== this.#reportedLevel;
  }

  #place(message: Message, s: number): OfferResult {
    switch (message.deliveryClass) {
      case DeliveryClass.control:
        this.#socketBytes += message.bytes;
        return "write";
      case DeliveryClass.critical:
        return this.#placeCritical(message, s);
      case DeliveryClass.coalescable:
        return this.#placeCoalesced(this.#mergeKey(message), message);
      case DeliveryClass.droppable:
        return this.#placeDroppable(message);
    }
  }

  #placeCritical(message: Message, s: number): OfferResult {
    const waits = this.#criticalHead < this.#critical.length;
    if (!waits && this.#socketBytes + message.bytes <= this.#limits.softBytes) {
      this.#socketBytes += message.bytes;
      return "write";
    }
    this.#critical.push(message);
    this.#sequence.push(s);
    this.#queuedBytes += message.bytes;
    return "queued";
  }

  #placeCoalesced(key: string, message: Message): OfferResult {
    const before = this.#coalesced.get(key);
    this.#coalesced.set(key, message);
    this.#queuedBytes += message.bytes - (before === undefined ? 0 : before.bytes);
    this.#scheduleFlush();
    if (before === undefined) return "queued";
    this.mergedByClass[message.deliveryClass] += 1;
    this.#unreportedMerged += 1;
    return "merged";
  }

  #placeDroppable(message: Message): OfferResult {
    if (this.#level === 0 && this.backlogBytes === 0) {
      this.#socketBytes += message.bytes;
      return "write";
    }
    const isSnapshot = message.kind === Kind.speakers;
    if (this.#level >= (isSnapshot ? 2 : 1)) {
      this.#countDropped(message);
      return "dropped";
    }
    if (isSnapshot) return this.#placeCoalesced(SPEAKERS_KEY, message);
    this.#droppable.push(message);
    this.#queuedBytes += message.bytes;
    this.#scheduleFlush();
    return "queued";
  }

  /** A message that names neither its sender nor a key cannot be told from others: it never merges. */
  #mergeKey(message: Message): string {
    if (message.from === "" && message.key === "") return `\n${(this.#unkeyedCount += 1)}`;
    return `${message.kind}\n${message.from}\n${message.key}`;
  }

  #flushCritical(write: (message: Message, s: number) => void): void {
    let head = this.#criticalHead;
    while (head < this.#critical.length && this.#socketBytes < this.#limits.softBytes) {
      const message = this.#critical[head];
      this.#leaves(message);
      write(message, this.#sequence[head]);
      head += 1;
    }
    if (head === this.#critical.length || head >= 1_024) {
      this.#critical.splice(0, head);
      this.#sequence.splice(0, head);
      head = 0;
    }
    this.#criticalHead = head;
  }

  #flushSlot(write: (message: Message, s: number) => void): void {
    const softBytes = this.#limits.softBytes;
    for (const [key, message] of this.#coalesced) {
      if (this.#socketBytes >= softBytes) break;
      this.#coalesced.delete(key);
      this.#leaves(message);
      write(message, 0);
    }
    while (this.#droppableHead < this.#droppable.length && this.#socketBytes < softBytes) {
      const message = this.#shiftDroppable();
      this.#leaves(message);
      write(message, 0);
    }
    this.#flushAtMs = Infinity;
    if (this.#coalesced.size > 0 || this.#droppable.length > 0) this.#scheduleFlush();
  }

  #leaves(message: Message): void {
    this.#queuedBytes -= message.bytes;
    this.#socketBytes += message.bytes;
  }

  #shiftDroppable(): Message {
    const message = this.#droppable[this.#droppableHead];
    this.#droppableHead += 1;
    if (this.#droppableHead === this.#droppable.length) {
      this.#droppable.length = 0;
      this.#droppableHead = 0;
    }
    return message;
  }

  /** The next slot of the current level's interval, unless an earlier one is already set. */
  #scheduleFlush(): void {
    if (this.#flushAtMs !== Infinity) return;
    const everyMs = this.#limits.flushEveryMs[Math.min(this.#level, 2)];
    const slots = Math.floor((this.#nowMs - this.#bornAtMs) / everyMs) + 1;
    this.#flushAtMs = this.#bornAtMs + slots * everyMs;
  }

  #countDropped(message: Message): void {
    this.droppedByClass[message.deliveryClass] += 1;
    this.#unreportedDropped += 1;
  }

  /** Brings the level up to date with the time and the backlog. */
  #settle(nowMs: number): void {
    assert(nowMs >= this.#nowMs, "time never goes back", nowMs);
    this.#nowMs = nowMs;
    if (this.#level === 3) return;
    const { softBytes, hardBytes } = this.#limits;
    if (this.backlogBytes > softBytes) this.#dropUntil(softBytes);
    const backlogBytes = this.backlogBytes;
    if (backlogBytes <= hardBytes) this.#overHardSinceMs = Infinity;
    else if (this.#overHardSinceMs === Infinity) this.#overHardSinceMs = nowMs;
    const overHardMs = nowMs - this.#overHardSinceMs; // -Infinity when not over.
    if (overHardMs >= this.#limits.overHardMaxMs || backlogBytes > this.#limits.ceilingBytes) {
      this.#level = 3;
      return;
    }
    const reached = backlogBytes > hardBytes / 2 ? 2 : backlogBytes > softBytes ? 1 : 0;
    if (reached > this.#level) this.#enterLevel(reached);
    else this.#fall(backlogBytes);
  }

  #enterLevel(level: PressureLevel): void {
    this.#level = level;
    this.#belowMarkSinceMs = Infinity;
    if (level >= 1) this.#dropUntil(0);
    const snapshot = level >= 2 ? this.#coalesced.get(SPEAKERS_KEY) : undefined;
    if (snapshot !== undefined) {
      this.#coalesced.delete(SPEAKERS_KEY);
      this.#queuedBytes -= snapshot.bytes;
      this.#countDropped(snapshot);
    }
    if (this.#flushAtMs === Infinity || this.#flushAtMs <= this.#nowMs) return;
    this.#flushAtMs = Infinity; // The interval has changed, and the slots with it.
    if (this.#coalesced.size > 0 || this.#droppable.length > 0) this.#scheduleFlush();
  }

  #fall(backlogBytes: number): void {
    while (this.#level > 0) {
      const markBytes = this.#level === 2 ? this.#limits.hardBytes / 2 : this.#limits.softBytes;
      if (backlogBytes > markBytes) {
        this.#belowMarkSinceMs = Infinity;
        return;
      }
      if (this.#belowMarkSinceMs === Infinity) this.#belowMarkSinceMs = this.#nowMs;
      const fallsAtMs = this.#belowMarkSinceMs + this.#limits.calmMs;
      if (this.#nowMs < fallsAtMs) return;
      this.#enterLevel((this.#level - 1) as PressureLevel); // 2 → 1 or 1 → 0.
      this.#belowMarkSinceMs = this.#level > 0 ? fallsAtMs : Infinity;
    }
  }

  /** Drops the oldest droppable messages until the backlog is `bytes` or less, or none is left. */
  #dropUntil(bytes: number): void {
    while (this.#droppable.length > 0 && this.backlogBytes > bytes) {
      const message = this.#shiftDroppable();
      this.#queuedBytes -= message.bytes;
      this.#countDropped(message);
    }
  }
}
