// The metric families of a node.

import { SessionState, type Sessions } from "../../core/node/sessions.ts";
import type { Exposition } from "./exposition.ts";
import type { NodeMeters } from "./node-meters.ts";
import {
  exposeAdmission,
  exposeClasses,
  exposeConnections,
  exposeDrops,
  exposeNodes,
  exposeTrunks,
} from "./shared-metrics.ts";
import type { NodeSource } from "./sources.ts";

const STATES = Object.entries(SessionState).filter(([, state]) => state !== SessionState.free);

/** Sessions by the name of their state. */
export function sessionCounts({
  state,
  handles,
}: Sessions): readonly (readonly [string, number])[] {
  const counts = new Array<number>(STATES.length + 1).fill(0);
  for (let at = 0; at < handles.end; at++) counts[state[at]!]!++;
  return STATES.map(([name, code]) => [name, counts[code]!]);
}

/** `nowMs`: the clock of the drivers. */
export function exposeNode(
  exposition: Exposition,
  node: NodeSource,
  meters: NodeMeters,
  nowMs: () => number,
): void {
  const role = exposition.of("node");
  exposeConnections(
    role,
    () => node.core.context.load,
    () => node.core.offeredConnections(nowMs()),
  );
  role.gauge("rtc_rooms", "Rooms that this node hosts.", (emit) =>
    emit(node.core.context.rooms.size),
  );
  role.gauge(
    "rtc_sessions",
    "Sessions: attached to a socket; detached, within the presence grace; away, within the resume window.",
    (emit) => {
      for (const [name, count] of sessionCounts(node.core.context.sessions)) emit(count, name);
    },
    "state",
  );
  role.gauge("fanout_queue_depth", "Deliveries that wait for their slice.", (emit) =>
    emit(node.core.context.scheduler.backlogDeliveries),
  );
  role.gauge(
    "stormglass_committed_load",
    "Connections that the node's rooms have, or were booked for.",
    (emit) => emit(node.core.context.committed.total),
  );
  role.gauge("stormglass_max_connections", "Connections that the node takes.", (emit) =>
    emit(node.core.context.policy.maxConnections),
  );
  role.gauge("stormglass_draining", "1 while it drains.", (emit) =>
    emit(node.core.context.state === "serving" ? 0 : 1),
  );
  exposeAdmission(role, () => node.core.admission);
  exposeDrops(role, () => node.core.context.drops);
  exposeNodes(role, () => node.core.context.view);
  exposeTrunks(role, meters.trunks, node, () => node.trunkCount);
  exposeClasses(role, "Messages of clients passed to nodes.", meters.relayedByClass);
  exposeOrders(exposition, meters);
}

function exposeOrders(exposition: Exposition, meters: NodeMeters): void {
  const role = exposition.of("node");
  role.counter("stormglass_attaches_total", "Connections that edges asked to let in.", (emit) =>
    emit(meters.attaches),
  );
  role.counter(
    "stormglass_grants_total",
    "Connections let in: joined, or resumed by replay or snapshot.",
    (emit) => meters.grantsByMode.each((mode, count) => emit(count, mode)),
    "mode",
  );
  role.counter(
    "stormglass_attach_refusals_total",
    "Connections not let in, by reason.",
    (emit) => meters.refusalsByReason.each((reason, count) => emit(count, reason)),
    "reason",
  );
  role.counter(
    "rtc_multicasts_total",
    "Frames to an edge for the members of a room there.",
    (emit) => emit(meters.multicasts),
  );
  role.counter("rtc_unicasts_total", "Frames to an edge for one connection.", (emit) =>
    emit(meters.deliveries),
  );
  role.counter("stormglass_closes_ordered_total", "Connections that the node had closed.", (emit) =>
    emit(meters.closesAsked),
  );
  role.counter(
    "stormglass_node_lives_total",
    "Lives of the node that this process began.",
    (emit) => emit(meters.lives),
  );
}
