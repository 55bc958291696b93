// Evictions: what drains a machine, within the PodDisruptionBudget.
//
// The budget is of evictions alone. A scale-down or an update deletes its pods and asks nobody; but what they leave
// unready uses the budget up, and then evictions wait.

import type { Machines } from "./machines.ts";
import type { Pod } from "./pod.ts";
import { Step } from "./steps.ts";
import type { Timers } from "./timers.ts";
import type { PodControl, Workload } from "./workload.ts";

/** A refused eviction is tried again after this. Cited: kubectl drain. */
const EVICTION_RETRY_MS = 5_000;

export class Disruption {
  readonly #maxUnavailable: number;
  readonly #machines: Machines;
  readonly #workload: Workload;
  readonly #control: PodControl;
  readonly #timers: Timers;

  constructor(
    maxUnavailable: number,
    parts: { machines: Machines; workload: Workload; control: PodControl; timers: Timers },
  ) {
    this.#maxUnavailable = maxUnavailable;
    this.#machines = parts.machines;
    this.#workload = parts.workload;
    this.#control = parts.control;
    this.#timers = parts.timers;
  }

  /** All at once, those with the most pods first. They stay cordoned. */
  drainMachines(count: number): void {
    const cordoned = new Set(this.#machines.cordon(count));
    for (const pod of this.#control.pods.active) {
      if (pod.machine !== undefined && cordoned.has(pod.machine)) this.evict(pod);
    }
  }

  evict(pod: Pod): void {
    if (pod.isDeleted || pod.stage === "lost") return;
    if (this.#isAllowed(pod)) this.#control.delete(pod, "eviction");
    else this.#timers.after(EVICTION_RETRY_MS, Step.evict, pod.number);
  }

  /** A pod that is not ready may go while enough others are, as IfHealthyBudget has it. */
  #isAllowed(pod: Pod): boolean {
    if (pod.phase === "Pending") return true;
    const healthy = this.#control.pods.active.filter(({ isReady }) => isReady).length;
    const healthyLeast = this.#workload.specReplicas - this.#maxUnavailable;
    if (!pod.isReady && healthyLeast > 0 && healthy >= healthyLeast) return true;
    return healthy > healthyLeast;
  }
}
