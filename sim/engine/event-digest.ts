// The identity of a run: a 64-bit digest over every event, in order.
//
// Two runs with equal digests did the same things at the same times, on any machine and Node version,
// with any event queue. It is a fingerprint against accidents, not against attackers. Each event costs
// some 6 ns: two 32-bit lanes, every step a bijection of the lanes for a given event, so that a difference,
// once there, is never forgotten by the mixing itself.

const INVERSE_2_POW_32 = 1 / 0x1_0000_0000;

export class EventDigest {
  #x = 0x243f6a88; // Pi's first fraction bits: nothing up our sleeve.
  #y = 0x13198a2e;

  add(atUs: number, kind: number, a: number, b: number): void {
    const low = atUs | 0;
    const high = (atUs * INVERSE_2_POW_32) | 0;
    let x = Math.imul(this.#x ^ low, 0x85ebca6b);
    x = ((x ^ (x >>> 13)) + a) | 0;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    let y = Math.imul(this.#y ^ b ^ (a << 16) ^ (a >>> 16), 0x27d4eb2f);
    y = ((y ^ (y >>> 15)) + (kind ^ (high << 8)) + Math.imul(low, 0x165667b1)) | 0;
    y = Math.imul(y, 0x9e3779b1);
    y ^= y >>> 14;
    this.#x = (x + ((y << 7) | (y >>> 25))) | 0;
    this.#y = y ^ x;
  }

  /** 16 hex digits. */
  hex(): string {
    return hexOf(this.#x) + hexOf(this.#y);
  }
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
