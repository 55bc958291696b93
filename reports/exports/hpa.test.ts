import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { hpaManifest } from "../../sim/cluster/kubernetes/hpa/manifest.ts";
import {
  KUBERNETES_VERSIONS,
  rulesOf,
  type KubernetesVersion,
} from "../../sim/cluster/kubernetes/hpa/version.ts";
import { hpaExport } from "./hpa.ts";
import { SPECIMEN, SPECIMEN_HPA } from "./specimens.ts";
import type { Exported, HpaSubject } from "./subject.ts";

interface Written {
  readonly metadata: { readonly annotations: Record<string, string>; readonly namespace: string };
  readonly spec: { readonly metrics: readonly object[]; readonly behavior: Record<string, object> };
}

const forRelease = (kubernetes: string, hpa = SPECIMEN_HPA): Exported =>
  hpaExport({ ...SPECIMEN, kubernetes, hpa }, hpa);
const textOf = ({ files }: Exported): string => files[0]!.text;
/** As kubectl reads it, and as we do. */
const readBack = (text: string): Written => {
  const one = parse(text) as Written;
  expect(parse(text, { version: "1.1" })).toEqual(one);
  return one;
};
const specOf = (manifest: unknown, release: KubernetesVersion) =>
  hpaManifest(manifest, rulesOf(release, { gates: { scaleToZero: true } })).spec;

test("[EX1] keys stand in the order in which people write them, quantities are texts", () => {
  const text = textOf(forRelease("1.35"));
  const keys = text.split("\n").filter((line) => !/^\s*#|^$/.test(line));

  expect(keys.map((line) => line.trim()).join("\n")).toBe(
    `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
name: nodes
namespace: calls
labels:
team: rtc
annotations:
owner: rtc
stormglass.dev/scenario: join-storm
stormglass.dev/run-digest: 0123456789abcdef
stormglass.dev/verdict: pass
stormglass.dev/seeds: 1-2, 7
spec:
scaleTargetRef:
apiVersion: apps/v1
kind: StatefulSet
name: stormglass-node
minReplicas: 8
maxReplicas: 64
metrics:
- type: Pods
pods:
metric:
name: offered_websocket_connections
target:
type: AverageValue
averageValue: "1700"
- type: Pods
pods:
metric:
name: fanout_queue_depth
target:
type: AverageValue
averageValue: 62500m
- type: External
external:
metric:
name: join_latency_p95_seconds
target:
type: Value
value: 2500m
- type: Resource
resource:
name: cpu
target:
type: Utilization
averageUtilization: 65
behavior:
scaleUp:
stabilizationWindowSeconds: 0
selectPolicy: Max
scaleDown:
stabilizationWindowSeconds: 600
tolerance: "0.15"
policies:
- type: Pods
value: 1
periodSeconds: 120`,
  );
  expect(text).toContain("# AverageValue, written out");
});

test("[EX1] a digest that looks like a number stays a text", () => {
  for (const digest of [
    "1234567890123456",
    "12345678901234e5",
    "0x12345678901234",
    "0012345670123456",
  ]) {
    const { files } = hpaExport({ ...SPECIMEN, runDigest: digest }, SPECIMEN_HPA);
    expect(readBack(files[0]!.text).metadata.annotations["stormglass.dev/run-digest"]).toBe(digest);
  }
});

test("[EX2] tolerance is left out of 1.32, needs its gate in 1.33 and 1.34, and is on from 1.35", () => {
  const told = KUBERNETES_VERSIONS.map((release) => {
    const made = forRelease(release);
    const { scaleDown } = readBack(textOf(made)).spec.behavior as Record<
      string,
      { tolerance?: string }
    >;
    return [release, scaleDown!.tolerance, made.warnings];
  });
  const gate = (release: string) =>
    `scaleDown.tolerance: Alpha in ${release}: without the feature gate HPAConfigurableTolerance it is dropped.`;

  expect(told).toEqual([
    [
      "1.32",
      undefined,
      ["scaleDown: tolerance 0.15 is left out: 1.32 does not know it, and holds 10 % both ways."],
    ],
    ["1.33", "0.15", [gate("1.33")]],
    ["1.34", "0.15", [gate("1.34")]],
    ["1.35", "0.15", []],
    ["1.36", "0.15", []],
    ["1.37", "0.15", []],
  ]);
  expect(textOf(forRelease("1.34"))).toContain("# Alpha in 1.34: without the feature gate");
  expect(textOf(forRelease("1.32"))).toContain(
    "# tolerance 0.15 is left out: 1.32 does not know it",
  );
});

test("[EX2] minReplicas 0 names its gate before 1.37", () => {
  const spec = { ...(SPECIMEN_HPA.manifest["spec"] as object), minReplicas: 0 };
  const hpa: HpaSubject = {
    ...SPECIMEN_HPA,
    manifest: { ...SPECIMEN_HPA.manifest, spec },
    minReplicas: 0,
  };

  expect(textOf(forRelease("1.36", hpa))).toContain(
    "# 0 needs the feature gate HPAScaleToZero in 1.36.",
  );
  expect(textOf(forRelease("1.37", hpa))).not.toContain("HPAScaleToZero");
});

test("[EX5] what another HPA ran with says so", () => {
  const { files } = forRelease("1.35", { ...SPECIMEN_HPA, isOfRun: false });
  const { annotations } = readBack(files[0]!.text).metadata;

  expect(annotations["stormglass.dev/hpa"]).toBe("not the one of the run");
  expect(files[0]!.text).toContain("# The runs had another HPA than this export");
});

const quantity = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.integer({ min: 1, max: 5_000 }).map(String),
  fc.integer({ min: 1, max: 9_999 }).map((milli) => `${milli}m`),
  fc.constantFrom("1.5k", "64Mi", "1e3", "0.5", "2.5"),
);
const named = fc
  .constantFrom("active_websocket_connections", "y", "no", "a-b", "1e3")
  .map((name) => ({ name }));
