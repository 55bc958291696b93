// What the tests of tokens share: a clock that stands, tokens of any form, keys that change.

import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { mintToken, type TokenRequest } from "./mint-token.ts";
import type { PublicKeys } from "./public-keys.ts";
import { secretBytes } from "./secret.ts";
import { signatureOf } from "./shared-secrets.ts";
import { JwtVerifier, type TokenVerifierParts, type Verdict } from "./token-verifier.ts";

export const NOW_MS = 1_763_800_000_000;
export const NOW_S = NOW_MS / 1_000;
export const secret = secretBytes("the secret of this test, 32 bytes and more");
export const other = secretBytes("another secret of this test, and long enough");

/** A clock that stands still until it is told otherwise. */
export class StandingClock {
  ms = NOW_MS;
  nowMs(): number {
    return this.ms;
  }
}

export const verifier = (parts: Partial<TokenVerifierParts> = {}): JwtVerifier =>
  new JwtVerifier({ clock: new StandingClock(), secrets: [secret], ...parts });

export const minted = (more: Partial<TokenRequest> = {}, by = secret): string =>
  mintToken(by, {
    participantId: "alice",
    roomId: "standup",
    nowMs: NOW_MS,
    ttlMs: 60_000,
    ...more,
  });

export const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token of any claims, signed as HS256 whatever its header says. */
export function signed(claims: unknown, header: unknown = { alg: "HS256" }, by = secret): string {
  const signingInput = `${part(header)}.${part(claims)}`;
  return `${signingInput}.${signatureOf(signingInput, by)}`;
}

export const good = { sub: "alice", room: "standup", exp: NOW_S + 60 };
export const reasonOf = (verdict: Verdict): string => (verdict.ok ? "" : verdict.reason);

export interface ChangingKeys extends PublicKeys {
  change(...jwks: JWK[]): void;
  /** How often a key was asked for. */
  readonly askedCount: number;
}

/** Keys as they stand in a JWKS, and how to change them. */
export function keysOf(...jwks: JWK[]): ChangingKeys {
  let keys = createLocalJWKSet({ keys: jwks });
  let askedCount = 0;
  const listeners: (() => void)[] = [];
  return {
    keyOf: (header, jws) => {
      askedCount++;
      return keys(header, jws);
    },
    onChange: (listener) => listeners.push(listener),
    close: () => {},
    change: (...next) => {
      keys = createLocalJWKSet({ keys: next });
      for (const listener of listeners) listener();
    },
    get askedCount() {
      return askedCount;
    },
  };
}

export async function pair(alg: string, kid: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg };
  const sign = (claims: object = good): Promise<string> =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg, kid }).sign(privateKey);
  return { jwk, sign };
}
