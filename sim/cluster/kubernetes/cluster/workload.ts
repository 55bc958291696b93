// What a workload's controller sees and may do: it creates and deletes pods, and is asked again whenever one changes.

import type { PodLife } from "../../../result.ts";
import type { Pod } from "./pod.ts";
import type { Pods } from "./pods.ts";

export interface PodControl {
  readonly pods: Pods;
  nowMs(): number;
  create(birth: {
    readonly slot: number;
    readonly name: string;
    readonly revision: number;
    readonly createdFor: PodLife["createdFor"];
  }): void;
  delete(pod: Pod, deletedFor: NonNullable<PodLife["deletedFor"]>): void;
}

export interface Workload {
  readonly specReplicas: number;
  /** status.replicas: what the scale subresource says to the HPA. */
  readonly statusReplicas: number;
  /** Creates the first pods. */
  begin(): void;
  scaleTo(replicas: number): void;
  rollOut(): void;
  /** Does what is to be done now. Nothing of it calls back. */
  sync(): void;
}
