// From a scenario to the policies of core's machines: the one place where the two vocabularies meet.

import { bucketShape } from "../../core/budgets/token-bucket.ts";
import { OUTBOUND_LIMITS } from "../../core/budgets/outbound-queue.ts";
import { fullJitterPolicy, stormglassPolicy } from "../../core/client/reconnect-policy.ts";
import type { ClientPolicy } from "../../core/client/client-policy.ts";
import { OPEN_DOOR } from "../../core/edge/door.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import { policyByName } from "../../core/placement/policy.ts";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { TRUNK_MARKS } from "../../core/trunk.ts";
import type { Scenario } from "../../scenarios/schema.ts";

/** A client that never got a window assumes this, ms: protocol §4.7, the least that servers advertise. */
const FIRST_SPREAD_MS = 2_000;
/** Resumes fill this share of what survivors admit: 1 / 1.1, so that N / R becomes 1.1 × N / R. Cited: W = 1.1 … 1.25
 * times N / R (spreading study, DESIGN.md). */
const SLOT_FILL_RATIO = 0.9;
/** Assumed: a home that names a full host twice in a row has no better advice. */
const PROBES_MAX = 6;
/** `speakers` at most twice a second. Cited: protocol §4.3. */
const SPEAKERS_EVERY_MS = 500;
/** Frames that an edge passes on per connection: twice the node's budget, so that the node's answers are seen. */
const INGRESS_OVER_BUDGET = 2;

/** A resume token is worth something for this long. Assumed: ten windows, so that a refreshed one is at hand whatever happens. */
const RESUME_TTL_MS = 600_000;

export function edgePolicy(scenario: Scenario, edge: number, incarnation: number): EdgePolicy {
  const { cluster } = scenario;
  const { admission } = cluster.edges;
  const perSec = admission.joinsPerSec + admission.resumesPerSec;
  const { connection } = cluster.budgets;
  return {
    edgeId: `e${edge}`,
    incarnation,
    region: `r${edge % cluster.nodes.regions}`,
    placement: policyByName(cluster.placement.policy),
    beatEveryMs: cluster.beats.everyMs,
    leaseMs: cluster.beats.leaseMs,
    authTimeoutMs: 5_000,
    silenceMaxMs: 2 * cluster.heartbeat.everyMs + cluster.heartbeat.timeoutMs,
    ping: cluster.heartbeat,
    resumeWindowMs: cluster.sessions.resumeWindowMs,
    presenceGraceMs: cluster.sessions.presenceGraceMs,
    bufferMax: cluster.sessions.bufferMax,
    spreadMinMs: cluster.reconnect.spreadMinMs,
    spreadMaxMs: cluster.reconnect.spreadMaxMs,
    reconnectCapMs: cluster.reconnect.capMs,
    admission: {
      admitPerSec: perSec,
      resumeRatio: admission.resumesPerSec / perSec,
      burstMs: (1_000 * admission.burst) / perSec,
      queueMs: admission.queueMs,
      queueMax: admission.queueMax,
      slotFillRatio: SLOT_FILL_RATIO,
    },
    admitPerSec: admission.resumesPerSec,
    resumeRatio: cluster.nodes.admission.resumeRatio,
    slotFillRatio: SLOT_FILL_RATIO,
    ingress: bucketShape(
      INGRESS_OVER_BUDGET * connection.perSec,
      INGRESS_OVER_BUDGET * connection.burst,
      0,
    ),
    outbound: {
      ...OUTBOUND_LIMITS,
      softBytes: cluster.outbound.softBytes,
      hardBytes: cluster.outbound.hardBytes,
      ceilingBytes: 8 * cluster.outbound.hardBytes,
    },
    joinDeadlineMs: scenario.clients.timeouts.joinMs,
    probesMax: PROBES_MAX,
    limits: PROTOCOL_LIMITS,
    door: OPEN_DOOR,
    trunk: TRUNK_MARKS,
    resumeTtlMs: RESUME_TTL_MS,
  };
}

/** `generation`: number of the release that this life runs. */
export function nodePolicy(
  scenario: Scenario,
  node: number,
  incarnation: number,
  generation = 0,
): NodePolicy {
  const { cluster, clients } = scenario;
  const { nodes, budgets, fanout, sessions } = cluster;
  const reserve = (depth: number): number => Math.floor(depth * budgets.criticalReserveRatio);
  return {
    nodeId: `n${node}`,
    incarnation,
    region: `r${node % nodes.regions}`,
    zone: `z${node % nodes.zones}`,
    generation,
    placement: policyByName(cluster.placement.policy),
    maxConnections: nodes.maxConnections,
    softLimitRatio: nodes.softLimitRatio,
    admission: {
      admitPerSec: nodes.admission.perSec,
      resumeRatio: nodes.admission.resumeRatio,
      burstMs: (1_000 * nodes.admission.burst) / nodes.admission.perSec,
      queueMs: nodes.admission.queueMs,
      queueMax: Math.ceil((nodes.admission.perSec * nodes.admission.queueMs) / 1_000),
      slotFillRatio: SLOT_FILL_RATIO,
    },
    admitPerSec: nodes.admission.perSec,
    beatEveryMs: cluster.beats.everyMs,
    leaseMs: cluster.beats.leaseMs,
    spreadMinMs: cluster.reconnect.spreadMinMs,
    spreadMaxMs: cluster.reconnect.spreadMaxMs,
    budgets: {
      connection: bucketShape(
        budgets.connection.perSec,
        budgets.connection.burst,
        reserve(budgets.connection.burst),
      ),
      room: bucketShape(
        budgets.room.deliveriesPerSec,
        budgets.room.burst,
        reserve(budgets.room.burst),
      ),
      node: bucketShape(
        budgets.node.deliveriesPerSec,
        budgets.node.burst,
        reserve(budgets.node.burst),
      ),
    },
    fanout: { quantumDeliveries: fanout.quantum, backlogMax: fanout.backlogMax },
    sliceDeliveries: fanout.sliceDeliveries,
    reconnectingNoticeMs: sessions.reconnectingNoticeMs,
    presenceGraceMs: sessions.presenceGraceMs,
    resumeWindowMs: sessions.resumeWindowMs,
    bufferMax: sessions.bufferMax,
    speakersEveryMs: SPEAKERS_EVERY_MS,
    media: clients.negotiation.mode,
    meshSizeMax: clients.negotiation.meshSizeMax,
    trunk: TRUNK_MARKS,
  };
}

export function clientPolicy(scenario: Scenario): ClientPolicy {
  const { clients, cluster } = scenario;
  const { policy, baseMs, capMs } = clients.reconnect;
  const reconnect = policy === "full-jitter" ? fullJitterPolicy(baseMs, capMs) : stormglassPolicy;
  return {
    reconnect,
    dialTimeoutMs: clients.timeouts.dialMs,
    joinTimeoutMs: clients.timeouts.joinMs,
    patienceMs: clients.patienceMs,
    stableAfterMs: reconnect.stableAfterMs,
    spreadMs: FIRST_SPREAD_MS,
    capMs: cluster.reconnect.capMs,
    pingEveryMs: cluster.heartbeat.everyMs,
    pingTimeoutMs: cluster.heartbeat.timeoutMs,
  };
}
