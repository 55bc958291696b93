// What happens to a pod on its machine: pull, start, probes, restarts, and the end with its grace.
//
// Its probes are not events: the first that finds the process serving is known when it begins to, and later ones tell
// nothing new, since a process that serves stays ready until it is told to stop or crashes.

import type { Scenario } from "../../../../scenarios/schema.ts";
import type { Luck } from "./luck.ts";
import type { Machine } from "./machines.ts";
import type { Pod } from "./pod.ts";
import type { Pods } from "./pods.ts";
import { containerAlarm, Step } from "./steps.ts";
import type { PodProcesses, Timers } from "./timers.ts";

/** Back-off of the second crash on, doubling to the most. Cited: the kubelet's container restart policy. */
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 300_000;
/** A container that ran for so long begins the back-off anew. Cited: the same. */
const BACKOFF_FORGIVEN_MS = 600_000;

export interface KubeletEvents {
  /** A pod became ready, available, or neither. */
  changed(): void;
  /** Nothing is left of it. */
  ended(pod: Pod): void;
}

export class Kubelet {
  readonly #rules: Scenario["kubernetes"]["pods"];
  readonly #minReadyMs: number;
  readonly #pods: Pods;
  readonly #luck: Luck;
  readonly #processes: PodProcesses;
  readonly #timers: Timers;
  readonly #events: KubeletEvents;

  constructor(
    section: Scenario["kubernetes"],
    parts: { pods: Pods; luck: Luck; processes: PodProcesses; timers: Timers },
    events: KubeletEvents,
  ) {
    this.#rules = section.pods;
    this.#minReadyMs = section.workload.minReadyMs;
    this.#pods = parts.pods;
    this.#luck = parts.luck;
    this.#processes = parts.processes;
    this.#timers = parts.timers;
    this.#events = events;
  }

  // ---- start --------------------------------------------------------------------------------------

  /** The scheduler bound the pod to its machine. */
  admit(pod: Pod, machine: Machine): void {
    const nowMs = this.#timers.nowMs();
    pod.life.scheduledAtMs = nowMs;
    pod.setReady(false, nowMs);
    if (machine.images.has(pod.revision)) {
      this.#imageReady(pod);
      return;
    }
    pod.stage = "pulling";
    if (machine.pulls.includes(pod.revision)) return;
    machine.pulls.push(pod.revision);
    if (machine.pulls.length === 1) this.#pull(machine);
  }

  #pull({ number }: Machine): void {
    this.#timers.after(this.#luck.pull.nextMs(number), Step.pulled, number);
  }

  pulled(machine: Machine): void {
    const revision = machine.pulls.shift();
    if (machine.isLost || revision === undefined) return;
    machine.images.add(revision);
    for (const pod of this.#pods.living) {
      const waits = pod.machine === machine && pod.stage === "pulling";
      if (waits && pod.revision === revision) this.#imageReady(pod);
    }
    if (machine.pulls.length > 0) this.#pull(machine);
  }

  #imageReady(pod: Pod): void {
    pod.life.pulledAtMs = this.#timers.nowMs();
    this.startContainer(pod);
  }

  startContainer(pod: Pod): void {
    pod.stage = "starting";
    pod.run += 1;
    pod.containerStartedAtMs = this.#timers.nowMs();
    this.#timers.after(this.#luck.start.nextMs(pod.slot), Step.serve, containerAlarm(pod));
  }

  serve(pod: Pod): void {
    const nowMs = this.#timers.nowMs();
    pod.stage = "serving";
    pod.life.servedAtMs ??= nowMs;
    this.#processes.serve(pod.slot);
    const { readinessDelayMs, readinessEveryMs } = this.#rules;
    const sinceFirstMs = nowMs - pod.containerStartedAtMs - readinessDelayMs;
    const probes = Math.max(0, Math.ceil(sinceFirstMs / readinessEveryMs));
    const waitMs = Math.max(0, probes * readinessEveryMs - sinceFirstMs);
    this.#timers.after(waitMs, Step.probe, containerAlarm(pod));
  }

  probed(pod: Pod): void {
    pod.setReady(true, this.#timers.nowMs());
    if (this.#minReadyMs > 0) {
      this.#timers.after(this.#minReadyMs, Step.available, containerAlarm(pod));
    } else {
      pod.isAvailable = true;
    }
    this.#events.changed();
  }

  readyForLong(pod: Pod): void {
    pod.isAvailable = true;
    this.#events.changed();
  }

  // ---- crashes ------------------------------------------------------------------------------------

  /** Its process is gone without having been asked to go. */
  crashed(pod: Pod, restartBackoffMs: number): void {
    if (pod.isDeleted) {
      this.#events.ended(pod); // A terminating pod is not restarted.
      return;
    }
    const nowMs = this.#timers.nowMs();
    const isForgiven = nowMs - pod.containerStartedAtMs >= BACKOFF_FORGIVEN_MS;
    pod.crashStreak = isForgiven ? 1 : pod.crashStreak + 1;
    pod.restartCount += 1;
    pod.stage = "backing-off";
    pod.run += 1;
    pod.setReady(false, nowMs);
    const delayMs = backoffMs(pod.crashStreak, restartBackoffMs);
    this.#timers.after(delayMs, Step.restart, containerAlarm(pod));
    this.#events.changed();
  }

  /** Its machine is gone: nobody is left who would stop it or start it again. */
  lost(pod: Pod): void {
    const { stage } = pod;
    pod.stage = "lost";
    if (stage === "serving") {
      pod.life.sessionsKilled = this.#processes.load(pod.slot);
      this.#processes.kill(pod.slot);
    }
    pod.run += 1;
    pod.setReady(false, this.#timers.nowMs());
  }

  // ---- the end ------------------------------------------------------------------------------------

  /** The pod has its deletion timestamp. Without a process that serves there is nobody to drain. */
  stop(pod: Pod): void {
    pod.run += 1;
    if (pod.stage !== "serving") {
      this.#events.ended(pod);
      return;
    }
    pod.setReady(false, this.#timers.nowMs());
    this.#timers.after(this.#rules.drainNoticeMs, Step.terminate, pod.number);
    this.#timers.after(this.#rules.graceMs, Step.kill, pod.number);
  }

  terminate(pod: Pod): void {
    if (pod.stage === "serving") this.#processes.terminate(pod.slot);
  }

  kill(pod: Pod): void {
    if (pod.stage !== "serving") return; // Its machine was lost meanwhile, and the process with it.
    pod.life.sessionsKilled = this.#processes.load(pod.slot);
    this.#processes.kill(pod.slot);
    this.#events.ended(pod);
  }
}

/** `crash` counts from 1; the first one is quick. ms. */
export function backoffMs(crash: number, firstMs: number): number {
  if (crash === 1) return firstMs;
  let delayMs = BACKOFF_BASE_MS;
  for (let i = 2; i < crash && delayMs < BACKOFF_MAX_MS; i++) delayMs *= 2;
  return Math.min(delayMs, BACKOFF_MAX_MS);
}
