// What a recorded machine does with each fact: write it, tell it, write what came of it.
//
// The arguments are written before core sees them: whatever core does with them, they are as they came. Core may tell itself a
// fact in consequence of another; that is no fact, it happens again by itself when the first is told again.

import type { Clock } from "../clock.ts";
import type { FactLog } from "./fact-log.ts";
import { type FactForms, type Form, written } from "./fact-forms.ts";
import type { OrderDigest } from "./order-digest.ts";

/** In the place of the number of orders: core threw. */
export const THREW = -1;

interface Row {
  readonly number: number;
  readonly forms: readonly Form[];
  /** Whether the time is among the arguments. */
  readonly isTimed: boolean;
}

export class Tape {
  readonly digest: OrderDigest;
  readonly #log: FactLog;
  readonly #clock: Clock;
  readonly #rows: ReadonlyMap<string, Row>;
  #isInside = false;

  constructor(forms: FactForms, digest: OrderDigest, log: FactLog, clock: Clock) {
    this.digest = digest;
    this.#log = log;
    this.#clock = clock;
    this.#rows = new Map(
      Object.entries(forms).map(([name, own], number) => [
        name,
        { number, forms: own, isTimed: own.includes("now") },
      ]),
    );
  }

  /** `args` as they were given, `tell` tells core. */
  fact<Answer>(name: string, args: readonly unknown[], tell: () => Answer): Answer {
    if (this.#isInside || !this.#log.isOpen) return tell();
    this.#isInside = true;
    this.digest.reset();
    this.#guarded(() => this.#begin(name, args));
    let isWell = false;
    let answer: Answer | undefined;
    try {
      answer = tell();
      isWell = true;
      return answer;
    } finally {
      this.#isInside = false;
      this.#guarded(() => this.#end(isWell, answer));
    }
  }

  /** What cannot be written ends the recording, not the server. */
  #guarded(write: () => void): void {
    if (!this.#log.isOpen) return;
    try {
      write();
    } catch (error) {
      this.#log.fail((error as Error).message);
    }
    if (!this.#log.isOpen) this.digest.isOn = false;
  }

  #begin(name: string, args: readonly unknown[]): void {
    const { number, forms, isTimed } = this.#rows.get(name)!;
    const fact: unknown[] = [number];
    for (let i = 0; i < forms.length; i++) fact.push(written(forms[i]!, args[i]));
    if (!isTimed) fact.push(this.#clock.nowMs());
    this.#log.begin(fact);
  }

  #end(isWell: boolean, answer: unknown): void {
    const { count, hash, runs, answers } = this.digest;
    if (!isWell) {
      this.#log.end([THREW, 0, null, [], []]);
      this.#log.flush(); // It may be the last thing that this process does.
    } else if (count > 0 || answer !== undefined) {
      this.#log.end([count, hash, answer ?? null, runs, answers]);
    } else {
      this.#log.end(undefined);
    }
  }
}
