// What the claims of a token must say for it to open a room (RFC 7519 §4.1), once its signature is known to be good.
//
// Expiry is looked at last, so that "expired" is said only of a token that was otherwise good: its owner fetches a new one
// and comes back; any other fault would come back with it.

import {
  CloseCode,
  PARTICIPANT_ID_PATTERN,
  PROTOCOL_LIMITS,
  ROOM_ID_PATTERN,
} from "../../core/protocol/limits.ts";
import type { JoinClaims } from "../../core/trunk.ts";

export type Verdict = Accepted | Rejected;

export interface Accepted {
  readonly ok: true;
  readonly claims: JoinClaims;
  /** The token's `exp`, ms since the Unix epoch. It is still accepted for the clock skew after that. */
  readonly expiresAtMs: number;
}

export interface Rejected {
  readonly ok: false;
  readonly code: CloseCode;
  /** For the log: never holds the token, nor anything a stranger wrote. */
  readonly reason: string;
}

export interface TokenRules {
  /** `iss` must be one of these; empty for any, or none. */
  readonly issuers: readonly string[];
  /** `aud` must name one of these; empty for any, or none. */
  readonly audiences: readonly string[];
  /** How far the issuer's clock may be from ours, ms. 30,000 when nothing else is known. */
  readonly skewMs: number;
}

/** Assumed: unsynchronised clocks of servers seldom differ by more. */
export const TOKEN_SKEW_MS = 30_000;
export const TOKEN_RULES: TokenRules = { issuers: [], audiences: [], skewMs: TOKEN_SKEW_MS };
export const TOKEN_BYTES_MAX = PROTOCOL_LIMITS.tokenBytesMax;

type Claims = Readonly<Record<string, unknown>>;

export function unauthorized(reason: string): Rejected {
  return { ok: false, code: CloseCode.unauthorized, reason };
}

/** The verdict on claims whose signature is good. */
export function verdictOnClaims(
  claims: Claims | undefined,
  { issuers, audiences, skewMs }: TokenRules,
  nowMs: number,
): Verdict {
  if (claims === undefined) return unauthorized("the claims are no JSON object");
  const { sub, room, exp, nbf, iss } = claims;
  if (!matches(sub, PARTICIPANT_ID_PATTERN)) return unauthorized("sub is no participant id");
  if (!matches(room, ROOM_ID_PATTERN)) return unauthorized("room is no room id");
  if (issuers.length > 0 && !(isText(iss) && issuers.includes(iss))) {
    return unauthorized("iss is not an issuer that we trust");
  }
  if (audiences.length > 0 && !isMeantFor(claims["aud"], audiences)) {
    return unauthorized("aud does not name us");
  }
  const roomMax = countOf(claims["maxRoom"], Infinity);
  if (roomMax === undefined || roomMax < 1)
    return unauthorized("maxRoom is no whole number from 1");
  const expectedSize = countOf(claims["expectedSize"], 0);
  if (expectedSize === undefined) return unauthorized("expectedSize is no whole number from 0");
  if (nbf !== undefined && !isInstant(nbf)) return unauthorized("nbf is no number of seconds");
  if (!isInstant(exp)) return unauthorized("exp is missing or no number of seconds");
  if (nbf !== undefined && nbf * 1_000 > nowMs + skewMs) {
    return unauthorized("the token is not valid yet");
  }
  const expiresAtMs = exp * 1_000;
  if (isOver(expiresAtMs, skewMs, nowMs)) return expired();
  return {
    ok: true,
    claims: { participantId: sub, roomId: room, expectedSize, roomMax },
    expiresAtMs,
  };
}

/** Whether a token that expires then is worth nothing any more. */
export function isOver(expiresAtMs: number, skewMs: number, nowMs: number): boolean {
  return expiresAtMs + skewMs <= nowMs;
}

export function expired(): Rejected {
  return { ok: false, code: CloseCode.tokenExpired, reason: "the token is expired" };
}

function matches(value: unknown, pattern: RegExp): value is string {
  return isText(value) && pattern.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Seconds since the Unix epoch; JSON may write a number that is beyond all. */
function isInstant(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isMeantFor(aud: unknown, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => isText(one) && audiences.includes(one));
}

function countOf(value: unknown, absent: number): number | undefined {
  if (value === undefined) return absent;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
