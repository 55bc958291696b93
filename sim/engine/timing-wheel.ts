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

/** A chunk is 64 words, a quarter of a kilobyte. Assumed; 8 and 32 events per chunk were no quicker. */
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

  #epochUs = 0;
  /** The current time within the epoch, µs. */
  #now = 0;
  /** The millisecond being played: the cursor's two upper digits, the lowest 0. */
  #cursor = 0;

  // Current millisecond: lists by microsecond, in a pool whose place 0 means "none".
  readonly #heads = new Int32Array(DIGIT_COUNT);
  readonly #tails = new Int32Array(DIGIT_COUNT);
  readonly #nearBits = new Int32Array(DIGIT_COUNT / 32);
  #near = new Int32Array(EVENT_WORDS * NEAR_MIN);
  #nearFree = 0;
  #nearEnd = EVENT_WORDS;

  // Everything later: buckets as chains of chunks. Chunk 0 is never used and means "none".
  #firsts = new Int32Array(LATER + 16);
  /** Where the next event of a bucket goes; at the start of a chunk, a new chunk is due. */
  #ends = new Int32Array(LATER + 16);
  readonly #farBits = new Int32Array((2 * DIGIT_COUNT) / 32);
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

  /** Nothing may be pushed before this. */
  get nowUs(): number {
    return this.#epochUs + this.#now;
  }

  /** Starts over, empty, at `nowUs`. */
  reset(nowUs: number): void {
    assert(this.size === 0, "only an empty queue is reset", this.size);
    this.#epochUs = nowUs - (nowUs % EPOCH_US);
    this.#now = nowUs - this.#epochUs;
    this.#cursor = this.#now & ~DIGIT_MASK;
  }

  push(atUs: number, kind: number, a: number, b: number, payload: object | undefined): void {
    const offset = atUs - this.#epochUs;
    assert(offset >= this.#now, "an event is not before the current time", atUs);
    const tag = payload === undefined ? kind : kind | (this.#shelf.put(payload) << KIND_BITS);
    this.size++;
    if (offset < EPOCH_US) this.#file(offset | 0, tag, a, b);
    else this.#append(this.#laterBucket(atUs), (atUs % EPOCH_US) | 0, tag, a, b);
  }

  pop(): boolean {
    return this.size > 0 && this.popUntil(TIME_US_MAX);
  }

  popUntil(limitUs: number): boolean {
    let now = this.#now;
    let place = this.#heads[now & DIGIT_MASK];
    if (place === 0 || (now & ~DIGIT_MASK) !== this.#cursor) {
      now = this.#advance(limitUs);
      if (now < 0) return false;
      place = this.#heads[now & DIGIT_MASK];
    }
    const atUs = this.#epochUs + now;
    if (atUs > limitUs) return this.#waitUntil(limitUs);
    this.#now = now;

    const near = this.#near;
    const tick = now & DIGIT_MASK;
    const next = near[place];
    this.#heads[tick] = next;
    if (next === 0) this.#nearBits[tick >> 5] &= ~(1 << (tick & 31));
    const tag = near[place + 1];
    const payloadPlace = tag >>> KIND_BITS;
    const popped = this.#popped;
    popped.atUs = atUs;
    popped.kind = tag & KIND_MASK;
    popped.a = near[place + 2];
    popped.b = near[place + 3];
    popped.payload = payloadPlace === 0 ? undefined : this.#shelf.take(payloadPlace);
    near[place] = this.#nearFree;
    this.#nearFree = place;
    this.size--;
    return true;
  }

  /** Nothing is due until `limitUs`, so that is what time it is now. Always false. */
  #waitUntil(limitUs: number): boolean {
    const offset = limitUs - this.#epochUs;
    if (offset > this.#now && limitUs < TIME_US_MAX) {
      this.#now = offset < EPOCH_US ? Math.floor(offset) : EPOCH_US - 1;
    }
    return false;
  }

  /** Opens buckets up to the next event and returns its time within the epoch; -1: not by `limitUs`. */
  #advance(limitUs: number): number {
    for (;;) {
      const cursor = this.#cursor;
      const from = (this.#now & ~DIGIT_MASK) === cursor ? this.#now & DIGIT_MASK : 0;
      const tick = firstBit(this.#nearBits, 0, from);
      if (tick >= 0) return cursor | tick;

      const limit = limitUs - this.#epochUs;
      const middle = firstBit(this.#farBits, 0, (cursor >> DIGIT_BITS) & DIGIT_MASK);
      if (middle >= 0) {
        const start = (cursor & ~(EPOCH_US / DIGIT_COUNT - 1)) | (middle << DIGIT_BITS);
        if (start > limit) break;
        this.#cursor = start;
        this.#open(middle);
        continue;
      }
      const top = firstBit(this.#farBits, LEVEL_2 >> 5, cursor >> (2 * DIGIT_BITS));
      if (top >= 0) {
        const start = top << (2 * DIGIT_BITS);
        if (start > limit) break;
        this.#cursor = start;
        this.#open(LEVEL_2 + top);
        continue;
      }
      if (!this.#openNextEpoch(limitUs)) break;
    }
    this.#waitUntil(limitUs);
    return -1;
  }

  #openNextEpoch(limitUs: number): boolean {
    let epochUs = Infinity;
    for (const candidateUs of this.#laterBuckets.keys()) {
      if (candidateUs < epochUs) epochUs = candidateUs;
    }
    if (epochUs > limitUs) return false;
    const bucket = this.#laterBuckets.get(epochUs) ?? 0;
    this.#laterBuckets.delete(epochUs);
    this.#epochUs = epochUs;
    this.#now = 0;
    this.#cursor = 0;
    this.#open(bucket);
    this.#idleBuckets.push(bucket);
    return true;
  }

  /** Files the events of a bucket anew, now that the cursor stands at its start, and frees its chunks. */
  #open(bucket: number): void {
    const end = this.#ends[bucket];
    let chunk = this.#firsts[bucket];
    this.#ends[bucket] = 0;
    if (bucket < LATER) this.#farBits[bucket >> 5] &= ~(1 << (bucket & 31));
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
    else if (difference < DIGIT_COUNT << DIGIT_BITS) {
      this.#append((offset >> DIGIT_BITS) & DIGIT_MASK, offset, tag, a, b);
    } else this.#append(LEVEL_2 + (offset >> (2 * DIGIT_BITS)), offset, tag, a, b);
  }

  /** Adds to the list of one microsecond of the current millisecond. */
  #chain(tick: number, tag: number, a: number, b: number): void {
    let near = this.#near;
    let place = this.#nearFree;
    if (place !== 0) this.#nearFree = near[place];
    else {
      place = this.#nearEnd;
      this.#nearEnd = place + EVENT_WORDS;
      if (this.#nearEnd > near.length) near = this.#near = doubled(near);
    }
    near[place] = 0;
    near[place + 1] = tag;
    near[place + 2] = a;
    near[place + 3] = b;
    if (this.#heads[tick] === 0) {
      this.#heads[tick] = place;
      this.#nearBits[tick >> 5] |= 1 << (tick & 31);
    } else near[this.#tails[tick]] = place;
    this.#tails[tick] = place;
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
      if (bucket < LATER) this.#farBits[bucket >> 5] |= 1 << (bucket & 31);
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

/** The first set bit from digit `from` on, in the 32 words from `base` on; -1 when there is none. */
function firstBit(bits: Int32Array, base: number, from: number): number {
  let index = from >> 5;
  let word = bits[base + index] & (-1 << (from & 31));
  while (word === 0) {
    if (++index === DIGIT_COUNT >> 5) return -1;
    word = bits[base + index];
  }
  return (index << 5) + 31 - Math.clz32(word & -word);
}

function doubled(small: Int32Array): Int32Array<ArrayBuffer> {
  const large = new Int32Array(2 * small.length);
  large.set(small);
  return large;
}
