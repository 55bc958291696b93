import { expect, test } from "vitest";
import { load, SMALL } from "../../scenarios/fixtures.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { HpaController } from "../cluster/kubernetes/hpa/controller.ts";
import { hpaManifest } from "../cluster/kubernetes/hpa/manifest.ts";
import { pod, samples } from "../cluster/kubernetes/hpa/specimens.ts";
import { rulesOf } from "../cluster/kubernetes/hpa/version.ts";
import { scaledDown, scaledManifest, unscaledManifest } from "./scale-model.ts";
import { recordOf, shapeOf, type ManifestShape } from "./tuning/manifest-shape.ts";

const MANIFEST: ManifestShape = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "nodes" },
  spec: {
    scaleTargetRef: { kind: "StatefulSet", name: "stormglass-node" },
    minReplicas: 4,
    maxReplicas: 40,
    metrics: [
      {
        type: "Pods",
        pods: {
          metric: { name: "active_websocket_connections" },
          target: { type: "AverageValue", averageValue: "1705" },
        },
      },
      {
        type: "External",
        external: {
          metric: { name: "join_latency_p95_seconds" },
          target: { type: "Value", value: "2" },
        },
      },
    ],
  },
};

function scenario(settings: readonly string[] = []): Scenario {
  const text = SMALL.replace("total: 1k", "total: 60k").replace("count: 3", "count: 40");
  const { scenario: loaded } = load({ "small.yaml": text }, settings);
  return { ...loaded, autoscaling: { ...loaded.autoscaling, hpa: recordOf(MANIFEST) } };
}

test("[TU10] a model has as many nodes, and a tenth of people, room, rates and targets", () => {
  const full = scenario();
  const model = scaledDown(full, 10);

  expect(model.clients.total).toBe(6_000);
  expect(model.clients.arrivals.map(({ clients }) => clients)).toEqual([1_800, 4_200]);
  expect(model.cluster.nodes).toMatchObject({ count: 40, maxConnections: 200 });
  expect(model.cluster.nodes.admission).toMatchObject({ perSec: 50, burst: 50, queueMs: 2_000 });
  expect(model.cluster.edges.admission).toMatchObject({ joinsPerSec: 50, queueMax: 400 });
  expect(model.cluster.budgets.node.deliveriesPerSec).toBe(5_000);
  expect(model.cluster.budgets.room).toEqual(full.cluster.budgets.room);
  expect(model.clients.rooms.sizes.at(-1)).toMatchObject({ min: 50, max: 50 });
  expect(scaledDown(full, 1)).toBe(full);
});

test("[TU10] a piece of work costs k times as much, and what is not per piece is unchanged", () => {
  const [full, model] = [scenario(), scaledDown(scenario(), 10)];

  expect(model.profile.costs.nodeJoinUs.value).toBe(full.profile.costs.nodeJoinUs.value * 10);
  expect(model.profile.costs.edgeBytesPerConnection.value).toBe(1_000);
  expect(model.profile.costs.gcPauseMs).toEqual(full.profile.costs.gcPauseMs);
  expect(model.profile.costs.offerBytes).toEqual(full.profile.costs.offerBytes);
  expect(model.network).toEqual(full.network);
});

test("[TU11] a manifest is scaled and scaled back exactly, in thousandths where it must be", () => {
  const model = scaledManifest(MANIFEST, 10);

  expect(model.spec.metrics?.[0]?.pods?.target.averageValue).toBe("170500m");
  expect(model.spec.metrics?.[1]?.external?.target.value).toBe("2");
  expect(unscaledManifest(model, 10)).toEqual(MANIFEST);
  expect(shapeOf(scaledDown(scenario(), 10).autoscaling.hpa ?? {})).toEqual(model);
});

/** Replicas at each sync, while so many people want in, of whom a node lets `capacity` in. */
function path(manifest: ManifestShape, demand: readonly number[], capacity: number): number[] {
  const controller = new HpaController(hpaManifest(manifest, rulesOf("1.35")).spec, "1.35");
  let replicas = 4;
  return demand.map((people, sync) => {
    const atMs = 1_000_000 + sync * 15_000;
    const names = Array.from({ length: replicas }, (_, i) => `n${i}`);
    const each = Math.min(capacity, people / replicas);
    const valueMilli = BigInt(Math.round(each * 1_000));
    const decision = controller.tick(atMs, {
      scale: { specReplicas: replicas, statusReplicas: replicas },
      pods: names.map((name) => pod(name)),
      metrics: [
        samples(Object.fromEntries(names.map((name) => [name, valueMilli]))),
        { kind: "series", valuesMilli: [500n] },
      ],
    });
    replicas = decision.replicas ?? replicas;
    return replicas;
  });
}

test("[TU10] the autoscaler of a model decides as the one at full size, up and down", () => {
  const up = Array.from({ length: 20 }, (_, i) => 4_000 + i * 4_000);
  const down = Array.from({ length: 40 }, (_, i) => Math.max(3_000, 80_000 - i * 7_000));
  const demand = [...up, ...down];
  const full = path(MANIFEST, demand, 2_000);

  for (const k of [5, 10, 20]) {
    const model = path(
      scaledManifest(MANIFEST, k),
      demand.map((people) => people / k),
      2_000 / k,
    );
    expect(model).toEqual(full);
  }
  expect(Math.max(...full)).toBeGreaterThan(30);
  expect(full.at(-1)).toBeLessThan(15);
});
