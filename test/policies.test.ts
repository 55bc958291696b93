// What was forecast is what is deployed: server and simulator give core the same policies.

import { expect, test } from "vitest";
import { edgePolicy as liveEdge, nodePolicy as liveNode } from "../live/policies.ts";
import { settingsWith } from "../live/settings-schema.ts";
import { edgePolicy as simEdge, nodePolicy as simNode } from "../sim/cluster/policies.ts";
import { writtenScenario } from "./scenarios.ts";

const HEAD = `apiVersion: stormglass/v1
kind: Scenario
metadata: { name: defaults, title: "Is it all alike?" }
run: { duration: 1m }
clients: { total: 10, arrivals: [{ phase: all, clients: rest, from: 0s, over: 1s }] }
`;

const scenarioWith = (cluster: string) => writtenScenario(`${HEAD}cluster:\n${cluster}`);

test("[SV1] the defaults of the server are those of the simulator", () => {
  const scenario = scenarioWith("  edges: { count: 1 }\n  nodes: { count: 1 }\n");
  const settings = settingsWith();

  const edge = liveEdge(settings, 7);
  const own = { edgeId: "stormglass-edge", region: "local", door: edge.door }; // Nobody knocks in a simulation.
  expect(edge).toEqual({ ...simEdge(scenario, 0, 7), ...own });
  expect(liveNode(settings, 7)).toEqual({
    ...simNode(scenario, 0, 7),
    nodeId: "stormglass",
    region: "local",
    zone: "local",
    media: "mesh", // Until a media server can be attached.
  });
});

test("[SV1] a cluster section of a scenario means the same to the server", () => {
  const scenario = scenarioWith(`  edges: { count: 1 }
  nodes: { count: 1 }
  beats: { every: 2s, lease: 9s }
  sessions: { presenceGrace: 9s, resumeWindow: 40s, reconnectingNotice: 1s, bufferMax: 99 }
  heartbeat: { every: 11s, timeout: 4s }
  reconnect: { spreadMin: 3s, spreadMax: 30s, cap: 50s }
  budgets:
    connection: { rate: 21/s, burst: 40 }
    room: { deliveries: 999/s, burst: 2000 }
    node: { deliveries: 8000/s, burst: 9000 }
    criticalReserve: 10%
  fanout: { quantum: 32, sliceDeliveries: 128, backlogMax: 1000 }
  outbound: { soft: 10KiB, hard: 100KiB }
`);
  const settings = settingsWith({
    cluster: {
      beats: { everyMs: 2_000, leaseMs: 9_000 },
      sessions: {
        presenceGraceMs: 9_000,
        resumeWindowMs: 40_000,
        reconnectingNoticeMs: 1_000,
        bufferMax: 99,
      },
      heartbeat: { everyMs: 11_000, timeoutMs: 4_000 },
      reconnect: { spreadMinMs: 3_000, spreadMaxMs: 30_000, capMs: 50_000 },
      budgets: {
        connection: { perSec: 21, burst: 40 },
        room: { deliveriesPerSec: 999, burst: 2_000 },
        node: { deliveriesPerSec: 8_000, burst: 9_000 },
        criticalReserveRatio: 0.1,
      },
      fanout: { quantum: 32, sliceDeliveries: 128, backlogMax: 1_000 },
      outbound: { softBytes: 10_240, hardBytes: 102_400 },
    },
  });
  const own = { edgeId: "", nodeId: "", region: "", zone: "", media: "mesh", door: undefined };

  expect({ ...liveEdge(settings, 1), ...own }).toEqual({ ...simEdge(scenario, 0, 1), ...own });
  expect({ ...liveNode(settings, 1), ...own }).toEqual({ ...simNode(scenario, 0, 1), ...own });
});
