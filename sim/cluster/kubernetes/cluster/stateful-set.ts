// A StatefulSet with podManagementPolicy Parallel, as deploy/ ships the nodes: ordinals, and names that come back.
//
// Parallel is of scaling alone: it creates and deletes all at once. An update takes one pod at a time, the highest ordinal
// first. A name that is terminating is taken, so its successor waits for the whole drain.

import type { PodLife } from "../../../result.ts";
import type { Names } from "./names.ts";
import type { PodControl, Workload } from "./workload.ts";

export class StatefulSet implements Workload {
  readonly #control: PodControl;
  readonly #names: Names;
  #replicas: number;
  #revision = 0;

  constructor(replicas: number, control: PodControl, names: Names) {
    this.#control = control;
    this.#names = names;
    this.#replicas = replicas;
  }

  get specReplicas(): number {
    return this.#replicas;
  }

  /** Terminating pods count until they are gone, unlike a ReplicaSet's (computeReplicaStatus of its controller). */
  get statusReplicas(): number {
    return this.#control.pods.livingCount;
  }

  begin(): void {
    for (let ordinal = 0; ordinal < this.#replicas; ordinal++) this.#create(ordinal, "beginning");
  }

  scaleTo(replicas: number): void {
    this.#replicas = replicas;
  }

  rollOut(): void {
    this.#revision += 1;
  }

  sync(): void {
    const { pods } = this.#control;
    for (let ordinal = 0; ordinal < this.#replicas; ordinal++) {
      if (pods.ofSlot(ordinal) === undefined) this.#create(ordinal, this.#reasonAt(ordinal));
    }
    for (let ordinal = pods.slotCount - 1; ordinal >= this.#replicas; ordinal--) {
      const pod = pods.ofSlot(ordinal);
      if (pod !== undefined && !pod.isDeleted) this.#control.delete(pod, "scale-down");
    }
    this.#update();
  }

  /** Down to the first pod that is to be replaced, or waited for. */
  #update(): void {
    for (let ordinal = this.#replicas - 1; ordinal >= 0; ordinal--) {
      const pod = this.#control.pods.ofSlot(ordinal);
      if (pod === undefined) return;
      if (pod.revision !== this.#revision && !pod.isDeleted) {
        this.#control.delete(pod, "update");
        return;
      }
      if (!pod.isAvailable) return;
    }
  }

  /** Whatever is created has the newest revision: without a partition the controller makes no old ones. */
  #create(ordinal: number, createdFor: PodLife["createdFor"]): void {
    this.#control.create({
      slot: ordinal,
      name: this.#names.ofOrdinal(ordinal),
      revision: this.#revision,
      createdFor,
    });
  }

  #reasonAt(ordinal: number): PodLife["createdFor"] {
    const last = this.#control.pods.lastOfSlot(ordinal);
    if (last === undefined || last.life.deletedFor === "scale-down") return "scale-up";
    return last.life.deletedFor === "update" ? "update" : "replacement";
  }
}
