// Policies for tests: what the protocol design says, with what a test means to change.

import { ADMISSION_LIMITS } from "./admission.ts";
import { OUTBOUND_LIMITS } from "./budgets/outbound-queue.ts";
import { bucketShape } from "./budgets/token-bucket.ts";
import { stormglassPolicy } from "./client/reconnect-policy.ts";
import type { ClientPolicy } from "./client/client-policy.ts";
import type { NodeBeat } from "./cluster-view.ts";
import type { EdgePolicy } from "./edge/edge-policy.ts";
import type { NodePolicy } from "./node/node-context.ts";
import { policyByName } from "./placement/policy.ts";
import { OPEN_DOOR } from "./edge/door.ts";
import { PROTOCOL_LIMITS } from "./protocol/limits.ts";
import { TRUNK_MARKS, type AttachRequest } from "./trunk.ts";

export function nodePolicy(differing: Partial<NodePolicy> = {}): NodePolicy {
  return {
    nodeId: "n0",
    incarnation: 1,
    region: "eu",
    zone: "eu-a",
    placement: policyByName("directory"),
    maxConnections: 1_000,
    softLimitRatio: 0.85,
    admission: ADMISSION_LIMITS,
    admitPerSec: 500,
    beatEveryMs: 1_000,
    leaseMs: 6_000,
    spreadMinMs: 2_000,
    spreadMaxMs: 60_000,
    budgets: {
      connection: bucketShape(30, 60, 15),
      room: bucketShape(2_000, 4_000, 1_000),
      node: bucketShape(20_000, 40_000, 10_000),
    },
    fanout: { quantumDeliveries: 64, backlogMax: 100_000 },
    sliceDeliveries: 512,
    reconnectingNoticeMs: 2_000,
    presenceGraceMs: 15_000,
    resumeWindowMs: 60_000,
    bufferMax: 256,
    speakersEveryMs: 500,
    media: "sfu",
    meshSizeMax: 2,
    trunk: TRUNK_MARKS,
    ...differing,
  };
}

export function edgePolicy(differing: Partial<EdgePolicy> = {}): EdgePolicy {
  return {
    edgeId: "e0",
    incarnation: 1,
    region: "eu",
    placement: policyByName("directory"),
    beatEveryMs: 1_000,
    leaseMs: 6_000,
    authTimeoutMs: 5_000,
    silenceMaxMs: 35_000,
    ping: { everyMs: 15_000, timeoutMs: 5_000 },
    resumeWindowMs: 60_000,
    presenceGraceMs: 15_000,
    bufferMax: 256,
    spreadMinMs: 2_000,
    spreadMaxMs: 60_000,
    reconnectCapMs: 60_000,
    admission: ADMISSION_LIMITS,
    admitPerSec: 500,
    resumeRatio: 0.7,
    slotFillRatio: 0.9,
    ingress: bucketShape(60, 120, 0),
    outbound: OUTBOUND_LIMITS,
    joinDeadlineMs: 10_000,
    probesMax: 6,
    limits: PROTOCOL_LIMITS,
    door: OPEN_DOOR,
    trunk: TRUNK_MARKS,
    resumeTtlMs: 600_000,
    ...differing,
  };
}

export function clientPolicy(differing: Partial<ClientPolicy> = {}): ClientPolicy {
  return {
    reconnect: stormglassPolicy,
    dialTimeoutMs: 10_000,
    joinTimeoutMs: 10_000,
    patienceMs: Infinity,
    stableAfterMs: 30_000,
    spreadMs: 2_000,
    capMs: 60_000,
    pingEveryMs: 15_000,
    pingTimeoutMs: 5_000,
    ...differing,
  };
}

export function beatOf(nodeId: string, differing: Partial<NodeBeat> = {}): NodeBeat {
  return {
    nodeId,
    incarnation: 1,
    region: "eu",
    zone: "eu-a",
    state: "serving",
    activeConnections: 0,
    committedLoad: 0,
    maxConnections: 1_000,
    softLimit: 850,
    admitPerSec: 500,
    ...differing,
  };
}

/** A join that a node is asked for by somebody who knows that it hosts the room. */
export function joinOf(
  participantId: string,
  differing: Partial<AttachRequest> = {},
): AttachRequest {
  return {
    roomId: "standup",
    participantId,
    name: participantId,
    meta: undefined,
    region: "eu",
    expectedSize: 10,
    roomMax: Infinity,
    as: "host",
    refusedBy: [],
    deadlineMs: Infinity,
    resume: undefined,
    last: 0,
    ...differing,
  };
}
