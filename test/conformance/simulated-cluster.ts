// The simulated cluster for the suite: the world of a scenario, with clients that do what a test says.
//
// Everything is the simulator's own: engine, hosts, links, bus. Its people are there, but nobody arrives by himself and nobody has
// habits. Time stands still between `until` and `idle`, so a test acts at one instant at several places.

import { ClientState } from "../../core/client/client-table.ts";
import type { ErrorBody } from "../../core/protocol/bodies.ts";
import { DeliveryClass, Kind, Message } from "../../core/protocol/message.ts";
import { clientFrameBytes } from "../../core/protocol/sizes.ts";
import { Repetitions } from "../../live/client/repetitions.ts";
import { EventKind, socketClient } from "../../sim/cluster/kinds.ts";
import { World } from "../../sim/cluster/world.ts";
import type { EventHandler } from "../../sim/engine/simulation.ts";
import { writtenScenario } from "../scenarios.ts";
import type {
  ClusterKind,
  ConformanceClient,
  ConformanceCluster,
  ConformanceSettings,
} from "./cluster.ts";
import { Journal } from "./journal.ts";

const ROOMS = 12;
const ROOM_SIZE = 8;
/** Another seed is another cluster: STORMGLASS_SEED=7 npx vitest run test/conformance/simulated.test.ts. */
const SEED = Number(process.env.STORMGLASS_SEED ?? 2_026);
/** How finely `until` looks, and how often a slow socket tells its edge, µs. */
const STEP_US = 5_000;
const REPORT_US = 50_000;
/** What a client that does not read gets through in a second, bytes: nothing that counts. */
const STALLED = 1;

export const simulatedKind: ClusterKind = {
  name: "simulated cluster",
  abilities: ["several nodes", "several edges", "bus"],
  start: (settings) => Promise.resolve(new SimulatedCluster(settings)),
};

function scenarioText(s: ConformanceSettings): string {
  return `
apiVersion: stormglass/v1
kind: Scenario
metadata: { name: conformance, title: "Do scripted clients get what the protocol promises?", description: For the conformance suite, answer: None }
run: { duration: 1h, warmup: 1s, seeds: { base: 1, count: 1 } }
cluster:
  edges: { count: ${s.edges}, balancing: random }
  nodes:
    count: ${s.nodes}
    maxConnections: ${s.maxConnections}
    admission: { rate: ${s.admitPerSec}/s }
  placement: { expectedSizes: none }
  beats: { every: ${s.beatEveryMs}ms, lease: ${s.leaseMs}ms }
  sessions:
    presenceGrace: ${s.presenceGraceMs}ms
    resumeWindow: ${s.resumeWindowMs}ms
    reconnectingNotice: ${s.reconnectingNoticeMs}ms
  reconnect: { spreadMin: ${s.spreadMinMs}ms }
  budgets:
    connection: { rate: ${s.connectionPerSec}/s, burst: ${s.connectionPerSec} }
    room: { deliveries: ${s.roomPerSec}/s, burst: ${s.roomPerSec} }
  outbound: { soft: ${s.softBytes}B, hard: ${s.hardBytes}B }
clients:
  total: ${ROOMS * ROOM_SIZE}
  rooms: { sizes: [{ min: ${ROOM_SIZE}, max: ${ROOM_SIZE}, share: 100% }] }
  arrivals: [{ phase: never, from: 0s, over: 1s, share: 100% }]
  negotiation: { mode: mesh }
  candidates: { out: 4, over: 200ms }
budgets: []
`;
}

class SimulatedClient implements ConformanceClient {
  readonly id: string;
  readonly journal = new Journal();
  readonly repetitions = new Repetitions();
  readonly #cluster: SimulatedCluster;
  readonly #client: number;

  constructor(cluster: SimulatedCluster, client: number) {
    this.#cluster = cluster;
    this.#client = client;
    this.id = cluster.world.population.participantId(client);
  }

