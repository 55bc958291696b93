// The world of one run: builds everything from a scenario and hands each event to whom it concerns.

import type { JoinClaims, ResumeClaims } from "../../core/trunk.ts";
import type { Scenario, Fault } from "../../scenarios/schema.ts";
import type { EventHandler } from "../engine/simulation.ts";
import { Simulation } from "../engine/simulation.ts";
import { Recorder } from "../metrics/recorder.ts";
import { Activity } from "./activity.ts";
import { Backplane } from "./backplane.ts";
import { ClientMeters } from "./client-meters.ts";
import { ClientWorld } from "./client-world.ts";
import { costTable, type CostTable } from "./cost-table.ts";
import { EdgeHost } from "./edge-host.ts";
import { Faults } from "./faults.ts";
import { Judge } from "./judge.ts";
import type { BusMessage } from "../../core/trunk.ts";
import type { Message } from "../../core/protocol/message.ts";
import { EventKind, HOSTS_MAX, peerTo } from "./kinds.ts";
import { LatencyTable } from "./latency.ts";
import { Links } from "./links.ts";
import { managesNodes, ManagedNodes } from "./managed-nodes.ts";
import { MediaPlane } from "./media-plane.ts";
import { NodeHost } from "./node-host.ts";
import { clientPolicy, edgePolicy, nodePolicy } from "./policies.ts";
import { Population } from "./population.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { Sampler } from "./sampler.ts";
import { assert } from "../../core/assert.ts";

export class World implements EventHandler {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly sim = new Simulation();
  readonly recorder: Recorder;
  readonly population: Population;
  readonly links: Links;
  readonly backplane: Backplane;
  readonly media: MediaPlane;
  readonly meters: ClientMeters;
  readonly clients: ClientWorld;
  readonly activity: Activity;
  readonly edges: EdgeHost[] = [];
  readonly nodes: NodeHost[] = [];
  readonly judge: Judge;
  readonly faults: Faults;
  readonly sampler: Sampler;
  readonly answers = new RecentAnswers();
  /** Kubernetes and the HPA, where the scenario has them; undefined where the nodes are there and stay. */
  readonly managed: ManagedNodes | undefined;
  /** The room of a noisy-room fault, also in the run without it; -1 for none. */
  readonly noisyRoom: number;
  readonly costs: CostTable;
  /** Hosts that the kernel killed for memory. */
  outOfMemory = 0;
  /** The latest resume claims of each client, in columns: who presents a token is known by its participant. */
  readonly #resumeNode: Int16Array;
  readonly #resumeIncarnation: Int32Array;
  readonly #resumeSession: Int32Array;
  readonly #resumeRotation: Uint16Array;
  readonly #resumeUntilMs: Float64Array;

  constructor(scenario: Scenario, seed: number, faults: readonly Fault[]) {
    assert(scenario.cluster.edges.count <= HOSTS_MAX, "edges fit their number", HOSTS_MAX);
    assert(scenario.cluster.nodes.count <= HOSTS_MAX, "nodes fit their number", HOSTS_MAX);
    this.scenario = scenario;
    this.seed = seed;
    const { sim } = this;
    const costs = costTable(scenario.profile);
    this.costs = costs;
    this.recorder = new Recorder(scenario.windows, scenario.run.resolutionMs);
    this.population = new Population(scenario, seed);
    const { total } = this.population;
    this.#resumeNode = new Int16Array(total).fill(-1);
    this.#resumeIncarnation = new Int32Array(total);
    this.#resumeSession = new Int32Array(total);
    this.#resumeRotation = new Uint16Array(total);
    this.#resumeUntilMs = new Float64Array(total);
    this.links = new Links(scenario, seed, sim);
    this.backplane = new Backplane(scenario, seed, sim);
    this.media = new MediaPlane(scenario, seed, sim, costs);
    this.meters = new ClientMeters(this.recorder, sim, this.population);
    const policy = clientPolicy(scenario);
    const { links, population, meters } = this;
    this.clients = new ClientWorld(
      scenario,
      seed,
      sim,
      links,
      population,
      meters,
      costs,
      policy,
      (edge) => !this.edges[edge]!.isDown,
    );
    const outages = new LatencyTable(scenario.clients.flaps.outageMs);
    this.activity = new Activity(scenario, seed, sim, this.clients, population, (draw) =>
      outages.atUs(draw),
    );
    this.judge = new Judge(this);
    this.clients.onSnapshot = (client, lastS) => this.judge.resynced(client, lastS);
    this.noisyRoom = Faults.noisyRoomOf(
      scenario,
      (room) => population.sizeOf(room),
      population.roomCount,
    );
    this.managed = managesNodes(scenario) ? new ManagedNodes(this) : undefined;
    this.#build();
    this.faults = new Faults(this, scenario, faults, seed);
    this.sampler = new Sampler(this);
    this.#begin();
  }

