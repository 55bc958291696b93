// What a person reads when the server is ready: where it is, and what to do next.

import type { RunningServer } from "../live/server.ts";
import { shownHost } from "../live/shown-host.ts";

export function readyText(server: RunningServer, version: string, isDev: boolean): string {
  const { settings, edge, node, operationsPort, adminPort } = server;
  const { role, id, bus, operations, admin, record } = settings;
  const busName = bus.url.length === 0 ? "no bus: a cluster of one" : "bus NATS";
  const rows: (readonly [string, string])[] = [];
  if (edge !== undefined) rows.push(["signaling", edge.url]);
  if (node !== undefined && node.trunkUrl !== "") rows.push(["trunk", node.trunkUrl]);
  const operationsUrl = `http://${shownHost(operations.host)}:${operationsPort}`;
  rows.push(["metrics", `${operationsUrl}/metrics`]);
  rows.push(["health", `${operationsUrl}/livez /readyz /healthz`]);
  if (adminPort !== undefined) rows.push(["admin", `http://${shownHost(admin.host)}:${adminPort}`]);
  if (record.directory !== undefined) rows.push(["recording", record.directory]);
  const lines = [
    `stormglass ${version} is ready: ${role === "all" ? "edge and node" : role} "${id}", ${busName}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
  ];
  if (isDev && edge !== undefined) lines.push(...nextSteps(edge.url));
  return `${lines.join("\n")}\n`;
}

function nextSteps(url: string): readonly string[] {
  return [
    "",
    "Everybody knows the secret of --dev: do not let strangers reach this server. To try it:",
    "  stormglass token --dev --room standup --sub alice",
    `  npx wscat -s rtcsig.v1 -c '${url}?room=standup'`,
    '  > {"t":"join","id":1,"d":{"room":"standup","token":"<the token>"}}',
  ];
}
