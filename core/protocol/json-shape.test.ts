import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoints, isDeeperThan, isHarmless, jsonBytes, utf8Bytes } from "./json-shape.ts";

const AWKWARD = [
  "",
  "a",
  "é",
  "€",
  "😀",
  "\ud83d",
  "\ude00x",
  '"\\',
  "\n\t\u0001\u007f",
  "a😀\ud800b",
];

test("[CN4] bytes are those of the UTF-8 text", () => {
  for (const text of AWKWARD) expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("[CN4] the size of a value is that of its JSON text", () => {
  for (const text of AWKWARD) {
    expect(jsonBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text)));
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }),
    { seed: 12, numRuns: 300 },
  );
});

test("[CN4] code points are people's characters, and half a pair is no text", () => {
  expect(["", "abc", "é€", "😀😀", "\ud83d", "x\ude00"].map(codePoints)).toEqual([
    0,
    3,
    2,
    2,
    Infinity,
    Infinity,
  ]);
});

test("[CN2] depth counts brackets outside of strings only", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  expect(isDeeperThan(nested(32), 32)).toBe(false);
  expect(isDeeperThan(nested(33), 32)).toBe(true);
  expect(isDeeperThan("[".repeat(100), 32)).toBe(true);
  expect(isDeeperThan(JSON.stringify("[".repeat(100)), 32)).toBe(false);
  expect(isDeeperThan(JSON.stringify({ a: '\\"[[[{{{"' }), 1)).toBe(false);
  expect(isDeeperThan('"never closed [[[[', 2)).toBe(false);
  expect(isDeeperThan('"\\\\"[[[', 2)).toBe(true); // The quote ends it: the backslash is escaped.
  expect(isDeeperThan("[],".repeat(50), 1)).toBe(false);
});

test("[CN5] a member called __proto__ is found at any depth", () => {
  expect(isHarmless(JSON.parse('{"a":[{"b":{"__proto__":{"x":1}}}]}'))).toBe(false);
  expect(isHarmless(JSON.parse('{"a":["__proto__",{"constructor":{}}],"proto":null}'))).toBe(true);
});
