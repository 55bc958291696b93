// Writes the facts of one life of one machine.
//
// Facts gather in memory and are written when 64 KiB are together or 100 ms are over, whichever is first: so much a process that is killed
// takes with it, no more. Writing is synchronous, into the system's page cache: the order of the file is the order of the facts without
// further thought, a fact that makes core throw is in the file before the process ends, and nothing piles up in memory when
// the disk is slow. Whatever goes wrong ends the recording, with a line in the log; never the server.

import { closeSync, openSync, writeSync } from "node:fs";
import { Packr } from "msgpackr";
import type { Log } from "../operations/log.ts";
import { type Compressor } from "./compressor.ts";
import { FRAME_HEAD_BYTES, PAYLOAD_MAX_BYTES, sealFrame } from "./frames.ts";
import { lifeName, type SegmentHeader, segmentPath } from "./segments.ts";
import type { Space } from "./space.ts";

/** Facts are written when this much is together, bytes. Assumed: some hundred facts to one system call. */
const BATCH_BYTES = 64 * 1024;
/** Where a batch begins: a fact that begins below BATCH_BYTES mostly fits without growing it. */
const BATCH_CAPACITY_BYTES = 2 * BATCH_BYTES;

export interface FactLogParts {
  readonly directory: string;
  readonly log: Log;
  readonly space: Space;
  readonly compressor: Compressor;
  /** A segment is closed when it is this large, bytes. */
  readonly segmentBytesMax: number;
  /** Longest time that a fact is only in memory, ms. */
  readonly flushEveryMs: number;
}

export type LifeHeader = Omit<SegmentHeader, "segment" | "factsBefore">;

export class FactLog {
  /** False once it ended, for whatever reason: the facts are not written any more. */
  isOpen = false;
  /** Whether it ended before it was closed. */
  hasFailed = false;
  facts = 0;
  readonly #parts: FactLogParts;
  readonly #header: LifeHeader;
  readonly #life: string;
  readonly #packr = new Packr({ useRecords: false });
  #batch = Buffer.allocUnsafe(BATCH_CAPACITY_BYTES);
  #used = 0;
  #frameAt = 0;
  #file = -1;
  #path = "";
  #segment = 0;
  #segmentBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(header: LifeHeader, parts: FactLogParts) {
    this.#parts = parts;
    this.#header = header;
    this.#life = lifeName({ ...header, segment: 0, factsBefore: 0 });
    this.#guarded(() => {
      this.#openSegment();
      this.isOpen = true;
    });
  }

  /** A fact begins: its number and arguments. To be ended by `end` in the same turn. */
  begin(fact: readonly unknown[]): void {
    this.#frameAt = this.#used;
    this.#used += FRAME_HEAD_BYTES;
    this.#append(fact);
  }

  /** What came of it. */
  end(outcome: readonly unknown[] | undefined): void {
    if (outcome !== undefined) this.#append(outcome);
    if (this.#used - this.#frameAt - FRAME_HEAD_BYTES > PAYLOAD_MAX_BYTES) {
      this.#used = this.#frameAt;
      this.fail("a fact is too large to be written");
      return;
    }
    sealFrame(this.#batch, this.#frameAt, this.#used);
    this.facts++;
    if (this.#used >= BATCH_BYTES) this.flush();
    else this.#timer ??= setTimeout(this.#flushLate, this.#parts.flushEveryMs).unref();
  }

  #append(value: readonly unknown[]): void {
    const packed = this.#packr.pack(value);
    const end = this.#used + packed.length;
    if (end + FRAME_HEAD_BYTES > this.#batch.length) {
      const longer = Buffer.allocUnsafe(2 * (end + FRAME_HEAD_BYTES));
      this.#batch.copy(longer, 0, 0, this.#used);
      this.#batch = longer;
    }
    packed.copy(this.#batch, this.#used);
    this.#used = end;
  }

  readonly #flushLate = (): void => {
    this.#timer = undefined;
    this.flush();
  };

  /** Hands what is in memory to the system. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isOpen || this.#used === 0) return;
    this.#guarded(() => {
      this.#write(this.#batch.subarray(0, this.#used));
      this.#used = 0;
      if (this.#batch.length > BATCH_CAPACITY_BYTES) {
        this.#batch = Buffer.allocUnsafe(BATCH_CAPACITY_BYTES);
      }
      if (this.#segmentBytes >= this.#parts.segmentBytesMax) this.#rotate();
    });
    if (this.isOpen && this.#parts.space.isFull) this.fail("its directory has no space left");
  }

  /** Writes what is left. The log takes no more. */
  close(): void {
    if (!this.isOpen) return;
    this.flush();
    this.#finish();
  }

  #write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at += writeSync(this.#file, bytes, at);
    this.#segmentBytes += bytes.length;
    this.#parts.space.taken(bytes.length);
  }

  #openSegment(): void {
    const { directory } = this.#parts;
    this.#path = segmentPath(directory, this.#life, this.#segment);
    this.#file = openSync(this.#path, "wx", 0o600); // What clients said is for the owner alone.
    this.#segmentBytes = 0;
    const header: SegmentHeader = {
      ...this.#header,
      segment: this.#segment,
      factsBefore: this.facts,
    };
    const packed = this.#packr.pack(header);
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + packed.length);
    packed.copy(frame, FRAME_HEAD_BYTES);
    sealFrame(frame, 0, frame.length);
    this.#write(frame);
  }

  #rotate(): void {
    closeSync(this.#file);
    this.#file = -1;
    this.#parts.compressor.compress(this.#path);
    this.#segment++;
    this.#openSegment();
  }

  #finish(): void {
    this.isOpen = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#used = 0;
    if (this.#file < 0) return;
    try {
      closeSync(this.#file);
    } catch {
      // It was written; the system could not say so.
    }
    this.#file = -1;
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  /** Ends the recording, and says so aloud. */
  fail(reason: string): void {
    this.hasFailed = true;
    this.#finish();
    const { kind, machine } = this.#header;
    this.#parts.log.error(
      { machine: `${kind} ${machine}`, facts: this.facts, reason },
      "The recording has ended: what happens from now on is not written. The server goes on.",
    );
  }
}
