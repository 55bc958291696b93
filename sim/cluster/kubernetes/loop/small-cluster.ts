// A cluster for tests of the loop: pods that come at once, metrics that are what the test says, and a clock.
//
// Times are whole microseconds as in a simulation, and events of one time happen in the order in which they were set.

import type { Scenario } from "../../../../scenarios/schema.ts";
import { type PodChanges, pod } from "../hpa/specimens.ts";
import type { PodView } from "../hpa/pods.ts";
import type { Exposition, ScaledPods, SlotPod, Timers } from "../pipeline/exposition.ts";

type Autoscaling = Scenario["autoscaling"];
export interface Changes {
  readonly kubernetesVersion?: Autoscaling["kubernetesVersion"];
  readonly controller?: Partial<Autoscaling["controller"]>;
  readonly pipeline?: Partial<Autoscaling["pipeline"]>;
}

/** Every reconcile takes 30 ms; the rest is as scenarios have it. `spec` without what is scaled. */
export function autoscalingOf(
  spec: Readonly<Record<string, unknown>>,
  { kubernetesVersion = "1.35", controller = {}, pipeline = {} }: Changes = {},
): Autoscaling {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "StatefulSet", name: "nodes" };
  return {
    hpa: {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "nodes" },
      spec: { scaleTargetRef, ...spec },
    },
    kubernetesVersion,
    controller: {
      syncPeriodMs: 15_000,
      reconcileMs: { dist: "constant", valueMs: 30 },
      toleranceRatio: 0.1,
      downscaleStabilizationMs: 300_000,
      cpuInitializationPeriodMs: 300_000,
      initialReadinessDelayMs: 30_000,
      ...controller,
    },
    pipeline: {
      scrapeEveryMs: 15_000,
      lookbackMs: 300_000,
      adapterWindowMs: 0,
      relistEveryMs: 600_000,
      resourceEveryMs: 15_000,
      ...pipeline,
    },
  };
}

export function podsMetric(metric: string, averageValue: number): object {
  const target = { type: "AverageValue", averageValue: String(averageValue) };
  return { type: "Pods", pods: { metric: { name: metric }, target } };
}

export function externalMetric(metric: string, averageValue: number): object {
  const target = { type: "AverageValue", averageValue: String(averageValue) };
  return { type: "External", external: { metric: { name: metric }, target } };
}

export function objectMetric(metric: string, averageValue: number): object {
  const target = { type: "AverageValue", averageValue: String(averageValue) };
  const describedObject = { apiVersion: "v1", kind: "Service", name: "edge" };
  return { type: "Object", object: { metric: { name: metric }, describedObject, target } };
}

export function cpuMetric(averageUtilization: number): object {
  return {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
  };
}

interface Timer {
  readonly atUs: number;
  readonly step: number;
  readonly arg: number;
}

export class SmallCluster implements ScaledPods, Exposition, Timers {
  specReplicas: number;
  /** Of a pod that a scale-up adds. */
  newPod: () => PodChanges;
  /** What a pod exposes; undefined: it does not answer. Default: nothing at all. */
  exposes: (slot: number, nowMs: number) => Readonly<Record<string, number>> | undefined;
  cpuMs: (slot: number, nowMs: number) => number | undefined;
  others: (metric: string, nowMs: number) => readonly number[] | undefined;
  readonly #pods: { readonly slotPod: SlotPod; view: PodView }[];
  #slotCount: number;
  #timers: Timer[];
  #nowUs: number;

  constructor(replicas: number) {
    this.specReplicas = 0;
    this.newPod = () => ({});
    this.exposes = () => ({});
    this.cpuMs = () => 0;
    this.others = () => undefined;
    this.#pods = [];
    this.#slotCount = 0;
    this.#timers = [];
    this.#nowUs = 0;
    this.scaleTo(replicas);
  }

  get statusReplicas(): number {
    return this.#pods.length;
  }

  get slotCount(): number {
    return this.#slotCount;
  }

  podOfSlot(slot: number): SlotPod | undefined {
    return this.#pods[slot]?.slotPod;
  }

  podViews(): readonly PodView[] {
    return this.#pods.map(({ view }) => view);
  }

  changePod(slot: number, changes: PodChanges): void {
    const one = this.#pods[slot];
    one.view = { ...one.view, ...changes };
  }

  /** Another pod in the same slot, under the same name. */
  replacePod(slot: number, changes: PodChanges = {}): void {
    this.#pods[slot] = madePod(slot, changes);
  }

  scaleTo(replicas: number): void {
    this.specReplicas = replicas;
    this.#pods.length = Math.min(this.#pods.length, replicas);
    while (this.#pods.length < replicas) {
      this.#pods.push(madePod(this.#pods.length, this.newPod?.() ?? {}));
    }
    this.#slotCount = Math.max(this.#slotCount, replicas);
  }

  podMetrics(slot: number): ReadonlyMap<string, number> | undefined {
    const exposed = this.exposes(slot, this.nowMs());
    return exposed && new Map(Object.entries(exposed));
  }

  podCpuMs(slot: number): number | undefined {
    return this.cpuMs(slot, this.nowMs());
  }

  otherSeries(metric: string): readonly number[] | undefined {
    return this.others(metric, this.nowMs());
  }

  nowMs(): number {
    return this.#nowUs / 1_000;
  }

  after(ms: number, step: number, arg: number): void {
    const atUs = this.#nowUs + Math.round(ms * 1_000);
    const later = this.#timers.findIndex((timer) => timer.atUs > atUs);
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, { atUs, step, arg });
  }

  /** Everything up to `untilMs`, which is then the time. */
  play(loop: { fired(step: number, arg: number): void }, untilMs: number): void {
    for (;;) {
      const [next] = this.#timers;
      if (next === undefined || next.atUs > untilMs * 1_000) break;
      this.#timers.shift();
      this.#nowUs = next.atUs;
      loop.fired(next.step, next.arg);
    }
    this.#nowUs = Math.round(untilMs * 1_000);
  }
}

function madePod(slot: number, changes: PodChanges): { slotPod: SlotPod; view: PodView } {
  const view = pod(`nodes-${slot}`, changes);
  return { slotPod: { name: view.name }, view };
}
