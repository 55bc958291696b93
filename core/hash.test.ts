import murmurHash3 from "murmurhash3js-revisited";
import { expect, test } from "vitest";
import { murmur32, NodePrefix, RoomKey, roomKey } from "./hash.ts";

/** What the contract says, in its own words: the library, over the host's UTF-8. */
function reference(text: string): number {
  return murmurHash3.x86.hash32(Buffer.from(text, "utf8"), 0);
}

/** A small generator, so that the inputs are the same everywhere. Cited: xorshift32, Marsaglia. */
function drawsFrom(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const GOLDEN: readonly (readonly [string, number])[] = [
  ["", 0x00000000],
  ["a", 0x3c2569b2],
  ["ab", 0x9bbfd75f],
  ["abc", 0xb3dd93fa],
  ["abcd", 0x43ed676a],
  ["hello, world", 0x149bbb7f],
  ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
  ["node-0:room-0", 0xa649e314],
  ["node-1:room-0", 0x4490683d],
  ["node-12:room-345", 0xe8749058],
  ["signal-7d9f8c-x2k4p:standup", 0xb8a9aab8],
  ["10.0.3.17:0b7c1f3e-88aa-4d53-9c39-5f0a2f6f2d1e", 0x58543c54],
  ["n:", 0xf46b2bf4],
  ["n:r", 0x7f017e98],
  ["é:ü", 0x5999c588],
  ["узел:комната", 0x455b1bd4],
  ["node-3:会議室", 0xfcf34fd5],
  ["node-3:🎥 call", 0x4ba40f90],
  ["node-3:\ud800x", 0x3ca03b39],
];

test("[PL1] the score of a node for a room is this number", () => {
  for (const [text, hash] of GOLDEN) {
    expect([text, murmur32(text)]).toEqual([text, hash]);
    expect([text, reference(text)]).toEqual([text, hash]);
  }
});

test("[PL1] a score resumed from a node's prefix is the same number", () => {
  for (const [text, hash] of GOLDEN) {
    const colon = text.indexOf(":");
    if (colon < 0) continue;
    const prefix = new NodePrefix(text.slice(0, colon));
    expect([text, prefix.score(roomKey(text.slice(colon + 1)))]).toEqual([text, hash]);
  }
});

test("[PL1] the library passes SMHasher's verification of MurmurHash3 x86 32", () => {
  const all = new Uint8Array(256 * 4);
  const key = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    key[i] = i;
    const hash = murmurHash3.x86.hash32(key.subarray(0, i), 256 - i);
    for (let byte = 0; byte < 4; byte++) all[i * 4 + byte] = (hash >>> (8 * byte)) & 0xff;
  }

  expect(murmurHash3.x86.hash32(all, 0)).toBe(0xb0f57ee3);
});

test("[PL1] a million ASCII texts hash as the library says", () => {
  const draw = drawsFrom(0x5707);
  const bytes = Buffer.alloc(64);
  let differing = 0;
  for (let i = 0; i < 1_000_000; i++) {
    const length = draw() % 48;
    for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(draw() & 0x7f7f7f7f, at);
    const text = bytes.toString("latin1", 0, length);
    if (murmur32(text) !== murmurHash3.x86.hash32(bytes.subarray(0, length), 0)) differing++;
  }

  expect(differing).toBe(0);
});

test("[PL1] a million pairs of node and room hash as the library says, however they are aligned", () => {
  const draw = drawsFrom(0xa119);
  const bytes = Buffer.alloc(128);
  const rooms = new RoomKey("");
  const differing = [0, 0, 0, 0];
  const seen = [0, 0, 0, 0];
  for (let i = 0; i < 25_000; i++) {
    const nodeLength = 1 + (i % 24);
    for (let at = 0; at < nodeLength; at += 4) bytes.writeUInt32LE(draw() & 0x7f7f7f7f, at);
    const prefix = new NodePrefix(bytes.toString("latin1", 0, nodeLength));
    bytes[nodeLength] = 0x3a;
    const start = nodeLength + 1;
    for (let room = 0; room < 40; room++) {
      const length = room < 12 ? room : draw() % 40; // Every short length, each time.
      for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(draw() & 0x7f7f7f7f, start + at);
      const score = prefix.score(rooms.set(bytes.toString("latin1", start, start + length)));
      const hash = murmurHash3.x86.hash32(bytes.subarray(0, start + length), 0);
      seen[start & 3]++;
      if (score !== hash) differing[start & 3]++;
    }
  }

  expect(seen.every((count) => count >= 200_000)).toBe(true);
  expect(differing).toEqual([0, 0, 0, 0]);
});

test("[PL1] text of any script, half a surrogate pair included, hashes as its UTF-8", () => {
  const draw = drawsFrom(0xbee5);
  const rooms = new RoomKey("");
  let differing = 0;
  for (let i = 0; i < 150_000; i++) {
    const node = anyText(draw, 1 + (i % 9)).replaceAll(":", ".");
    const room = anyText(draw, draw() % 12);
    const hash = reference(`${node}:${room}`);
    if (murmur32(`${node}:${room}`) !== hash) differing++;
    if (new NodePrefix(node).score(rooms.set(room)) !== hash) differing++;
  }

  expect(differing).toBe(0);
});

/** UTF-16 units of all ranges: ASCII, two and three bytes, and surrogates paired and alone. */
function anyText(draw: () => number, units: number): string {
  let text = "";
  for (let i = 0; i < units; i++) {
    const unit = draw();
    const range = unit >>> 30;
    if (range === 0) text += String.fromCharCode(unit & 0x7f);
    else if (range === 1) text += String.fromCharCode(unit & 0x7ff);
    else if (range === 2) text += String.fromCharCode(unit & 0xffff);
    else text += String.fromCharCode(0xd800 | (unit & 0x7ff));
  }
  return text;
}

test("[PL1] a room key says the same after it was used for longer and shorter rooms", () => {
  const key = new RoomKey("a-room-with-a-name-much-longer-than-those-that-follow");
  const node = new NodePrefix("node-7");

  for (const roomId of ["r", "", "standup-2024", "ab", "плановое совещание"]) {
    expect(node.score(key.set(roomId))).toBe(murmur32(`node-7:${roomId}`));
  }
});
