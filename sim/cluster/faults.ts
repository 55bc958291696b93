// What goes wrong, and when: the scenario's faults, carried out.
//
// A crash takes a host's process with everything it had in hand. With a reset its peers know after one trip; without,
// trunks notice after their timeout and clients after theirs. The clients of a dead host are marked as struck, so that the
// others who are disturbed can be counted: that is the blast radius.

import { Kind } from "../../core/protocol/message.ts";
import type { Fault, Scenario, Victim } from "../../scenarios/schema.ts";
import { randomStream, type RandomStream } from "../engine/random.ts";
import { EventKind } from "./kinds.ts";
import type { World } from "./world.ts";

type Crash = Extract<Fault, { kind: "node-crash" | "edge-crash" }>;
type Noise = Extract<Fault, { kind: "noisy-room" }>;
/** A machine knows that the bus is down, or back, within this, µs. Assumed: a reset and one attempt to connect. */
const BUS_NOTICE_MAX_US = 1_000_000;
/** From the end of one life of a process to the next, µs. Assumed: a second to start. */
const REBIRTH_US = 1_000_000;

type OfKubernetes = Extract<
  Fault,
  { kind: "rolling-deploy" | "machine-drain" | "controller-restart" | "metrics-outage" }
>;
type Slow = Extract<Fault, { kind: "slow-consumers" }>;

/** `b` of the event `fault`. */
const Phase = { begin: 0, end: 1 } as const;
/** Frame sizes of noise, bytes. Assumed: like the same messages of ordinary activity. */
const NOISE_BYTES = 200;
/** How often the socket of a slow client reports its backlog, µs. Assumed: a driver's poll. */
const REPORT_EVERY_US = 100_000;

export class Faults {
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #faults: readonly Fault[];
  readonly #draws: RandomStream;
  readonly #crashed = new Map<number, number[]>();
  readonly #slow = new Map<number, number[]>();
  #noiseCount = 0;
  #isOver = false;

  constructor(world: World, scenario: Scenario, faults: readonly Fault[], seed: number) {
    this.#world = world;
    this.#scenario = scenario;
    this.#faults = faults;
    this.#draws = randomStream(seed, "faults");
    faults.forEach((fault, number) => {
      const fromMs = "atMs" in fault ? fault.atMs : fault.fromMs;
      world.sim.at(Math.round(fromMs * 1_000), EventKind.fault, number, Phase.begin);
      const toMs = endOf(fault);
      if (toMs === undefined) return;
      world.sim.at(Math.round(toMs * 1_000), EventKind.fault, number, Phase.end);
    });
  }

  /** The noisy room of the scenario, or -1: known from the start, for the meters of its neighbours. */
  static noisyRoomOf(scenario: Scenario, sizeOf: (room: number) => number, rooms: number): number {
    const fault = scenario.faults.find((candidate) => candidate.kind === "noisy-room");
    if (fault === undefined) return -1;
    const { target } = fault;
    if (target.room === "index") return Math.min(target.index ?? 0, rooms - 1);
    const wanted = target.room === "size" ? (target.size ?? 2) : Infinity;
    let best = 0;
    for (let room = 1; room < rooms; room++) {
      const isNearer =
        wanted === Infinity
          ? sizeOf(room) > sizeOf(best)
          : Math.abs(sizeOf(room) - wanted) < Math.abs(sizeOf(best) - wanted);
      if (isNearer) best = room;
    }
    return best;
  }

  stop(): void {
    this.#isOver = true;
  }

