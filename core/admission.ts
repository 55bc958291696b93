// Who may come in now, who waits a moment, and when the others should come back.
//
// Resumes and joins have a bucket each, because a storm of one kind must not lock the other out: a
// resume brings back a call that people are in. What one kind leaves unused the other may borrow, as
// long as nobody of the lender waits. Who finds no token waits in a short queue; who would wait too
// long, or beyond the moment at which the answer is still worth something, is refused at once: work
// that comes too late costs as much as work that helps (SPEC AD1 to AD6).
//
// A refusal names a slot. Slots are handed out one after the other, a little slower than the rate, so
// the refused come back spread out, and find room when they do: one refusal each, not a storm of them.

import { assert } from "./assert.ts";
import {
  afterTake,
  type BucketShape,
  bucketShape,
  canTake,
  tokensAt,
} from "./budgets/token-bucket.ts";
import { retryAfterMs as tokenAfterMs } from "./budgets/token-bucket.ts";

export interface AdmissionLimits {
  readonly admitPerSec: number;
  /** Share of the rate that resumes are sure of; joins have the rest. In (0, 1). */
  readonly resumeRatio: number;
  /** Burst that idle buckets let through, ms of the rate. */
  readonly burstMs: number;
  /** Longest time in the queue, ms; longest queue, entries of one kind. */
  readonly queueMs: number;
  readonly queueMax: number;
  /** How full the slots of the refused are, of the rate. In (0, 1]: room for those who come anew. */
  readonly slotFillRatio: number;
}

/** Cited: the protocol design, §4.7, for ratio and queue; science notes §3.3 for burst and fill. The
 * rate is a placeholder of API Gateway's documented default and belongs to the host; measure it. */
export const ADMISSION_LIMITS: AdmissionLimits = {
  admitPerSec: 500,
  resumeRatio: 0.7,
  burstMs: 100,
  queueMs: 2_000,
  queueMax: 10_000,
  slotFillRatio: 0.9,
};

export type AdmissionKind = "join" | "resume";
export type AdmissionVerdict = "admitted" | "queued" | "busy";

interface Entry {
  readonly ticket: number;
  readonly lane: Lane;
  readonly sinceMs: number;
  /** Latest moment at which it may be admitted. */
  readonly dueMs: number;
  isCancelled: boolean;
}

/** One kind: its bucket, its queue, and the slots it has given away. */
class Lane {
  readonly shape: BucketShape;
  readonly perSec: number;
  tatMs = 0;
  /** Waiting entries, cancelled ones not counted. */
  waiting = 0;
  /** The last slot given away, ms. */
  slotMs = 0;
  readonly #entries: Entry[] = [];
  #head = 0;

  constructor(perSec: number, burstMs: number) {
    this.perSec = perSec;
    this.shape = bucketShape(perSec, Math.max(1, Math.round((perSec * burstMs) / 1_000)), 0);
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.waiting += 1;
  }

  /** The first entry that is not cancelled. */
  first(): Entry | undefined {
    while (this.#head < this.#entries.length && this.#entries[this.#head].isCancelled) {
      this.#advance();
    }
    return this.#entries[this.#head];
  }

