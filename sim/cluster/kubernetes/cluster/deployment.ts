// A Deployment: one ReplicaSet per revision, and the arithmetic that shifts pods from the old ones to the newest.
//
// The controllers act at once here; what takes time is pods. Every step of an update is allowed by the same two numbers:
// at most surge pods above the count exist, at most maxUnavailable of the count are not available. Terminating pods are
// neither, so an update that drains slowly has more processes than pods.

import type { Scenario } from "../../../../scenarios/schema.ts";
import type { PodLife } from "../../../result.ts";
import type { Names } from "./names.ts";
import type { Pod } from "./pod.ts";
import { victimsFirst } from "./victims.ts";
import type { PodControl, Workload } from "./workload.ts";

interface ReplicaSet {
  readonly revision: number;
  replicas: number;
  /** Replicas and surge of the Deployment when this set was last given a size: proportions are of it. */
  replicasMax: number;
}

type Why = {
  readonly createdFor: PodLife["createdFor"];
  readonly deletedFor: NonNullable<PodLife["deletedFor"]>;
};
const SCALING: Why = { createdFor: "scale-up", deletedFor: "scale-down" };
const UPDATE: Why = { createdFor: "update", deletedFor: "update" };

/** A ratio of a count that falls short of a whole number by less than this is that number. */
const ROUNDING = 1e-6;

export interface Fenceposts {
  /** Pods above the count. */
  readonly surge: number;
  readonly unavailable: number;
}

/** The surge rounds up, the missing ones round down; were both 0, nothing could ever move. */
export function fenceposts(
  { maxSurgeRatio, maxUnavailableRatio }: Scenario["kubernetes"]["workload"],
  replicas: number,
): Fenceposts {
  const surge = Math.ceil(maxSurgeRatio * replicas - ROUNDING);
  const unavailable = Math.floor(maxUnavailableRatio * replicas + ROUNDING);
  return surge <= 0 && unavailable === 0
    ? { surge: 0, unavailable: 1 }
    : { surge: Math.max(0, surge), unavailable };
}

export class Deployment implements Workload {
  readonly #rules: Scenario["kubernetes"]["workload"];
  readonly #control: PodControl;
  readonly #names: Names;
  /** Oldest first; the last one is that of the template. */
  #sets: ReplicaSet[];
  #replicas: number;

  constructor(
    rules: Scenario["kubernetes"]["workload"],
    replicas: number,
    control: PodControl,
    names: Names,
  ) {
    this.#rules = rules;
    this.#control = control;
    this.#names = names;
    this.#replicas = replicas;
    this.#sets = [{ revision: 0, replicas, replicasMax: 0 }];
    this.#newest.replicasMax = replicas + this.#fenceposts.surge;
  }

  get specReplicas(): number {
    return this.#replicas;
  }

  get statusReplicas(): number {
    return this.#control.pods.active.length;
  }

