// Pods and readings for tests, with what a test does not care about filled in: pods that run, are ready and old.

import type { PodView } from "./pods.ts";
import type { MetricReading } from "./reading.ts";

/** CPU and memory alike; undefined: no request. Default 1,000. */
export interface PodChanges extends Partial<PodView> {
  readonly requestMilli?: bigint | undefined;
}

export function pod(name: string, changes: PodChanges = {}): PodView {
  const { requestMilli = "requestMilli" in changes ? undefined : 1_000n, ...rest } = changes;
  const resources = requestMilli === undefined ? [] : ["cpu", "memory"];
  const requestsMilli = new Map(resources.map((resource) => [resource, requestMilli!])); // Empty without one.
  return {
    name,
    phase: "Running",
    isDeleted: false,
    ready: "True",
    readyChangedAtMs: -10_000_000,
    startedAtMs: -10_000_000,
    containers: [{ name: "main", requestsMilli }],
    initContainers: [],
    podRequestsMilli: new Map(),
    ...rest,
  };
}

export function podsNamed(count: number, changes: PodChanges = {}): readonly PodView[] {
  return Array.from({ length: count }, (_, i) => pod(`pod-${i}`, changes));
}

interface Sampled {
  readonly atMs: number;
  readonly windowMs: number;
}
const LATELY: Sampled = { atMs: 1_000_000, windowMs: 30_000 };

export function samples(values: Readonly<Record<string, bigint>>): MetricReading {
  const entries = Object.entries(values);
  return {
    kind: "samples",
    samples: new Map(entries.map(([name, valueMilli]) => [name, { valueMilli, ...LATELY }])),
  };
}

export function usages(
  values: Readonly<Record<string, bigint>>,
  sampled: Sampled = LATELY,
): MetricReading {
  return {
    kind: "usages",
    usages: Object.entries(values).map(([name, used]) => ({
      pod: name,
      ...sampled,
      containersMilli: new Map([["main", used]]),
    })),
  };
}
