// Nodes that something else starts and stops: the pods' processes, as Kubernetes and the HPA see them, and those two.
//
// Here the two worlds meet and nothing is decided: Kubernetes says when a process begins, is asked to go, and is killed; core decides
// what a node that is asked to go does; the HPA reads of the nodes what Prometheus would. A slot is the number of a node.

import type { Scenario } from "../../scenarios/schema.ts";
import type { AutoscalingReport } from "../result.ts";
import { Kubernetes, type PodProcesses, type Timers } from "./kubernetes/cluster/kubernetes.ts";
import { hpaManifest } from "./kubernetes/hpa/manifest.ts";
import { rulesOf } from "./kubernetes/hpa/version.ts";
import { HpaLoop } from "./kubernetes/loop/hpa-loop.ts";
import type { Exposition } from "./kubernetes/pipeline/exposition.ts";
import type { Recorder } from "../metrics/recorder.ts";
import { EventKind } from "./kinds.ts";
import type { World } from "./world.ts";

/** A node that drains is looked at this often, whether it is empty, µs. The server looks every 25 ms; nobody waits for the difference. */
const LOOK_EVERY_US = 100_000;
/** Of the adapter's query for joins. Cited: the objective of join-storm is about 95 % of them. */
const JOIN_QUANTILE = 0.95;
const HOUR_MS = 3_600_000;

/** Whether the scenario has anything that adds, replaces or evicts nodes. */
export function managesNodes({ autoscaling, faults }: Scenario): boolean {
  return (
    autoscaling.hpa !== undefined ||
    faults.some(({ kind }) => kind === "rolling-deploy" || kind === "machine-drain")
  );
}

export class ManagedNodes implements PodProcesses, Exposition {
  readonly kubernetes: Kubernetes;
  readonly loop: HpaLoop | undefined;
  readonly #world: World;
  readonly #workloadKind: "Deployment" | "StatefulSet";
  /** By slot: whether its process was asked to go, and by which life. */
  readonly #leaving = new Set<number>();

