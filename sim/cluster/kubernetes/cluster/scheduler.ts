// Where a pod runs: a machine with room, spread over zones, then over machines.
//
// deploy/ spreads with `whenUnsatisfiable: ScheduleAnyway`, so the spread is a wish and room is the law. A slot has a zone of
// its own, slot mod zones, which is what core believes: it is taken while it has less than its even share of the pods, so
// that core's zones and those of the machines agree; beyond that the zone with the fewest pods is next.

import type { Luck } from "./luck.ts";
import type { Machine, Machines } from "./machines.ts";
import type { Pod } from "./pod.ts";
import type { Pods } from "./pods.ts";
import { Step } from "./steps.ts";
import type { Timers } from "./timers.ts";

export class Scheduler {
  readonly #pods: Pods;
  readonly #machines: Machines;
  readonly #luck: Luck;
  readonly #timers: Timers;
  readonly #placed: (pod: Pod) => void;
  /** Oldest first. */
  readonly #unschedulable = new Set<Pod>();
  #orders = 0;

  constructor(
    pods: Pods,
    machines: Machines,
    luck: Luck,
    timers: Timers,
    placed: (pod: Pod) => void,
  ) {
    this.#pods = pods;
    this.#machines = machines;
    this.#luck = luck;
    this.#timers = timers;
    this.#placed = placed;
  }

  /** Its turn comes after a while. */
  queue(pod: Pod): void {
    this.#timers.after(this.#luck.scheduling.nextMs(pod.slot), Step.schedule, pod.number);
  }

  schedule(pod: Pod): void {
    if (this.#place(pod)) return;
    pod.stage = "unschedulable";
    this.#unschedulable.add(pod);
    this.#orderMachines();
  }

  /** Room came free, or a machine came. */
  retry(): void {
    for (const pod of this.#unschedulable) {
      if (!this.#place(pod)) break; // All pods need the same room.
      this.#unschedulable.delete(pod);
    }
    this.#orderMachines();
  }

  forget(pod: Pod): void {
    this.#unschedulable.delete(pod);
  }

  #place(pod: Pod): boolean {
    const machine = this.machineFor(pod.slot);
    if (machine === undefined) return false;
    this.bind(pod, machine);
    this.#placed(pod);
    return true;
  }

  bind(pod: Pod, machine: Machine): void {
    pod.machine = machine;
    pod.life.machine = machine.number;
    machine.podCount += 1;
  }

  /** Undefined: no machine has room. */
  machineFor(slot: number): Machine | undefined {
    const { zones } = this.#machines;
    const counts = new Array<number>(zones).fill(0);
    let active = 0;
    for (const { machine, isDeleted } of this.#pods.living) {
      if (isDeleted) continue; // Terminating pods do not count in a spread.
      active += 1;
      if (machine !== undefined) counts[machine.zone] += 1;
    }
    const share = Math.ceil(active / zones);
    const ownZone = slot % zones;
    const rank = (zone: number): number =>
      zone === ownZone && counts[zone] < share ? -1 : counts[zone];
    let best: Machine | undefined;
    for (const machine of this.#machines.roomy) {
      if (best === undefined) best = machine;
      const order = rank(machine.zone) - rank(best.zone) || machine.podCount - best.podCount;
      if (order < 0) best = machine;
    }
    return best;
  }

  /** One per machine that is missing; what is on order counts. */
  #orderMachines(): void {
    let missing = this.#machines.needFor(this.#unschedulable.size) - this.#machines.onOrder;
    for (; missing > 0 && this.#machines.mayOrder; missing--) {
      this.#machines.order();
      this.#orders += 1;
      this.#timers.after(this.#luck.provision.nextMs(this.#orders), Step.machineComes, 0);
    }
  }
}
