// What is made of a configured secret: its bytes, and keys that know their purpose.
//
// One cluster secret serves several purposes (the seal of resume tokens, the trunks). Each gets a key of its own by HKDF
// with its own label (RFC 5869), so that what leaks from one, or is signed under one, is worth nothing to another.

import { hkdfSync } from "node:crypto";

/** RFC 7518 §3.2: a key for HS256 has at least as many bits as the hash. */
export const SECRET_BYTES_MIN = 32;

/** A purpose that no other key may be used for. */
export type KeyPurpose = "resume-seal" | "resume-seal-id" | "trunk";

/**
 * The bytes of a secret that was written as text. An editor's line break at the end does not belong to it.
 * Throws when it is too short to resist guessing.
 */
export function secretBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text.replace(/\r?\n$/, ""), "utf8");
  if (bytes.length >= SECRET_BYTES_MIN) return bytes;
  throw new Error(
    `The secret must have at least ${SECRET_BYTES_MIN} bytes, got ${bytes.length}. Make one with: openssl rand -base64 48`,
  );
}

/** The secrets in a file or a variable, one per line: the first makes tokens, all of them open them. Throws like `secretBytes`. */
export function secretsIn(text: string): readonly Uint8Array[] {
  const lines = text.trim().split(/\r?\n/);
  return lines.filter((line) => line !== "").map(secretBytes);
}

/** The key that `secret` stands for in this purpose, 32 bytes. */
export function derivedKey(secret: Uint8Array, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `stormglass/v1/${purpose}`, 32));
}