  #build(): void {
    const { scenario, sim, costs, links, backplane } = this;
    const { edges, nodes, clientTls } = scenario.cluster;
    const lag = this.recorder.whole("loop.lag");
    const world = {
      links,
      backplane,
      claimsOf: (token: string) => this.#claimsOf(token),
      resumeClaimsOf: (token: string) => this.#resumeClaimsOf(token),
      seal: (claims: ResumeClaims) => this.#seal(claims),
      hasTicket: (client: number) => this.meters.hasJoined(client),
      answers: this.answers,
    };
    for (let edge = 0; edge < edges.count; edge++) {
      const policyOf = (life: number) => edgePolicy(scenario, edge, life);
      const options = { isTls: clientTls, acceptBacklog: edges.acceptBacklog };
      this.edges.push(new EdgeHost(edge, policyOf, options, world, sim, costs, lag));
    }
    if (this.managed !== undefined) return;
    for (let node = 0; node < nodes.count; node++) this.addNode();
  }

  /** One more node, under the next number; it does not run yet. */
  addNode(): NodeHost {
    const { scenario, sim, costs, backplane, media } = this;
    const node = this.nodes.length;
    assert(node < HOSTS_MAX, "nodes fit their number", HOSTS_MAX);
    backplane.addNode();
    const number = scenario.cluster.edges.count + node;
    const policyOf = (life: number) =>
      nodePolicy(scenario, node, life, this.managed?.releaseOf(node) ?? 0);
    const lag = this.recorder.whole("loop.lag");
    const host = new NodeHost(node, number, policyOf, { backplane, media }, sim, costs, lag);
    this.nodes.push(host);
    return host;
  }

  #begin(): void {
    const { population, sim } = this;
    if (this.managed !== undefined) this.managed.begin();
    else for (const node of this.nodes) node.start();
    for (const edge of this.edges) edge.start();
    for (let client = 0; client < population.total; client++) {
      sim.at(population.arrivesAtUs[client]!, EventKind.clientArrives, client, 0);
    }
    this.sampler.start();
    if (this.noisyRoom < 0) return;
    // Neighbours: rooms on the noisy room's node, but not that room.
    this.meters.isNeighbour = (room) =>
      room !== this.noisyRoom &&
      this.sampler.hostOfRoom(room) === this.sampler.hostOfRoom(this.noisyRoom);
  }

  /** A join token is the participant's id here; its claims are what the population knows. */
  #claimsOf(token: string): JoinClaims | undefined {
    const client = clientNumber(token);
    const { population } = this;
    if (!(client < population.total)) return undefined;
    const room = population.roomOf[client]!;
    const isHinted = this.scenario.cluster.placement.expectedSizes === "hint";
    return {
      participantId: token,
      roomId: population.roomId(room),
      expectedSize: isHinted ? population.bookedSizeOf[room]! : 0,
      roomMax: Infinity,
    };
  }

  /** Nothing is sealed here: a resume token is the participant's id, and what it would say is kept beside. */
  #seal(claims: ResumeClaims): string {
    const client = clientNumber(claims.participantId);
    this.#resumeNode[client] = this.backplane.nodeNumber(claims.nodeId);
    this.#resumeIncarnation[client] = claims.incarnation;
    this.#resumeSession[client] = claims.session;
    this.#resumeRotation[client] = claims.rotation;
    this.#resumeUntilMs[client] = claims.validUntilMs;
    return claims.participantId;
  }

  #resumeClaimsOf(token: string): ResumeClaims | undefined {
    const client = clientNumber(token);
    const sessionId = this.clients.core.table.held[client]?.sessionId;
    const node = this.#resumeNode[client]!;
    const claims = this.#claimsOf(token);
    if (sessionId === undefined || node < 0 || claims === undefined) return undefined;
    return {
      sessionId,
      roomId: claims.roomId,
      participantId: token,
      name: token,
      nodeId: this.backplane.nodeId(node),
      incarnation: this.#resumeIncarnation[client]!,
      session: this.#resumeSession[client]!,
      rotation: this.#resumeRotation[client]!,
      expectedSize: claims.expectedSize,
      validUntilMs: this.#resumeUntilMs[client]!,
    };
  }

  /** Client behind an edge's connection, -1 for none. */
  clientAt(edge: number, connection: number): number {
    return this.links.clientAt(edge, connection);
  }

  nodeOfRecord(edge: number, record: number): NodeHost {
    const known = this.edges[edge]!.core.view.records[record]!;
    return this.nodes[this.backplane.nodeNumber(known.nodeId)]!;
  }

  ghostAgeMaxMs(): number {
    return this.nodes.reduce((age, n) => Math.max(age, n.core.membership.ghostAgeMaxMs), 0);
  }

  handle(kind: number, a: number, b: number, payload: object | undefined): void {
    switch (kind) {
      case EventKind.clientReceives:
        this.clients.receives(a, b, payload as Message);
        break;
      case EventKind.edgeReceives:
      case EventKind.edgeClosed:
      case EventKind.edgeBuffered:
        this.edges[b]!.arrive(kind, a, b, payload);
        break;
      case EventKind.edgeMulticast:
      case EventKind.edgeMulticastExcept:
      case EventKind.edgeDelivers:
      case EventKind.edgeAttached:
      case EventKind.edgeRefused:
      case EventKind.edgeCloses:
        this.edges[peerTo(b)]!.arrive(kind, a, b, payload);
        break;
      case EventKind.nodeReceives:
      case EventKind.nodeAttaches:
      case EventKind.nodeAcknowledges:
      case EventKind.nodeDetaches:
      case EventKind.nodeOrphans:
        this.nodes[peerTo(b)]!.arrive(kind, a, b, payload);
        break;
      case EventKind.hostTurn:
        this.#host(a).turn();
        break;
      case EventKind.hostWakes:
        this.#host(a).wake();
        break;
      case EventKind.clientWakes:
        this.clients.wakes(a);
        break;
      case EventKind.clientMedia:
        this.clients.mediaStep(a, b, payload);
        break;
      default:
        this.#handleRare(kind, a, b, payload);
    }
  }

  #handleRare(kind: number, a: number, b: number, payload: object | undefined): void {
    switch (kind) {
      case EventKind.clientArrives:
        this.clients.arrives(a);
        this.activity.begin(a);
        break;
      case EventKind.clientOpened:
        this.clients.opened(a, payload as Message);
        break;
      case EventKind.clientClosed:
        this.clients.closed(a, b);
        break;
      case EventKind.clientHabit:
        this.activity.habit(a, b);
        break;
      case EventKind.roomTurn:
        this.activity.turn(a);
        break;
      case EventKind.edgeDialed:
        if (!this.edges[b]!.dialed(a)) this.links.dialAgain(a, b);
        break;
      case EventKind.edgeTrunkLost:
        this.edges[b]!.arrive(kind, a, b, payload);
        break;
      case EventKind.edgeHears:
        this.edges[a]!.arrive(kind, a, b, payload as BusMessage);
        break;
      case EventKind.nodeHears:
        this.nodes[a]!.arrive(kind, a, b, payload as BusMessage);
        break;
      case EventKind.nodeEdgeLost:
      case EventKind.nodeSfuAllocated:
      case EventKind.nodeSfuAnswers:
        this.nodes[b]!.arrive(kind, a, b, payload);
        break;
      case EventKind.sfuReceives:
        this.media.received(b, a, payload as Message);
        break;
      case EventKind.fault:
        this.faults.happens(a, b);
        break;
      case EventKind.noise:
        this.faults.noise(a);
        break;
      case EventKind.slowPipe:
        this.links.pipes.passed(a);
        break;
      case EventKind.slowReport:
        this.faults.report(a);
        break;
      case EventKind.sample:
        this.sampler.sample();
        break;
      default:
        this.#handleCluster(kind, a, b);
    }
  }

  #handleCluster(kind: number, a: number, b: number): void {
    switch (kind) {
      case EventKind.edgeBus:
        this.edges[a]!.arrive(kind, a, b, undefined);
        break;
      case EventKind.nodeBus:
      case EventKind.nodeDrain:
        this.nodes[a]!.arrive(kind, a, b, undefined);
        break;
      case EventKind.nodeDeparts:
        this.managed?.look(a, b === 1);
        break;
      case EventKind.kubernetes:
        this.managed?.kubernetes.fired(a, b);
        break;
      case EventKind.hpa:
        this.managed?.loop?.fired(a, b);
        break;
      case EventKind.nodeStepsDown:
        this.faults.stepDown(a);
        break;
      case EventKind.nodeBegins:
        if (this.managed?.hasPod(a) !== false) this.faults.restartNode(a);
        break;
      default:
        assert(false, "every event has somebody whom it concerns", kind);
    }
  }

  #host(number: number): EdgeHost | NodeHost {
    const edges = this.edges.length;
    return number < edges ? this.edges[number]! : this.nodes[number - edges]!;
  }

  /** Nobody does anything new from now on: what is under way arrives. */
  quieten(): void {
    this.activity.isOver = true;
    this.clients.isOver = true;
    this.faults.stop();
  }
}

/** The inverse of `Population.participantId`. */
function clientNumber(participantId: string): number {
  return Number(participantId.slice(1));
}
