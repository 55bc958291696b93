// The metric families of an edge.

import { ConnectionState } from "../../core/edge/connections.ts";
import type { EdgeMeters } from "./edge-meters.ts";
import type { Exposition } from "./exposition.ts";
import {
  exposeAdmission,
  exposeClasses,
  exposeConnections,
  exposeDrops,
  exposeNodes,
  exposeTrunks,
} from "./shared-metrics.ts";
import type { EdgeSource } from "./sources.ts";

const STATES = Object.entries(ConnectionState).filter(
  ([, state]) => state !== ConnectionState.free,
);

/** `nowMs`: the clock of the drivers. */
export function exposeEdge(
  exposition: Exposition,
  edge: EdgeSource,
  meters: EdgeMeters,
  nowMs: () => number,
): void {
  const role = exposition.of("edge");
  const { core } = edge;
  exposeConnections(
    role,
    () => core.connections.attachedCount,
    () => core.connections.handles.count + meters.turnedAwayLately(nowMs()),
  );
  role.gauge(
    "rtc_connections",
    "Open sockets by state.",
    (emit) => {
      const counts = new Array<number>(STATES.length + 1).fill(0);
      const { state, handles } = core.connections;
      for (let at = 0; at < handles.end; at++) counts[state[at]!]!++;
      for (const [name, code] of STATES) emit(counts[code]!, name);
    },
    "state",
  );
  role.gauge("stormglass_slow_clients", "Clients with an outbound queue.", (emit) =>
    emit(core.connections.queues.size),
  );
  role.gauge("stormglass_draining", "1 while it drains.", (emit) => emit(core.isDraining ? 1 : 0));
  exposeAdmission(role, () => core.arrivals.admission);
  exposeDrops(role, () => core.drops);
  exposeNodes(role, () => core.view);
  exposeTrunks(role, meters.trunks, edge, () => edge.openTrunkCount);
  exposeClasses(role, "Messages of clients passed to nodes.", meters.relayedByClass);
  exposeTraffic(exposition, meters);
  exposeArrivals(exposition, meters, () => core.arrivals.probes);
}

function exposeTraffic(exposition: Exposition, meters: EdgeMeters): void {
  const role = exposition.of("edge");
  role.counter("stormglass_sockets_opened_total", "Upgrades that were finished.", (emit) =>
    emit(meters.socketsOpened),
  );
  role.counter(
    "stormglass_sockets_closed_total",
    "Sockets closed, by close code; codes that nobody assigned are other.",
    (emit) => meters.closesByCode.each((code, count) => emit(count, code)),
    "code",
  );
  role.counter(
    "stormglass_dials_turned_away_total",
    "Dials that got no connection.",
    (emit) => meters.turnedAwayBy.each((reason, count) => emit(count, reason)),
    "reason",
  );
  role.counter("rtc_deliveries_total", "Frames handed to sockets.", (emit) =>
    emit(meters.deliveries),
  );
  role.counter(
    "stormglass_socket_bytes_total",
    "Bytes of frames on clients' sockets.",
    (emit) => {
      emit(meters.receivedBytes, "in");
      emit(meters.sentBytes, "out");
    },
    "direction",
  );
  role.counter(
    "rtc_frame_errors_total",
    "Frames that did not decode, by what was wrong.",
    (emit) => meters.frameErrorsByCode.each((code, count) => emit(count, code)),
    "code",
  );
  role.counter(
    "rtc_errors_total",
    "Error frames sent, by code.",
    (emit) => meters.errorsByCode.each((code, count) => emit(count, code)),
    "code",
  );
}

function exposeArrivals(exposition: Exposition, meters: EdgeMeters, probes: () => number): void {
  const role = exposition.of("edge");
  exposition.registry.registerMetric(meters.joinSeconds);
  exposition.registry.registerMetric(meters.resumeSeconds);
  role.counter("rtc_joins_total", "Clients let into their room.", (emit) => emit(meters.joins));
  role.counter("rtc_resumes_total", "Sessions that came back.", (emit) => emit(meters.resumes));
  role.counter(
    "rtc_refusals_total",
    "Joins and resumes refused, by the code that the client was told.",
    (emit) => meters.refusalsByCode.each((code, count) => emit(count, code)),
    "code",
  );
  role.counter(
    "rtc_reconnect_attempts_total",
    "Resumes asked for: in_band on a socket that had asked before, new_socket on a fresh one.",
    (emit) => meters.reconnectsByKind.each((kind, count) => emit(count, kind)),
    "kind",
  );
  role.counter(
    "rtc_reconnect_failures_total",
    "Resumes rejected: the session is gone for the client.",
    (emit) => meters.reconnectFailuresByReason.each((reason, count) => emit(count, reason)),
    "reason",
  );
  role.counter(
    "stormglass_token_verifications_total",
    "Join tokens looked at.",
    (emit) => meters.tokensByResult.each((result, count) => emit(count, result)),
    "result",
  );
  role.counter("stormglass_placement_probes_total", "Nodes asked to take somebody in.", (emit) =>
    emit(probes()),
  );
}
