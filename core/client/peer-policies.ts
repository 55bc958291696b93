// How the clients of other systems come back, so that architects can simulate the clients they have.
//
// Published tables and formulas, read from each project's source; what they lack is part of them:
// LiveKit's and Phoenix's first attempts have no jitter, Socket.IO draws before it caps, Pusher never
// grows. None takes a hint from our server, and all count from 0 again as soon as a socket opens.

import { assert } from "../assert.ts";
import {
  doubledMs,
  fullJitterPolicy,
  type ReconnectPolicy,
  type ReconnectSituation,
  stormglassPolicy,
} from "./reconnect-policy.ts";

function peerPolicy(
  name: string,
  delayMs: (situation: ReconnectSituation, draw: number) => number,
): ReconnectPolicy {
  return {
    name,
    stableAfterMs: 0,
    delayMs(situation, draw) {
      assert(draw >= 0 && draw < 1, "draw is in [0, 1)", draw);
      return delayMs(situation, draw);
    },
  };
}

/** Uniform over [base, 3 × the previous delay), at most cap (Brooker 2015). Starts from base. */
export function decorrelatedPolicy(baseMs: number, capMs: number): ReconnectPolicy {
  assert(baseMs > 0 && capMs >= baseMs, "0 < base ≤ cap", baseMs);
  return peerPolicy("decorrelated", ({ previousDelayMs }, draw) => {
    const fromMs = Math.max(previousDelayMs ?? 0, baseMs);
    return Math.min(capMs, baseMs + draw * (3 * fromMs - baseMs));
  });
}

/** Half of the range for sure, the other half drawn (Brooker 2015). */
export function equalJitterPolicy(baseMs: number, capMs: number): ReconnectPolicy {
  assert(baseMs > 0 && capMs >= baseMs, "0 < base ≤ cap", baseMs);
  return peerPolicy("equal-jitter", ({ attempt }, draw) => {
    return (doubledMs(baseMs, attempt, capMs) / 2) * (1 + draw);
  });
}

/** Cited: livekit client-sdk-js, DefaultReconnectPolicy.ts. Gives up after ten attempts. */
const LIVEKIT_MS = [0, 300, 1_200, 2_700, 4_800, 7_000, 7_000, 7_000, 7_000, 7_000];

export const livekitPolicy = peerPolicy("livekit", ({ attempt }, draw) => {
  if (attempt >= LIVEKIT_MS.length) return Infinity;
  return LIVEKIT_MS[attempt] + (attempt < 2 ? 0 : draw * 1_000);
});

/** Cited: phoenix.js, socket.js. No jitter. */
const PHOENIX_MS = [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000, 5_000];

export const phoenixPolicy = peerPolicy("phoenix", ({ attempt }) => {
  return PHOENIX_MS[Math.min(attempt, PHOENIX_MS.length - 1)];
});

/** Cited: centrifuge-js, utils.ts: full jitter on top of a floor of 500 ms. */
export const centrifugePolicy = peerPolicy("centrifuge", ({ attempt }, draw) => {
  return Math.min(20_000, 500 + draw * doubledMs(500, attempt, 20_000));
});

/** Cited: socket.io-client, backo2.ts: ±50 %, and the cap comes last: from the fifth attempt on all wait 5 s. */
export const socketioPolicy = peerPolicy("socketio", ({ attempt }, draw) => {
  return Math.min(5_000, doubledMs(1_000, attempt, 1e9) * (0.5 + draw));
});

/** Cited: pusher-js, connection_manager.ts: 42xx at once, 40xx never, everything else after 1 s. */
export const pusherPolicy = peerPolicy("pusher", ({ closeCode = 0 }) => {
  if (closeCode >= 4000 && closeCode < 4100) return Infinity;
  return closeCode >= 4200 && closeCode < 4300 ? 0 : 1_000;
});

/** Cited: ably-js, utils.ts and defaults.ts: at once, then 15 s × min((k + 2) / 3, 2), k = 2, 3 …, less up
 * to a fifth; after two minutes flat 30 s. */
export const ablyPolicy = peerPolicy("ably", ({ attempt, downMs = 0 }, draw) => {
  if (attempt === 0) return 0;
  if (downMs >= 120_000) return 30_000;
  return ((15_000 * Math.min(attempt + 3, 6)) / 3) * (1 - draw * 0.2);
});

/** Cited: lib-jitsi-meet, ResumeTask.ts: uniform over [1.5 k, 3^k] s, three attempts. */
const JITSI_MAX_MS = [3_000, 9_000, 27_000];

export const jitsiPolicy = peerPolicy("jitsi", ({ attempt }, draw) => {
  if (attempt >= JITSI_MAX_MS.length) return Infinity;
  const minMs = 1_500 * (attempt + 1);
  return minMs + draw * (JITSI_MAX_MS[attempt] - minMs);
});

/** Names that a scenario may give. Those with a range take 1 s … 30 s unless told otherwise. */
export const RECONNECT_POLICY_NAMES = [
  "stormglass",
  "full-jitter",
  "equal-jitter",
  "decorrelated",
  "livekit",
  "phoenix",
  "centrifuge",
  "socketio",
  "pusher",
  "ably",
  "jitsi",
] as const;
export type ReconnectPolicyName = (typeof RECONNECT_POLICY_NAMES)[number];

/** The policy of that name; `baseMs` and `capMs` matter to the three that have a range of their own. */
export function reconnectPolicy(
  name: ReconnectPolicyName,
  { baseMs = 1_000, capMs = 30_000 }: { readonly baseMs?: number; readonly capMs?: number } = {},
): ReconnectPolicy {
  switch (name) {
    case "stormglass":
      return stormglassPolicy;
    case "full-jitter":
      return fullJitterPolicy(baseMs, capMs);
    case "equal-jitter":
      return equalJitterPolicy(baseMs, capMs);
    case "decorrelated":
      return decorrelatedPolicy(baseMs, capMs);
    case "livekit":
      return livekitPolicy;
    case "phoenix":
      return phoenixPolicy;
    case "centrifuge":
      return centrifugePolicy;
    case "socketio":
      return socketioPolicy;
    case "pusher":
      return pusherPolicy;
    case "ably":
      return ablyPolicy;
    case "jitsi":
      return jitsiPolicy;
  }
}
