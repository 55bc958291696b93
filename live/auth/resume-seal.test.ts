import fc from "fast-check";
import { expect, test } from "vitest";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import type { ResumeClaims } from "../../core/trunk.ts";
import { HmacResumeSeal } from "./resume-seal.ts";
import { derivedKey, secretBytes } from "./secret.ts";

const old = secretBytes("the secret of last year, 32 bytes and more");
const present = secretBytes("the secret of this year, 32 bytes and more");
const foreign = secretBytes("the secret of somebody else, 32 bytes and more");

const claims: ResumeClaims = {
  sessionId: "node-2.1763800000000.4294967299",
  roomId: "standup",
  participantId: "alice",
  name: "Alice Ångström 🌩",
  nodeId: "node-2",
  incarnation: 1_763_800_000_000,
  session: 4_294_967_299,
  rotation: 3,
  expectedSize: 12,
  validUntilMs: 1_763_800_060_000.125,
};

const text = (maxLength: number) => fc.string({ maxLength, unit: "grapheme" });
const anyClaims: fc.Arbitrary<ResumeClaims> = fc.record({
  sessionId: text(64),
  roomId: text(128),
  participantId: text(128),
  name: text(128),
  nodeId: text(63),
  incarnation: fc.maxSafeNat(),
  session: fc.maxSafeNat(),
  rotation: fc.nat(),
  expectedSize: fc.nat(),
  validUntilMs: fc.double({ min: 0, noNaN: true }),
});

test("[AU8] what was sealed opens to the same claims, and seals to the same token again", () => {
  const seal = new HmacResumeSeal([present]);
  fc.assert(
    fc.property(anyClaims, (one) => {
      const token = seal.seal(one);
      expect(token).toMatch(/^r1[\w-]+$/);
      expect(seal.open(token)).toEqual(one);
      expect(seal.seal({ ...one })).toBe(token);
    }),
    { seed: 8, numRuns: 500 },
  );
});

test("[AU8] a usual token has about 200 letters, and the largest fits into a frame before joining", () => {
  const seal = new HmacResumeSeal([present]);
  const id = "x".repeat(128);
  const largest = {
    ...claims,
    sessionId: id,
    roomId: id,
    participantId: id,
    name: "🌩".repeat(128),
  };

  expect(seal.seal(claims).length).toBeLessThan(230);
  expect(seal.seal(largest).length).toBeLessThan(PROTOCOL_LIMITS.unauthenticatedBytesMax / 2);
});

test("[AU8] the form of a token is fixed: another release opens it", () => {
  // Made from the description in resume-seal.ts by another implementation (Python: struct, hmac, base64).
  const token =
    "r16MeTxUJ5qqrCYAAAQfAAAAAwAABACAAAAAAAAEAoAAAAAAAAQnmqqtEGAgAAH25vZGUtMi4xNzYzODAwMDAwMDAwLjQyOTQ5NjcyOTkAB3N0YW5kdXAABWFsaWNlABVBbGljZSDDhW5nc3Ryw7ZtIPCfjKkABm5vZGUtMiTaqWQQYYl_bR26Ctm8zPjBNWEsDT4nI2mCU21YBIjn";
  expect(new HmacResumeSeal([present]).seal(claims)).toBe(token);
});

test("[AU9] the first secret seals, all of them open, and a secret that is gone opens nothing", () => {
  const before = new HmacResumeSeal([old]);
  const both = new HmacResumeSeal([present, old]);
  const after = new HmacResumeSeal([present]);

  expect(both.open(before.seal(claims))).toEqual(claims);
  expect(both.seal(claims)).toBe(after.seal(claims));
  expect(after.open(before.seal(claims))).toBeUndefined();
  expect(new HmacResumeSeal([foreign]).open(both.seal(claims))).toBeUndefined();
  expect(() => new HmacResumeSeal([])).toThrow("needs a secret");
});

test("[AU9] the key of the seal is not the secret, nor that of the trunks", () => {
  expect(derivedKey(present, "resume-seal")).not.toEqual(derivedKey(present, "trunk"));
  expect(derivedKey(present, "resume-seal")).not.toEqual(derivedKey(old, "resume-seal"));
  // HKDF (RFC 5869) by another implementation: Python's hmac, extract with an empty salt, expand with the label.
  expect(derivedKey(present, "resume-seal").toString("hex")).toBe(
    "32e0612f41cdf5f0bdab0be269ad9a070fc7f8a6feff446beab86b352cb4c3bd",
  );
});

test("[AU10] a token changed in any letter opens to nothing", () => {
  const seal = new HmacResumeSeal([present, old]);
  const token = seal.seal(claims);
  for (let at = 0; at < token.length; at++) {
    for (const letter of ["A", "_", "=", ".", "é", ""]) {
      if (token[at] === letter) continue;
      expect(seal.open(token.slice(0, at) + letter + token.slice(at + 1))).toBeUndefined();
    }
  }
});

test("[AU10] a token cut, stretched, doubled or made up opens to nothing and throws nothing", () => {
  const seal = new HmacResumeSeal([present]);
  const token = seal.seal(claims);
  for (let length = 0; length < token.length; length++) {
    expect(seal.open(token.slice(0, length))).toBeUndefined();
  }
  for (const more of ["A", "AAAA", "=", "==", "\n", " ", token, "A".repeat(5_000)]) {
    expect(seal.open(token + more)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 400 })), (made) => {
      expect(seal.open(made)).toBeUndefined();
      expect(seal.open(`r1${made}`)).toBeUndefined();
    }),
    { seed: 10, numRuns: 500 },
  );
});

test("[AU10] a piece moved from one text to its neighbour is another token", () => {
  const seal = new HmacResumeSeal([present]);
  const tokens = ["", "a", "ab", "abc"].map((head, i) =>
    seal.seal({ ...claims, sessionId: head, roomId: "abc".slice(i) }),
  );
  expect(new Set(tokens).size).toBe(4);
});
