// The suite's settings in the words of `stormglass serve`.

import type { ConformanceSettings } from "./cluster.ts";

/** As --set takes them: what holds for every process of a cluster. */
export function clusterSettings(s: ConformanceSettings): readonly string[] {
  return [
    "edge.host=127.0.0.1",
    "edge.port=0",
    "node.trunk.host=127.0.0.1",
    "node.trunk.port=0",
    "operations.host=127.0.0.1",
    "operations.port=0",
    `node.maxConnections=${s.maxConnections}`,
    `node.admission.rate=${s.admitPerSec}/s`,
    `cluster.beats.every=${s.beatEveryMs}ms`,
    `cluster.beats.lease=${s.leaseMs}ms`,
    `cluster.sessions.presenceGrace=${s.presenceGraceMs}ms`,
    `cluster.sessions.resumeWindow=${s.resumeWindowMs}ms`,
    `cluster.sessions.reconnectingNotice=${s.reconnectingNoticeMs}ms`,
    `cluster.reconnect.spreadMin=${s.spreadMinMs}ms`,
    `cluster.budgets.connection.rate=${s.connectionPerSec}/s`,
    `cluster.budgets.connection.burst=${s.connectionPerSec}`,
    `cluster.budgets.room.deliveries=${s.roomPerSec}/s`,
    `cluster.budgets.room.burst=${s.roomPerSec}`,
    `cluster.outbound.soft=${s.softBytes}B`,
    `cluster.outbound.hard=${s.hardBytes}B`,
  ];
}

/** What loopback sockets take whose reader has stopped, bytes. Measured: Linux 5.x and 6.x with default tcp_wmem and tcp_rmem
 * take 2.5 to 4.5 MB. */
export const LOOPBACK_BYTES = 6 * 1_024 * 1_024;
