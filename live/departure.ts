// How a process leaves on request: its machines are asked to, and looked at until they are empty, or until the deadline.
//
// Who goes when, and where to, is core's (SPEC ED, TR). Here is only the waiting, and a way back.

import type { Clock } from "./clock.ts";
import type { EdgeDriver } from "./edge/edge-driver.ts";
import type { NodeDriver } from "./node/node-driver.ts";

export type DepartureResult = "empty" | "deadline" | "cancelled";

/** How often the machines are looked at, ms. Assumed: nobody waits for it but the process that ends. */
const LOOK_EVERY_MS = 25;

export interface Departing {
  readonly edge: EdgeDriver | undefined;
  readonly node: NodeDriver | undefined;
  readonly clock: Clock;
}

export class Departure {
  readonly #parts: Departing;
  #ended: Promise<DepartureResult> | undefined;
  #end: ((result: DepartureResult) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Departing) {
    this.#parts = parts;
  }

  get isUnderWay(): boolean {
    return this.#ended !== undefined;
  }

  /** Asks the machines to empty, after `noticeMs`. A second call waits for the first. */
  begin(withinMs: number, deadlineMs: number, noticeMs = 0): Promise<DepartureResult> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    if (noticeMs === 0) this.#ask(withinMs, deadlineMs);
    else this.#timer = setTimeout(() => this.#ask(withinMs, deadlineMs), noticeMs);
    return this.#ended;
  }

  #ask(withinMs: number, deadlineMs: number): void {
    const { edge, node, clock } = this.#parts;
    // The node first: an edge that sends its clients away must not find new rooms for them here.
    node?.tell((core, nowMs) => core.drainAsked(nowMs));
    edge?.tell((core, nowMs) => core.drainAsked(nowMs, withinMs));
    const overMs = clock.nowMs() + deadlineMs;
    this.#timer = setInterval(() => {
      if (this.#isEmpty()) this.#finish("empty");
      else if (clock.nowMs() >= overMs) this.#finish("deadline");
    }, LOOK_EVERY_MS);
  }

  /** The machines stay. False when they were not leaving. */
  cancel(): boolean {
    if (this.#ended === undefined) return false;
    const { edge, node } = this.#parts;
    node?.tell((core, nowMs) => core.drainCancelled(nowMs));
    edge?.tell((core, nowMs) => core.drainCancelled(nowMs));
    this.#finish("cancelled");
    return true;
  }

  /** Nobody waits any longer: the process stops anyway. */
  abandon(): void {
    if (this.#ended !== undefined) this.#finish("deadline");
  }

  #isEmpty(): boolean {
    const { edge, node } = this.#parts;
    return (edge?.core.isDrained ?? true) && (node?.core.isEmpty ?? true);
  }

  #finish(result: DepartureResult): void {
    clearInterval(this.#timer);
    this.#ended = undefined;
    this.#end?.(result);
  }
}
