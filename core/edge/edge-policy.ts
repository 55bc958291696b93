// What an edge is told about itself: identity, limits, times. All of it is configuration.

import type { AdmissionLimits } from "../admission.ts";
import type { OutboundLimits } from "../budgets/outbound-queue.ts";
import type { BucketShape } from "../budgets/token-bucket.ts";
import type { PlacementPolicy } from "../placement/policy.ts";
import type { PingAdvice } from "../protocol/bodies.ts";
import type { ProtocolLimits } from "../protocol/limits.ts";
import type { TrunkMarks } from "../trunk.ts";
import type { DoorPolicy } from "./door.ts";

export interface EdgePolicy {
  readonly edgeId: string;
  readonly incarnation: number;
  readonly region: string;
  readonly placement: PlacementPolicy;
  readonly beatEveryMs: number;
  /** A node or edge that was silent for this long is gone, ms. */
  readonly leaseMs: number;
  /** An open socket must join or resume within this, ms. */
  readonly authTimeoutMs: number;
  /** A connection that was silent for this long is closed, ms: 2 × ping interval + ping timeout. */
  readonly silenceMaxMs: number;
  readonly ping: PingAdvice;
  readonly resumeWindowMs: number;
  readonly presenceGraceMs: number;
  readonly bufferMax: number;
  readonly spreadMinMs: number;
  readonly spreadMaxMs: number;
  readonly reconnectCapMs: number;
  readonly admission: AdmissionLimits;
  /** Connections this edge takes, per second: what other edges size their W by. */
  readonly admitPerSec: number;
  /** Share of a node's admission rate that resumes are sure of. */
  readonly resumeRatio: number;
  /** How full the slots are that orphans are given, of what the survivors admit: 0.9 leaves room for joins. */
  readonly slotFillRatio: number;
  /** Frames one connection may send towards its node. */
  readonly ingress: BucketShape;
  readonly outbound: OutboundLimits;
  /** A join or resume is worth nothing to its client after this, ms. */
  readonly joinDeadlineMs: number;
  /** How many nodes one join may be sent to before it is told to come back later. */
  readonly probesMax: number;
  /** What a frame may be, and its parts. */
  readonly limits: ProtocolLimits;
  readonly door: DoorPolicy;
  readonly trunk: TrunkMarks;
  /** A resume token is worth something for this long, ms; a client is sent a fresh one after half of it. */
  readonly resumeTtlMs: number;
}
