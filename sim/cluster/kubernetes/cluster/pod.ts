// One pod, as the API server knows it and as its kubelet does.
//
// A signaling node lives in a *slot*, which is its number: a pod has one for its life, and the next pod there is a new
// incarnation of that node. The zone that core believes of a node is slot mod zones; the zone of a pod is that of its
// machine. The scheduler keeps the two equal wherever the spread over zones leaves it the choice.

import type { PodLife } from "../../../result.ts";
import type { ContainerView, PodView } from "../hpa/pods.ts";
import type { Machine } from "./machines.ts";

/**
 * What its kubelet does with it. Until `starting` nothing runs; `backing-off`: the container crashed and waits;
 * `lost`: its machine is gone, and whoever asks hears nothing.
 */
export type Stage =
  | "waiting"
  | "unschedulable"
  | "pulling"
  | "starting"
  | "serving"
  | "backing-off"
  | "lost"
  | "gone";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_REQUESTS: ReadonlyMap<string, bigint> = new Map();

export interface PodBirth {
  /** Counted over all pods of the simulation. */
  readonly number: number;
  readonly name: string;
  readonly slot: number;
  /** Of the template, and so of the image. */
  readonly revision: number;
  /** Orders pods that are equal in all else, as an object's random UID does. */
  readonly uid: number;
  readonly createdAtMs: number;
  readonly createdFor: PodLife["createdFor"];
}

export class Pod {
  readonly number: number;
  readonly name: string;
  readonly slot: number;
  readonly revision: number;
  readonly uid: number;
  readonly createdAtMs: number;
  readonly life: Writable<PodLife>;
  stage: Stage = "waiting";
  machine: Machine | undefined;
  isDeleted = false;
  isReady = false;
  /** Ready for minReadyMs. */
  isAvailable = false;
  /** When the Ready condition last changed; undefined before a kubelet knows the pod. */
  readyChangedAtMs: number | undefined;
  /** Goes up whenever a run of the container begins or ends. */
  run = 0;
  containerStartedAtMs = 0;
  /** Since the beginning. */
  restartCount = 0;
  /** Crashes that count for the back-off of the next. */
  crashStreak = 0;

  constructor(birth: PodBirth) {
    this.number = birth.number;
    this.name = birth.name;
    this.slot = birth.slot;
    this.revision = birth.revision;
    this.uid = birth.uid;
    this.createdAtMs = birth.createdAtMs;
    this.life = {
      name: birth.name,
      node: birth.slot,
      machine: undefined,
      createdAtMs: birth.createdAtMs,
      scheduledAtMs: undefined,
      pulledAtMs: undefined,
      servedAtMs: undefined,
      readyAtMs: undefined,
      deletedAtMs: undefined,
      goneAtMs: undefined,
      createdFor: birth.createdFor,
      deletedFor: undefined,
      sessionsAtDelete: 0,
      sessionsKilled: 0,
    };
  }

  get phase(): "Pending" | "Running" | "Unknown" {
    switch (this.stage) {
      case "waiting":
      case "unschedulable":
      case "pulling":
        return "Pending";
      case "lost":
        return "Unknown";
      default:
        return "Running";
    }
  }

  /** The condition's time moves only with its status. */
  setReady(isReady: boolean, nowMs: number): void {
    if (this.isReady === isReady && this.readyChangedAtMs !== undefined) return;
    this.isReady = isReady;
    this.readyChangedAtMs = nowMs;
    if (isReady) this.life.readyAtMs ??= nowMs;
    else this.isAvailable = false;
  }

  view(containers: readonly ContainerView[]): PodView {
    const isKnown = this.readyChangedAtMs !== undefined;
    return {
      name: this.name,
      phase: this.phase,
      isDeleted: this.isDeleted,
      ready: isKnown ? (this.isReady ? "True" : "False") : undefined,
      readyChangedAtMs: this.readyChangedAtMs,
      // status.startTime: the kubelet has the pod; it did not pull anything yet.
      startedAtMs: this.life.scheduledAtMs,
      containers,
      initContainers: [],
      podRequestsMilli: NO_REQUESTS,
    };
  }
}
