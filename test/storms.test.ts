// The builtin storms, scaled down, and what they must show: containment, isolation, insight.

import { describe, expect, test } from "vitest";
import { run } from "../sim/run.ts";
import { brokenIn, builtinScenario, quantileMs, valueOf } from "./scenarios.ts";

describe("a node dies", () => {
  // 3,000 clients on 6 nodes that admit 40 resumes a second each: N / R is seconds, and shows. Rooms are small beside a
  // node's share: a room goes to one node, and one that is larger than the share takes its own size over that node's rate.
  const settings = [
    "clients.total=3000",
    "cluster.nodes.count=6",
    "cluster.edges.count=3",
    "clients.rooms.sizes=jitsi",
    "cluster.nodes.admission.rate=57/s",
    "cluster.nodes.admission.burst=57",
  ];
  const scenario = builtinScenario("node-death", settings);
  const { perSec, resumeRatio } = scenario.cluster.nodes.admission;

  test.each([1, 2, 3])("[WD5, WD6, RC1] only its own sessions are disturbed, seed %i", (seed) => {
    const result = run({ scenario, seed, variant: "full" });
    expect(brokenIn(result)).toEqual([]);
    expect(valueOf(result, "blast.sessions")).toBe(0);
    expect(valueOf(result, "media.interrupted.sessions")).toBe(0);
    expect(valueOf(result, "critical.lost")).toBe(0);
    const lost = valueOf(result, "reconnect.offered");
    expect(lost).toBeGreaterThan(300);
    expect(valueOf(result, "reconnect.succeeded")).toBe(lost);

    // The survivors admit R resumes a second; N sessions cannot be back before N / R.
    const boundMs = (1_000 * lost) / ((scenario.cluster.nodes.count - 1) * perSec * resumeRatio);
    const lastMs = result.histograms["reconnect.time@run"]!.max;
    expect(lastMs).toBeLessThan(1.25 * boundMs + 500); // And a lost frame or two on the way.
    expect(valueOf(result, "reconnect.attempts.mean")).toBeLessThan(1.05);
  });
});

describe("a room is noisy", () => {
  const scenario = builtinScenario("noisy-room", ["clients.total=3000", "cluster.nodes.count=2"]);

  test.each([1, 2])("[WD7, TB3] its neighbours do not notice, seed %i", (seed) => {
    const noisy = run({ scenario, seed, variant: "full" });
    const quiet = run({ scenario, seed, variant: "without:noisy" });
    expect(brokenIn(noisy)).toEqual([]);
    const p99 = (result: typeof noisy): number =>
      quantileMs(result, "delivery.latency.other/critical", 0.99, "noise");
    expect(p99(noisy)).toBeLessThanOrEqual(1.1 * p99(quiet));
    expect(valueOf(noisy, "critical.lost.noisy")).toBe(0);
    expect(valueOf(noisy, "critical.refused")).toBeGreaterThan(100); // Refused aloud, not lost.
    expect(valueOf(noisy, "updates.dropped/droppable/room")).toBeGreaterThan(0);
    expect(valueOf(noisy, "updates.merged/coalescable/room")).toBeGreaterThan(0);
  });
});

describe("everybody joins", () => {
  const storm = ["clients.total=10000", "cluster.nodes.count=6", "cluster.edges.count=4"];

  test("[WD1, PL10] with the directory nobody is refused and no room is split", () => {
    const result = run({
      scenario: builtinScenario("join-storm-100k", storm),
      seed: 1,
      variant: "full",
    });
    expect(brokenIn(result)).toEqual([]);
    expect(valueOf(result, "join.success.ratio")).toBe(1);
    expect(valueOf(result, "rooms.split.ever")).toBe(0);
  });

  test("[WD8] the load filter of plain rendezvous splits rooms, and the findings say so", () => {
    const settings = [...storm, "cluster.placement.policy=rendezvous"];
    const scenario = builtinScenario("join-storm-100k", settings);
    const result = run({ scenario, seed: 1, variant: "full" });
    expect(brokenIn(result)).toEqual([]);
    expect(valueOf(result, "rooms.split.ever")).toBeGreaterThan(10);
    expect(valueOf(result, "messages.crossnode.ratio")).toBeGreaterThan(0);
    expect(result.findings.join(" ")).toContain("were split over nodes");
  });
});
