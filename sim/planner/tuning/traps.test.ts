import { expect, test } from "vitest";
import { load, SMALL } from "../../../scenarios/fixtures.ts";
import type { Scenario } from "../../../scenarios/schema.ts";
import type { ManifestShape, SpecShape } from "./manifest-shape.ts";
import { cpuMetric, demandMetric, podsMetric } from "./space.ts";
import { trapsOf } from "./traps.ts";
import { admissionFloor, arrivalsWithin, leadTimeOf, warmFloor } from "./warm-floor.ts";

/** 100,000 people in a ramp of `over`; nodes take 2,000 up to the last. */
function storm(settings: readonly string[] = [], over = "30s"): Scenario {
  const text = SMALL.replace("total: 1k", "total: 100k")
    .replace(
      "{ phase: fill, from: 0s, over: 10s, share: 30% }",
      `{ phase: fill, from: 0s, over: ${over} }`,
    )
    .replace(/ {4}- \{ phase: storm.*\n/, "");
  const all = ["cluster.nodes.softLimit=100%", ...settings];
  return load({ "small.yaml": text.replace("duration: 60s", "duration: 20m") }, all).scenario;
}

const manifest = (changes: Partial<SpecShape>): ManifestShape => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "nodes" },
  spec: {
    scaleTargetRef: {},
    minReplicas: 8,
    maxReplicas: 64,
    metrics: [podsMetric("active_websocket_connections", 1_700)],
    ...changes,
  },
});
const ids = (changes: Partial<SpecShape>, scenario: Scenario): readonly string[] =>
  trapsOf(manifest(changes), scenario).map(({ id }) => id);

test("[TU13] a metric that saturates crawls by the published path, and never moves within tolerance", () => {
  const [crawl] = trapsOf(manifest({}), storm());
  const [never] = trapsOf(manifest({}), storm(["cluster.nodes.maxConnections=1869"]));

  expect(crawl?.text).toContain(
    "8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 52; 135 s after the first look at best",
  );
  expect(never?.text).toContain("never become more");
  expect(ids({ metrics: [demandMetric(1_400)] }, storm())).not.toContain("saturated-metric");
  expect(
    ids({ metrics: [podsMetric("active_websocket_connections", 1_000)] }, storm()),
  ).not.toContain("saturated-metric");
});

test("[TU13] each trap is told where it is, and not where it is not", () => {
  const calm: Partial<SpecShape> = {
    minReplicas: 50,
    behavior: { scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } },
  };

  expect(ids({}, storm())).toEqual(["saturated-metric", "outrun-by-arrivals", "scale-down-cliff"]);
  expect(ids({ ...calm }, storm())).toEqual([]);
  expect(ids({ ...calm, minReplicas: 8, maxReplicas: 20 }, storm())).toContain("low-ceiling");
  expect(ids({ ...calm, metrics: [cpuMetric(65)] }, storm())).toEqual(["blind-to-connections"]);
});

test("[TU12] the warm floor is what arrives within the lead time, divided by a node's room", () => {
  const settings = [
    "kubernetes.pods.scheduling=0s",
    "kubernetes.pods.imagePull=40s",
    "kubernetes.pods.start=19s",
    "kubernetes.pods.readinessEvery=2s",
  ];
  const scenario = storm(settings, "300s");

  expect(leadTimeOf(scenario).totalMs).toBe(75_000);
  expect(warmFloor(scenario)).toBe(13); // 100,000 × 75 ÷ 300 ÷ 2,000
  expect(warmFloor(storm(settings, "60s"))).toBe(50);
  expect(warmFloor(storm(settings, "600s"))).toBe(7);
  expect(admissionFloor(storm(settings, "30s"))).toBe(7); // 3,333 a second ÷ 500
});

test("[TU12] what arrives within a window is the most of any window, for every shape", () => {
  const shaped = (shape: string) => storm([`clients.arrivals.fill.shape=${shape}`], "100s");

  expect(arrivalsWithin(shaped("uniform"), 25_000)).toBeCloseTo(25_000, 3);
  expect(arrivalsWithin(shaped("ramp"), 50_000)).toBeCloseTo(75_000, 3);
  expect(arrivalsWithin(shaped("thundering-herd"), 50_000)).toBeGreaterThan(94_000);
  expect(arrivalsWithin(shaped("uniform"), 500_000)).toBe(100_000);
});
