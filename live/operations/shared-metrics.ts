// The metric families that edges and nodes have in common.

import type { Admission } from "../../core/admission.ts";
import type { ClusterView } from "../../core/cluster-view.ts";
import type { DropAccount } from "../../core/drops.ts";
import { DeliveryClass } from "../../core/protocol/message.ts";
import type { RoleExposition } from "./exposition.ts";
import type { TrunkMeters } from "./tally.ts";

/** What machines are scaled by. The text is one for both roles, as a family's must be. */
export function exposeConnections(
  role: RoleExposition,
  active: () => number,
  offered: () => number,
): void {
  role.gauge("active_websocket_connections", "Sockets with a session.", (emit) => emit(active()));
  role.gauge(
    "offered_websocket_connections",
    "Who is there or wants in. Edge: open sockets, and dials turned away for want of room in the last 10 s. Node: sockets with a session, joins that wait, and joins refused for want of room until they are due back. It grows also when the machine is full: scale on it.",
    (emit) => emit(offered()),
  );
}

export function exposeAdmission(role: RoleExposition, admission: () => Admission): void {
  role.gauge(
    "stormglass_admission_queue_depth",
    "Joins and resumes that wait to be admitted.",
    (emit) => {
      emit(admission().waitingOf("join"), "join");
      emit(admission().waitingOf("resume"), "resume");
    },
    "kind",
  );
}

export function exposeDrops(role: RoleExposition, drops: () => DropAccount): void {
  const labels = ["class", "scope"];
  role.counter(
    "rtc_room_updates_dropped_total",
    "Updates given up, by delivery class and by the budget or queue that gave them up.",
    (emit) => drops().each((name, scope, dropped) => emit(dropped, name, scope)),
    ...labels,
  );
  role.counter(
    "rtc_room_updates_merged_total",
    "Updates replaced by a newer value.",
    (emit) => drops().each((name, scope, _dropped, merged) => emit(merged, name, scope)),
    ...labels,
  );
}

export function exposeNodes(role: RoleExposition, view: () => ClusterView): void {
  role.gauge(
    "stormglass_nodes",
    "Nodes as this machine sees them; unreachable: heard, but its trunk is broken.",
    (emit) => {
      const counts = nodeCounts(view());
      for (const [state, count] of Object.entries(counts)) emit(count, state);
    },
    "state",
  );
  role.gauge(
    "stormglass_reserve_connections",
    "Places left on the serving nodes after the largest of them died; below 0 a node's death leaves clients outside.",
    (emit) => emit(reserveOf(view())),
  );
}

export interface NodeCounts {
  serving: number;
  draining: number;
  unreachable: number;
  gone: number;
}

export function nodeCounts(view: ClusterView): NodeCounts {
  const counts: NodeCounts = { serving: 0, draining: 0, unreachable: 0, gone: 0 };
  for (const record of view.records) {
    if (record === undefined) continue;
    counts[record.isUnreachable ? "unreachable" : record.state]++;
  }
  return counts;
}

/** Connections; Infinity while a node other than the largest has no limit. */
export function reserveOf(view: ClusterView): number {
  let largest = 0;
  for (const node of view.serving) largest = Math.max(largest, node.maxConnections);
  let places = 0;
  let isLargestLeftOut = false;
  for (const node of view.serving) {
    places -= node.activeConnections;
    if (!isLargestLeftOut && node.maxConnections === largest) isLargestLeftOut = true;
    else places += node.maxConnections;
  }
  return places;
}

export function exposeTrunks(
  role: RoleExposition,
  meters: TrunkMeters,
  source: { readonly trunkBufferedBytes: number },
  openCount: () => number,
): void {
  role.gauge(
    "stormglass_trunks",
    "Trunks between edges and nodes that are open.",
    (emit) => emit(openCount(), "open"),
    "state",
  );
  role.gauge("stormglass_trunk_buffered_bytes", "Bytes that wait on trunks.", (emit) =>
    emit(source.trunkBufferedBytes),
  );
  role.counter(
    "stormglass_trunk_bytes_total",
    "Bytes on trunks.",
    (emit) => {
      emit(meters.receivedBytes, "in");
      emit(meters.sentBytes, "out");
    },
    "direction",
  );
  role.counter(
    "stormglass_trunk_frames_total",
    "Frames on trunks.",
    (emit) => {
      emit(meters.receivedFrames, "in");
      emit(meters.sentFrames, "out");
    },
    "direction",
  );
  role.counter(
    "stormglass_trunk_changes_total",
    "Trunks that opened, and that were lost.",
    (emit) => {
      emit(meters.openedCount, "opened");
      emit(meters.lostCount, "lost");
    },
    "change",
  );
}

const CLASS_NAMES = Object.entries(DeliveryClass);

export function exposeClasses(role: RoleExposition, help: string, byClass: Float64Array): void {
  role.counter(
    "rtc_relayed_messages_total",
    help,
    (emit) => {
      for (const [name, at] of CLASS_NAMES) emit(byClass[at]!, name);
    },
    "class",
  );
}