const metric = fc.oneof(
  fc.record({ metric: named, averageValue: quantity }).map(({ metric: name, averageValue }) => ({
    type: "Pods",
    pods: { metric: name, target: { type: "AverageValue", averageValue } },
  })),
  fc.record({ metric: named, value: quantity }).map(({ metric: name, value }) => ({
    type: "External",
    external: {
      metric: { ...name, selector: { matchLabels: { on: "yes" } } },
      target: { type: "Value", value },
    },
  })),
  fc.record({ metric: named, value: quantity }).map(({ metric: name, value }) => ({
    type: "Object",
    object: {
      describedObject: { kind: "Service", name: "stormglass-edge" },
      metric: name,
      target: { type: "Value", value },
    },
  })),
  fc.integer({ min: 1, max: 300 }).map((averageUtilization) => ({
    type: "ContainerResource",
    containerResource: {
      name: "cpu",
      container: "stormglass",
      target: { type: "Utilization", averageUtilization },
    },
  })),
);
const rules = fc.record(
  {
    stabilizationWindowSeconds: fc.integer({ min: 0, max: 3_600 }),
    selectPolicy: fc.constantFrom("Max", "Min", "Disabled"),
    tolerance: fc.constantFrom("0.05", "50m", 0.2, "0.3"),
    policies: fc.array(
      fc.record({
        type: fc.constantFrom("Pods", "Percent"),
        value: fc.integer({ min: 1, max: 500 }),
        periodSeconds: fc.integer({ min: 1, max: 1_800 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);
const manifests = fc.record(
  {
    minReplicas: fc.integer({ min: 1, max: 9 }),
    maxReplicas: fc.integer({ min: 9, max: 200 }),
    metrics: fc.array(metric, { minLength: 1, maxLength: 4 }),
    behavior: fc.record({ scaleUp: rules, scaleDown: rules }, { requiredKeys: [] }),
  },
  { requiredKeys: ["maxReplicas"] },
);

test("[EX1] every exported HPA is read back as the spec that was run", () => {
  fc.assert(
    fc.property(manifests, fc.constantFrom(...KUBERNETES_VERSIONS.slice(1)), (spec, release) => {
      const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "nodes" };
      const manifest = { ...SPECIMEN_HPA.manifest, spec: { ...spec, scaleTargetRef } };
      const { files } = forRelease(release, { ...SPECIMEN_HPA, manifest });

      expect(specOf(readBack(files[0]!.text), release)).toEqual(specOf(manifest, release));
    }),
    { seed: 20_261_122, numRuns: 100 },
  );
});
