// What the metric pipeline and the loop ask of the world around them.
//
// Small on purpose: a test makes one up in a few lines, and the pipeline cannot know more of a pod than a scrape could.

import type { PodView } from "../hpa/pods.ts";

/** What processes expose, as a scrape that comes now would read it. */
export interface Exposition {
  /** Metrics of the pod in this slot by name, in their units; undefined when nothing answers. */
  podMetrics(slot: number): ReadonlyMap<string, number> | undefined;
  /** CPU time used since the process began, ms of one core; undefined when no process runs. */
  podCpuMs(slot: number): number | undefined;
  /** Series of a metric that is not of the nodes' pods, one value per edge; undefined: nobody exposes it. */
  otherSeries(metric: string): readonly number[] | undefined;
}

/** The pod of a slot. A later pod of the same slot is another object, even under the same name. */
export interface SlotPod {
  readonly name: string;
}

export interface Slots {
  /** Slots that were ever used: 0 … slotCount − 1. */
  readonly slotCount: number;
  podOfSlot(slot: number): SlotPod | undefined;
}

/** The workload as its scale subresource and its pods show it. */
export interface ScaledPods extends Slots {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  podViews(): readonly PodView[];
  scaleTo(replicas: number): void;
}

export interface Timers {
  nowMs(): number;
  /** Later `fired(step, arg)` is called. */
  after(ms: number, step: number, arg: number): void;
}

/** What a timer of the loop or of its pipeline means; `arg` is a target, an edge, or a life of the controller. */
export const Step = {
  sync: 0,
  write: 1,
  discover: 2,
  scrapePod: 3,
  scrapeOther: 4,
  measureCpu: 5,
  relist: 6,
} as const;

/** From now until the next time that is `phaseMs` past a whole number of periods, ms; a full period when that is now. */
export function untilPhase(nowMs: number, phaseMs: number, periodMs: number): number {
  const past = (nowMs - phaseMs) % periodMs;
  return past < 0 ? -past : periodMs - past;
}
