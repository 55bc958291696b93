// The SDK's patience: what the protocol says, until a server says otherwise.

import type { ClientPolicy } from "../../core/client/client-policy.ts";
import { stormglassPolicy } from "../../core/client/reconnect-policy.ts";

/** Cited: protocol §4.7 (2 s is the least window that servers advertise, 60 s the cap) and §4.10 (ping). Assumed: 10 s for a dial
 * and for a join; nobody is given up on. */
const DEFAULTS: ClientPolicy = {
  reconnect: stormglassPolicy,
  dialTimeoutMs: 10_000,
  joinTimeoutMs: 10_000,
  patienceMs: Infinity,
  stableAfterMs: stormglassPolicy.stableAfterMs,
  spreadMs: 2_000,
  capMs: 60_000,
  pingEveryMs: 15_000,
  pingTimeoutMs: 5_000,
};

export function clientPolicy(differing: Partial<ClientPolicy> = {}): ClientPolicy {
  return { ...DEFAULTS, ...differing };
}
