// What happened, event by event, and where two runs part.
//
// A digest says that two runs differ; a trace says where. Digests over all events so far are kept every
// `checkpointEvents` events: as a difference never heals, the first block that differs is found by
// bisection, and only its events are looked at. So two long runs can be compared with nothing kept
// but checkpoints: find the block, run both again, and record that window.

import { assert } from "../../core/assert.ts";
import { EventDigest } from "./event-digest.ts";
import type { EventObserver } from "./simulation.ts";

export interface TraceEvent {
  /** Number of the event in its run, from 0. */
  readonly index: number;
  readonly atUs: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

export interface Trace {
  readonly eventCount: number;
  readonly checkpointEvents: number;
  /** The digest after each full block of `checkpointEvents` events. */
  readonly checkpoints: readonly string[];
  /** The recorded events with `from` ≤ index < `to`, ascending; those not recorded are missing. */
  events(from: number, to: number): TraceEvent[];
}

/** Names for people: what kinds and handles mean. */
export interface EventNames {
  kindName(kind: number): string;
  entityName(event: TraceEvent): string;
}

export interface Difference {
  /** The first event that is not the same in both. */
  readonly index: number;
  /** Undefined when that run had ended, or had not recorded so far. */
  readonly inA: TraceEvent | undefined;
  readonly inB: TraceEvent | undefined;
  /** One line for people. */
  readonly text: string;
}

/** The last events of a run, in constant memory: always affordable (16 bytes an event and 4 ns). */
export class TraceRing implements EventObserver {
  readonly #times: Float64Array;
  readonly #words: Int32Array;
  readonly #capacity: number;
  #eventCount = 0;

  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity > 0, "a ring holds events", capacity);
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
    this.#words = new Int32Array(3 * capacity);
  }

  eventSeen(index: number, atUs: number, kind: number, a: number, b: number): void {
    const place = index % this.#capacity;
    this.#times[place] = atUs;
    this.#words[3 * place] = kind;
    this.#words[3 * place + 1] = a;
    this.#words[3 * place + 2] = b;
    this.#eventCount = index + 1;
  }

  /** Up to `count` last events, oldest first. */
  last(count: number): TraceEvent[] {
    const kept = Math.min(count, this.#eventCount, this.#capacity);
    return Array.from({ length: kept }, (_, i) => {
      const index = this.#eventCount - kept + i;
      const place = index % this.#capacity;
      const [kind, a, b] = this.#words.subarray(3 * place, 3 * place + 3);
      return { index, atUs: this.#times[place], kind, a, b };
    });
  }
}

export interface RecorderOptions {
  readonly checkpointEvents?: number;
  /** Window of events to keep; all by default. Checkpoints cover the whole run in any case. */
  readonly from?: number;
  readonly to?: number;
}

const CHECKPOINT_EVENTS = 4_096;

/** Keeps checkpoints and a window of events. */
export class TraceRecorder implements EventObserver, Trace {
  readonly checkpointEvents: number;
  readonly checkpoints: string[] = [];
  eventCount = 0;
  readonly #digest = new EventDigest();
  readonly #from: number;
  readonly #to: number;
  readonly #events: TraceEvent[] = [];

  constructor(options: RecorderOptions = {}) {
    this.checkpointEvents = options.checkpointEvents ?? CHECKPOINT_EVENTS;
    assert(this.checkpointEvents >= 1, "a block has events", this.checkpointEvents);
    this.#from = options.from ?? 0;
    this.#to = options.to ?? Infinity;
  }

  eventSeen(index: number, atUs: number, kind: number, a: number, b: number): void {
    assert(index === this.eventCount, "a trace misses no event", index);
    this.eventCount++;
    this.#digest.add(atUs, kind, a, b);
    if (index >= this.#from && index < this.#to) this.#events.push({ index, atUs, kind, a, b });
    if (this.eventCount % this.checkpointEvents === 0) this.checkpoints.push(this.#digest.hex());
  }

  events(from: number, to: number): TraceEvent[] {
    return this.#events.slice(Math.max(0, from - this.#from), Math.max(0, to - this.#from));
  }
}

/** The first event in which two traces of equal block size differ; undefined when there is none. */
export function firstDifference(a: Trace, b: Trace, names?: EventNames): Difference | undefined {
  assert(a.checkpointEvents === b.checkpointEvents, "traces have blocks of equal size");
  const from = firstDifferingBlock(a.checkpoints, b.checkpoints) * a.checkpointEvents;
  const to = from + a.checkpointEvents;
  const eventsA = a.events(from, to);
  const eventsB = b.events(from, to);
  for (let i = 0; i < eventsA.length || i < eventsB.length; i++) {
    const inA: TraceEvent | undefined = eventsA[i];
    const inB: TraceEvent | undefined = eventsB[i];
    if (!isSame(inA, inB)) return differenceAt(inA?.index ?? inB?.index ?? from, inA, inB, names);
  }
  if (a.eventCount === b.eventCount && a.checkpoints.at(-1) === b.checkpoints.at(-1)) {
    return undefined;
  }
  return differenceAt(from, undefined, undefined, names); // The window was not recorded.
}

/** Index of the first checkpoint that differs or is missing in one; the number of both if none. */
function firstDifferingBlock(a: readonly string[], b: readonly string[]): number {
  let low = 0;
  let high = Math.min(a.length, b.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (a[middle] === b[middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSame(x: TraceEvent | undefined, y: TraceEvent | undefined): boolean {
  if (x === undefined || y === undefined) return x === y;
  return (
    x.index === y.index && x.atUs === y.atUs && x.kind === y.kind && x.a === y.a && x.b === y.b
  );
}

function differenceAt(
  index: number,
  inA: TraceEvent | undefined,
  inB: TraceEvent | undefined,
  names: EventNames | undefined,
): Difference {
  const text = `event ${index}: ${describe(inA, names)} in one run, ${describe(inB, names)} in the other`;
  return { index, inA, inB, text };
}

/** One event in words: "t = 12004.2 ms, deliver to client 9917". */
export function describe(event: TraceEvent | undefined, names?: EventNames): string {
  if (event === undefined) return "nothing (the run had ended, or this part is not recorded)";
  const kind = names?.kindName(event.kind) ?? `kind ${event.kind}`;
  const entity = names?.entityName(event) ?? `(${event.a}, ${event.b})`;
  return `t = ${event.atUs / 1_000} ms, ${kind} ${entity}`;
}