  get #world(): World {
    return this.#cluster.world;
  }

  get isLive(): boolean {
    return this.#world.clients.isLive(this.#client);
  }

  join(): void {
    this.#world.clients.arrives(this.#client);
  }

  leave(): void {
    this.#world.clients.leaves(this.#client);
  }

  say(body: object, to = ""): number {
    return this.#offer(Kind.message, to, "", body);
  }

  setState(key: string, value: unknown): void {
    this.#offer(Kind.state, "", key, { [key]: value });
  }

  point(body: object): void {
    this.#offer(Kind.cursor, "", "", body);
  }

  #offer(kind: Kind, to: string, key: string, body: object): number {
    const bytes = clientFrameBytes(kind, body);
    return this.#world.clients.core.offer(this.#client, kind, to, key, bytes, body);
  }

  cutSocket(): void {
    this.#world.links.hangUp(this.#client); // The edge hears of it after a trip, as from a closed socket …
    this.#world.clients.comesOnline(this.#client); // … and the client now.
  }

  vanish(): void {
    this.#world.links.hangUp(this.#client);
    this.#world.clients.leaves(this.#client); // Without a socket it can tell nobody.
  }

  stopReading(): void {
    this.#world.links.limit(this.#client, STALLED);
    this.#cluster.slow.add(this.#client);
  }

  resumeReading(): void {
    this.#world.links.limit(this.#client, Infinity);
    this.#cluster.report();
  }

  iceFailed(peer: string): void {
    const { core } = this.#world.clients;
    const { nowMs } = this.#cluster;
    core.media.iceChanged(this.#client, peer, "failed", nowMs);
    core.deadlinePassed(this.#client, nowMs, 0);
  }

  describedWith(peer: string): number {
    return this.#world.clients.core.media.mesh.pair(this.#client, peer)?.describedN ?? 0;
  }
}

export class SimulatedCluster implements ConformanceCluster, EventHandler {
  readonly world: World;
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
  readonly socketBytes = 0;
  /** Clients whose sockets hold something back, or did. */
  readonly slow = new Set<number>();
  readonly #clients = new Map<number, SimulatedClient>();
  readonly #rooms = new Map<string, { readonly number: number; taken: number }>();
  #reportedAtUs = 0;
  #refusal: ErrorBody | undefined = undefined;

  constructor(settings: ConformanceSettings) {
    this.world = new World(writtenScenario(scenarioText(settings)), SEED, []);
    this.nodes = this.world.nodes.map((_, node) => this.world.backplane.nodeId(node));
    this.edges = this.world.edges.map((_, edge) => `e${edge}`);
    this.#listen();
  }

  get nowMs(): number {
    return this.world.sim.nowMs;
  }

  /** What clients are told and answered goes to the meters of the world: it is written down on the way. */
  #listen(): void {
    const { meters } = this.world;
    const told = meters.told.bind(meters);
    meters.told = (client, event) => {
      told(client, event);
      this.#clients.get(client)?.journal.tells(event);
    };
    const settled = meters.settled.bind(meters);
    meters.settled = (client, message, isAccepted) => {
      settled(client, message, isAccepted);
      this.#clients.get(client)?.journal.settles(message.id, isAccepted, this.#refusal);
    };
  }

  // ---- events -----------------------------------------------------------------------------------------

  handle(kind: number, a: number, b: number, payload: object | undefined): void {
    if (kind === EventKind.clientArrives || kind === EventKind.sample) return; // Nobody comes by himself.
    if (kind === EventKind.clientClosed && this.world.links.isCurrent(a)) {
      const client = this.#clients.get(socketClient(a));
      if (client !== undefined) client.journal.closeCode = b;
    }
    if (kind === EventKind.clientReceives) this.#receives(a, b, payload as Message);
    else this.world.handle(kind, a, b, payload);
  }

  #receives(socket: number, s: number, message: Message): void {
    const { clients, links } = this.world;
    const number = socketClient(socket);
    const isCurrent = links.isCurrent(socket);
    const isNext = s === 0 || s === clients.core.table.lastS(number) + 1;
    const isCounted = s === 0 || message.deliveryClass === DeliveryClass.critical;
    this.#refusal = message.kind === Kind.error ? (message.body as ErrorBody) : undefined;
    clients.receives(socket, s, message);
    this.#refusal = undefined;
    const client = this.#clients.get(number);
    if (client === undefined || !isCurrent || !isNext || !isCounted) return;
    if (clients.core.stateOf(number) === ClientState.ended) return;
    if (!client.repetitions.isRepeated(message)) client.journal.hears(message, s, this.nowMs);
  }

  /** Every slow client's socket tells its edge how much it holds. */
  report(): void {
    const { links, edges } = this.world;
    for (const client of this.slow) {
      const connection = links.connectionOf(client);
      const edge = edges[links.edgeOf(client)];
      if (connection < 0 || edge === undefined || edge.isDown) continue;
      edge.arrive(EventKind.edgeBuffered, connection, edge.edge, undefined);
    }
    this.#reportedAtUs = this.world.sim.nowUs;
  }

  #run(untilUs: number): void {
    this.world.sim.run(untilUs, this);
    if (this.slow.size > 0 && untilUs - this.#reportedAtUs >= REPORT_US) this.report();
  }

  until(condition: () => boolean, withinMs: number, what: string | (() => string)): Promise<void> {
    const lastUs = this.world.sim.nowUs + Math.round(withinMs * 1_000);
    while (!condition()) {
      if (this.world.sim.nowUs >= lastUs) {
        const words = typeof what === "string" ? what : what();
        return Promise.reject(new Error(`not within ${withinMs} ms: ${words}`));
      }
      this.#run(Math.min(lastUs, this.world.sim.nowUs + STEP_US));
    }
    return Promise.resolve();
  }

  idle(ms: number): Promise<void> {
    const lastUs = this.world.sim.nowUs + Math.round(ms * 1_000);
    while (this.world.sim.nowUs < lastUs) {
      this.#run(Math.min(lastUs, this.world.sim.nowUs + STEP_US));
    }
    return Promise.resolve();
  }

  // ---- what a test does -----------------------------------------------------------------------------

  client({ room }: { readonly room: string }): ConformanceClient {
    let known = this.#rooms.get(room);
    if (known === undefined) {
      known = { number: this.#rooms.size, taken: 0 };
      this.#rooms.set(room, known);
    }
    const number = this.world.population.firstOf[known.number]! + known.taken++;
    if (known.taken > ROOM_SIZE) throw new Error(`Rooms here have ${ROOM_SIZE} people.`);
    const client = new SimulatedClient(this, number);
    this.#clients.set(number, client);
    return client;
  }

  killNode(id: string): void {
    this.world.faults.crashNode(this.world.backplane.nodeNumber(id), true);
  }

  killEdge(id: string): void {
    this.world.faults.crashEdge(this.edges.indexOf(id), true);
  }

  drainNode(id: string): void {
    this.#at(EventKind.nodeDrain, this.world.backplane.nodeNumber(id), 1);
  }

  cancelDrain(id: string): void {
    this.#at(EventKind.nodeDrain, this.world.backplane.nodeNumber(id), 0);
  }

  busDown(): Promise<void> {
    this.#bus(false);
    return Promise.resolve();
  }

  busUp(): Promise<void> {
    this.#bus(true);
    return Promise.resolve();
  }

  #bus(isUp: boolean): void {
    this.world.backplane.isBusUp = isUp;
    this.edges.forEach((_, edge) => this.#at(EventKind.edgeBus, edge, isUp ? 1 : 0));
    this.nodes.forEach((_, node) => this.#at(EventKind.nodeBus, node, isUp ? 1 : 0));
  }

  #at(kind: EventKind, a: number, b: number): void {
    this.world.sim.schedule(0, kind, a, b);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
