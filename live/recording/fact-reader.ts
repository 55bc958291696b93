// Reads what fact-log.ts wrote: the lives in a directory, and the facts of each in order.
//
// The last segment of a life may end in the middle of a frame, when its process was killed: that is said, and no error. Anything else
// that is not as it was written is damage, told with file and offset: half a truth would replay into a difference that is none.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Unpackr } from "msgpackr";
import { type Form, formsOf, read } from "./fact-forms.ts";
import { FRAME_HEAD_BYTES, lookAtFrame } from "./frames.ts";
import { FORMAT_VERSION, type LifeFiles, type SegmentHeader } from "./segments.ts";

export class DamagedRecording extends Error {
  readonly file: string;
  /** Byte in the file, uncompressed. */
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(`${file}: ${what} at byte ${offset}`);
    this.name = "DamagedRecording";
    this.file = file;
    this.offset = offset;
  }
}

/** What came of a fact. */
export interface Outcome {
  /** Number of orders; THREW when core threw. */
  readonly count: number;
  readonly hash: number;
  /** What the fact answered, null for nothing. */
  readonly answer: unknown;
  /** The orders by name: see `orderNames`. */
  readonly runs: readonly number[];
  /** What core was answered when it asked its outbox. */
  readonly answers: readonly (string | null)[];
}

const NOTHING: Outcome = { count: 0, hash: 0, answer: null, runs: [], answers: [] };

export interface RecordedFact {
  /** From 1, over the life. */
  readonly number: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly timeMs: number;
  readonly outcome: Outcome;
}

export class LifeReader {
  /** Of the first segment; undefined when not even that is whole. */
  readonly header: SegmentHeader | undefined;
  readonly #files: LifeFiles;
  readonly #load: (path: string) => Buffer;
  readonly #unpackr = new Unpackr({ useRecords: false });
  /** Bytes after the last whole fact. Known when all facts were read. */
  tornBytes = 0;

  /**
   * `load` gives the content of a file, uncompressed.
   *
   * @throws DamagedRecording when the beginning is damaged or missing.
   */
  constructor(files: LifeFiles, load: (path: string) => Buffer = contentOf) {
    this.#files = files;
    this.#load = load;
    const first = files.segments[0]!;
    if (first.number !== 0)
      throw new DamagedRecording(first.path, 0, "an earlier segment is missing");
    const segment = load(first.path);
    this.header = this.#headerOf(segment, first.path, files.segments.length === 1)?.header;
    if (this.header === undefined) this.tornBytes = segment.length;
  }

  /** In order. @throws DamagedRecording */
  *facts(): Generator<RecordedFact, void> {
    const { segments } = this.#files;
    let number = 0;
    for (const [i, { path, number: segmentNumber }] of segments.entries()) {
      if (segmentNumber !== i) throw new DamagedRecording(path, 0, "an earlier segment is missing");
      const isLast = i === segments.length - 1;
      const segment = this.#load(path);
      const begun = this.#headerOf(segment, path, isLast);
      if (begun === undefined) {
        this.tornBytes = segment.length;
        return;
      }
      if (begun.header.factsBefore !== number) {
        throw new DamagedRecording(
          path,
          0,
          `facts are missing: it continues ${begun.header.factsBefore}`,
        );
      }
      const reader = new SegmentReader(path, segment, begun, this.#unpackr, isLast);
      for (const fact of reader.facts()) {
        number++;
        yield fact;
      }
      this.tornBytes = reader.tornBytes;
    }
  }

  #headerOf(segment: Buffer, path: string, isLast: boolean): Beginning | undefined {
    const { state, end } = lookAtFrame(segment, 0);
    if (state === "torn" && isLast) return undefined;
    if (state !== "whole") throw new DamagedRecording(path, 0, "the header is damaged");
    const header = this.#unpackr.unpack(segment.subarray(FRAME_HEAD_BYTES, end)) as SegmentHeader;
    if (header.format !== FORMAT_VERSION) {
      throw new DamagedRecording(path, 0, `format ${header.format} is not read by this version`);
    }
    return { header, end };
  }
}

interface Beginning {
  readonly header: SegmentHeader;
  /** Where the facts begin. */
  readonly end: number;
}

class SegmentReader {
  tornBytes = 0;
  readonly #path: string;
  readonly #segment: Buffer;
  readonly #begun: Beginning;
  readonly #unpackr: Unpackr;
  readonly #isLast: boolean;

  constructor(path: string, segment: Buffer, begun: Beginning, unpackr: Unpackr, isLast: boolean) {
    this.#path = path;
    this.#segment = segment;
    this.#begun = begun;
    this.#unpackr = unpackr;
    this.#isLast = isLast;
  }

  *facts(): Generator<RecordedFact, void> {
    const { header } = this.#begun;
    const forms = formsOf(header.kind);
    const rows = header.facts.map((name) => ({ name, forms: forms[name] }));
    let number = header.factsBefore;
    for (let at = this.#begun.end; at < this.#segment.length;) {
      const { state, end } = lookAtFrame(this.#segment, at);
      if (state === "torn" && this.#isLast) {
        this.tornBytes = this.#segment.length - at;
        return;
      }
      if (state !== "whole") throw this.#damage(at, "what was written is damaged");
      yield this.#factOf(++number, rows, at, end);
      at = end;
    }
  }

  #factOf(number: number, rows: readonly Row[], at: number, end: number): RecordedFact {
    const payload = this.#segment.subarray(at + FRAME_HEAD_BYTES, end);
    const [said, outcome] = this.#unpackr.unpackMultiple(payload) as [unknown[], unknown[]?];
    const row = rows[said[0] as number];
    if (row?.forms === undefined) {
      throw this.#damage(at, `a fact that this version does not know (${row?.name ?? "no name"})`);
    }
    const { name, forms } = row;
    const args = forms.map((form, i) => read(form, said[i + 1]));
    const nowAt = forms.indexOf("now");
    const timeMs = said[1 + (nowAt >= 0 ? nowAt : forms.length)] as number;
    return { number, name, args, timeMs, outcome: outcomeOf(outcome) };
  }

  #damage(offset: number, what: string): DamagedRecording {
    return new DamagedRecording(this.#path, offset, what);
  }
}

interface Row {
  readonly name: string;
  readonly forms: readonly Form[] | undefined;
}

function outcomeOf(written: readonly unknown[] | undefined): Outcome {
  if (written === undefined) return NOTHING;
  const [count, hash, answer, runs, answers] = written as [
    number,
    number,
    unknown,
    number[],
    (string | null)[],
  ];
  return { count, hash, answer, runs, answers };
}

function contentOf(path: string): Buffer {
  const content = readFileSync(path);
  if (!path.endsWith(".gz")) return content;
  try {
    return gunzipSync(content);
  } catch (error) {
    throw new DamagedRecording(path, 0, `cannot be uncompressed (${(error as Error).message})`);
  }
}