  get #newest(): ReplicaSet {
    return this.#sets.at(-1)!; // There is always the template's.
  }

  get #fenceposts(): Fenceposts {
    return fenceposts(this.#rules, this.#replicas);
  }

  begin(): void {
    this.#fill(this.#newest, "beginning");
  }

  rollOut(): void {
    this.#sets.push({ revision: this.#newest.revision + 1, replicas: 0, replicasMax: 0 });
  }

  sync(): void {
    for (const set of this.#sets) this.#fill(set, "replacement");
    while (this.#growNewest() || this.#shrinkOld());
    this.#sets = this.#sets.filter((set) => set === this.#newest || set.replicas > 0);
  }

  // ---- scaling ------------------------------------------------------------------------------------

  /** During an update every set takes its part, so that scaling makes the update neither faster nor slower. */
  scaleTo(replicas: number): void {
    if (replicas === this.#replicas) return;
    this.#replicas = replicas;
    const sized = this.#sets.filter((set) => set.replicas > 0);
    if (sized.length <= 1) this.#resize(sized[0] ?? this.#newest, replicas, SCALING);
    else this.#scaleInProportion(sized);
  }

  #scaleInProportion(sets: ReplicaSet[]): void {
    const replicas = this.#replicas;
    const allowed = replicas > 0 ? replicas + this.#fenceposts.surge : 0;
    const change = allowed - sum(sets, (set) => set.replicas);
    // The largest first; of equal ones that which the update prefers.
    const newerFirst = change > 0 ? -1 : 1;
    sets.sort((a, b) => b.replicas - a.replicas || newerFirst * (a.revision - b.revision));
    let done = 0;
    const sizes = sets.map((set) => {
      const share =
        replicas === 0 ? -set.replicas : shareOf(set, replicas + this.#fenceposts.surge);
      const left = change - done;
      const part = change > 0 ? Math.min(share, left) : Math.max(share, left);
      done += left === 0 ? 0 : part;
      return set.replicas + (left === 0 ? 0 : part);
    });
    sizes[0] = Math.max(0, sizes[0] + change - done);
    sets.forEach((set, i) => this.#resize(set, sizes[i], SCALING));
  }

  // ---- update -------------------------------------------------------------------------------------

  #growNewest(): boolean {
    const newest = this.#newest;
    const replicas = this.#replicas;
    if (newest.replicas >= replicas) {
      if (newest.replicas === replicas) return false;
      this.#resize(newest, replicas, SCALING);
      return true;
    }
    const room = replicas + this.#fenceposts.surge - sum(this.#sets, (set) => set.replicas);
    const more = Math.min(room, replicas - newest.replicas);
    if (more <= 0) return false;
    this.#resize(newest, newest.replicas + more, UPDATE);
    return true;
  }

  /** Those that are not available anyway go first; then as many as the available ones of all sets allow. */
  #shrinkOld(): boolean {
    const old = this.#sets.slice(0, -1).filter((set) => set.replicas > 0);
    if (old.length === 0) return false;
    const least = this.#replicas - this.#fenceposts.unavailable;
    const newestMissing = this.#newest.replicas - this.#availableOf(this.#newest);
    const budget = sum(this.#sets, (set) => set.replicas) - least - newestMissing;
    if (budget <= 0) return false;
    const cleaned = this.#shrink(old, budget, (set) => set.replicas - this.#availableOf(set));
    const spare = sum(this.#sets, (set) => this.#availableOf(set)) - least;
    return this.#shrink(old, spare, (set) => set.replicas) + cleaned > 0;
  }

  #shrink(sets: readonly ReplicaSet[], most: number, wish: (set: ReplicaSet) => number): number {
    let done = 0;
    for (const set of sets) {
      const fewer = Math.min(wish(set), most - done);
      if (fewer <= 0) continue;
      this.#resize(set, set.replicas - fewer, UPDATE);
      done += fewer;
    }
    return done;
  }

  // ---- ReplicaSets --------------------------------------------------------------------------------

  #podsOf({ revision }: ReplicaSet): readonly Pod[] {
    return this.#control.pods.active.filter((pod) => pod.revision === revision);
  }

  #availableOf(set: ReplicaSet): number {
    return this.#podsOf(set).filter(({ isAvailable }) => isAvailable).length;
  }

  #resize(set: ReplicaSet, replicas: number, why: Why): void {
    set.replicas = replicas;
    set.replicasMax = this.#replicas + this.#fenceposts.surge;
    this.#fill(set, why.createdFor);
    const pods = this.#podsOf(set);
    const tooMany = pods.length - replicas;
    if (tooMany <= 0) return;
    const { active } = this.#control.pods;
    const order = victimsFirst(pods, active, this.#control.nowMs());
    for (const pod of order.slice(0, tooMany)) this.#control.delete(pod, why.deletedFor);
  }

  #fill(set: ReplicaSet, createdFor: PodLife["createdFor"]): void {
    for (let count = this.#podsOf(set).length; count < set.replicas; count++) {
      this.#control.create({
        slot: this.#control.pods.lowestFreeSlot(),
        name: this.#names.ofRevision(set.revision),
        revision: set.revision,
        createdFor,
      });
    }
  }
}

/** By how much a set changes when the Deployment's size with surge becomes `total`. */
function shareOf({ replicas, replicasMax }: ReplicaSet, total: number): number {
  return Math.floor((replicas * total) / replicasMax + 0.5) - replicas;
}

function sum(sets: readonly ReplicaSet[], part: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + part(set), 0);
}
