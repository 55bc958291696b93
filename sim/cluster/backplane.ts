// What runs behind the edges: trunks between edges and nodes, and the bus.
//
// A trunk is ordered, as TCP is: a frame never overtakes another of the same direction, so a late one holds up those
// behind it. The bus is ordered towards each subscriber. Who is dead receives nothing.

import type { BusMessage } from "../../core/trunk.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { randomStream, type RandomStream } from "../engine/random.ts";
import type { Simulation } from "../engine/simulation.ts";
import { EventKind, HOSTS_MAX, packPeer } from "./kinds.ts";
import { LatencyTable } from "./latency.ts";

export class Backplane {
  readonly #sim: Simulation;
  readonly #nodeIds: string[] = [];
  readonly #edgeCount: number;
  #nodeCount = 0;
  // When the last frame arrives, µs, by edge × HOSTS_MAX + node.
  readonly #toNodeUs: Float64Array;
  readonly #toEdgeUs: Float64Array;
  readonly #trunk: LatencyTable;
  readonly #bus: LatencyTable;
  readonly #trunkDraws: RandomStream;
  readonly #busDraws: RandomStream;
  readonly #nodeOf = new Map<string, number>();
  /** By subscriber, nodes first: nothing overtakes on the way to one. */
  readonly #busAtUs = new Float64Array(2 * HOSTS_MAX);
  busMessages = 0;
  /** While it is down what is published is lost. */
  isBusUp = true;
  /** Frames on trunks, both ways. */
  trunkFrames = 0;

  constructor(scenario: Scenario, seed: number, sim: Simulation) {
    const { cluster, network } = scenario;
    this.#sim = sim;
    this.#edgeCount = cluster.edges.count;
    this.#toNodeUs = new Float64Array(this.#edgeCount * HOSTS_MAX);
    this.#toEdgeUs = new Float64Array(this.#edgeCount * HOSTS_MAX);
    this.#trunk = new LatencyTable(network.edgeNodeLatency);
    this.#bus = new LatencyTable(network.busLatency);
    this.#trunkDraws = randomStream(seed, "trunk latency");
    this.#busDraws = randomStream(seed, "bus latency");
  }

  /** One more node can be reached, under the next number. */
  addNode(): void {
    const node = this.#nodeCount++;
    this.#nodeIds.push(`n${node}`);
    this.#nodeOf.set(`n${node}`, node);
  }

  nodeId(node: number): string {
    return this.#nodeIds[node]!;
  }

  nodeNumber(nodeId: string): number {
    return this.#nodeOf.get(nodeId)!;
  }

  // ---- trunks -------------------------------------------------------------------------------------

  toNode(
    edge: number,
    node: number,
    kind: EventKind,
    a: number,
    payload: object,
    departsUs: number,
  ): void {
    this.#sim.at(this.#nodeUs(edge, node, departsUs), kind, a, packPeer(node, edge), payload);
  }

  acknowledge(edge: number, node: number, session: number, s: number, departsUs: number): void {
    const atUs = this.#nodeUs(edge, node, departsUs);
    this.#sim.at(atUs, EventKind.nodeAcknowledges, session, node | (s << 10));
  }

  /** Ten bits of attachment, one that says whether it is final. */
  detach(
    edge: number,
    node: number,
    session: number,
    attachment: number,
    isFinal: boolean,
    departsUs: number,
  ): void {
    const peer = packPeer(node, edge, (attachment << 1) | (isFinal ? 1 : 0));
    this.#sim.at(this.#nodeUs(edge, node, departsUs), EventKind.nodeDetaches, session, peer);
  }

  #nodeUs(edge: number, node: number, departsUs: number): number {
    const at = edge * HOSTS_MAX + node;
    const atUs = Math.max(
      departsUs + this.#trunk.atUs(this.#trunkDraws.nextUint32()),
      this.#toNodeUs[at]!,
    );
    this.#toNodeUs[at] = atUs;
    this.trunkFrames++;
    return atUs;
  }

  toEdge(
    node: number,
    edge: number,
    kind: EventKind,
    a: number,
    payload: object,
    departsUs: number,
  ): void {
    const at = edge * HOSTS_MAX + node;
    const atUs = Math.max(
      departsUs + this.#trunk.atUs(this.#trunkDraws.nextUint32()),
      this.#toEdgeUs[at]!,
    );
    this.#toEdgeUs[at] = atUs;
    this.trunkFrames++;
    this.#sim.at(atUs, kind, a, packPeer(edge, node), payload);
  }

  /** When the end of a trunk shows at its edge, if it would at `atUs`: not before what the node had sent. */
  endsAtEdgeUs(node: number, edge: number, atUs: number): number {
    return Math.max(atUs, this.#toEdgeUs[edge * HOSTS_MAX + node]!);
  }

  /** The same at its node. */
  endsAtNodeUs(edge: number, node: number, atUs: number): number {
    return Math.max(atUs, this.#toNodeUs[edge * HOSTS_MAX + node]!);
  }

  /** One trip on any trunk, µs. */
  trunkTripUs(): number {
    return this.#trunk.atUs(this.#trunkDraws.nextUint32());
  }

  // ---- bus ----------------------------------------------------------------------------------------

  publish(subject: string, message: BusMessage, departsUs: number): void {
    if (!this.isBusUp) return;
    this.busMessages++;
    if (subject === "cluster") {
      for (let node = 0; node < this.#nodeCount; node++) {
        if (message.type === "beat" && message.beat.nodeId === this.#nodeIds[node]) continue;
        this.#busTo(EventKind.nodeHears, node, message, departsUs);
      }
      for (let edge = 0; edge < this.#edgeCount; edge++) {
        this.#busTo(EventKind.edgeHears, edge, message, departsUs);
      }
      return;
    }
    const node = this.#nodeOf.get(subject.slice("node.".length));
    if (node !== undefined) this.#busTo(EventKind.nodeHears, node, message, departsUs);
  }

  #busTo(kind: EventKind, host: number, message: BusMessage, departsUs: number): void {
    const subscriber = kind === EventKind.nodeHears ? host : HOSTS_MAX + host;
    const trip = departsUs + this.#bus.atUs(this.#busDraws.nextUint32());
    const atUs = Math.max(trip, this.#busAtUs[subscriber]!);
    this.#busAtUs[subscriber] = atUs;
    this.#sim.at(atUs, kind, host, 0, message);
  }
}
