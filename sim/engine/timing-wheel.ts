// A timing wheel of three levels: constant work per event, however many are pending.
//
// Time within an epoch of 2^30 µs (18 minutes) has three digits of ten bits. An event waits in the
// bucket of the highest digit in which its time differs from the cursor's: level 2 while it is more
// than a second ahead or so, level 1 down to a millisecond, and in the millisecond that is being played
// in a list per microsecond. When the cursor reaches a bucket, its events are filed one level down;
// events of later epochs wait in one bucket per epoch.
//
// Exact order costs nothing: buckets keep the order of arrival and are emptied in that order, and at
// any moment all events of one microsecond wait in the same bucket.
//
// What makes it quick is how little memory it touches, and in which order. Buckets of levels 1 and 2
// are chains of chunks of sixteen events of 16 bytes: filing writes behind the last event and opening
// reads forward, where a list of single events would miss the cache at each step. The lists of the
// current millisecond live in a pool of their own that stays in the first cache.

import { assert } from "../../core/assert.ts";
import { TIME_US_MAX } from "./event-queue.ts";
import type { EventQueue, PoppedEvent } from "./event-queue.ts";
import { PayloadShelf } from "./payload-shelf.ts";

const DIGIT_BITS = 10;
const DIGIT_COUNT = 1 << DIGIT_BITS;
const DIGIT_MASK = DIGIT_COUNT - 1;
const EPOCH_US = 1 << (3 * DIGIT_BITS);

/** An event is four words: its time (in a list: the next event's place), tag, a, b. */
const EVENT_WORDS = 4;
/** The tag holds the kind in its low byte and the payload's place on the shelf above. */
const KIND_BITS = 8;
const KIND_MASK = (1 << KIND_BITS) - 1;

/** A chunk is 16 events, a quarter of a kilobyte. Measured: 8 are slower, 32 no quicker. */
const CHUNK_BITS = 6;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
const CHUNKS_MIN = 256;
const NEAR_MIN = 256;

/** Bucket numbers: level 1, then level 2, then one per later epoch as they come up. */
const LEVEL_2 = DIGIT_COUNT;
const LATER = 2 * DIGIT_COUNT;

export class TimingWheel implements EventQueue {
  size = 0;
  atUs = 0;
  kind = 0;
  a = 0;
  b = 0;
  payload: object | undefined = undefined;

  /** Nothing may be pushed before this. */
  nowUs = 0;
  #epochUs = 0;
  /** The millisecond being played: within the epoch, and as an absolute time. */
  #cursor = 0;
  #cursorUs = 0;

  // The current millisecond: circular lists by microsecond, of which the last event's place is kept.
  // A bit per list that is not empty, and a bit per word of those: the earliest is two steps away.
  readonly #lasts = new Int32Array(DIGIT_COUNT);
  readonly #listBits = new Int32Array(DIGIT_COUNT / 32);
  #wordBits = 0;
  #near = new Int32Array(EVENT_WORDS * NEAR_MIN);
  #nearEnd = EVENT_WORDS; // Place 0 means "none".

  // Everything later: buckets as chains of chunks. Chunk 0 is never used and means "none".
  #firsts = new Int32Array(LATER + 16);
  /** Where the next event of a bucket goes; at the start of a chunk, a new chunk is due. */
  #ends = new Int32Array(LATER + 16);
  readonly #bucketBits = new Int32Array(LATER / 32);
  #words = new Int32Array(CHUNKS_MIN << CHUNK_BITS);
  #nextChunks = new Int32Array(CHUNKS_MIN);
  #freeChunk = 0;
  #chunkEnd = 1;

  /** Start of a later epoch, µs → its bucket. */
  readonly #laterBuckets = new Map<number, number>();
  readonly #idleBuckets: number[] = [];
  #bucketEnd = LATER;

  readonly #shelf = new PayloadShelf();
  readonly #popped: PoppedEvent;

  /** `popped` is where events are left; by default the wheel itself. */
  constructor(popped?: PoppedEvent) {
    this.#popped = popped ?? this;
  }

  /** Starts over, empty, at `nowUs`. */
  reset(nowUs: number): void {
    assert(this.size === 0, "only an empty queue is reset", this.size);
    this.nowUs = nowUs;
    this.#epochUs = nowUs - (nowUs % EPOCH_US);
    this.#moveCursor((nowUs - this.#epochUs) & ~DIGIT_MASK);
  }

