// A trace as text: one line per event, short enough to keep whole runs and plain enough to diff.
//
//   trace 1 4096          format version, events per checkpoint
//   1500 3 17 -1          µs since the event before, kind, a, b
//   = 2f5c09d3a1b4e677    digest over all events so far, after every full block
//   end 8192              number of events
//
// The writer hands text on in pieces of whole lines; where they go is the caller's business.

import { assert } from "../../core/assert.ts";
import { EventDigest } from "./event-digest.ts";
import type { EventObserver } from "./simulation.ts";
import { TraceRecorder } from "./trace.ts";
import type { Trace } from "./trace.ts";

const PIECE_LINES = 1_024;

export class TraceWriter implements EventObserver {
  readonly #sink: (text: string) => void;
  readonly #checkpointEvents: number;
  readonly #digest = new EventDigest();
  #lines: string[];
  #lastAtUs = 0;
  #eventCount = 0;

  constructor(sink: (text: string) => void, checkpointEvents = 4_096) {
    this.#sink = sink;
    this.#checkpointEvents = checkpointEvents;
    this.#lines = [`trace 1 ${checkpointEvents}`];
  }

  eventSeen(index: number, atUs: number, kind: number, a: number, b: number): void {
    assert(index === this.#eventCount, "a trace misses no event", index);
    this.#eventCount++;
    this.#digest.add(atUs, kind, a, b);
    this.#lines.push(`${atUs - this.#lastAtUs} ${kind} ${a} ${b}`);
    this.#lastAtUs = atUs;
    if (this.#eventCount % this.#checkpointEvents === 0)
      this.#lines.push(`= ${this.#digest.hex()}`);
    if (this.#lines.length >= PIECE_LINES) this.#flush();
  }

  /** Writes what is left and the closing line. */
  end(): void {
    this.#lines.push(`end ${this.#eventCount}`);
    this.#flush();
  }

  #flush(): void {
    this.#sink(this.#lines.join("\n") + "\n");
    this.#lines = [];
  }
}

/**
 * Reads what a `TraceWriter` wrote. A text without its last lines is a shorter trace (the run died);
 * any other flaw is a `SyntaxError` that names the line.
 */
export function parseTrace(text: string): Trace {
  const lines = text.split("\n");
  const header = /^trace 1 ([1-9]\d*)$/.exec(lines[0]);
  if (header === null)
    throw new SyntaxError(`line 1: expected "trace 1 <events>", got "${lines[0]}"`);
  const recorder = new TraceRecorder({ checkpointEvents: Number(header[1]) });
  let atUs = 0;
  for (let i = 1; i < lines.length - 1; i++) {
    const line = lines[i];
    if (line.startsWith("= ")) {
      const computed = recorder.checkpoints.at(-1);
      if (line.slice(2) === computed && recorder.eventCount % recorder.checkpointEvents === 0)
        continue;
      throw new SyntaxError(
        `line ${i + 1}: the events above have the digest ${computed}, not "${line}"`,
      );
    }
    if (line === `end ${recorder.eventCount}`) break;
    const event = /^(\d+) (\d+) (-?\d+) (-?\d+)$/.exec(line);
    if (event === null) throw new SyntaxError(`line ${i + 1}: expected an event, got "${line}"`);
    atUs += Number(event[1]);
    recorder.eventSeen(
      recorder.eventCount,
      atUs,
      Number(event[2]),
      Number(event[3]),
      Number(event[4]),
    );
  }
  return recorder;
}
