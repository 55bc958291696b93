// What an HPA does to the cluster, through the whole simulation: the crawl, the doubling, the cliff, and a deploy.
//
// Clients, places and targets are a fortieth of the real ones, which leaves the HPA's arithmetic as it is.

import { beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../sim/result.ts";
import { run } from "../sim/run.ts";
import { brokenIn, builtinScenario, valueOf } from "./scenarios.ts";

/** join-storm-100k, 1:40. Nobody speaks and rooms are small, since this is about sessions and pods alone. */
const SMALL = [
  "run.resolution=1s",
  "clients.total=2500",
  "clients.patience=none",
  "clients.rooms.sizes=[{min: 2, max: 4, share: 100%}]",
  "clients.activity.talkingRooms=0%",
  "clients.activity.messages=0/h",
  "clients.activity.muteEvery=none",
  "cluster.edges.count=2",
  "cluster.nodes.softLimit=100%",
  "cluster.heartbeat.every=60s",
];
/** New pods are ready, and sampled, before the controller looks again. */
const QUICK = [
  "kubernetes.machines.imagesAtStart=everywhere",
  "kubernetes.pods.scheduling=100ms",
  "kubernetes.pods.start=500ms",
  "kubernetes.pods.readinessEvery=500ms",
  "autoscaling.pipeline.scrapeEvery=1s",
];
const hpaOf = (metric: string): string =>
  `autoscaling.hpa={minReplicas: 8, maxReplicas: 64, metrics: [${metric}]}`;
const target = "target: {type: AverageValue, averageValue: 42500m}";
const ACTIVE = hpaOf(
  `{type: Pods, pods: {metric: {name: active_websocket_connections}, ${target}}}`,
);
const OFFERED = hpaOf(
  `{type: External, external: {metric: {name: offered_websocket_connections}, ${target}}}`,
);

function storm(duration: string, settings: readonly string[], maxConnections = 50): RunResult {
  const limits = [`cluster.nodes.maxConnections=${maxConnections}`, `run.duration=${duration}`];
  const all = [...SMALL, ...limits, ...settings];
  const result = run({
    scenario: builtinScenario("join-storm-100k", all),
    seed: 1,
    variant: "full",
  });
  expect(brokenIn(result)).toEqual([]);
  return result;
}

/** The counts in their order, and how long it took from the first step to that which came to `last`, s. */
function courseOf(result: RunResult, last = Infinity): { counts: number[]; overSec: number } {
  const { decisions } = result.autoscaling!; // These scenarios have an HPA.
  const all = decisions.filter(({ rescaled }) => rescaled);
  const end = all.findIndex(({ replicas }) => replicas === last);
  const steps = end < 0 ? all : all.slice(0, end + 1);
  const counts = [steps[0]?.specReplicas ?? 0, ...steps.map(({ replicas }) => replicas ?? 0)];
  return { counts, overSec: ((steps.at(-1)?.atMs ?? 0) - (steps[0]?.atMs ?? 0)) / 1_000 };
}

describe("the crawl of a metric that saturates", () => {
  test("[FI2] 2,000 places and a target of 1,700: ten steps of one sync each, at best", () => {
    const result = storm("3m20s", [ACTIVE, ...QUICK]);
    const { counts, overSec } = courseOf(result, 52); // Room for everybody; the target asks for 59.

    expect(counts).toEqual([8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 52]);
    expect(overSec).toBeGreaterThan(134);
    expect(overSec).toBeLessThan(137);
    const told = result.findings.join(" ");
    expect(told).toContain("8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 52");
    expect(told).toContain("multiplies the pods by at most 1.18");
  });

  test("[FI2, FI7] pods that take their time: the same steps, between one sync and two for each", () => {
    const result = storm("5m", [ACTIVE]);
    const { counts, overSec } = courseOf(result);

    expect(counts.slice(0, 9)).toEqual([8, 10, 12, 15, 18, 22, 26, 31, 37]);
    const steps = counts.length - 1;
    expect(overSec).toBeGreaterThan(15 * (steps - 1));
    expect(overSec).toBeLessThan(45 * (steps - 1));
    expect(result.findings.join(" ")).toMatch(/counted as idle: \d+ looks asked for less/);
  });

  test("[FI2] 1,840 places are within the tolerance: it never scales, whoever waits", () => {
    const result = storm("2m30s", [ACTIVE, ...QUICK], 46);

    expect(courseOf(result).counts).toEqual([0]);
    expect(valueOf(result, "replicas.desired")).toBe(8);
    expect(valueOf(result, "join.succeeded")).toBeLessThanOrEqual(8 * 46);
    expect(valueOf(result, "join.turnedaway")).toBeGreaterThan(2_500);
    expect(result.findings[0]).toContain("The HPA never scales");
    expect(result.findings[0]).toContain("at most 1.08 times its target");
  });

  test("[FI2] demand as the metric doubles the pods, sync by sync", () => {
    const result = storm("2m", [OFFERED, ...QUICK]);
    const { counts, overSec } = courseOf(result);

    expect(counts).toEqual([8, 16, 32, 59]);
    expect(overSec).toBeLessThan(31);
    expect(valueOf(result, "join.success.ratio")).toBeGreaterThan(0.99);
    expect(result.findings.join(" ")).not.toContain("The HPA crawls");
  });
});

describe("scaling down", () => {
  test("[FI4, SC17] the default takes 51 of 59 pods in one sync, and who stays must move", () => {
    const settings = [
      "clients.total=1200",
      "clients.rooms.sizes=jitsi",
      "cluster.edges.count=2",
      "cluster.nodes.maxConnections=200",
      "autoscaling.hpa.spec.metrics.0.pods.target.averageValue=170",
      "run.duration=6m",
    ];
    const scenario = builtinScenario("scale-down", settings);
    const result = run({ scenario, seed: 1, variant: "full" });

    expect(brokenIn(result)).toEqual([]);
    expect(courseOf(result).counts).toEqual([59, 8]);
    const cut = valueOf(result, "sessions.cut");
    expect(cut / 1_200).toBeGreaterThan(0.75); // 51 of 59 are 86 %.
    expect(cut / 1_200).toBeLessThan(0.95);
    expect(valueOf(result, "reconnect.succeeded")).toBe(valueOf(result, "reconnect.offered"));
    expect(result.findings[0]).toContain("one sync took 51 of 59 pods");
  });
});

describe("the top of the hour", () => {
  const hour = (minReplicas: number): RunResult => {
    const scenario = builtinScenario("top-of-the-hour", [
      "clients.total=2800",
      "clients.rooms.sizes=jitsi",
      "clients.arrivals.background.clients=400",
      "clients.arrivals.early-first.clients=300",
      "clients.arrivals.late-first.clients=900",
      "clients.arrivals.early-second.clients=300",
      "cluster.nodes.maxConnections=200",
      "autoscaling.hpa.spec.metrics.0.pods.target.averageValue=170",
      `autoscaling.hpa.spec.minReplicas=${minReplicas}`,
    ]);
    const result = run({ scenario, seed: 1, variant: "full" });
    expect(brokenIn(result)).toEqual([]);
    return result;
  };

  test("[SC18] the floor carries the pulse", () => {
    expect(valueOf(hour(7), "join.success.ratio")).toBeGreaterThan(0.995);
  });

  test("[SC18] without it the HPA comes late, and says why", () => {
    const result = hour(3);
    expect(valueOf(result, "join.success.ratio")).toBeLessThan(0.99);
    expect(result.findings.join(" ")).toMatch(/The HPA (crawls|never scales)/);
  });
});

describe("a rolling deploy", () => {
  let result: RunResult;
  beforeAll(() => {
    const scenario = builtinScenario("rolling-deploy", ["clients.total=1200"]);
    result = run({ scenario, seed: 1, variant: "full" });
  });

  test("[SC16] nobody is told that somebody left, and nobody is lost", () => {
    expect(brokenIn(result)).toEqual([]);
    expect(valueOf(result, "departures.told")).toBe(0);
    expect(valueOf(result, "sessions.killed")).toBe(0);
    expect(valueOf(result, "critical.lost")).toBe(0);
    expect(valueOf(result, "reconnect.offered")).toBeGreaterThan(1_000);
    expect(valueOf(result, "reconnect.succeeded")).toBe(valueOf(result, "reconnect.offered"));
  });

  test("[SC16] every pod is replaced once, and rooms move about once", () => {
    const { pods } = result.autoscaling!; // A rolling deploy needs pods.
    expect(pods.filter(({ deletedFor }) => deletedFor === "update")).toHaveLength(8);
    const moves = valueOf(result, "rooms.moved") / valueOf(result, "rooms.live");
    expect(moves).toBeGreaterThan(0.8);
    expect(moves).toBeLessThan(1.25);
  });
});
