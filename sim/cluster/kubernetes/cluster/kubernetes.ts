// A cluster that runs the nodes: the front door, behind which the controllers, the scheduler and the kubelets work.
//
// Controllers look as often as something changes and act in no time, as their watches let them; all that takes time is
// in the scenario's section. A change is settled once it is complete: who deletes a pod has a consistent list in hand.

import { assert } from "../../../../core/assert.ts";
import type { Scenario } from "../../../../scenarios/schema.ts";
import type { PodLife } from "../../../result.ts";
import type { ContainerView, PodView } from "../hpa/pods.ts";
import { Deployment } from "./deployment.ts";
import { Disruption } from "./disruption.ts";
import { Kubelet } from "./kubelet.ts";
import { Luck } from "./luck.ts";
import { Machines } from "./machines.ts";
import { Names } from "./names.ts";
import type { Pod } from "./pod.ts";
import { Pods } from "./pods.ts";
import { Scheduler } from "./scheduler.ts";
import { StatefulSet } from "./stateful-set.ts";
import { containerAlarm, podOfAlarm, Step } from "./steps.ts";
import type { PodProcesses, Timers } from "./timers.ts";
import type { PodControl, Workload } from "./workload.ts";

export type { Pod } from "./pod.ts";
export type { PodProcesses, Timers } from "./timers.ts";

/** Pods of the beginning are this old. Assumed: older than any window of the autoscaler. */
const LONG_AGO_MS = -3_600_000;
/** Pods of a lost machine are deleted after this. Cited: tolerationSeconds of not-ready and unreachable, by default. */
const NOT_READY_TOLERATION_MS = 300_000;

export interface KubernetesOptions {
  readonly section: Scenario["kubernetes"];
  readonly workloadKind: "Deployment" | "StatefulSet";
  readonly replicas: number;
  readonly zones: number;
  readonly seed: number;
}

export interface ClusterCounts {
  readonly desired: number;
  /** Without terminating ones, as ready and pending. */
  readonly current: number;
  readonly ready: number;
  readonly pending: number;
  readonly terminating: number;
  readonly machines: number;
}

export class Kubernetes {
  readonly #section: Scenario["kubernetes"];
  readonly #processes: PodProcesses;
  readonly #timers: Timers;
  readonly #containers: readonly ContainerView[];
  readonly #names: Names;
  readonly #luck: Luck;
  readonly #pods = new Pods();
  readonly #machines: Machines;
  readonly #scheduler: Scheduler;
  readonly #kubelet: Kubelet;
  readonly #workload: Workload;
  readonly #disruption: Disruption;
  #hasBegun = false;
  #isSettling = false;
  #isUnsettled = false;

  constructor(options: KubernetesOptions, processes: PodProcesses, timers: Timers) {
    const { section, seed, replicas } = options;
    assert(Number.isInteger(replicas) && replicas >= 0, "replicas are counted", replicas);
    this.#section = section;
    this.#processes = processes;
    this.#timers = timers;
    const cpu = ["cpu", BigInt(section.pods.cpuRequestMilli)] as const;
    this.#containers = [{ name: "stormglass", requestsMilli: new Map([cpu]) }];
    this.#names = new Names(seed);
    this.#luck = new Luck(seed, section);
    const { podsPerMachine, countMax } = section.machines;
    this.#machines = new Machines(options.zones, podsPerMachine, countMax);
    const parts = { pods: this.#pods, luck: this.#luck, processes, timers };
    this.#kubelet = new Kubelet(section, parts, {
      changed: () => this.#unsettle(),
      ended: (pod) => this.#remove(pod),
    });
    const placed = (pod: Pod) => this.#kubelet.admit(pod, pod.machine!); // Just bound to it.
    this.#scheduler = new Scheduler(this.#pods, this.#machines, this.#luck, timers, placed);
    const control: PodControl = {
      pods: this.#pods,
      nowMs: () => timers.nowMs(),
      create: (birth) => this.#create(birth),
      delete: (pod, deletedFor) => this.#delete(pod, deletedFor),
    };
    this.#workload =
      options.workloadKind === "Deployment"
        ? new Deployment(section.workload, replicas, control, this.#names)
        : new StatefulSet(replicas, control, this.#names);
    const drain = { machines: this.#machines, workload: this.#workload, control, timers };
    this.#disruption = new Disruption(section.disruption.maxUnavailable, drain);
  }

  /** At time 0: pods that have been there for long. */
  begin(): void {
    assert(!this.#hasBegun, "a cluster begins once");
    const { count, imagesAtStart } = this.#section.machines;
    for (let i = 0; i < count; i++) this.#machines.add(0);
    this.#workload.begin();
    this.#hasBegun = true;
    if (imagesAtStart === "everywhere") {
      for (let i = 0; i < this.#machines.aliveCount; i++) this.#machines.of(i).images.add(0);
    }
  }

  // ---- what the API server is told ----------------------------------------------------------------

  get specReplicas(): number {
    return this.#workload.specReplicas;
  }

  get statusReplicas(): number {
    return this.#workload.statusReplicas;
  }

  scaleTo(replicas: number): void {
    assert(Number.isInteger(replicas) && replicas >= 0, "replicas are counted", replicas);
    this.#change(() => {
      this.#workload.scaleTo(replicas);
      this.#unsettle();
    });
  }

  /** A new revision of the template, with an image of its own. */
  rollOut(): void {
    this.#change(() => {
      this.#workload.rollOut();
      this.#unsettle();
    });
  }

