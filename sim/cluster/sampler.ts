// Looks at the whole world once per interval: gauges, what machines have counted, and where rooms live.

import type { DropAccount } from "../../core/drops.ts";
import type { Recorder } from "../metrics/recorder.ts";
import { EdgeHost } from "./edge-host.ts";
import { EventKind } from "./kinds.ts";
import type { NodeHost } from "./node-host.ts";
import type { World } from "./world.ts";

const NOWHERE = -1;
const HOUR_US = 3_600_000_000;

export class Sampler {
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #everyUs: number;
  /** Node of each room at the last look, and how many nodes had members of it. */
  readonly #hosts: Int16Array;
  readonly #hostCounts: Uint8Array;
  #lastUs = 0;
  #moved = 0;
  #splitEver = 0;
  readonly #wasSplit: Uint8Array;
  /** What machines of earlier lives had counted: a restart must not take it back. */
  readonly #retired = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.#recorder = world.recorder;
    this.#everyUs = Math.round(world.scenario.run.resolutionMs * 1_000);
    this.#hosts = new Int16Array(world.population.roomCount).fill(NOWHERE);
    this.#hostCounts = new Uint8Array(world.population.roomCount);
    this.#wasSplit = new Uint8Array(world.population.roomCount);
  }

  start(): void {
    this.#world.sim.at(this.#everyUs, EventKind.sample, 0, 0);
  }

  hostOfRoom(room: number): number {
    return this.#hosts[room]!;
  }

  sample(): void {
    const { sim, judge } = this.#world;
    this.#findRooms();
    this.#sampleEdges();
    this.#sampleNodes();
    this.#sampleWhole();
    judge.atSample();
    this.#lastUs = sim.nowUs;
    sim.schedule(this.#everyUs, EventKind.sample, 0, 0);
  }

  // ---- rooms ----------------------------------------------------------------------------------------

  #findRooms(): void {
    const { nodes } = this.#world;
    this.#hostCounts.fill(0);
    for (const node of nodes) {
      if (node.isDown) continue;
      for (const room of node.core.context.rooms.values()) {
        if (room.attachedCount > 0) this.#found(roomNumber(room.roomId), node.node);
      }
    }
    this.#countSplit();
  }

  #found(room: number, node: number): void {
    const count = this.#hostCounts[room]! + 1;
    this.#hostCounts[room] = count;
    const before = this.#hosts[room]!;
    if (count > 1 || before === node) return;
    if (before !== NOWHERE) this.#moved++;
    this.#hosts[room] = node;
  }

  #countSplit(): void {
    const { population } = this.#world;
    const nowUs = this.#world.sim.nowUs;
    let rooms = 0;
    let split = 0;
    let clients = 0;
    for (let room = 0; room < population.roomCount; room++) {
      if (this.#hostCounts[room]! > 0) rooms++;
      if (this.#hostCounts[room]! < 2) continue;
      split++;
      clients += population.sizeOf(room);
      if (this.#wasSplit[room] === 0) {
        this.#wasSplit[room] = 1;
        this.#splitEver++;
      }
    }
    const r = this.#recorder;
    r.gauge("rooms.live", nowUs, rooms);
    r.gauge("rooms.split", nowUs, split);
    r.gauge("rooms.split.ratio", nowUs, rooms === 0 ? 0 : split / rooms);
    r.gauge("clients.split.ratio", nowUs, clients / population.total);
    r.reading("rooms.moved", nowUs, this.#moved);
    r.reading("rooms.split.ever", nowUs, this.#splitEver);
  }

  // ---- hosts ----------------------------------------------------------------------------------------

  #sampleEdges(): void {
    const { edges, costs, scenario, sim } = this.#world;
    let sockets = 0;
    let busiest = 0;
    let fullest = 0;
    const perConnection =
      costs.edgeBytesPerConnection +
      costs.kernelBytesPerConnection +
      (scenario.cluster.clientTls ? costs.tlsBytesPerConnection : 0);
    for (const edge of edges) {
      const count = edge.isDown ? 0 : edge.core.connections.handles.count;
      let bytes = costs.baseProcessBytes + count * perConnection;
      for (const queue of edge.core.connections.queues.values()) bytes += queue.backlogBytes;
      sockets += count;
      const busy = this.#busyRatio(edge);
      busiest = Math.max(busiest, busy);
      fullest = Math.max(fullest, edge.isDown ? 0 : bytes);
      this.#hostColumns("edge", `e${edge.edge}`, busy, edge.isDown ? 0 : bytes, count);
      if (!edge.isDown && bytes > scenario.cluster.edges.memoryBytes) {
        this.#world.faults.crashEdge(edge.edge, true); // The kernel kills it.
        this.#world.outOfMemory++;
      }
    }
    const r = this.#recorder;
    r.gauge("connections.active", sim.nowUs, sockets);
    r.gauge("edge.cpu.ratio", sim.nowUs, busiest);
    r.gauge("edge.memory.bytes", sim.nowUs, fullest);
  }

  #sampleNodes(): void {
    const { nodes, costs, scenario, sim } = this.#world;
    let deepest = 0;
    let busiest = 0;
    let fullest = 0;
    let most = 0;
    let sum = 0;
    let up = 0;
    for (const node of nodes) {
      const busy = this.#busyRatio(node);
      busiest = Math.max(busiest, busy);
      if (node.isDown) {
        this.#hostColumns("node", `n${node.node}`, 0, 0, 0);
        continue;
      }
      const { context } = node.core;
      const bytes =
        costs.baseProcessBytes +
        context.sessions.handles.count * costs.nodeBytesPerSession +
        context.rooms.size * costs.nodeBytesPerRoom;
      deepest = Math.max(deepest, context.scheduler.backlogDeliveries);
      fullest = Math.max(fullest, bytes);
      most = Math.max(most, context.load);
      this.#hostColumns("node", `n${node.node}`, busy, bytes, context.load);
      sum += context.load;
      up++;
      if (bytes > scenario.cluster.nodes.memoryBytes) {
        this.#world.faults.outOfMemory(node.node);
      }
    }
    const r = this.#recorder;
    r.gauge("fanout.queue.depth", sim.nowUs, deepest);
    r.gauge("node.cpu.ratio", sim.nowUs, busiest);
    r.gauge("node.memory.bytes", sim.nowUs, fullest);
    r.gauge("load.max.over.mean", sim.nowUs, sum === 0 ? 1 : (most * up) / sum);
    r.gauge("sessions.active", sim.nowUs, sum);
  }

  /** One host over time: "node.cpu.ratio/n3" and so on. */
  #hostColumns(
    role: "edge" | "node",
    name: string,
    busy: number,
    bytes: number,
    load: number,
  ): void {
    const nowUs = this.#world.sim.nowUs;
    this.#recorder.column(`${role}.cpu.ratio/${name}`, nowUs, busy);
    this.#recorder.column(`${role}.memory.bytes/${name}`, nowUs, bytes);
    this.#recorder.column(`${role}.load/${name}`, nowUs, load);
  }

  /** Share of the interval that a host computed; work begun may reach into the next. */
  #busyRatio(host: { busyUs: number }): number {
    const ratio = host.busyUs / Math.max(1, this.#world.sim.nowUs - this.#lastUs);
    host.busyUs = 0;
    return Math.min(1, ratio);
  }

  // ---- the whole --------------------------------------------------------------------------------------

  #sampleWhole(): void {
    const { sim, meters, judge, backplane, media } = this.#world;
    const nowUs = sim.nowUs;
    const r = this.#recorder;
    r.gauge("join.pending", nowUs, judge.pendingClients());
    // For a trip or two a client is in its room and does not know it yet: it counts once.
    const offered = judge.pendingClients() + this.#sessions();
    r.gauge("connections.offered", nowUs, Math.min(offered, meters.offered.total));
    const { criticalOffered, criticalAcknowledged, criticalRefused } = meters;
    const settled = criticalAcknowledged.total + criticalRefused.total;
    r.gauge("critical.pending", nowUs, criticalOffered.total - settled);
    r.gauge("ghosts.max.age", nowUs, this.#world.ghostAgeMaxMs());
    r.reading("bus.messages", nowUs, backplane.busMessages);
    r.reading("trunk.frames", nowUs, backplane.trunkFrames);
    r.reading("sfu.exhausted", nowUs, media.exhausted);
    r.reading("media.restarts", nowUs, meters.mediaRestarts);
    r.reading("departures.told", nowUs, meters.departuresTold);
    r.reading("hosts.outofmemory", nowUs, this.#world.outOfMemory);
    this.#sampleReplicas(nowUs);
    this.#readMachines(nowUs);
  }

  #sampleReplicas(nowUs: number): void {
    const { managed, nodes } = this.#world;
    const r = this.#recorder;
    if (managed !== undefined) {
      managed.sample(r, nowUs);
      return;
    }
    const ready = nodes.reduce((count, { isDown }) => count + (isDown ? 0 : 1), 0);
    r.gauge("replicas.desired", nowUs, nodes.length);
    r.gauge("replicas.current", nowUs, nodes.length);
    r.gauge("replicas.ready", nowUs, ready);
    r.reading("pod.hours", nowUs, (nodes.length * nowUs) / HOUR_US);
  }

  #sessions(): number {
    return this.#world.nodes.reduce((n, node) => n + (node.isDown ? 0 : node.core.context.load), 0);
  }

  /** What the machines count themselves, of the processes that are gone and of those that run. */
  #readMachines(nowUs: number): void {
    const sums = new Map(this.#retired);
    for (const edge of this.#world.edges) addCounts(sums, edge);
    for (const node of this.#world.nodes) addCounts(sums, node);
    for (const [metric, sum] of sums) this.#recorder.reading(metric, nowUs, sum);
  }

  /** A host is about to be replaced by a new process: what the old one counted stays counted. */
  retire(host: EdgeHost | NodeHost): void {
    addCounts(this.#retired, host);
  }
}

function addCounts(sums: Map<string, number>, host: EdgeHost | NodeHost): void {
  const add = (metric: string, count: number): void => {
    sums.set(metric, (sums.get(metric) ?? 0) + count);
  };
  const addDrops = (account: DropAccount): void =>
    account.each((className, scope, dropped, merged) => {
      add(`updates.dropped/${className}/${scope}`, dropped);
      add(`updates.merged/${className}/${scope}`, merged);
    });
  if (host instanceof EdgeHost) {
    add("placement.probes", host.core.arrivals.probes);
    addDrops(host.core.drops);
    return;
  }
  add("rooms.spilled", host.core.entrance.spilled);
  add("placement.refused.live", host.core.entrance.refusedLive);
  add("messages.crossed", host.core.span.crossed);
  add("messages.served", host.core.relay.servedItems);
  addDrops(host.core.context.drops);
}

/** The inverse of `Population.roomId`. */
export function roomNumber(roomId: string): number {
  return Number(roomId.slice("room-".length));
}
