// When ICE candidates travel, wait and expire, and when ICE may start again.
//
// Candidates come in bursts of ten to twenty and often before the description they belong to. The
// sender gathers a burst for up to 50 ms; the receiver keeps early ones until their description is set.
// ICE restarts are rationed, and never the consequence of lost signaling alone: media that flows is
// left alone (SPEC NG6 to NG9; the protocol design, §4.3 and §4.6).

import { assert } from "./assert.ts";
import type { Message } from "./protocol/message.ts";

/** Cited: the protocol design, §4.3 and §4.6. */
export const TRICKLE_MAX_MS = 50;
export const CANDIDATES_MAX = 64;
export const CANDIDATE_WAIT_MAX_MS = 30_000;
export const DISCONNECTED_MAX_MS = 3_000;
export const RESTART_EVERY_MS = 5_000;
export const RESTARTS_MAX = 5;
export const RESTARTS_WINDOW_MS = 60_000;

/** Candidates that one peer gathered and has not sent yet. */
export class TrickleBatch<Candidate> {
  #list: Candidate[] = [];
  #n = 0;
  #sinceMs = 0;

  /** When the batch must be sent, ms; Infinity when it is empty. */
  get dueAtMs(): number {
    if (this.#list.length === 0) return Infinity;
    return this.#list.length >= CANDIDATES_MAX ? this.#sinceMs : this.#sinceMs + TRICKLE_MAX_MS;
  }

  /** Negotiation number of what is gathered. */
  get n(): number {
    return this.#n;
  }

  /** Adds a candidate of number n. Those of an older number are void: their description is, too. */
  gathered(candidate: Candidate, n: number, nowMs: number): void {
    if (n < this.#n) return;
    if (n > this.#n) this.#list = [];
    this.#n = n;
    if (this.#list.length === 0) this.#sinceMs = nowMs;
    this.#list.push(candidate);
  }

  /** Hands the batch over: when it is due, or earlier because the candidates have ended. */
  take(): readonly Candidate[] {
    const batch = this.#list.slice(0, CANDIDATES_MAX);
    this.#list = this.#list.slice(CANDIDATES_MAX);
    return batch;
  }
}

interface Early {
  readonly message: Message;
  readonly count: number;
  readonly untilMs: number;
}

/** Candidates, and ends of candidates, of one peer that came before their description. */
export class EarlyCandidates {
  #early: Early[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** When the oldest expires, ms; Infinity when nothing waits. */
  get nextDeadlineMs(): number {
    return this.#early.length === 0 ? Infinity : this.#early[0].untilMs;
  }

  /** Keeps a message of `count` candidates; over the limit the oldest ones go. Returns candidates lost. */
  keep(message: Message, count: number, nowMs: number): number {
    assert(count >= 0, "a message holds 0 candidates or more", count);
    let lost = this.expire(nowMs);
    this.#early.push({ message, count, untilMs: nowMs + CANDIDATE_WAIT_MAX_MS });
    this.#count += count;
    while (this.#count > CANDIDATES_MAX || this.#early.length > CANDIDATES_MAX) {
      lost += this.#dropOldest();
    }
    return lost;
  }

  /** The description of number n is set: hands over what waited for it, and forgets what is older. */
  describe(n: number, nowMs: number, add: (message: Message) => void): void {
    this.expire(nowMs);
    const waiting = this.#early;
    this.#early = waiting.filter(({ message }) => message.n > n);
    this.#count = this.#early.reduce((sum, { count }) => sum + count, 0);
    for (const { message } of waiting) if (message.n === n) add(message);
  }

  /** Forgets what waited too long. Returns candidates lost. */
  expire(nowMs: number): number {
    let lost = 0;
    while (this.nextDeadlineMs <= nowMs) lost += this.#dropOldest();
    return lost;
  }

  #dropOldest(): number {
    const oldest = this.#early.shift();
    assert(oldest !== undefined, "what is dropped was there", this.#count);
    this.#count -= oldest.count;
    return oldest.count;
  }
}

export type IceState =
  "new" | "checking" | "connected" | "completed" | "disconnected" | "failed" | "closed";

/**
 * When ICE of a pair is to be restarted, ms: Infinity for a pair that is well or still trying. A changed
 * SFU moves the media, so its pair restarts at once, in whatever state it is.
 */
export function restartDueAtMs(state: IceState, sinceMs: number, sfuChanged: boolean): number {
  if (state === "closed") return Infinity;
  if (sfuChanged || state === "failed") return sinceMs;
  return state === "disconnected" ? sinceMs + DISCONNECTED_MAX_MS : Infinity;
}

/** The restarts of one pair: one per 5 s, five in any minute. */
export class RestartBudget {
  /** Times of the last five restarts, a ring; -Infinity for those that never were. */
  readonly #atMs: number[] = new Array<number>(RESTARTS_MAX).fill(-Infinity);
  #oldest = 0;

  /** When the next restart is allowed, ms; in the past when it is allowed now. */
  get nextAtMs(): number {
    const latest = (this.#oldest + RESTARTS_MAX - 1) % RESTARTS_MAX;
    return Math.max(
      this.#atMs[latest] + RESTART_EVERY_MS,
      this.#atMs[this.#oldest] + RESTARTS_WINDOW_MS,
    );
  }

  tryRestart(nowMs: number): boolean {
    if (nowMs < this.nextAtMs) return false;
    this.#atMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % RESTARTS_MAX;
    return true;
  }
}