  /** Cordons the machines with the most pods, and evicts those within the disruption budget. */
  drainMachines(count: number): void {
    this.#change(() => this.#disruption.drainMachines(count));
  }

  /** All machines of a zone are gone; their pods are replaced once their toleration is over. */
  machinesDied(zone: number): void {
    this.#change(() => {
      const lost = new Set(this.#machines.lose(zone, this.#timers.nowMs()));
      for (const pod of this.#pods.living) {
        if (pod.machine === undefined || !lost.has(pod.machine)) continue;
        this.#kubelet.lost(pod);
        this.#timers.after(NOT_READY_TOLERATION_MS, Step.abandon, pod.number);
      }
      this.#unsettle();
    });
  }

  // ---- what happens -------------------------------------------------------------------------------

  fired(step: number, arg: number): void {
    this.#change(() => {
      if (step === Step.pulled) this.#kubelet.pulled(this.#machines.of(arg));
      else if (step === Step.machineComes) this.#machineComes();
      else if (step === Step.serve || step === Step.probe) this.#containerFired(step, arg);
      else if (step === Step.available || step === Step.restart) this.#containerFired(step, arg);
      else this.#podFired(step, arg);
    });
  }

  #containerFired(step: number, alarm: number): void {
    const pod = this.#pods.find(podOfAlarm(alarm));
    if (pod === undefined || !isOfThisRun(pod, alarm)) return;
    if (step === Step.serve) this.#kubelet.serve(pod);
    else if (step === Step.probe) this.#kubelet.probed(pod);
    else if (step === Step.available) this.#kubelet.readyForLong(pod);
    else this.#kubelet.startContainer(pod);
  }

  #podFired(step: number, number: number): void {
    const pod = this.#pods.find(number);
    if (pod === undefined) return;
    if (step === Step.schedule) this.#scheduler.schedule(pod);
    else if (step === Step.terminate) this.#kubelet.terminate(pod);
    else if (step === Step.kill) this.#kubelet.kill(pod);
    else if (step === Step.evict) this.#disruption.evict(pod);
    else if (step === Step.abandon) this.#abandon(pod);
  }

  #machineComes(): void {
    this.#machines.arrive(this.#timers.nowMs());
    this.#unsettle();
  }

  /** It exited after its drain. */
  processEnded(slot: number): void {
    const pod = this.#pods.ofSlot(slot);
    if (pod === undefined || pod.stage !== "serving") return;
    if (pod.isDeleted) this.#change(() => this.#remove(pod));
    else this.processCrashed(slot); // A container that exits on its own is restarted, whatever it said.
  }

  /** A fault took the process: the container is restarted in its place. */
  processCrashed(slot: number): void {
    const pod = this.#pods.ofSlot(slot);
    if (pod === undefined || pod.stage !== "serving") return;
    this.#change(() => this.#kubelet.crashed(pod, this.#section.pods.restartBackoffMs));
  }

  // ---- what there is ------------------------------------------------------------------------------

  podViews(): readonly PodView[] {
    return Array.from(this.#pods.living, (pod) => pod.view(this.#containers));
  }

  podOfSlot(slot: number): Pod | undefined {
    return this.#pods.ofSlot(slot);
  }

  /** Where the machine of the slot's pod is; undefined without one. Core believes slot mod zones, mostly rightly. */
  zoneOfSlot(slot: number): number | undefined {
    return this.#pods.ofSlot(slot)?.machine?.zone;
  }

  /** Slots ever used. */
  get slotCount(): number {
    return this.#pods.slotCount;
  }

  /** Of every pod that was ever created, in that order. */
  get lives(): readonly PodLife[] {
    return this.#pods.lives;
  }

  get counts(): ClusterCounts {
    const { active, livingCount } = this.#pods;
    return {
      desired: this.specReplicas,
      current: active.length,
      ready: active.filter(({ isReady }) => isReady).length,
      pending: active.filter(({ phase }) => phase === "Pending").length,
      terminating: livingCount - active.length,
      machines: this.#machines.aliveCount,
    };
  }

  /** Σ over pods, from their placement to their end, since time 0. */
  podMs(nowMs: number): number {
    return this.#pods.podMs(nowMs);
  }

  machineMs(nowMs: number): number {
    return this.#machines.machineMs(nowMs);
  }

  // ---- pods come and go ---------------------------------------------------------------------------

  #create(birth: Parameters<PodControl["create"]>[0]): void {
    const pod = this.#pods.add({
      ...birth,
      number: this.#pods.createdCount,
      uid: this.#names.uid(),
      createdAtMs: this.#hasBegun ? this.#timers.nowMs() : LONG_AGO_MS,
    });
    if (this.#hasBegun) this.#scheduler.queue(pod);
    else this.#settleLongAgo(pod);
  }

  /** Machines that the beginning needs beyond its count were provisioned long ago, too. */
  #settleLongAgo(pod: Pod): void {
    let machine = this.#scheduler.machineFor(pod.slot);
    if (machine === undefined && this.#machines.mayOrder) machine = this.#machines.add(0);
    if (machine === undefined) {
      this.#scheduler.schedule(pod);
      return;
    }
    this.#scheduler.bind(pod, machine);
    machine.images.add(pod.revision);
    const { life } = pod;
    life.scheduledAtMs = life.pulledAtMs = life.servedAtMs = LONG_AGO_MS;
    pod.containerStartedAtMs = LONG_AGO_MS;
    pod.stage = "serving";
    pod.setReady(true, LONG_AGO_MS);
    pod.isAvailable = true;
    this.#processes.serve(pod.slot);
  }

  #delete(pod: Pod, deletedFor: NonNullable<PodLife["deletedFor"]>): void {
    assert(!pod.isDeleted, "a pod is deleted once", pod.name);
    const { life } = pod;
    life.deletedAtMs = this.#timers.nowMs();
    life.deletedFor = deletedFor;
    if (pod.stage === "serving") life.sessionsAtDelete = this.#processes.load(pod.slot);
    pod.isDeleted = true;
    this.#kubelet.stop(pod);
    this.#unsettle();
  }

  /** One that was terminating already needs no deletion; nobody is left to confirm its end. */
  #abandon(pod: Pod): void {
    if (pod.isDeleted) this.#remove(pod);
    else this.#delete(pod, "eviction");
  }

  #remove(pod: Pod): void {
    if (pod.stage === "gone") return;
    this.#scheduler.forget(pod);
    this.#machines.release(pod);
    this.#pods.remove(pod, this.#timers.nowMs());
    this.#unsettle();
  }

  // ---- settling -----------------------------------------------------------------------------------

  #unsettle(): void {
    this.#isUnsettled = true;
  }

  /** Afterwards controllers and scheduler act until nothing is left to do at this instant. */
  #change(happens: () => void): void {
    happens();
    if (this.#isSettling) return;
    this.#isSettling = true;
    while (this.#isUnsettled) {
      this.#isUnsettled = false;
      this.#workload.sync();
      this.#scheduler.retry();
    }
    this.#isSettling = false;
  }
}

function isOfThisRun(pod: Pod, alarm: number): boolean {
  return containerAlarm(pod) === alarm;
}
