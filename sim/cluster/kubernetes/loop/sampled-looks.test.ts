import { expect, test } from "vitest";
import type { MetricSamples, SampledLook } from "../../../../scenarios/metric-samples.ts";
import type { HpaSpec } from "../hpa/spec.ts";
import { decisionsOf } from "./sampled-looks.ts";

const LOAD: HpaSpec = {
  minReplicas: 1,
  maxReplicas: 50,
  metrics: [{ type: "Pods", metric: "load", target: { averageValueMilli: 100_000n } }],
};

function look(atMs: number, changes: Partial<SampledLook>): SampledLook {
  return {
    atMs,
    replicas: undefined,
    statusReplicas: undefined,
    pods: undefined,
    podCount: undefined,
    pendingCount: 0,
    metrics: new Map(),
    ...changes,
  };
}

function samples(looks: readonly SampledLook[], follow = false): MetricSamples {
  const requests = new Map([["cpu", "500m"]]);
  return { name: "mine", title: "", follow, requests, looks };
}

const average = (quantity: string): SampledLook["metrics"] =>
  new Map([["load", { kind: "average", quantity }]]);
const total = (quantity: string): SampledLook["metrics"] =>
  new Map([["load", { kind: "total", quantity }]]);

const pod = {
  name: undefined,
  isReady: true,
  isPending: false,
  isDeleted: false,
  startedAtMs: undefined,
  readySinceMs: undefined,
};

test("[HE6] replicas are those that were there, or follow what was decided", () => {
  const looks = [
    look(0, { replicas: 4, metrics: average("200") }),
    look(15_000, { metrics: average("200") }),
    look(30_000, { metrics: average("200") }),
  ];

  const stayed = decisionsOf(samples(looks), LOAD, "1.35");
  expect(stayed.map(({ specReplicas, replicas }) => [specReplicas, replicas])).toEqual([
    [4, 8],
    [4, 8],
    [4, 8],
  ]);
  const followed = decisionsOf(samples(looks, true), LOAD, "1.35");
  expect(followed.map(({ specReplicas, replicas }) => [specReplicas, replicas])).toEqual([
    [4, 8],
    [8, 16],
    [16, 32],
  ]);
});

test("[HE6] a total is divided among the pods to the last thousandth, an External metric has it whole", () => {
  const looks = [look(0, { replicas: 3, metrics: total("1000.001") })];
  const spec: HpaSpec = {
    ...LOAD,
    metrics: [
      ...LOAD.metrics!,
      { type: "External", metric: "load", target: { averageValueMilli: 100_000n } },
    ],
  };
  const [{ trace, perPod }] = decisionsOf(samples(looks), spec, "1.35");

  expect(trace.metrics.map(({ usageMilli }) => usageMilli)).toEqual([333_333, 333_334]);
  expect(perPod[0]).toEqual({ min: 333.333, p50: 333.334, max: 333.334 });
  expect(trace.metrics.map(({ proposal }) => proposal)).toEqual([10, 11]);
});

test("[HE6] pods can be pending, missing, being deleted, and not ready", () => {
  const values = (load: string) => new Map([["load", load]]);
  const looks = [
    look(0, { replicas: 5, podCount: 3, pendingCount: 2, metrics: average("300") }),
    look(15_000, {
      pods: [
        { ...pod, name: "a", values: values("150") },
        { ...pod, isDeleted: true, values: values("999") },
        { ...pod, isReady: false, values: values("150") },
        { ...pod, values: new Map() },
        { ...pod, isPending: true, isReady: false, values: new Map() },
      ],
    }),
  ];
  const [first, second] = decisionsOf(samples(looks), LOAD, "1.35");

  expect(first.trace.metrics[0].pods).toEqual({ ready: 3, unready: 2, missing: 0, ignored: 0 });
  expect(first.trace.metrics[0].correctedRatio).toBe(1.8);
  expect(second.trace.metrics[0].pods).toEqual({ ready: 2, unready: 1, missing: 1, ignored: 1 });
  expect(second.perPod[0]).toEqual({ min: 150, p50: 150, max: 150 });
  expect(second.statusReplicas).toBe(4);
});

test("[HE6] CPU is of the request, and of a young pod that is not ready it does not count", () => {
  const cpu = (value: string) => new Map([["cpu", value]]);
  const spec: HpaSpec = {
    ...LOAD,
    metrics: [{ type: "Resource", resource: "cpu", target: { averageUtilization: 60 } }],
  };
  const looks = [
    look(60_000, {
      replicas: 3,
      pods: [
        { ...pod, values: cpu("450m") },
        { ...pod, values: cpu("450m") },
        { ...pod, isReady: false, startedAtMs: 50_000, readySinceMs: 50_000, values: cpu("0.5") },
      ],
    }),
  ];
  const [{ trace, perPod }] = decisionsOf(samples(looks), spec, "1.35");

  expect(trace.metrics[0].utilizationPercent).toBe(90);
  expect(trace.metrics[0].pods).toEqual({ ready: 2, unready: 1, missing: 0, ignored: 0 });
  expect(perPod[0]).toEqual({ min: 90, p50: 90, max: 100 });
});

test("[HE6] a metric that fails and one that nobody has are failures", () => {
  const failing = new Map([["load", { kind: "failed", error: "it is down" } as const]]);
  const looks = [look(0, { replicas: 2, metrics: failing }), look(15_000, {})];
  const [failed, absent] = decisionsOf(samples(looks), LOAD, "1.35");

  expect(failed.error).toContain("it is down");
  expect(absent.error).toContain("no metrics returned from custom metrics API");
  expect([failed.rescaled, absent.rescaled]).toEqual([false, false]);
});

test("[HE6] the release decides: a ratio of 1.1 scales in 1.32 and not in 1.35", () => {
  const looks = [look(0, { replicas: 10, metrics: average("110") })];
  const after = (version: "1.32" | "1.35") =>
    decisionsOf(samples(looks), LOAD, version)[0].replicas;

  expect([after("1.32"), after("1.35")]).toEqual([11, 10]);
});
