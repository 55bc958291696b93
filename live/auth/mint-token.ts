// A join token, as an application's server would make it; here for development and tests.

import { signatureOf } from "./shared-secrets.ts";

export interface TokenRequest {
  readonly participantId: string;
  readonly roomId: string;
  /** From when it counts, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly ttlMs: number;
  readonly roomMax?: number | undefined;
  readonly expectedSize?: number | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** An HS256 JWT. Instants are whole seconds; the expiry is rounded up, so that 500 ms are not nothing. */
export function mintToken(secret: Uint8Array, request: TokenRequest): string {
  const { participantId, roomId, nowMs, ttlMs, roomMax, expectedSize, issuer, audience } = request;
  const claims = {
    sub: participantId,
    room: roomId,
    iat: Math.floor(nowMs / 1_000),
    exp: Math.ceil((nowMs + ttlMs) / 1_000),
    maxRoom: roomMax,
    expectedSize,
    iss: issuer,
    aud: audience,
  };
  const signingInput = `${partOf({ alg: "HS256", typ: "JWT" })}.${partOf(claims)}`;
  return `${signingInput}.${signatureOf(signingInput, secret)}`;
}

function partOf(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
