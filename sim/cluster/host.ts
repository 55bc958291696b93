// A process on a machine: facts wait in its queue, are charged for, and their orders leave when the work is done.
//
// Core takes no time; this does. A fact that finds the host idle is handled at once and keeps it busy for what it
// costs; others wait their turn, first come first served, as in an event loop. Orders add their own price (a write, a
// trunk frame) and leave at the moment that they are paid for. Deadlines of the machine join the end of the queue, so that a
// busy host is late with them too.
//
// First come first served means that a fact's turn is known when it arrives. So a fact that waits less than a millisecond is
// handled at once, on the host's own clock, which then runs ahead of the world's; what it orders still leaves when it would
// have. Only longer waits need an event of their own. The price: a host that crashes has done up to a millisecond more.

import { assert } from "../../core/assert.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { Histogram } from "../metrics/histogram.ts";
import { EventKind } from "./kinds.ts";

/** A queued deadline, beside the kinds of events. */
const DEADLINE = 0;
/** How far a host's clock may run ahead of the world's, µs. Assumed: a tenth of the quickest thing that anybody measures. */
const AHEAD_MAX_US = 1_000;

export interface HostCosts {
  readonly gcPauseUs: number;
  readonly gcEveryUs: number;
  readonly baseProcessBytes: number;
}

export abstract class Host {
  /** Number among all hosts of the world: edges first. */
  readonly number: number;
  readonly name: string;
  isDown = false;
  /** Work done since the last sample, µs; may exceed the interval by the fact under way. */
  busyUs = 0;
  /** Work done since the process began, µs. */
  workedUs = 0;
  protected readonly sim: Simulation;
  readonly #costs: HostCosts;
  readonly #lag: Histogram;
  /** When the current fact has its turn, and what it has cost so far, µs. */
  #clockUs = 0;
  #costUs = 0;
  #freeAtUs = 0;
  #computedUs = 0;
  #isTurnScheduled = false;
  #isDeadlineQueued = false;
  #wakeUs = Infinity;
  // The queue: a ring of parallel columns.
  #kinds = new Uint8Array(64);
  #as = new Int32Array(64);
  #bs = new Int32Array(64);
  #arrivedUs = new Float64Array(64);
  #payloads: (object | undefined)[] = new Array<object | undefined>(64).fill(undefined);
  #head = 0;
  #size = 0;

  constructor(number: number, name: string, sim: Simulation, costs: HostCosts, lag: Histogram) {
    this.number = number;
    this.name = name;
    this.sim = sim;
    this.#costs = costs;
    this.#lag = lag;
  }

  /** Facts that wait. */
  get queued(): number {
    return this.#size;
  }

  /** The host's clock, ms: what core is told. */
  protected get nowMs(): number {
    return this.#clockUs / 1_000;
  }

  /** The instant at which an order given now leaves, µs. */
  protected get departsUs(): number {
    return this.#clockUs + Math.round(this.#costUs);
  }

  protected charge(us: number): void {
    this.#costUs += us;
  }

  /** A fact of this host happened. */
  arrive(kind: number, a: number, b: number, payload: object | undefined): void {
    if (this.isDown) return;
    const waitUs = this.#freeAtUs - this.sim.nowUs;
    if (this.#size === 0 && waitUs <= AHEAD_MAX_US) {
      this.#clockUs = waitUs > 0 ? this.#freeAtUs : this.sim.nowUs;
      this.#lag.record(this.#clockUs - this.sim.nowUs);
      this.#do(kind, a, b, payload);
      this.#tend();
    } else {
      this.#enqueue(kind, a, b, payload);
    }
  }