  push(atUs: number, kind: number, a: number, b: number, payload: object | undefined): void {
    assert(atUs >= this.nowUs, "an event is not before the current time", atUs);
    const tag = payload === undefined ? kind : kind | (this.#shelf.put(payload) << KIND_BITS);
    this.size++;
    const offset = atUs - this.#epochUs;
    if (offset < EPOCH_US) this.#file(offset | 0, tag, a, b);
    else this.#append(this.#laterBucket(atUs), (atUs % EPOCH_US) | 0, tag, a, b);
  }

  pop(): boolean {
    return this.popUntil(TIME_US_MAX);
  }

  popUntil(limitUs: number): boolean {
    if (this.#wordBits === 0 && !this.#advance(limitUs)) return this.#waitUntil(limitUs);
    const wordBits = this.#wordBits;
    const word = lowestBit(wordBits);
    const listBits = this.#listBits[word];
    const list = (word << 5) | lowestBit(listBits);
    const atUs = this.#cursorUs + list;
    if (atUs > limitUs) return this.#waitUntil(limitUs);

    const near = this.#near;
    const last = this.#lasts[list];
    const place = near[last];
    if (place !== last) near[last] = near[place];
    else {
      this.#lasts[list] = 0;
      const others = listBits & (listBits - 1);
      this.#listBits[word] = others;
      if (others === 0) this.#wordBits = wordBits & (wordBits - 1);
    }
    this.nowUs = atUs;
    this.size--;
    const tag = near[place + 1];
    const payloadPlace = tag >>> KIND_BITS;
    const popped = this.#popped;
    popped.atUs = atUs;
    popped.kind = tag & KIND_MASK;
    popped.a = near[place + 2];
    popped.b = near[place + 3];
    popped.payload = payloadPlace === 0 ? undefined : this.#shelf.take(payloadPlace);
    return true;
  }

  /** Nothing is due until `limitUs`, so that is what time it is now. Always false. */
  #waitUntil(limitUs: number): boolean {
    if (limitUs > this.nowUs && limitUs < TIME_US_MAX) this.nowUs = limitUs;
    return false;
  }

  /** Opens buckets until the current millisecond has events; false when none begins by `limitUs`. */
  #advance(limitUs: number): boolean {
    while (this.#wordBits === 0) {
      const cursor = this.#cursor;
      const limit = limitUs - this.#epochUs;
      const middle = firstBucket(this.#bucketBits, 0, (cursor >> DIGIT_BITS) & DIGIT_MASK);
      if (middle >= 0) {
        const start = (cursor & -(1 << (2 * DIGIT_BITS))) | (middle << DIGIT_BITS);
        if (start > limit) return false;
        this.#moveCursor(start);
        this.#open(middle);
        continue;
      }
      const top = firstBucket(this.#bucketBits, LEVEL_2 >> 5, cursor >> (2 * DIGIT_BITS));
      if (top >= 0) {
        const start = top << (2 * DIGIT_BITS);
        if (start > limit) return false;
        this.#moveCursor(start);
        this.#open(LEVEL_2 + top);
      } else if (!this.#openEpoch(limitUs)) return false;
    }
    return true;
  }

  #openEpoch(limitUs: number): boolean {
    let epochUs = Infinity;
    for (const candidateUs of this.#laterBuckets.keys()) {
      if (candidateUs < epochUs) epochUs = candidateUs;
    }
    if (epochUs > limitUs) return false;
    const bucket = this.#laterBuckets.get(epochUs) ?? 0;
    this.#laterBuckets.delete(epochUs);
    this.#epochUs = epochUs;
    this.#moveCursor(0);
    this.#open(bucket);
    this.#idleBuckets.push(bucket);
    return true;
  }

  #moveCursor(cursor: number): void {
    this.#cursor = cursor;
    this.#cursorUs = this.#epochUs + cursor;
  }

  /** Files the events of a bucket anew, now that the cursor stands at its start, and frees its chunks. */
  #open(bucket: number): void {
    const end = this.#ends[bucket];
    let chunk = this.#firsts[bucket];
    this.#ends[bucket] = 0;
    if (bucket < LATER) this.#bucketBits[bucket >> 5] &= ~(1 << (bucket & 31));
    for (;;) {
      const from = chunk << CHUNK_BITS;
      const full = from + CHUNK_MASK + 1;
      const isLast = end > from && end <= full;
      const to = isLast ? end : full;
      for (let at = from; at < to; at += EVENT_WORDS) {
        const words = this.#words; // Filing may grow it.
        this.#file(words[at], words[at + 1], words[at + 2], words[at + 3]);
      }
      const next = this.#nextChunks[chunk];
      this.#nextChunks[chunk] = this.#freeChunk;
      this.#freeChunk = chunk;
      if (isLast) return;
      chunk = next;
    }
  }

