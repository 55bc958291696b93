// What a client is told about its patience, and what the kinds and codes of the protocol ask of it.

import { CloseCode } from "../protocol/limits.ts";
import { Kind } from "../protocol/message.ts";
import type { ReconnectPolicy } from "./reconnect-policy.ts";

export interface ClientPolicy {
  readonly reconnect: ReconnectPolicy;
  /** A dial that is not open, or a join that is not answered, by then has failed, ms. */
  readonly dialTimeoutMs: number;
  readonly joinTimeoutMs: number;
  /** A client that never got in gives up after this, ms; Infinity for never. */
  readonly patienceMs: number;
  /** A connection counts as stable after this, ms: only then the attempt counter starts again. */
  readonly stableAfterMs: number;
  /** First guess of W until a server advertised one, ms. */
  readonly spreadMs: number;
  readonly capMs: number;
  readonly pingEveryMs: number;
  readonly pingTimeoutMs: number;
}

/** Whether `received` may need a draw for this kind: so a driver need not draw for every message. */
export function needsDraw(kind: Kind): boolean {
  return (
    kind === Kind.error || kind === Kind.drain || kind === Kind.joined || kind === Kind.resumed
  );
}

/** 40xx: stop. 4409: another socket took the session over. */
export function mustStop(code: number): boolean {
  return (code >= 4000 && code < 4100) || code === CloseCode.replaced;
}

/** Messages without which there is no call. */
export function isNegotiation(kind: Kind): boolean {
  return kind >= Kind.offer && kind <= Kind.iceRestart;
}