  happens(number: number, phase: number): void {
    const fault = this.#faults[number]!;
    switch (fault.kind) {
      case "node-crash":
        if (phase === Phase.begin) this.#crashNodes(fault, number);
        else for (const node of this.#crashed.get(number) ?? []) this.#bringBack(node);
        break;
      case "edge-crash":
        if (phase === Phase.begin) this.#crashEdges(fault, number);
        else for (const edge of this.#crashed.get(number) ?? []) this.#restartEdge(edge);
        break;
      case "noisy-room":
        if (phase === Phase.begin) this.noise(number);
        break;
      case "slow-consumers":
        if (phase === Phase.begin) this.#slowDown(fault, number);
        else for (const client of this.#slow.get(number) ?? []) this.#recover(client);
        break;
      case "bus-outage":
        this.setBus(phase === Phase.end);
        break;
      case "zone-loss":
        this.#loseZone(fault.zone);
        break;
      default:
        this.#ofKubernetes(fault, phase);
    }
  }

  #ofKubernetes(fault: OfKubernetes, phase: number): void {
    const { managed } = this.#world;
    switch (fault.kind) {
      case "rolling-deploy":
        managed?.kubernetes.rollOut();
        break;
      case "machine-drain":
        managed?.kubernetes.drainMachines(fault.count);
        break;
      case "controller-restart":
        managed?.loop?.restartController();
        break;
      case "metrics-outage":
        managed?.loop?.setOutage(fault.api, phase === Phase.begin);
    }
  }

  // ---- the bus ------------------------------------------------------------------------------------

  /** Everybody notices after a while: a client library finds out by its own pings. */
  setBus(isUp: boolean): void {
    const world = this.#world;
    world.backplane.isBusUp = isUp;
    const b = isUp ? 1 : 0;
    for (const edge of world.edges) {
      world.sim.schedule(this.#busNoticeUs(), EventKind.edgeBus, edge.edge, b);
    }
    for (const node of world.nodes) {
      world.sim.schedule(this.#busNoticeUs(), EventKind.nodeBus, node.node, b);
    }
  }

  #busNoticeUs(): number {
    return Math.round(BUS_NOTICE_MAX_US * this.#draws.nextUnit());
  }

  // ---- crashes ------------------------------------------------------------------------------------

  #crashNodes(fault: Crash, number: number): void {
    const { nodes } = this.#world;
    const victims = this.#choose(
      fault.target,
      nodes.map((node) => (node.isDown ? -1 : node.core.context.load)),
    );
    this.#crashed.set(number, victims);
    for (const node of victims) this.#crashProcess(node, fault.reset);
  }

  /** Of a node whose process dies by itself: what manages it, if anything does, begins another. */
  #crashProcess(node: number, isReset: boolean): void {
    this.crashNode(node, isReset);
    this.#world.managed?.kubernetes.processCrashed(node);
  }

  /** The kernel kills it. */
  outOfMemory(node: number): void {
    this.#world.outOfMemory++;
    this.#crashProcess(node, true);
  }

  /** All nodes of a zone at once, without a word; and the machines that they ran on. */
  #loseZone(zone: number): void {
    const { managed, nodes, scenario } = this.#world;
    for (const { node, isDown } of nodes) {
      const itsZone =
        managed === undefined
          ? node % scenario.cluster.nodes.zones
          : managed.kubernetes.zoneOfSlot(node);
      if (!isDown && itsZone === zone) this.crashNode(node, false);
    }
    managed?.kubernetes.machinesDied(zone);
  }

  crashNode(node: number, isReset: boolean): void {
    this.#world.judge.nodeDies(node);
    this.#endNode(node, isReset);
  }

  /** A node that nobody was connected through any more ended its process. */
  nodeLeft(node: number): void {
    this.#endNode(node, true);
  }

