// What chance decides in the life of pods and machines. Each purpose has its own stream per slot or machine: the same pod
// has the same luck, whatever else a scenario changes.

import type { Distribution, Scenario } from "../../../../scenarios/schema.ts";
import { StreamColumn, type RandomStream } from "../../../engine/random.ts";
import { sampler } from "../../latency.ts";

class Draws {
  readonly #streams: StreamColumn;
  readonly #sample: (stream: RandomStream) => number;

  constructor(seed: number, purpose: string, distribution: Distribution) {
    this.#streams = new StreamColumn(seed, `kubernetes ${purpose}`, 64);
    this.#sample = sampler(distribution);
  }

  /** ms from 0 on: the next draw of a slot or machine. */
  nextMs(entity: number): number {
    return Math.max(0, this.#sample(this.#streams.of(entity)));
  }
}

export class Luck {
  /** By slot. */
  readonly scheduling: Draws;
  readonly start: Draws;
  /** By machine. */
  readonly pull: Draws;
  readonly provision: Draws;

  constructor(seed: number, { pods, machines }: Scenario["kubernetes"]) {
    this.scheduling = new Draws(seed, "scheduling", pods.schedulingMs);
    this.start = new Draws(seed, "container start", pods.startMs);
    this.pull = new Draws(seed, "image pull", pods.imagePullMs);
    this.provision = new Draws(seed, "machine provisioning", machines.provisionMs);
  }
}
