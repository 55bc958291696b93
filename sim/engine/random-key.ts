// From the name of a random stream to the state that its generator starts in.
//
// xor128 is linear: seeded with similar texts its streams would be exclusive-ors of one another
// (seedrandom's own seeding of "client/10", "client/11", "client/20", "client/21" gives four streams that
// cancel out, draw by draw). So a key is hashed, and the generator starts in the hash. For one seed and
// purpose each word of the state is a bijection of a numbered entity: no two share a state, ever.

import { assert } from "../../core/assert.ts";

/** 128 bits: the four words of an xor128 state, or the prefix of a key. */
export type Words = [number, number, number, number];

/** Fractional bits of the square roots of 2, 3, 5 and 7: four lanes that differ, from nowhere special. */
const LANES: Readonly<Words> = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];

/** The part of a key that all entities of a purpose share. */
export function purposeWords(seed: number, purpose: string): Words {
  assert(Number.isSafeInteger(seed), "a seed is an integer", seed);
  const low = seed | 0;
  const high = Math.floor(seed / 0x1_0000_0000) | 0;
  return mapLanes((lane) => textWord(scramble(scramble(lane ^ low) ^ high), purpose));
}

/** The start state of one entity's stream; `prefix` comes from `purposeWords`. */
export function entityWords(prefix: Words, entity: number | string | undefined): Words {
  const words = mapLanes((_, i) => entityWord(prefix[i], entity));
  if ((words[0] | words[1] | words[2] | words[3]) === 0) words[3] = 1; // Zero would stay zero.
  return words;
}

/** One word of that state: `entity` is a uint32, a name, or undefined for a stream of its purpose. */
export function entityWord(prefix: number, entity: number | string | undefined): number {
  if (typeof entity === "number") return scramble(prefix ^ scramble(entity ^ 0x51ed270b));
  if (entity === undefined) return scramble(prefix + 1);
  return textWord(scramble(prefix + 2), entity);
}

/** Reads UTF-16 code units, and their number so that no text is another's beginning. */
function textWord(start: number, text: string): number {
  let word = start ^ text.length;
  for (let i = 0; i < text.length; i++) word = scramble(word ^ text.charCodeAt(i));
  return word;
}

/** A bijection of 32 bits in which each bit of the input moves about half of the output (fmix32). */
function scramble(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

function mapLanes(word: (lane: number, i: number) => number): Words {
  return [word(LANES[0], 0), word(LANES[1], 1), word(LANES[2], 2), word(LANES[3], 3)];
}