  constructor(world: World) {
    this.#world = world;
    const { scenario, seed } = world;
    const { autoscaling, kubernetes: section, cluster } = scenario;
    const { hpa, kubernetesVersion } = autoscaling;
    const parsed = hpa === undefined ? undefined : hpaManifest(hpa, rulesOf(kubernetesVersion));
    const { kind } = section.workload;
    this.#workloadKind = kind === "auto" ? kindOf(parsed?.targetKind) : kind;
    const least = parsed?.spec.minReplicas ?? 1;
    const replicas =
      parsed === undefined ? cluster.nodes.count : (autoscaling.initialReplicas ?? least);
    const { zones } = cluster.nodes;
    const workload = { section, workloadKind: this.#workloadKind, replicas, zones, seed };
    this.kubernetes = new Kubernetes(workload, this, this.#timers(EventKind.kubernetes));
    if (hpa === undefined) return;
    const podCpuRequestMilli = section.pods.cpuRequestMilli;
    const timers = this.#timers(EventKind.hpa);
    const options = { autoscaling, podCpuRequestMilli, seed };
    this.loop = new HpaLoop(options, this.kubernetes, this, timers);
  }

  #timers(kind: EventKind): Timers {
    const { sim } = this.#world;
    return {
      nowMs: () => sim.nowMs,
      after: (ms, step, arg) => sim.schedule(Math.max(0, Math.round(ms * 1_000)), kind, step, arg),
    };
  }

  begin(): void {
    this.kubernetes.begin();
    this.loop?.begin();
  }

  /** The same for every scenario: plain data, and nothing of it afterwards changes. */
  report(): AutoscalingReport {
    const { hpa, kubernetesVersion } = this.#world.scenario.autoscaling;
    return {
      manifest: hpa,
      kubernetesVersion,
      workloadKind: this.#workloadKind,
      decisions: this.loop?.decisions ?? [],
      pods: this.kubernetes.lives,
    };
  }

  // ---- processes ------------------------------------------------------------------------------------

  serve(slot: number): void {
    const { nodes, faults } = this.#world;
    while (nodes.length <= slot) this.#world.addNode().vacate();
    this.#leaving.delete(slot);
    if (nodes[slot]!.isDown) faults.restartNode(slot);
  }

  /** Number of the template's revision that runs in the slot: a build number, as a deployer would give it. */
  releaseOf(slot: number): number {
    return this.kubernetes.podOfSlot(slot)?.revision ?? 0;
  }

  /** Whether a process that ends its life, and stays, still has its pod. */
  hasPod(slot: number): boolean {
    return this.kubernetes.podOfSlot(slot) !== undefined;
  }

  terminate(slot: number): void {
    const { nodes, sim } = this.#world;
    if (nodes[slot] === undefined || nodes[slot].isDown) return;
    this.#leaving.add(slot);
    this.#world.judge.nodeDrains(slot);
    nodes[slot].arrive(EventKind.nodeDrain, slot, 1, undefined);
    sim.schedule(LOOK_EVERY_US, EventKind.nodeDeparts, slot, 0);
  }

  /** A node that was asked to go is looked at: once nobody is left it says so, and then its process ends. */
  look(slot: number, hasSaidSo: boolean): void {
    const { nodes, sim, faults } = this.#world;
    const host = nodes[slot]!;
    if (host.isDown || !this.#leaving.has(slot)) return;
    if (hasSaidSo) {
      this.#leaving.delete(slot);
      faults.nodeLeft(slot);
      this.kubernetes.processEnded(slot);
      return;
    }
    const isEmpty = host.core.context.state !== "serving" && host.core.isEmpty;
    if (isEmpty) host.arrive(EventKind.nodeDrain, slot, 2, undefined);
    sim.schedule(LOOK_EVERY_US, EventKind.nodeDeparts, slot, isEmpty ? 1 : 0);
  }

  kill(slot: number): void {
    const { nodes, faults } = this.#world;
    this.#leaving.delete(slot);
    if (nodes[slot] !== undefined && !nodes[slot].isDown) faults.crashNode(slot, true);
  }

  load(slot: number): number {
    const host = this.#world.nodes[slot];
    return host === undefined || host.isDown ? 0 : host.core.context.load;
  }

  // ---- what is reported -----------------------------------------------------------------------------

  /** Gauges and counts of the catalogue, at a sample. */
  sample(r: Recorder, nowUs: number): void {
    const { counts, lives } = this.kubernetes;
    r.gauge("replicas.desired", nowUs, counts.desired);
    r.gauge("replicas.current", nowUs, counts.current);
    r.gauge("replicas.ready", nowUs, counts.ready);
    r.gauge("pods.pending", nowUs, counts.pending);
    r.gauge("pods.terminating", nowUs, counts.terminating);
    r.gauge("machines", nowUs, counts.machines);
    r.reading("hpa.rescales", nowUs, this.loop?.rescales ?? 0);
    r.reading("hpa.flaps", nowUs, this.loop?.flaps ?? 0);
    const nowMs = nowUs / 1_000;
    r.reading("pod.hours", nowUs, this.kubernetes.podMs(nowMs) / HOUR_MS);
    r.reading("machine.hours", nowUs, this.kubernetes.machineMs(nowMs) / HOUR_MS);
    let [started, deleted, cut, killed] = [0, 0, 0, 0];
    for (const { createdFor, deletedAtMs, sessionsAtDelete, sessionsKilled } of lives) {
      if (createdFor !== "beginning") started++;
      if (deletedAtMs !== undefined) deleted++;
      cut += sessionsAtDelete;
      killed += sessionsKilled;
    }
    r.reading("pods.started", nowUs, started);
    r.reading("pods.deleted", nowUs, deleted);
    r.reading("sessions.cut", nowUs, cut);
    r.reading("sessions.killed", nowUs, killed);
  }

  /** At the end: from the creation of each pod to its readiness, by the time it was created. */
  recordLeadTimes(r: Recorder): void {
    const waits = r.waits("pod.lead.time");
    for (const { createdFor, createdAtMs, readyAtMs } of this.kubernetes.lives) {
      if (createdFor === "beginning" || readyAtMs === undefined) continue;
      waits.record(Math.round((readyAtMs - createdAtMs) * 1_000), Math.round(createdAtMs * 1_000));
    }
  }

  // ---- what Prometheus reads ------------------------------------------------------------------------

  podMetrics(slot: number): ReadonlyMap<string, number> | undefined {
    const host = this.#world.nodes[slot];
    if (host === undefined || host.isDown) return undefined;
    const { core } = host;
    return new Map([
      ["active_websocket_connections", core.context.load],
      ["offered_websocket_connections", core.offeredConnections(this.#world.sim.nowMs)],
      ["fanout_queue_depth", core.context.scheduler.backlogDeliveries],
    ]);
  }

  podCpuMs(slot: number): number | undefined {
    const host = this.#world.nodes[slot];
    return host === undefined || host.isDown ? undefined : host.workedUs / 1_000;
  }

  otherSeries(metric: string): readonly number[] | undefined {
    const { edges, answers, sim } = this.#world;
    const up = edges.filter((edge) => !edge.isDown);
    switch (metric) {
      case "active_websocket_connections":
        return up.map((edge) => edge.core.connections.attachedCount);
      case "offered_websocket_connections":
        return up.map((edge) => edge.core.connections.handles.count);
      case "join_latency_p95_seconds":
        return single(answers.joinQuantileSeconds(JOIN_QUANTILE, sim.nowMs), up.length);
      case "reconnect_failure_ratio":
        return single(answers.resumeFailureRatio(sim.nowMs), up.length);
      default:
        return undefined;
    }
  }
}

/** The query that is exported answers 0 where nothing happened, and nothing where no edge is. */
function single(value: number | undefined, edgeCount: number): readonly number[] {
  return edgeCount === 0 ? [] : [value ?? 0];
}

function kindOf(targetKind: string | undefined): "Deployment" | "StatefulSet" {
  return targetKind === "Deployment" ? "Deployment" : "StatefulSet";
}
