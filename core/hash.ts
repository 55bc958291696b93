// The score of a node for a room: MurmurHash3 x86 32, seed 0, over UTF-8 of "nodeId:roomId".
//
// The value is a contract with anything else that must compute the same owner, so the library
// defines it, and golden vectors guard it. Ranking one room over every node asks for it by the
// thousand: there a node keeps the hash state after its own prefix, a room keeps its blocks already
// mixed for each of the four ways in which a prefix may be aligned, and a pair only joins the two.

import murmurHash3 from "murmurhash3js-revisited";
import { utf8BytesMax, writeUtf8 } from "./utf8.ts";

// The constants of MurmurHash3 x86 32. Cited: A. Appleby, SMHasher, MurmurHash3.cpp (public domain).
const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;
const BLOCK_ADD = 0xe6546b64 | 0;
const FINAL_1 = 0x85ebca6b | 0;
const FINAL_2 = 0xc2b2ae35 | 0;

/** MurmurHash3 x86 32 with seed 0 of the UTF-8 bytes of `text`, a uint32. */
export function murmur32(text: string): number {
  const length = text.length;
  const blocksEnd = length & ~3;
  let h = 0;
  let seen = 0; // Every char code so far, or-ed: one test at the end tells whether all were ASCII.
  for (let i = 0; i < blocksEnd; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    h = mixedIn(h, mixed(a | (b << 8) | (c << 16) | (d << 24)));
  }
  let tail = 0;
  for (let i = length - 1; i >= blocksEnd; i--) {
    const unit = text.charCodeAt(i);
    seen |= unit;
    tail = (tail << 8) | unit;
  }
  if (seen > 0x7f) return murmur32OfUtf8(text);
  return finished(h ^ mixed(tail), length);
}

function murmur32OfUtf8(text: string): number {
  const bytes = new Uint8Array(utf8BytesMax(text));
  return murmurHash3.x86.hash32(bytes.subarray(0, writeUtf8(text, bytes)), 0);
}

/** One 4-byte block, or the tail, before it meets the state. `mixed(0)` is 0. */
function mixed(block: number): number {
  const k = Math.imul(block, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

/** The state after a whole block. */
function mixedIn(state: number, mixedBlock: number): number {
  const h = state ^ mixedBlock;
  return (Math.imul((h << 13) | (h >>> 19), 5) + BLOCK_ADD) | 0;
}

/** The hash, from the state after the tail and the number of bytes in all. */
function finished(state: number, byteCount: number): number {
  let h = state ^ byteCount;
  h = Math.imul(h ^ (h >>> 16), FINAL_1);
  h = Math.imul(h ^ (h >>> 13), FINAL_2);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Up to four bytes as a little-endian word whose first byte is `bytes[from]`. */
function wordAt(bytes: Uint8Array, from: number, end: number): number {
  let word = 0;
  for (let i = Math.min(from + 4, end) - 1; i >= from; i--) word = (word << 8) | bytes[i];
  return word;
}

// A row of `RoomKey.words` belongs to one alignment: the bytes that complete the prefix's last
// block (shifted to their place), the mixed tail, the number of whole blocks that follow, and those
// blocks, mixed. A room too short to complete the block has the count -1: all of it is tail.
const ROW_TAIL = 1;
const ROW_COUNT = 2;
const ROW_BLOCKS = 3;
const ALL_IS_TAIL = -1;

/** A room id, prepared to be scored by any number of nodes. */
export class RoomKey {
  /** Four rows, one for each prefix length modulo 4. */
  words = new Int32Array(0);
  stride = 0;
  byteCount = 0;
  #bytes = new Uint8Array(0);

  constructor(roomId: string) {
    this.set(roomId);
  }

  /** Takes another room id in place, so that a loop over rooms allocates nothing. */
  set(roomId: string): this {
    const bytesMax = utf8BytesMax(roomId);
    if (this.#bytes.length < bytesMax) this.#bytes = new Uint8Array(bytesMax);
    this.byteCount = writeUtf8(roomId, this.#bytes);
    this.stride = ROW_BLOCKS + (this.byteCount >> 2);
    if (this.words.length < this.stride * 4) this.words = new Int32Array(this.stride * 4);
    for (let leftover = 0; leftover < 4; leftover++) this.#fillRow(leftover);
    return this;
  }

  /** `leftover` is the number of prefix bytes that fill no whole block. */
  #fillRow(leftover: number): void {
    const words = this.words;
    const row = leftover * this.stride;
    const bytes = this.#bytes;
    const end = this.byteCount;
    const borrowed = 4 - leftover;
    words[row] = wordAt(bytes, 0, Math.min(borrowed, end)) << (8 * leftover);
    words[row + ROW_TAIL] = 0;
    words[row + ROW_COUNT] = ALL_IS_TAIL;
    if (end < borrowed) return;

    const count = (end - borrowed) >> 2;
    words[row + ROW_COUNT] = count;
    let from = borrowed;
    for (let i = 0; i < count; i++, from += 4) {
      const block =
        bytes[from] | (bytes[from + 1] << 8) | (bytes[from + 2] << 16) | (bytes[from + 3] << 24);
      words[row + ROW_BLOCKS + i] = mixed(block);
    }
    words[row + ROW_TAIL] = mixed(wordAt(bytes, from, end));
  }
}

export function roomKey(roomId: string): RoomKey {
  return new RoomKey(roomId);
}

/** A node's share of every score: the hash state after `nodeId + ":"`. */
export class NodePrefix {
  /** State after the prefix's whole blocks. */
  readonly #state: number;
  /** The bytes after them, as a word, and how many they are: 0 to 3. */
  readonly #leftover: number;
  readonly #leftoverCount: number;
  readonly #byteCount: number;

  constructor(nodeId: string) {
    const prefix = nodeId + ":";
    const bytes = new Uint8Array(utf8BytesMax(prefix));
    const end = writeUtf8(prefix, bytes);
    const blocksEnd = end & ~3;
    let state = 0;
    for (let at = 0; at < blocksEnd; at += 4) state = mixedIn(state, mixed(wordAt(bytes, at, end)));
    this.#state = state;
    this.#leftover = wordAt(bytes, blocksEnd, end);
    this.#leftoverCount = end - blocksEnd;
    this.#byteCount = end;
  }

  /** `murmur32(nodeId + ":" + roomId)`. */
  score(room: RoomKey): number {
    const words = room.words;
    const row = this.#leftoverCount * room.stride;
    const first = mixed(this.#leftover | words[row]);
    const byteCount = this.#byteCount + room.byteCount;
    const count = words[row + ROW_COUNT];
    if (count === ALL_IS_TAIL) return finished(this.#state ^ first, byteCount);

    let h = mixedIn(this.#state, first);
    const end = row + ROW_BLOCKS + count;
    for (let at = row + ROW_BLOCKS; at < end; at++) h = mixedIn(h, words[at]);
    return finished(h ^ words[row + ROW_TAIL], byteCount);
  }
}
