// The turns of one machine: facts one at a time, deadlines first, and nothing happens before core has returned.
//
//   const nowMs = turns.begin();
//   core.received(connection, message, nowMs);
//   turns.end();
//
// What an order leads to at once (a token that is in the cache, a frame for the machine next door) is owed: it is told in a
// turn of its own, after this one. A deadline that is already over when a fact arrives is told first: a process that was stopped
// for a while must learn how late it is before it believes anything else. One timer per machine, re-armed only for
// an earlier deadline; a machine that has more to do now (a slice of fanout) gets its next turn from the event loop, behind
// the sockets that wait.

import type { Clock } from "./clock.ts";

/** What every machine of core has. */
export interface Machine {
  /** When to call `deadlinePassed`, ms; Infinity for never. */
  nextDeadlineMs(): number;
  deadlinePassed(nowMs: number): void;
}

/** setTimeout holds no more than this, ms. */
const TIMER_MAX_MS = 0x7fff_ffff;
/**
 * A machine that has more to do, and has looked at its deadlines so lately, gets its turn from the event loop: facts that come before are
 * told without, so that they are served together. Assumed: nothing is decided by a millisecond.
 */
const LATELY_MS = 1;

export class Turns {
  #machine: Machine;
  readonly #clock: Clock;
  readonly #owed: (() => void)[] = [];
  /** Called after every turn: flushes what the orders queued. */
  readonly #settle: () => void;
  #isInside = false;
  #isPaying = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;
  #isImmediate = false;
  /** The machine's next deadline as of its last turn: between turns nothing moves it. */
  #dueMs: number;
  /** When the last turn began, ms. */
  #beganAtMs = 0;
  /** When the machine's next turn was asked of the event loop, ms. */
  #askedAtMs = 0;

  constructor(machine: Machine, clock: Clock, settle: () => void = () => {}) {
    this.#machine = machine;
    this.#dueMs = machine.nextDeadlineMs();
    this.#clock = clock;
    this.#settle = settle;
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Whether the machine had more to do at once when its last turn was over. */
  get isBusy(): boolean {
    return this.#dueMs <= this.#beganAtMs;
  }

  /** Another life of the machine: its deadlines count from now on. */
  replace(machine: Machine): void {
    this.#machine = machine;
    this.#dueMs = machine.nextDeadlineMs();
    this.#armedForMs = Infinity;
  }

  /** Opens a turn and says what time it is. Never within another turn: owe it. */
  begin(): number {
    const nowMs = this.#clock.nowMs();
    if (this.#isInside) throw new Error("A fact was told while core was at work: owe it instead.");
    this.#isInside = true;
    this.#beganAtMs = nowMs;
    const isTheLoops = this.#isImmediate && nowMs - this.#askedAtMs < LATELY_MS;
    if (this.#dueMs <= nowMs && !isTheLoops) this.#machine.deadlinePassed(nowMs);
    return nowMs;
  }

  end(): void {
    this.#isInside = false;
    this.#dueMs = this.#machine.nextDeadlineMs();
    if (!this.#isPaying && this.#owed.length > 0) this.#payOwed();
    this.#settle();
    this.#arm();
  }

  /** `fact` runs outside of any turn, in order, as soon as this one is over; it opens its own. */
  owe(fact: () => void): void {
    this.#owed.push(fact);
    if (!this.#isInside && !this.#isPaying) this.#payOwed();
  }

  /** The first turn: arms the timer. */
  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #payOwed(): void {
    this.#isPaying = true;
    try {
      for (let i = 0; i < this.#owed.length; i++) this.#owed[i]!();
    } finally {
      this.#owed.length = 0;
      this.#isPaying = false;
    }
  }

  #arm(): void {
    if (this.#isStopped || this.#isImmediate) return;
    const dueMs = this.#dueMs;
    if (dueMs >= this.#armedForMs) return; // It looks again when it fires.
    const nowMs = this.#clock.nowMs();
    if (dueMs <= nowMs) {
      this.#isImmediate = true;
      this.#askedAtMs = nowMs;
      setImmediate(this.#wakeNow);
      return;
    }
    clearTimeout(this.#timer);
    this.#armedForMs = dueMs;
    this.#timer = setTimeout(this.#wake, Math.min(Math.ceil(dueMs - nowMs), TIMER_MAX_MS));
  }

  readonly #wakeNow = (): void => {
    this.#isImmediate = false;
    this.#pass();
  };

  readonly #wake = (): void => {
    this.#armedForMs = Infinity;
    this.#pass();
  };

  #pass(): void {
    if (this.#isStopped) return;
    this.begin(); // Tells the deadline, if it is over.
    this.end();
  }
}
