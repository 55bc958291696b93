// Frames on their way out: written once, into memory that is never written again, and sent together.
//
//   length u32 | type u8 | …                                  little-endian; `length` counts what follows it
//
// A small write costs the same as a large one, so everything that one turn of the event loop has to say leaves in one piece. A piece is a part of a chunk: a
// chunk is filled from front to end and then left to whoever still sends it, so nothing is copied and nothing is reused too early.

import { assert } from "../../core/assert.ts";

/** Bytes of a chunk. Assumed: some hundred small frames; a larger frame has a chunk of its own. */
const CHUNK_BYTES = 64 * 1024;
/** Texts longer than this are measured before room is made for them; three bytes a unit are reserved for shorter ones. */
const MEASURED_UNITS = 512;
/** Texts up to this length are written unit by unit while they are ASCII: it is quicker than asking the encoder. */
const SHORT_UNITS = 24;
const NAME_BYTES_MAX = 0xffff;

/** A stretch of a chunk that was written before. */
export interface Stretch {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export class FrameBatch {
  /** Takes a piece: whole frames, and how many. */
  readonly #send: (piece: Buffer, frames: number) => void;
  #bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  /** Where what has not been sent begins. */
  #start = 0;
  /** Where the frame that is being written begins. */
  #frame = 0;
  #end = 0;
  #frames = 0;

  constructor(send: (piece: Buffer, frames: number) => void) {
    this.#send = send;
  }

  /** Bytes that have not been sent. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Begins a frame of at most `bytesMax` after its type. */
  begin(type: number, bytesMax: number): void {
    if (this.#bytes.length - this.#end < bytesMax + 5) this.#renew(bytesMax + 5);
    this.#frame = this.#end;
    this.#bytes[this.#end + 4] = type;
    this.#end += 5;
  }

  finish(): void {
    this.#view.setUint32(this.#frame, this.#end - this.#frame - 4, true);
    this.#frames++;
  }

  flush(): void {
    if (this.#end === this.#start) return;
    const piece = this.#bytes.subarray(this.#start, this.#end);
    const frames = this.#frames;
    this.#start = this.#end;
    this.#frames = 0;
    this.#send(piece, frames);
  }

  byte(value: number): void {
    this.#bytes[this.#end++] = value;
  }

  int32(value: number): void {
    this.#view.setInt32(this.#end, value, true);
    this.#end += 4;
  }

  /** The rest of the frame, or a text whose length stands elsewhere. */
  text(text: string): void {
    this.#end += this.#write(text);
  }

  /** A text behind its length in 16 bits. */
  name(text: string): void {
    const at = this.#end;
    this.#end += 2;
    const length = this.#write(text);
    assert(length <= NAME_BYTES_MAX, "names on a trunk are short, bytes", length);
    this.#view.setUint16(at, length, true);
    this.#end += length;
  }

  stretch({ bytes, start, end }: Stretch): void {
    this.#bytes.set(bytes.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** Everything of this frame since `start`, which `position` gave. */
  since(start: number): Stretch {
    return { bytes: this.#bytes, start, end: this.#end };
  }

  get position(): number {
    return this.#end;
  }

  #write(text: string): number {
    if (text.length > SHORT_UNITS) return this.#bytes.write(text, this.#end);
    const bytes = this.#bytes;
    const at = this.#end;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return bytes.write(text, at);
      bytes[at + i] = unit;
    }
    return text.length;
  }

  #renew(bytes: number): void {
    this.flush();
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
    this.#end = 0;
  }
}

/** At most so many bytes in UTF-8. */
export function textBytesMax(text: string): number {
  return text.length <= MEASURED_UNITS ? text.length * 3 : Buffer.byteLength(text);
}
