// The seal of a resume token: who shows it has it from us, unchanged.
//
//   r1 base64url( key id, 4 bytes | numbers, 5 × 8 bytes | texts, 5 × (length, 2 bytes; UTF-8) | HMAC-SHA256, 32 bytes )
//
// Binary, since a token is in every `joined` and travels back with every resume: about 200 letters. Numbers are IEEE doubles, so
// that every claim comes out as it went in, fractions of a millisecond too. The same claims under the same key give the same
// token: a recording replays without the secret's help. The first secret seals, all of them open: a new one is put in front,
// and the old one taken away when the last of its tokens is over (the claims say when; core looks). What is not ours opens
// to nothing, whatever it is: no exception, and no hint where it is wrong.

import { createHmac, timingSafeEqual } from "node:crypto";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import type { ResumeClaims } from "../../core/trunk.ts";
import { derivedKey } from "./secret.ts";

export interface ResumeSeal {
  /** Deterministic; a few µs. */
  seal(claims: ResumeClaims): string;
  /** The claims that we sealed; undefined for anything else. Expiry and room are core's to judge. */
  open(token: string): ResumeClaims | undefined;
}

interface SealKey {
  readonly id: number;
  readonly bytes: Buffer;
}

const PREFIX = "r1";
const BASE64URL = /^[\w-]*$/;
const ID_BYTES = 4;
const MAC_BYTES = 32;
const NUMBERS = ["incarnation", "session", "rotation", "expectedSize", "validUntilMs"] as const;
const TEXTS = ["sessionId", "roomId", "participantId", "name", "nodeId"] as const;
const TEXTS_AT = ID_BYTES + 8 * NUMBERS.length;
const TOKEN_LENGTH_MIN =
  PREFIX.length + Math.ceil(((TEXTS_AT + 2 * TEXTS.length + MAC_BYTES) * 4) / 3);

export class HmacResumeSeal implements ResumeSeal {
  readonly #keys: readonly SealKey[];

  /** `secrets`: at least one; the first seals. They may serve other purposes too. */
  constructor(secrets: readonly Uint8Array[]) {
    if (secrets.length === 0) throw new Error("A seal needs a secret.");
    this.#keys = secrets.map((secret) => ({
      id: derivedKey(secret, "resume-seal-id").readUInt32BE(0),
      bytes: derivedKey(secret, "resume-seal"),
    }));
  }

  seal(claims: ResumeClaims): string {
    const key = this.#keys[0]!; // The constructor saw to it.
    const texts = TEXTS.map((name) => Buffer.from(claims[name], "utf8"));
    const textBytes = texts.reduce((sum, text) => sum + 2 + text.length, 0);
    const whole = Buffer.allocUnsafe(TEXTS_AT + textBytes + MAC_BYTES);
    let at = whole.writeUInt32BE(key.id, 0);
    for (const name of NUMBERS) at = whole.writeDoubleBE(claims[name], at);
    for (const text of texts) {
      at = whole.writeUInt16BE(text.length, at);
      at += text.copy(whole, at);
    }
    macOf(key, whole.subarray(0, at)).copy(whole, at);
    return PREFIX + whole.toString("base64url");
  }

  open(token: string): ResumeClaims | undefined {
    const { length } = token;
    if (length < TOKEN_LENGTH_MIN || length > PROTOCOL_LIMITS.tokenBytesMax) return undefined;
    if (!token.startsWith(PREFIX)) return undefined;
    const encoded = token.slice(PREFIX.length);
    const whole = Buffer.from(encoded, "base64url");
    // One spelling per token: a decoder overlooks spare bits and strange letters, encoding again does not.
    if (!BASE64URL.test(encoded) || whole.toString("base64url") !== encoded) return undefined;
    const sealed = whole.subarray(0, -MAC_BYTES);
    const shown = whole.subarray(-MAC_BYTES);
    const id = whole.readUInt32BE(0);
    const isOurs = this.#keys.some(
      (key) => key.id === id && timingSafeEqual(macOf(key, sealed), shown),
    );
    return isOurs ? claimsOf(sealed) : undefined;
  }
}

function macOf(key: SealKey, bytes: Uint8Array): Buffer {
  return createHmac("sha256", key.bytes).update(bytes).digest();
}

/** Undefined when another version of us sealed something of another form. */
function claimsOf(sealed: Buffer): ResumeClaims | undefined {
  const texts: string[] = [];
  let at = TEXTS_AT;
  for (let i = 0; i < TEXTS.length; i++) {
    if (at + 2 > sealed.length) return undefined;
    const endsAt = at + 2 + sealed.readUInt16BE(at);
    if (endsAt > sealed.length) return undefined;
    texts.push(sealed.toString("utf8", at + 2, endsAt));
    at = endsAt;
  }
  if (at !== sealed.length) return undefined;
  const numbers = NUMBERS.map((_, i) => sealed.readDoubleBE(ID_BYTES + 8 * i));
  const [sessionId, roomId, participantId, name, nodeId] = texts as FiveOf<string>;
  const [incarnation, session, rotation, expectedSize, validUntilMs] = numbers as FiveOf<number>;
  return {
    ...{ sessionId, roomId, participantId, name, nodeId },
    ...{ incarnation, session, rotation, expectedSize, validUntilMs },
  };
}

type FiveOf<T> = [T, T, T, T, T];