  #file(offset: number, tag: number, a: number, b: number): void {
    const difference = offset ^ this.#cursor;
    if (difference < DIGIT_COUNT) this.#chain(difference, tag, a, b);
    else {
      const bucket =
        difference < DIGIT_COUNT << DIGIT_BITS
          ? (offset >> DIGIT_BITS) & DIGIT_MASK
          : LEVEL_2 + (offset >> (2 * DIGIT_BITS));
      this.#append(bucket, offset, tag, a, b);
    }
  }

  /** Adds to the list of one microsecond of the current millisecond. */
  #chain(list: number, tag: number, a: number, b: number): void {
    const place = this.#wordBits === 0 ? EVENT_WORDS : this.#nearEnd;
    if (place === this.#near.length) this.#near = doubled(this.#near);
    const near = this.#near;
    this.#nearEnd = place + EVENT_WORDS;
    near[place + 1] = tag;
    near[place + 2] = a;
    near[place + 3] = b;
    const last = this.#lasts[list];
    this.#lasts[list] = place;
    if (last !== 0) {
      near[place] = near[last];
      near[last] = place;
    } else {
      near[place] = place;
      this.#listBits[list >> 5] |= 1 << (list & 31);
      this.#wordBits |= 1 << (list >> 5);
    }
  }

  #append(bucket: number, offset: number, tag: number, a: number, b: number): void {
    let end = this.#ends[bucket];
    if ((end & CHUNK_MASK) === 0) end = this.#extend(bucket, end);
    const words = this.#words;
    words[end] = offset;
    words[end + 1] = tag;
    words[end + 2] = a;
    words[end + 3] = b;
    this.#ends[bucket] = end + EVENT_WORDS;
  }

  /** Gives a bucket that is empty (`end` 0) or full another chunk, and returns where that begins. */
  #extend(bucket: number, end: number): number {
    let chunk = this.#freeChunk;
    if (chunk !== 0) this.#freeChunk = this.#nextChunks[chunk];
    else {
      chunk = this.#chunkEnd++;
      if (chunk === this.#nextChunks.length) {
        this.#nextChunks = doubled(this.#nextChunks);
        this.#words = doubled(this.#words);
      }
    }
    if (end !== 0) this.#nextChunks[(end >> CHUNK_BITS) - 1] = chunk;
    else {
      this.#firsts[bucket] = chunk;
      if (bucket < LATER) this.#bucketBits[bucket >> 5] |= 1 << (bucket & 31);
    }
    return chunk << CHUNK_BITS;
  }

  #laterBucket(atUs: number): number {
    assert(atUs <= TIME_US_MAX, "time stays countable in microseconds", atUs);
    const epochUs = atUs - (atUs % EPOCH_US);
    let bucket = this.#laterBuckets.get(epochUs);
    if (bucket === undefined) {
      bucket = this.#idleBuckets.pop() ?? this.#bucketEnd++;
      if (bucket === this.#ends.length) {
        this.#ends = doubled(this.#ends);
        this.#firsts = doubled(this.#firsts);
      }
      this.#laterBuckets.set(epochUs, bucket);
    }
    return bucket;
  }
}

/** Number of the lowest set bit of a word that has one. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** The first bucket that is not empty from digit `from` on, in the level at `base`; -1: none. */
function firstBucket(bits: Int32Array, base: number, from: number): number {
  let index = from >> 5;
  let word = bits[base + index] & (-1 << (from & 31));
  while (word === 0) {
    if (++index === DIGIT_COUNT >> 5) return -1;
    word = bits[base + index];
  }
  return (index << 5) | lowestBit(word);
}

function doubled(small: Int32Array): Int32Array<ArrayBuffer> {
  const large = new Int32Array(2 * small.length);
  large.set(small);
  return large;
}