  /** The host is free again: the next in the queue. */
  turn(): void {
    this.#isTurnScheduled = false;
    if (this.isDown || this.#size === 0) return;
    const head = this.#head;
    const kind = this.#kinds[head]!;
    const payload = this.#payloads[head];
    this.#payloads[head] = undefined;
    this.#head = (head + 1) & (this.#kinds.length - 1);
    this.#size--;
    this.#clockUs = this.sim.nowUs;
    this.#lag.record(this.sim.nowUs - this.#arrivedUs[head]!);
    if (kind === DEADLINE) {
      this.#isDeadlineQueued = false;
      this.#doDeadline();
    } else {
      this.#do(kind, this.#as[head]!, this.#bs[head]!, payload);
    }
    this.#tend();
  }

  wake(): void {
    if (this.isDown || this.#wakeUs !== this.sim.nowUs) return; // Superseded by an earlier wake-up.
    this.#wakeUs = Infinity;
    this.#tend();
  }

  /** Starts the machine's clock. */
  start(): void {
    this.#tend();
  }

  /** The process is gone, with all that it had not done. */
  crash(): void {
    this.isDown = true;
    this.#payloads.fill(undefined);
    this.#size = 0;
    this.#head = 0;
    this.#wakeUs = Infinity;
    this.#isDeadlineQueued = false;
  }

  /** A new process takes its place. */
  protected revive(): void {
    assert(this.isDown, "only a dead host is revived", this.number);
    this.isDown = false;
    this.workedUs = 0;
    this.#freeAtUs = this.sim.nowUs;
    this.#wakeUs = Infinity;
  }

  /** Handles one fact: charges for it and calls core. */
  protected abstract perform(kind: number, a: number, b: number, payload: object | undefined): void;
  protected abstract deadlinePassed(): void;
  /** ms; Infinity for never. */
  protected abstract nextDeadlineMs(): number;

  #do(kind: number, a: number, b: number, payload: object | undefined): void {
    this.#costUs = 0;
    this.perform(kind, a, b, payload);
    this.#spend();
  }

  #doDeadline(): void {
    this.#costUs = 0;
    this.deadlinePassed();
    this.#spend();
  }

  #spend(): void {
    let costUs = Math.round(this.#costUs);
    this.#computedUs += costUs;
    if (this.#computedUs >= this.#costs.gcEveryUs) {
      this.#computedUs -= this.#costs.gcEveryUs;
      costUs += this.#costs.gcPauseUs;
    }
    this.busyUs += costUs;
    this.workedUs += costUs;
    this.#freeAtUs = this.#clockUs + costUs;
  }

  /** Makes sure that somebody looks again: the queue's turn, a deadline that is due, or a later one. */
  #tend(): void {
    for (;;) {
      if (this.isDown) return;
      const dueMs = this.nextDeadlineMs();
      const freeUs = Math.max(this.#freeAtUs, this.sim.nowUs);
      if (dueMs > freeUs / 1_000) {
        if (dueMs !== Infinity) this.#wakeAt(firstUsAt(dueMs));
        break;
      }
      if (this.#size > 0 || freeUs - this.sim.nowUs > AHEAD_MAX_US) {
        if (!this.#isDeadlineQueued) {
          this.#isDeadlineQueued = true;
          this.#enqueue(DEADLINE, 0, 0, undefined);
        }
        break;
      }
      this.#clockUs = freeUs;
      this.#doDeadline();
    }
    this.#scheduleTurn();
  }

  #wakeAt(dueUs: number): void {
    if (dueUs >= this.#wakeUs) return; // An earlier wake-up will look again.
    this.#wakeUs = dueUs;
    this.sim.at(dueUs, EventKind.hostWakes, this.number, 0);
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled || this.#size === 0) return;
    this.#isTurnScheduled = true;
    const atUs = Math.max(this.#freeAtUs, this.sim.nowUs);
    this.sim.at(atUs, EventKind.hostTurn, this.number, 0);
  }

  #enqueue(kind: number, a: number, b: number, payload: object | undefined): void {
    if (this.#size === this.#kinds.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#kinds.length - 1);
    this.#kinds[at] = kind;
    this.#as[at] = a;
    this.#bs[at] = b;
    this.#arrivedUs[at] = this.sim.nowUs;
    this.#payloads[at] = payload;
    this.#size++;
    this.#scheduleTurn();
  }

  #grow(): void {
    const old = this.#kinds.length;
    const size = old * 2;
    const kinds = new Uint8Array(size);
    const as = new Int32Array(size);
    const bs = new Int32Array(size);
    const arrivedUs = new Float64Array(size);
    const payloads = new Array<object | undefined>(size).fill(undefined);
    for (let i = 0; i < this.#size; i++) {
      const at = (this.#head + i) & (old - 1);
      kinds[i] = this.#kinds[at]!;
      as[i] = this.#as[at]!;
      bs[i] = this.#bs[at]!;
      arrivedUs[i] = this.#arrivedUs[at]!;
      payloads[i] = this.#payloads[at];
    }
    this.#kinds = kinds;
    this.#as = as;
    this.#bs = bs;
    this.#arrivedUs = arrivedUs;
    this.#payloads = payloads;
    this.#head = 0;
  }
}

/** The first whole microsecond at which core, which is told ms, finds the deadline passed. */
export function firstUsAt(dueMs: number): number {
  const dueUs = Math.ceil(dueMs * 1_000);
  return dueUs / 1_000 >= dueMs ? dueUs : dueUs + 1;
}