  /** Removes what `first` returned. */
  shift(): void {
    this.#advance();
    this.waiting -= 1;
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head === this.#entries.length || this.#head >= 1_024) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #resumes: Lane;
  readonly #joins: Lane;
  readonly #entries = new Map<number, Entry>();
  #nowMs = 0;
  /** After a "busy": when the refused should come back, ms from then. */
  lastRetryAfterMs = 0;

  constructor(limits: AdmissionLimits) {
    const { admitPerSec, resumeRatio, burstMs, slotFillRatio } = limits;
    assert(resumeRatio > 0 && resumeRatio < 1, "both kinds have a share", resumeRatio);
    assert(slotFillRatio > 0 && slotFillRatio <= 1, "slots fill (0, 1]", slotFillRatio);
    this.#limits = limits;
    this.#resumes = new Lane(admitPerSec * resumeRatio, burstMs);
    this.#joins = new Lane(admitPerSec * (1 - resumeRatio), burstMs);
  }

  get waitingCount(): number {
    return this.#resumes.waiting + this.#joins.waiting;
  }

  waitingOf(kind: AdmissionKind): number {
    return (kind === "resume" ? this.#resumes : this.#joins).waiting;
  }

  /**
   * Asks for admission. `ticket` names the request until it is answered or cancelled; `deadlineMs` is
   * the moment after which the answer is worthless, Infinity when there is none.
   */
  request(
    kind: AdmissionKind,
    ticket: number,
    nowMs: number,
    deadlineMs: number,
  ): AdmissionVerdict {
    assert(nowMs >= this.#nowMs, "time never goes back", nowMs);
    assert(!this.#entries.has(ticket), "a ticket waits once", ticket);
    this.#nowMs = nowMs;
    const lane = kind === "resume" ? this.#resumes : this.#joins;
    if (lane.waiting === 0 && nowMs <= deadlineMs && this.#take(lane, nowMs)) return "admitted";
    const dueMs = Math.min(deadlineMs, nowMs + this.#limits.queueMs);
    const isFull = lane.waiting >= this.#limits.queueMax;
    if (isFull || nowMs + this.#waitMs(lane, nowMs) > dueMs) {
      this.lastRetryAfterMs = this.#assignSlot(lane, nowMs);
      return "busy";
    }
    const entry: Entry = { ticket, lane, sinceMs: nowMs, dueMs, isCancelled: false };
    lane.push(entry);
    this.#entries.set(ticket, entry);
    return "queued";
  }

  /** The client went away: it is neither admitted nor refused any more. */
  cancel(ticket: number): void {
    const entry = this.#entries.get(ticket);
    if (entry === undefined) return;
    entry.isCancelled = true;
    entry.lane.waiting -= 1;
    this.#entries.delete(ticket);
  }

  /** When `release` has something to say, ms; Infinity while nobody waits. */
  nextDeadlineMs(): number {
    return Math.min(
      this.#laneDeadlineMs(this.#resumes, this.#joins),
      this.#laneDeadlineMs(this.#joins, this.#resumes),
    );
  }

  /** Answers whoever can be answered now: resumes first, each kind in its order. */
  release(
    nowMs: number,
    admit: (ticket: number, waitedMs: number) => void,
    refuse: (ticket: number, retryAfterMs: number) => void,
  ): void {
    assert(nowMs >= this.#nowMs, "time never goes back", nowMs);
    this.#nowMs = nowMs;
    // What joins leave over resumes may borrow, but only once no join waits: hence the second look.
    this.#drain(this.#resumes, nowMs, admit, refuse);
    this.#drain(this.#joins, nowMs, admit, refuse);
    if (this.#resumes.waiting > 0) this.#drain(this.#resumes, nowMs, admit, refuse);
  }

  #drain(
    lane: Lane,
    nowMs: number,
    admit: (ticket: number, waitedMs: number) => void,
    refuse: (ticket: number, retryAfterMs: number) => void,
  ): void {
    for (let entry = lane.first(); entry !== undefined; entry = lane.first()) {
      const mayServe = nowMs <= entry.dueMs && this.#take(lane, nowMs);
      if (!mayServe && nowMs < entry.dueMs) return;
      lane.shift();
      this.#entries.delete(entry.ticket);
      if (mayServe) admit(entry.ticket, nowMs - entry.sinceMs);
      else refuse(entry.ticket, this.#assignSlot(lane, nowMs));
    }
  }

  #other(lane: Lane): Lane {
    return lane === this.#resumes ? this.#joins : this.#resumes;
  }

  /** Draws a token of its own, or else one that the other kind has no use for. */
  #take(lane: Lane, nowMs: number): boolean {
    const other = this.#other(lane);
    let payer = lane;
    if (!canTake(lane.tatMs, lane.shape, 1, nowMs, true)) {
      if (other.waiting > 0 || !canTake(other.tatMs, other.shape, 1, nowMs, true)) return false;
      payer = other;
    }
    payer.tatMs = afterTake(payer.tatMs, payer.shape, 1, nowMs);
    return true;
  }

  /** How long one who joins the end of the queue now would wait, ms. */
  #waitMs(lane: Lane, nowMs: number): number {
    const other = this.#other(lane);
    let tokens = tokensAt(lane.tatMs, lane.shape, nowMs);
    let perSec = lane.perSec;
    if (other.waiting === 0) {
      tokens += tokensAt(other.tatMs, other.shape, nowMs);
      perSec += other.perSec;
    }
    return Math.max(((lane.waiting + 1 - tokens) * 1_000) / perSec, 0);
  }

  /** The next free slot, ms from now: behind the queue, and behind all slots given away before. */
  #assignSlot(lane: Lane, nowMs: number): number {
    const other = this.#other(lane);
    const isShared = other.waiting > 0 || other.slotMs > nowMs;
    const perSec = isShared ? lane.perSec : lane.perSec + other.perSec;
    const stepMs = 1_000 / (perSec * this.#limits.slotFillRatio);
    lane.slotMs = Math.max(lane.slotMs, nowMs + this.#waitMs(lane, nowMs)) + stepMs;
    return lane.slotMs - nowMs;
  }

  #laneDeadlineMs(lane: Lane, other: Lane): number {
    const entry = lane.first();
    if (entry === undefined) return Infinity;
    const nowMs = this.#nowMs;
    let waitMs = tokenAfterMs(lane.tatMs, lane.shape, 1, nowMs, true);
    if (other.waiting === 0) {
      waitMs = Math.min(waitMs, tokenAfterMs(other.tatMs, other.shape, 1, nowMs, true));
    }
    return Math.min(nowMs + waitMs, entry.dueMs);
  }
}

/**
 * The window W of the first reconnect attempt, ms: 1.25 times what admitting everybody takes, so that
 * the admission keeps a fifth in hand. `admitPerSec` is what those who would take them in admit.
 */
export function spreadMs(
  population: number,
  admitPerSec: number,
  limits: { readonly spreadMinMs: number; readonly spreadMaxMs: number },
): number {
  const { spreadMinMs, spreadMaxMs } = limits;
  if (admitPerSec <= 0) return spreadMaxMs; // Nobody is known who could: as late as we may say.
  const windowMs = (1.25 * population * 1_000) / admitPerSec;
  return Math.min(Math.max(windowMs, spreadMinMs), spreadMaxMs);
}
