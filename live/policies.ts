// From settings to the policies of core's machines: the one place where the two vocabularies meet.
//
// The simulator has such a place too (sim/cluster/policies.ts). A test holds the two to the same answer for the same values, so that
// what was forecast is what is deployed.

import { OUTBOUND_LIMITS } from "../core/budgets/outbound-queue.ts";
import { bucketShape, type BudgetShapes } from "../core/budgets/token-bucket.ts";
import type { EdgePolicy } from "../core/edge/edge-policy.ts";
import type { NodePolicy } from "../core/node/node-context.ts";
import { policyByName } from "../core/placement/policy.ts";
import { PROTOCOL_LIMITS, type ProtocolLimits } from "../core/protocol/limits.ts";
import { EDGE_SUFFIX, type Settings } from "./settings-schema.ts";

/** Resumes fill this share of what survivors admit: 1 / 1.1, so that N / R becomes 1.1 × N / R. Cited: W = 1.1 … 1.25
 * times N / R (spreading study). */
const SLOT_FILL_RATIO = 0.9;
/** Assumed: a home that names a full host twice in a row has no better advice. */
const PROBES_MAX = 6;
/** `speakers` at most twice a second. Cited: the protocol design, §4.3. */
const SPEAKERS_EVERY_MS = 500;
/** Frames that an edge passes on per connection: twice the node's budget, so that the node's answers are seen. Assumed. */
const INGRESS_OVER_BUDGET = 2;
/** Backlog of one client at which it is closed at once, in hard limits. Assumed: a large join must pass. */
const CEILING_OVER_HARD = 8;
/** Rooms booked for so many go without a media server. No media server is attached yet: all do. */
const MESH_SIZE_MAX = 2;

/** The id of the edge: an edge and a node of one process are two speakers on the bus. */
export function edgeIdOf({ id, role }: Settings): string {
  return role === "all" ? `${id}${EDGE_SUFFIX}` : id;
}

export function protocolLimits({ edge }: Settings): ProtocolLimits {
  return { ...PROTOCOL_LIMITS, ...edge.frames };
}

export function edgePolicy(settings: Settings, incarnation: number): EdgePolicy {
  const { cluster, edge, node, region, resume } = settings;
  const { admission, door } = edge;
  const { heartbeat, sessions, reconnect, budgets, outbound } = cluster;
  const perSec = admission.joinsPerSec + admission.resumesPerSec;
  return {
    edgeId: edgeIdOf(settings),
    incarnation,
    region,
    placement: policyByName(cluster.placement.policy),
    beatEveryMs: cluster.beats.everyMs,
    leaseMs: cluster.beats.leaseMs,
    authTimeoutMs: edge.authTimeoutMs,
    silenceMaxMs: 2 * heartbeat.everyMs + heartbeat.timeoutMs,
    ping: heartbeat,
    resumeWindowMs: sessions.resumeWindowMs,
    presenceGraceMs: sessions.presenceGraceMs,
    bufferMax: sessions.bufferMax,
    spreadMinMs: reconnect.spreadMinMs,
    spreadMaxMs: reconnect.spreadMaxMs,
    reconnectCapMs: reconnect.capMs,
    admission: {
      admitPerSec: perSec,
      resumeRatio: admission.resumesPerSec / perSec,
      burstMs: (1_000 * admission.burst) / perSec,
      queueMs: admission.queueMs,
      queueMax: admission.queueMax,
      slotFillRatio: SLOT_FILL_RATIO,
    },
    admitPerSec: admission.resumesPerSec,
    resumeRatio: node.admission.resumeRatio,
    slotFillRatio: SLOT_FILL_RATIO,
    ingress: bucketShape(
      INGRESS_OVER_BUDGET * budgets.connection.perSec,
      INGRESS_OVER_BUDGET * budgets.connection.burst,
      0,
    ),
    outbound: {
      ...OUTBOUND_LIMITS,
      ...outbound,
      ceilingBytes: CEILING_OVER_HARD * outbound.hardBytes,
    },
    joinDeadlineMs: edge.joinDeadlineMs,
    probesMax: PROBES_MAX,
    limits: protocolLimits(settings),
    door: {
      connectionsMax: door.connectionsMax,
      perAddressMax: door.connectionsPerAddressMax,
      handshakes: bucketShape(door.handshakes.perSec, door.handshakes.burst, 0),
      rejections: bucketShape(door.rejections.perSec, door.rejections.burst, 0),
      retryAfterMs: door.retryAfterMs,
    },
    trunk: { softBytes: cluster.trunk.softBytes, hardBytes: cluster.trunk.hardBytes },
    resumeTtlMs: resume.ttlMs,
  };
}

export function nodePolicy(settings: Settings, incarnation: number): NodePolicy {
  const { cluster, node, id, region, zone } = settings;
  const { beats, sessions, fanout, trunk } = cluster;
  const { admission } = node;
  return {
    nodeId: id,
    incarnation,
    region,
    zone,
    generation: node.generation,
    placement: policyByName(cluster.placement.policy),
    maxConnections: node.maxConnections,
    softLimitRatio: node.softLimitRatio,
    admission: {
      admitPerSec: admission.perSec,
      resumeRatio: admission.resumeRatio,
      burstMs: (1_000 * admission.burst) / admission.perSec,
      queueMs: admission.queueMs,
      queueMax: Math.ceil((admission.perSec * admission.queueMs) / 1_000),
      slotFillRatio: SLOT_FILL_RATIO,
    },
    admitPerSec: admission.perSec,
    beatEveryMs: beats.everyMs,
    leaseMs: beats.leaseMs,
    spreadMinMs: cluster.reconnect.spreadMinMs,
    spreadMaxMs: cluster.reconnect.spreadMaxMs,
    budgets: budgetShapes(settings),
    fanout: { quantumDeliveries: fanout.quantum, backlogMax: fanout.backlogMax },
    sliceDeliveries: fanout.sliceDeliveries,
    reconnectingNoticeMs: sessions.reconnectingNoticeMs,
    presenceGraceMs: sessions.presenceGraceMs,
    resumeWindowMs: sessions.resumeWindowMs,
    bufferMax: sessions.bufferMax,
    speakersEveryMs: SPEAKERS_EVERY_MS,
    media: "mesh",
    meshSizeMax: MESH_SIZE_MAX,
    trunk: { softBytes: trunk.softBytes, hardBytes: trunk.hardBytes },
  };
}

function budgetShapes({ cluster: { budgets } }: Settings): BudgetShapes {
  const { connection, room, node, criticalReserveRatio } = budgets;
  const shape = (perSec: number, burst: number) =>
    bucketShape(perSec, burst, Math.floor(burst * criticalReserveRatio));
  return {
    connection: shape(connection.perSec, connection.burst),
    room: shape(room.deliveriesPerSec, room.burst),
    node: shape(node.deliveriesPerSec, node.burst),
  };
}
