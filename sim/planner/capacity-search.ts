// The least number that is enough, or the greatest that is not too much, by asking as little as can be.
//
// A bracket of two values is closed in on: one that fails, and a safer one that looks good. Each is tried with a few seeds; only
// who would be the answer runs them all, and then the next safer one is tried too, so that no lucky value is called the
// answer. Whatever fails lifts the bracket above itself: the answer is safer than everything that was seen to fail.
//
// Pure: `ask` says what to run next, `tell` takes what came of it. The same tells give the same asks.

import { assert } from "../../core/assert.ts";
import type { Standing } from "./standing.ts";

export interface SearchOptions {
  /** "least": more is safer. "most": less is safer. */
  readonly goal: "least" | "most";
  /** Whole numbers, both included. */
  readonly from: number;
  readonly to: number;
  /** What to try first. */
  readonly start: number;
  /** Whether the answer is thought to be near: then the search leaves `start` by small steps. */
  readonly isNear?: boolean;
  /** A value that cannot hold by arithmetic, nor any beyond it; undefined when nothing is known. */
  readonly bound: number | undefined;
  /** The bracket is closed when its ends differ by this much: in all, or as a share of the answer. At least 1. */
  readonly precision: { readonly of: "count" | "ratio"; readonly value: number };
  readonly seeds: number;
}

export interface Ask {
  readonly value: number;
  /** The first so many of the seeds. */
  readonly seeds: number;
}

export interface Tried extends Ask {
  readonly standing: Standing;
}

export interface Bracket {
  /** The safest value that failed; undefined where none is known to. With 0 seeds: by arithmetic. */
  readonly fails: Tried | undefined;
  /** The least safe value that looks good and is safer than all that failed. */
  readonly holds: Tried | undefined;
}

/** Seeds of a first try. Two, so that one of them cannot be all luck. */
const FIRST_SEEDS = 2;
/** Steps outwards while one end of the bracket is unknown, as shares of the value; the last one again and again. */
const STEPS = [0.15, 0.3, 0.6] as const;
/** Near the answer each step is twice the last, this often. */
const STEPS_MAX = 8;

export class CapacitySearch {
  readonly #options: SearchOptions;
  /** 1 where more is safer, else -1: places are values with this sign, so that a greater place is safer. */
  readonly #sign: 1 | -1;
  readonly #tried = new Map<number, Tried>();

  constructor(options: SearchOptions) {
    const { goal, from, to, start, bound } = options;
    assert(from >= 1 && to >= from, "a search has room", to);
    assert(start >= from && start <= to, "a search starts within its room", start);
    this.#options = options;
    this.#sign = goal === "least" ? 1 : -1;
    if (bound !== undefined) this.#tried.set(bound, { value: bound, seeds: 0, standing: "fails" });
  }

  /** What to run; undefined when the search is over. */
  ask(): Ask | undefined {
    const { seeds } = this.#options;
    for (const { value, seeds: had, standing } of this.#tried.values()) {
      if (standing === "open" && had < seeds) return { value, seeds };
    }
    const { fails, holds } = this.bracket;
    if (holds === undefined) return this.#outwards(fails);
    const inner = this.#inwards(fails, holds);
    if (inner !== undefined) return this.#first(inner);
    if (holds.seeds < seeds) return { value: holds.value, seeds };
    const guard = this.#valueAt(this.#place(holds.value) + this.#width(holds.value));
    return this.#isWithin(guard) && !this.#tried.has(guard) ? this.#first(guard) : undefined;
  }

  /** What came of a value with the first so many seeds. It need not have been asked for. */
  tell(value: number, seeds: number, standing: Standing): void {
    const before = this.#tried.get(value);
    if (before !== undefined && before.seeds > seeds) return;
    assert(
      standing !== "open" || seeds < this.#options.seeds,
      "all seeds leave nothing open",
      value,
    );
    this.#tried.set(value, { value, seeds, standing });
  }

  get isDone(): boolean {
    return this.ask() === undefined;
  }

  /** The value that holds with all seeds; undefined while unknown, and when even the safest fails. */
  get answer(): number | undefined {
    return this.isDone ? this.bracket.holds?.value : undefined;
  }