  #endNode(node: number, isReset: boolean): void {
    const world = this.#world;
    world.nodes[node]!.crash();
    for (const { edge } of world.edges) {
      const atUs = world.sim.nowUs + this.#noticeUs(isReset);
      const endsUs = world.backplane.endsAtEdgeUs(node, edge, atUs);
      world.sim.at(endsUs, EventKind.edgeTrunkLost, node, edge);
    }
  }

  #crashEdges(fault: Crash, number: number): void {
    const { edges } = this.#world;
    const victims = this.#choose(
      fault.target,
      edges.map((edge) => (edge.isDown ? -1 : edge.core.connections.handles.count)),
    );
    this.#crashed.set(number, victims);
    for (const edge of victims) this.crashEdge(edge, fault.reset);
  }

  crashEdge(edge: number, isReset: boolean): void {
    const world = this.#world;
    for (let client = 0; client < world.population.total; client++) {
      if (world.links.edgeOf(client) === edge) world.meters.isStruck[client] = 1;
    }
    world.edges[edge]!.crash();
    world.links.edgeDied(edge, isReset);
    for (const { node } of world.nodes) {
      const atUs = world.sim.nowUs + this.#noticeUs(isReset);
      const endsUs = world.backplane.endsAtNodeUs(edge, node, atUs);
      world.sim.at(endsUs, EventKind.nodeEdgeLost, edge, node);
    }
  }

  /** A node that learned that its life is over: its process begins another. */
  stepDown(node: number): void {
    this.crashNode(node, true);
    this.#world.sim.schedule(REBIRTH_US, EventKind.nodeBegins, node, 0);
  }

  /** As the fault says; not where something else has begun it anew. */
  #bringBack(node: number): void {
    if (this.#world.managed === undefined) this.restartNode(node);
  }

  restartNode(node: number): void {
    const host = this.#world.nodes[node]!;
    this.#world.sampler.retire(host);
    host.restart();
  }

  #restartEdge(edge: number): void {
    const host = this.#world.edges[edge]!;
    this.#world.sampler.retire(host);
    host.restart();
  }

  /** When a peer's trunk notices: at once with a reset, else when its heartbeat has been silent for too long. */
  #noticeUs(isReset: boolean): number {
    const { heartbeatMs, timeoutMs } = this.#scenario.cluster.trunk;
    if (isReset) return this.#world.backplane.trunkTripUs();
    return Math.round((timeoutMs - heartbeatMs * this.#draws.nextUnit()) * 1_000);
  }

  /** Hosts by the scenario's choice; `loads` has -1 for those that are down. */
  #choose(target: Victim, loads: readonly number[]): number[] {
    const up = loads.map((_, host) => host).filter((host) => loads[host]! >= 0);
    if (target.select === "most-connections") {
      up.sort((a, b) => loads[b]! - loads[a]! || a - b);
    } else if (target.select === "index") {
      const first = (target.index ?? 0) % loads.length;
      up.sort(
        (a, b) =>
          ((a - first + loads.length) % loads.length) - ((b - first + loads.length) % loads.length),
      );
    } else {
      for (let i = up.length - 1; i > 0; i--) {
        const j = Math.floor(this.#draws.nextUnit() * (i + 1));
        [up[i], up[j]] = [up[j]!, up[i]!];
      }
    }
    return up.slice(0, target.count);
  }

  // ---- noise --------------------------------------------------------------------------------------

  /** One message of the noise, and the next after its interval. */
  noise(number: number): void {
    const fault = this.#faults[number] as Noise;
    const { sim, population, clients } = this.#world;
    if (this.#isOver || sim.nowMs >= fault.toMs) return;
    const room = this.#world.noisyRoom;
    const senders = Math.min(fault.senders, population.sizeOf(room));
    const client = population.firstOf[room]! + (this.#noiseCount % senders);
    const kind = NOISE_KINDS[fault.traffic === "mixed" ? this.#noiseCount % 3 : noiseKind(fault)]!;
    this.#noiseCount++;
    // A state of its own key each time cannot be merged: that is what makes it noise.
    const key = kind === Kind.state ? `noise-${this.#noiseCount % 16}` : "";
    const size = this.#noiseCount;
    clients.offer(client, kind, key, NOISE_BYTES, { on: size % 2 === 0, level: 1 });
    const afterUs = Math.max(1, Math.round(1e6 / fault.messagesPerSec));
    sim.schedule(afterUs, EventKind.noise, number, 0);
  }

  // ---- slow consumers -------------------------------------------------------------------------------

  #slowDown(fault: Slow, number: number): void {
    const { population, links, sim } = this.#world;
    const chosen: number[] = [];
    const draws = randomStream(this.#world.seed, `slow consumers ${fault.name}`);
    for (let client = 0; client < population.total; client++) {
      if (draws.nextUnit() >= fault.share) continue;
      chosen.push(client);
      links.limit(client, fault.bandwidthBytesPerSec);
      this.#world.meters.isStruck[client] = 1; // Closed for slowness is its own fault.
    }
    this.#slow.set(number, chosen);
    sim.schedule(REPORT_EVERY_US, EventKind.slowReport, number, 0);
  }

  /** The sockets of slow clients tell their edges how much they hold. */
  report(number: number): void {
    const fault = this.#faults[number] as Slow;
    const { links, edges, sim } = this.#world;
    for (const client of this.#slow.get(number) ?? []) {
      const connection = links.connectionOf(client);
      const edge = edges[links.edgeOf(client)];
      if (connection < 0 || edge === undefined || edge.isDown) continue;
      const hasQueue = edge.core.connections.queues.has(connection);
      if (hasQueue || links.backlogBytes(edge.edge, connection) > 0) {
        edge.arrive(EventKind.edgeBuffered, connection, edge.edge, undefined);
      }
    }
    if (!this.#isOver && sim.nowMs < fault.toMs + 10_000) {
      sim.schedule(REPORT_EVERY_US, EventKind.slowReport, number, 0);
    }
  }

  #recover(client: number): void {
    this.#world.links.limit(client, Infinity);
  }
}

/** When what it began is over; undefined when nothing is to be taken back. */
function endOf(fault: Fault): number | undefined {
  if (!("atMs" in fault)) return fault.toMs;
  const restartAfterMs = "restartAfterMs" in fault ? fault.restartAfterMs : undefined;
  return restartAfterMs === undefined ? undefined : fault.atMs + restartAfterMs;
}

const NOISE_KINDS = [Kind.state, Kind.speaking, Kind.message] as const;

function noiseKind(fault: Noise): 0 | 1 | 2 {
  return fault.traffic === "state" ? 0 : fault.traffic === "speaking" ? 1 : 2;
}
