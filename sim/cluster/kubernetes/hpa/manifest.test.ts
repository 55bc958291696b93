import { expect, test } from "vitest";
import { FieldError } from "../field.ts";
import { hpaManifest } from "./manifest.ts";
import { rulesOf } from "./version.ts";

const average = (value: string | number) => ({ type: "AverageValue", averageValue: value });
const SPEC = {
  scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "signal-node" },
  minReplicas: 8,
  maxReplicas: 64,
  metrics: [
    { type: "Pods", pods: { metric: { name: "connections" }, target: average(1700) } },
    { type: "External", external: { metric: { name: "queue" }, target: average("62.5k") } },
    {
      type: "ContainerResource",
      containerResource: {
        name: "cpu",
        container: "node",
        target: { type: "Utilization", averageUtilization: 65 },
      },
    },
  ],
  behavior: {
    scaleDown: {
      stabilizationWindowSeconds: 600,
      tolerance: "0.3",
      policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
    },
  },
};
const manifest = (spec: object) => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "signal-node" },
  spec: { ...SPEC, ...spec },
});

test("[HP24] a manifest is read into the spec, quantities and durations exactly", () => {
  expect(hpaManifest(manifest({}), rulesOf("1.35"))).toEqual({
    name: "signal-node",
    targetKind: "Deployment",
    targetName: "signal-node",
    spec: {
      minReplicas: 8,
      maxReplicas: 64,
      metrics: [
        {
          type: "Pods",
          metric: "connections",
          target: { type: "AverageValue", averageValueMilli: 1_700_000n },
        },
        {
          type: "External",
          metric: "queue",
          target: { type: "AverageValue", averageValueMilli: 62_500_000n },
        },
        {
          type: "ContainerResource",
          resource: "cpu",
          container: "node",
          target: { type: "Utilization", averageUtilization: 65 },
        },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowMs: 600_000,
          tolerance: 0.30000000000000004,
          policies: [{ type: "Pods", value: 1, periodMs: 60_000 }],
        },
      },
    },
  });
});

const up = (rules: object) => ({ behavior: { scaleUp: rules } });
const pods = (target: object) => ({
  metrics: [{ type: "Pods", pods: { metric: { name: "m" }, target } }],
});
const REFUSED = [
  [{ maxReplicas: 7 }, "spec.maxReplicas must be 8 to 2147483647, got 7"],
  [{ maxReplicas: undefined }, "spec.maxReplicas must be there"],
  [{ minReplicas: 0 }, "spec.minReplicas must be 1 to 2147483647, got 0"],
  [{ replicas: 3 }, "spec.replicas is not known; known here are scaleTargetRef, minReplicas"],
  [{ metrics: [{ type: "Cheese" }] }, "spec.metrics[0].type must be one of Resource,"],
  [{ metrics: [{ type: "Pods", object: {} }] }, "spec.metrics[0].pods must be there"],
  [
    pods(average("0")),
    'spec.metrics[0].pods.target.averageValue must be a quantity above 0, got "0"',
  ],
  [pods(average("1 k")), "spec.metrics[0].pods.target.averageValue must be a quantity above 0"],
  [
    pods({ type: "Value", value: 3 }),
    "spec.metrics[0].pods.target.type must be one of AverageValue",
  ],
  [
    up({ stabilizationWindowSeconds: 3_601 }),
    "spec.behavior.scaleUp.stabilizationWindowSeconds must be 0 to",
  ],
  [up({ policies: [] }), "spec.behavior.scaleUp.policies must have a policy"],
  [
    up({ selectPolicy: "max" }),
    "spec.behavior.scaleUp.selectPolicy must be one of Max, Min, Disabled",
  ],
  [up({ tolerance: "-0.1" }), "spec.behavior.scaleUp.tolerance must be a quantity of 0 or more"],
  [
    up({ policies: [{ type: "Pods", value: 1, periodSeconds: 1_801 }] }),
    "spec.behavior.scaleUp.policies[0].periodSeconds must be 1 to 1800",
  ],
] as const;

test.each(REFUSED)(
  "[HP24] what the API server refuses is named with its field: %#",
  (spec, message) => {
    const read = () => hpaManifest(manifest(spec), rulesOf("1.35"));

    expect(read).toThrow(FieldError);
    expect(read).toThrow(message);
  },
);

test("[HP24] a minimum of 0 needs the gate and a metric that does not come from pods", () => {
  const gated = rulesOf("1.35", { gates: { scaleToZero: true } });

  expect(hpaManifest(manifest({ minReplicas: 0 }), gated).spec.minReplicas).toBe(0);
  expect(() => hpaManifest(manifest({ minReplicas: 0, ...pods(average(5)) }), gated)).toThrow(
    "spec.minReplicas must be 1 or more without an Object or External metric, got 0",
  );
});
