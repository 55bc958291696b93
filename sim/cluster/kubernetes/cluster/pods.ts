// The pods that exist, by number and by slot, and the lives of all that ever did.

import { assert } from "../../../../core/assert.ts";
import type { PodLife } from "../../../result.ts";
import { Pod, type PodBirth } from "./pod.ts";

export class Pods {
  /** By number, in the order of their creation. */
  readonly #living = new Map<number, Pod>();
  readonly #bySlot: (Pod | undefined)[] = [];
  readonly #lastBySlot: Pod[] = [];
  readonly #lives: PodLife[] = [];
  #goneMs = 0;

  get living(): IterableIterator<Pod> {
    return this.#living.values();
  }

  /** Those without a deletion timestamp. */
  get active(): readonly Pod[] {
    return [...this.#living.values()].filter(({ isDeleted }) => !isDeleted);
  }

  get livingCount(): number {
    return this.#living.size;
  }

  get createdCount(): number {
    return this.#lives.length;
  }

  /** Slots that a pod ever had. */
  get slotCount(): number {
    return this.#lastBySlot.length;
  }

  get lives(): readonly PodLife[] {
    return this.#lives;
  }

  add(birth: PodBirth): Pod {
    assert(this.#bySlot[birth.slot] === undefined, "one living pod per slot", birth.slot);
    const pod = new Pod(birth);
    this.#living.set(pod.number, pod);
    this.#bySlot[pod.slot] = pod;
    this.#lastBySlot[pod.slot] = pod;
    this.#lives.push(pod.life);
    return pod;
  }

  remove(pod: Pod, nowMs: number): void {
    this.#living.delete(pod.number);
    this.#bySlot[pod.slot] = undefined;
    pod.stage = "gone";
    pod.life.goneAtMs = nowMs;
    this.#goneMs += spentMs(pod, nowMs);
  }

  /** Undefined once it is gone. */
  find(number: number): Pod | undefined {
    return this.#living.get(number);
  }

  ofSlot(slot: number): Pod | undefined {
    return this.#bySlot[slot];
  }

  /** The one that is there, or was there last. */
  lastOfSlot(slot: number): Pod | undefined {
    return this.#lastBySlot[slot];
  }

  lowestFreeSlot(): number {
    let slot = 0;
    while (this.#bySlot[slot] !== undefined) slot++;
    return slot;
  }

  /** From the placement of each pod to its end, summed: ms. What was before time 0 does not count. */
  podMs(nowMs: number): number {
    let sum = this.#goneMs;
    for (const pod of this.#living.values()) sum += spentMs(pod, nowMs);
    return sum;
  }
}

function spentMs({ life }: Pod, nowMs: number): number {
  return life.scheduledAtMs === undefined ? 0 : nowMs - Math.max(0, life.scheduledAtMs);
}
