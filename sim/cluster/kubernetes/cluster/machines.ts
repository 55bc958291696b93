// Machines: Kubernetes' own nodes, so called because a node is a signaling node here.
//
// They lie in zones, take a number of pods, keep the images that they pulled, and come when pods have no room, up to a
// number. Nothing takes an idle machine away: what a run costs in machine-hours is then an upper bound.

import { assert } from "../../../../core/assert.ts";
import type { Pod } from "./pod.ts";

export interface Machine {
  readonly number: number;
  readonly zone: number;
  /** 0: was there at the beginning. */
  readonly cameAtMs: number;
  /** Pods that it holds, terminating ones included: they need their room until they are gone. */
  podCount: number;
  isCordoned: boolean;
  isLost: boolean;
  /** Revisions whose image it has. */
  readonly images: Set<number>;
  /** Revisions that it pulls: the first now, the others after it (serializeImagePulls, the kubelet's default). */
  readonly pulls: number[];
}

export class Machines {
  readonly zones: number;
  readonly #podsPerMachine: number;
  readonly #countMax: number;
  readonly #all: Machine[] = [];
  readonly #lostZones = new Set<number>();
  #aliveCount = 0;
  #onOrder = 0;
  #lostMs = 0;

  constructor(zones: number, podsPerMachine: number, countMax: number) {
    this.zones = Math.max(1, zones);
    this.#podsPerMachine = podsPerMachine;
    this.#countMax = countMax;
  }

  get aliveCount(): number {
    return this.#aliveCount;
  }

  get onOrder(): number {
    return this.#onOrder;
  }

  get mayOrder(): boolean {
    return this.#aliveCount + this.#onOrder < this.#countMax && this.#lostZones.size < this.zones;
  }

  of(number: number): Machine {
    const machine = this.#all[number];
    assert(machine !== undefined, "a machine has a number", number);
    return machine;
  }

  /** Zones go round, and none begins again in a zone that is lost. */
  add(cameAtMs: number): Machine {
    const number = this.#all.length;
    let zone = number % this.zones;
    while (this.#lostZones.has(zone)) zone = (zone + 1) % this.zones;
    const machine: Machine = {
      number,
      zone,
      cameAtMs,
      podCount: 0,
      isCordoned: false,
      isLost: false,
      images: new Set(),
      pulls: [],
    };
    this.#all.push(machine);
    this.#aliveCount += 1;
    return machine;
  }

  order(): void {
    this.#onOrder += 1;
  }

  /** One that was ordered is there; undefined if no zone is left for it. */
  arrive(nowMs: number): Machine | undefined {
    this.#onOrder -= 1;
    return this.#lostZones.size < this.zones ? this.add(nowMs) : undefined;
  }

  lose(zone: number, nowMs: number): readonly Machine[] {
    this.#lostZones.add(zone);
    const lost = this.#all.filter((machine) => machine.zone === zone && !machine.isLost);
    for (const machine of lost) {
      machine.isLost = true;
      this.#aliveCount -= 1;
      this.#lostMs += nowMs - machine.cameAtMs;
    }
    return lost;
  }

  /** Cordons `count` machines, those with the most pods first. */
  cordon(count: number): readonly Machine[] {
    const chosen = this.#all
      .filter(({ isCordoned, isLost }) => !isCordoned && !isLost)
      .sort((a, b) => b.podCount - a.podCount || a.number - b.number)
      .slice(0, count);
    for (const machine of chosen) machine.isCordoned = true;
    return chosen;
  }

  /** Machines that would take a pod. */
  get roomy(): readonly Machine[] {
    return this.#all.filter(
      ({ isCordoned, isLost, podCount }) =>
        !isCordoned && !isLost && podCount < this.#podsPerMachine,
    );
  }

  /** Machines that `pods` without room need, were all of them empty. */
  needFor(pods: number): number {
    return Math.ceil(pods / this.#podsPerMachine);
  }

  release(pod: Pod): void {
    if (pod.machine !== undefined) pod.machine.podCount -= 1;
  }

  machineMs(nowMs: number): number {
    let sum = this.#lostMs;
    for (const { isLost, cameAtMs } of this.#all) if (!isLost) sum += nowMs - cameAtMs;
    return sum;
  }
}
