// Everything that can go wrong, on a small cluster, with every judge watching. A seed that once failed is kept by name.

import { expect, test } from "vitest";
import { metricOf } from "../sim/metrics/catalogue.ts";
import type { RunResult } from "../sim/result.ts";
import { run } from "../sim/run.ts";
import { isEverythingAsked } from "./validation/loop.ts";
import { brokenIn, valueOf, writtenScenario } from "./scenarios.ts";

const head = (name: string): string => `
apiVersion: stormglass/v1
kind: Scenario
metadata: { name: ${name}, title: Does it hold? }
run: { duration: 80s }
`;
const cluster = "cluster: { edges: { count: 3 }, nodes: { count: 5 } }";
const clients = `clients:
  total: 1200
  arrivals: [ { phase: fill, from: 0s, over: 10s } ]`;

const CASES: Readonly<Record<string, string>> = {
  "an edge is reset and returns": `${cluster}
${clients}
faults: [ { name: f, kind: edge-crash, at: 30s, target: { select: index, index: 1 }, restartAfter: 20s } ]`,
  "an edge falls silent": `${cluster}
${clients}
faults: [ { name: f, kind: edge-crash, at: 30s, reset: false, target: { select: index, index: 1 } } ]`,
  "a node falls silent and returns": `${cluster}
${clients}
faults: [ { name: f, kind: node-crash, at: 30s, reset: false, target: { select: most-connections }, restartAfter: 20s } ]`,
  "two nodes, then an edge": `${cluster}
${clients}
faults:
  - { name: f, kind: node-crash, at: 30s, target: { select: most-connections, count: 2 }, restartAfter: 10s }
  - { name: g, kind: edge-crash, at: 32s, target: { select: index, index: 0 }, restartAfter: 10s }`,
  "clients flap and leave": `${cluster}
${clients}
  flaps: { rate: 60/h }
  leaves: { meanDuration: 60s }`,
  "clients are slow": `${cluster}
${clients}
  activity: { qualityEvery: 3s }
faults: [ { name: f, kind: slow-consumers, from: 20s, to: 60s, share: 5%, bandwidth: 100B/s } ]`,
  "a mesh loses a node": `${cluster}
${clients}
  rooms: { sizes: jitsi }
  negotiation: { mode: mesh }
faults: [ { name: f, kind: node-crash, at: 30s, target: { select: most-connections } } ]`,
  "rooms are split by plain rendezvous and a node dies": `
cluster:
  edges: { count: 3, balancing: random }
  nodes: { count: 5, maxConnections: 300 }
  placement: { policy: rendezvous }
${clients}
faults: [ { name: f, kind: node-crash, at: 40s, target: { select: index, index: 2 } } ]`,
  "sockets are balanced at random and an edge dies": `
cluster: { edges: { count: 3, balancing: random }, nodes: { count: 5 } }
${clients}
  reconnect: { policy: full-jitter }
faults: [ { name: f, kind: edge-crash, at: 30s, target: { select: most-connections } } ]`,
};

/** Metrics of a run that no budget could name. */
function unknownMetrics(result: RunResult): string[] {
  const keys = [...Object.keys(result.values), ...Object.keys(result.histograms)];
  const names = new Set(keys.map((key) => key.split("@")[0]!.replace(/\.max$/, "")));
  return [...names].filter((name) => metricOf(name) === undefined);
}

test.each(Object.entries(CASES))("[WD2, WD3, WD4] %s: nobody and nothing is lost", (name, text) => {
  for (const seed of isEverythingAsked ? [1, 2, 3] : [1]) {
    const scenario = writtenScenario(`${head(name.replaceAll(/[^a-z]+/g, "-"))}${text}`);
    const result = run({ scenario, seed, variant: "full" });
    expect(brokenIn(result), `seed ${seed}`).toEqual([]);
    expect(valueOf(result, "critical.lost"), `seed ${seed}`).toBe(0);
    expect(valueOf(result, "join.offered")).toBe(1200);
    expect(valueOf(result, "sequence.gaps")).toBe(0);
    expect(unknownMetrics(result)).toEqual([]);
    // A process that is replaced does not take back what it had counted.
    for (const metric of [
      "placement.probes",
      "messages.served",
      "updates.dropped/droppable/room",
    ]) {
      expect(result.series.columns[metric]!.filter((grownBy) => grownBy < 0)).toEqual([]);
    }
  }
});
