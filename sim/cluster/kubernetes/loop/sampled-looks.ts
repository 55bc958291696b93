// What an HPA would have done with samples that somebody else took.
//
// The same controller as in a simulated cluster, fed by a file: pods are made up as far as the file does not name them,
// alike and old, and a total is divided among them without losing a thousandth.

import { assert } from "../../../../core/assert.ts";
import type {
  MetricSamples,
  SampledLook,
  SampledMetric,
  SampledPod,
} from "../../../../scenarios/metric-samples.ts";
import type { DecisionRecord } from "../../../result.ts";
import { HpaController } from "../hpa/controller.ts";
import type { ContainerView, PodView } from "../hpa/pods.ts";
import { milliOf } from "../hpa/quantity.ts";
import type { MetricReading } from "../hpa/reading.ts";
import type { HpaSpec, MetricSpec } from "../hpa/spec.ts";
import type { KubernetesVersion } from "../hpa/version.ts";
import { recordOf } from "./decision-record.ts";

/** Of a pod that the file says nothing of. Far enough back for every rule. */
const LONG_AGO_MS = -1e9;
/** Of a value of CPU. Assumed: one period of metrics-server, as its chart installs it. */
const WINDOW_MS = 15_000;

/** One decision for each look. */
export function decisionsOf(
  samples: MetricSamples,
  spec: HpaSpec,
  version: KubernetesVersion,
): readonly DecisionRecord[] {
  const controller = new HpaController(spec, version);
  const { metrics } = controller.spec;
  const container = containerOf(samples, metrics);
  const records: DecisionRecord[] = [];
  let replicas = 0;
  for (const look of samples.looks) {
    replicas = look.replicas ?? replicas;
    const pods = podsOf(look, replicas, container);
    const answers = metrics.map((metric) => ({
      reading: readingOf(metric, look, pods, container.name),
      sampledAt: undefined,
    }));
    const statusReplicas = look.statusReplicas ?? pods.filter((pod) => !pod.isDeleted).length;
    const decision = controller.tick(look.atMs, {
      scale: { specReplicas: replicas, statusReplicas },
      pods,
      metrics: answers.map(({ reading }) => reading),
    });
    const podCpuRequestMilli = Number(container.requestsMilli.get("cpu") ?? 1_000n);
    records.push(recordOf(decision, { metrics, answers, pods, podCpuRequestMilli }));
    if (samples.follow) replicas = decision.replicas ?? replicas;
  }
  return records;
}

/** Pods have one container: that which the HPA names, if it names one. */
function containerOf({ requests }: MetricSamples, metrics: readonly MetricSpec[]): ContainerView {
  const named = metrics.find(({ type }) => type === "ContainerResource");
  const name = named?.type === "ContainerResource" ? named.container : "main";
  const requestsMilli = new Map([...requests].map(([of, quantity]) => [of, milli(quantity)]));
  return { name, requestsMilli };
}

function podsOf(look: SampledLook, replicas: number, container: ContainerView): readonly PodView[] {
  if (look.pods !== undefined) return look.pods.map((pod, i) => podView(pod, i, container));
  const { pendingCount, podCount = Math.max(0, replicas - pendingCount) } = look;
  return Array.from({ length: podCount + pendingCount }, (_, i) =>
    podView({ ...UNKNOWN_POD, isPending: i >= podCount, isReady: i < podCount }, i, container),
  );
}

const UNKNOWN_POD: SampledPod = {
  name: undefined,
  isReady: true,
  isPending: false,
  isDeleted: false,
  startedAtMs: undefined,
  readySinceMs: undefined,
  values: new Map(),
};

function podView(pod: SampledPod, index: number, container: ContainerView): PodView {
  return {
    name: pod.name ?? `pod-${index}`,
    phase: pod.isPending ? "Pending" : "Running",
    isDeleted: pod.isDeleted,
    ready: pod.isReady ? "True" : "False",
    readyChangedAtMs: pod.readySinceMs ?? LONG_AGO_MS,
    startedAtMs: pod.startedAtMs ?? LONG_AGO_MS,
    containers: [container],
    initContainers: [],
    podRequestsMilli: new Map(),
  };
}

/** Undefined: the file has nothing of the metric, and the API would answer with nothing. */
function readingOf(
  metric: MetricSpec,
  look: SampledLook,
  pods: readonly PodView[],
  container: string,
): MetricReading | undefined {
  if (metric.type === "Unknown") return undefined;
  const name = "resource" in metric ? metric.resource : metric.metric;
  const sampled = look.metrics.get(name);
  if (sampled?.kind === "failed") return sampled;
  if (metric.type === "Object" || metric.type === "External") {
    if (sampled === undefined) return undefined;
    const valueMilli = wholeOf(sampled, pods.length);
    if (metric.type === "Object") return { kind: "value", valueMilli };
    return { kind: "series", valuesMilli: [valueMilli] };
  }
  const values = valuesOf(name, sampled, look, pods);
  const { atMs } = look;
  if (metric.type === "Pods") {
    const sampleOf = (valueMilli: bigint) => ({ valueMilli, atMs, windowMs: WINDOW_MS });
    return {
      kind: "samples",
      samples: new Map(values.map(([pod, value]) => [pod, sampleOf(value)])),
    };
  }
  return {
    kind: "usages",
    usages: values.map(([pod, value]) => ({
      pod,
      atMs,
      windowMs: WINDOW_MS,
      containersMilli: new Map([[container, value]]),
    })),
  };
}

/** By pod, in thousandths. */
function valuesOf(
  metric: string,
  sampled: Exclude<SampledMetric, { kind: "failed" }> | undefined,
  look: SampledLook,
  pods: readonly PodView[],
): readonly (readonly [string, bigint])[] {
  if (look.pods !== undefined) {
    return look.pods.flatMap(({ values }, i) => {
      const quantity = values.get(metric);
      return quantity === undefined ? [] : [[pods[i].name, milli(quantity)] as const];
    });
  }
  const sampledPods = pods.filter(({ phase }) => phase === "Running");
  if (sampled === undefined || sampledPods.length === 0) return [];
  const value = milli(sampled.quantity);
  if (sampled.kind === "average") return sampledPods.map(({ name }) => [name, value]);
  const each = value / BigInt(sampledPods.length);
  const rest = value % BigInt(sampledPods.length);
  return sampledPods.map(({ name }, i) => [name, i < rest ? each + 1n : each]);
}

function wholeOf(sampled: Exclude<SampledMetric, { kind: "failed" }>, podCount: number): bigint {
  const value = milli(sampled.quantity);
  return sampled.kind === "total" ? value : value * BigInt(podCount);
}

function milli(quantity: string): bigint {
  const value = milliOf(quantity);
  assert(value !== undefined, "samples hold quantities");
  return value;
}