  get bracket(): Bracket {
    let fails: Tried | undefined;
    let holds: Tried | undefined;
    for (const tried of this.#tried.values()) {
      const isSafer = fails === undefined || this.#isSafer(tried.value, fails.value);
      if (tried.standing === "fails" && isSafer) fails = tried;
    }
    for (const tried of this.#tried.values()) {
      if (tried.standing !== "good") continue;
      if (fails !== undefined && !this.#isSafer(tried.value, fails.value)) continue;
      if (holds === undefined || this.#isSafer(holds.value, tried.value)) holds = tried;
    }
    return { fails, holds };
  }

  /** Values that looked good although a safer one failed: luck, or a trap. Ascending. */
  get odd(): readonly Tried[] {
    const { fails } = this.bracket;
    if (fails === undefined) return [];
    return this.tried.filter(
      ({ value, standing }) => standing === "good" && this.#isSafer(fails.value, value),
    );
  }

  /** All that was tried, ascending. */
  get tried(): readonly Tried[] {
    return [...this.#tried.values()].sort((a, b) => a.value - b.value);
  }

  /** To the safe side of all that failed; undefined when there is nothing left. */
  #outwards(fails: Tried | undefined): Ask | undefined {
    const { start } = this.#options;
    if (fails === undefined || this.#isSafer(start, fails.value)) return this.#first(start);
    const next = this.#clamped(this.#valueAt(this.#place(fails.value) + this.#stride(fails.value)));
    return this.#isSafer(next, fails.value) ? this.#first(next) : undefined;
  }

  /** A value between both ends. Near the answer, an end that arithmetic alone gave is too far to be halved. */
  #inwards(fails: Tried | undefined, holds: Tried): number | undefined {
    if (fails === undefined) return this.#further(holds);
    if (this.#options.isNear === true && fails.seeds === 0) {
      const next = this.#further(holds);
      if (next !== undefined && this.#isSafer(next, fails.value)) return next;
    }
    return this.#between(fails, holds);
  }

  /** To the unsafe side of what looks good, while nothing has failed; undefined at the end of the room. */
  #further(holds: Tried): number | undefined {
    const next = this.#clamped(this.#valueAt(this.#place(holds.value) - this.#stride(holds.value)));
    return next === holds.value ? undefined : next;
  }

  /** The middle of the bracket, rounded for readers; undefined when it is narrow enough. */
  #between(fails: Tried, holds: Tried): number | undefined {
    const gap = Math.abs(holds.value - fails.value);
    if (gap <= this.#width(holds.value)) return undefined;
    const middle = Math.floor((holds.value + fails.value) / 2);
    const grain = this.#options.precision.of === "count" ? 1 : powerOfTen(gap / 8);
    const round = Math.round(middle / grain) * grain;
    const inner = (value: number): boolean =>
      this.#isSafer(value, fails.value) &&
      this.#isSafer(holds.value, value) &&
      this.#isWithin(value);
    if (inner(round)) return round;
    return inner(middle) ? middle : undefined;
  }

  /** Each further step outwards is wider than the last; small where both ends had been known. */
  #stride(value: number): number {
    const run = this.tried.filter(({ seeds }) => seeds > 0);
    if (this.#options.isNear === true) {
      return this.#width(value) << Math.max(0, Math.min(run.length - 1, STEPS_MAX));
    }
    const hadBoth = new Set(run.map(({ standing }) => standing)).size > 1;
    const step = hadBoth ? 0 : Math.min(run.length, STEPS.length) - 1;
    return Math.max(1, Math.round(value * STEPS[Math.max(0, step)]!));
  }

  /** How wide a closed bracket may be at a value. */
  #width(value: number): number {
    const { of, value: precision } = this.#options.precision;
    return Math.max(1, Math.floor(of === "count" ? precision : precision * value));
  }

  #first(value: number): Ask {
    return { value, seeds: Math.min(FIRST_SEEDS, this.#options.seeds) };
  }

  #place(value: number): number {
    return this.#sign * value;
  }

  #valueAt(place: number): number {
    return this.#sign * place;
  }

  #isSafer(a: number, b: number): boolean {
    return this.#place(a) > this.#place(b);
  }

  #isWithin(value: number): boolean {
    return value >= this.#options.from && value <= this.#options.to;
  }

  #clamped(value: number): number {
    return Math.min(this.#options.to, Math.max(this.#options.from, value));
  }
}

/** The greatest power of ten that is at most `value`; 1 below that. */
function powerOfTen(value: number): number {
  let power = 1;
  while (power * 10 <= value) power *= 10;
  return power;
}
