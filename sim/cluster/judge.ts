// Judges, not actors: they look at the whole world, change nothing, and say what rule is broken.
//
// Conservation is checked at every sample by recounting the clients themselves against the tallies. What was promised is
// checked where a promise can break: when a node dies (all that it had acknowledged must still arrive) and at the end, after the
// world has settled (every member has every number its host has sent, and agrees with it on who is in the room).

import { slotOf } from "../../core/handles.ts";
import { ClientState } from "../../core/client/client-table.ts";
import { idChecksum } from "../../core/protocol/message.ts";
import { ConnectionState } from "../../core/edge/connections.ts";
import { SessionState } from "../../core/node/sessions.ts";
import type { Room } from "../../core/node/room.ts";
import type { InvariantReport } from "../result.ts";
import type { World } from "./world.ts";

const RULES = [
  "conservation of clients",
  "conservation of sessions",
  "conservation of critical messages",
  "sequence without holes",
  "agreement on who is in the room",
  "ghosts are bounded",
] as const;
type Rule = (typeof RULES)[number];

/** What a client that is just back is sent again has arrived by then, ms. Assumed: several of the longest round trips. */
const ARRIVAL_MS = 1_000;

export class Judge {
  readonly #world: World;
  readonly #broken = new Map<Rule, string>();
  /** By client: the number it must have reached once what its dead node had sent is through. */
  readonly #promised = new Map<number, number>();
  criticalLost = 0;
  criticalLostNoisy = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get isBroken(): boolean {
    return this.#broken.size > 0;
  }

  reports(): InvariantReport[] {
    return RULES.map((name) => ({
      name,
      ok: !this.#broken.has(name),
      detail: this.#broken.get(name) ?? "",
    }));
  }

  #expect(holds: boolean, rule: Rule, detail: () => string): void {
    if (holds || this.#broken.has(rule)) return;
    this.#broken.set(rule, `at ${this.#world.sim.nowMs.toFixed(3)} ms: ${detail()}`);
  }

  // ---- conservation -------------------------------------------------------------------------------

  /** Recounts everybody. */
  atSample(): void {
    const { meters, population, clients } = this.#world;
    const table = clients.core.table;
    let arrived = 0;
    let joined = 0;
    let pending = 0;
    let away = 0;
    let owed = 0;
    let awaited = 0;
    for (let client = 0; client < population.total; client++) {
      owed += table.nextId(client) - 1;
      awaited += table.awaitedCount(client);
      if (meters.lostAtUs[client]! >= 0) away++;
      if (meters.arrivedAtUs[client]! < 0) continue;
      arrived++;
      if (meters.hasJoined(client)) joined++;
      else if (table.state(client) !== ClientState.ended) pending++;
    }
    const m = meters;
    const ended = m.refused.total + m.gaveUp.total;
    this.#expect(
      arrived === m.offered.total && arrived === joined + ended + pending,
      "conservation of clients",
      () => `${arrived} arrived, but ${joined} joined + ${ended} ended + ${pending} pending`,
    );
    this.#expect(
      m.lost.total === m.returned.total + m.failed.total + away,
      "conservation of sessions",
      () =>
        `${m.lost.total} lost, but ${m.returned.total} back + ${m.failed.total} failed + ${away} away`,
    );
    const settled = m.criticalAcknowledged.total + m.criticalRefused.total;
    this.#expect(
      owed === m.criticalOffered.total && owed === settled + awaited,
      "conservation of critical messages",
      () => `${owed} offered, but ${settled} settled + ${awaited} pending`,
    );
    this.#expect(m.gaps === 0, "sequence without holes", () => `${m.gaps} clients saw a hole`);
  }

  /** Clients on their way in, now. */
  pendingClients(): number {
    const { offered, succeeded, refused, gaveUp } = this.#world.meters;
    return offered.total - succeeded.total - refused.total - gaveUp.total;
  }

  // ---- promises -------------------------------------------------------------------------------------

  /** Everything that this node has sent is on the way: its clients will have it before they come back. */
  nodeDies(node: number): void {
    this.#eachOf(node, (client, sentS) => {
      this.#world.meters.isStruck[client] = 1;
      this.#promised.set(client, sentS);
    });
  }

  /** Whom it asks to go is no bystander. */
  nodeDrains(node: number): void {
    this.#eachOf(node, (client) => {
      this.#world.meters.isStruck[client] = 1;
    });
  }

  /** Clients with a session of the node, and how far it has counted for them. */
  #eachOf(node: number, visit: (client: number, sentS: number) => void): void {
    const world = this.#world;
    const { sessions } = world.nodes[node]!.core.context;
    for (let at = 0; at < sessions.handles.end; at++) {
      if (sessions.state[at] !== SessionState.attached) continue;
      const client = world.clientAt(sessions.edge[at]!, sessions.connection[at]!);
      if (client >= 0) visit(client, sessions.sentS(sessions.handles.at(at)));
    }
  }

  /** The client is about to forget its numbers, for a snapshot of another node: it must have had them all. */
  resynced(client: number, lastS: number): void {
    const promised = this.#promised.get(client);
    if (promised === undefined) return;
    this.#promised.delete(client);
    this.#lost(client, Math.max(0, promised - lastS));
  }

  #lost(client: number, count: number): void {
    this.criticalLost += count;
    if (this.#world.population.roomOf[client] === this.#world.noisyRoom) {
      this.criticalLostNoisy += count;
    }
  }

  /** After the world settled: what every live client has against what its host has sent. */
  atEnd(): void {
    const { population, clients, sim } = this.#world;
    const { table } = clients.core;
    for (let client = 0; client < population.total; client++) {
      const isThrough = sim.nowMs - table.liveSinceMs[client]! > ARRIVAL_MS;
      if (clients.isLive(client) && isThrough) this.#compare(client);
    }
    const { presenceGraceMs } = this.#world.scenario.cluster.sessions;
    const oldest = this.#world.ghostAgeMaxMs();
    // A host that is busy looks at its deadlines a little late.
    this.#expect(oldest <= presenceGraceMs + 1_000, "ghosts are bounded", () => `${oldest} ms`);
  }

  #compare(client: number): void {
    const world = this.#world;
    const edge = world.edges[world.links.edgeOf(client)];
    const connection = world.links.connectionOf(client);
    if (edge === undefined || edge.isDown || connection < 0) return;
    const c = edge.core.connections;
    const at = slotOf(connection);
    if (!c.isOpen(connection) || c.state[at] !== ConnectionState.attached) return;
    const node = world.nodeOfRecord(edge.edge, c.node[at]!);
    const { sessions } = node.core.context;
    const session = c.session[at]!;
    if (node.isDown || !sessions.handles.isLive(session)) return;
    const table = world.clients.core.table;
    const behind = sessions.sentS(session) - table.lastS(client);
    if (behind !== 0) this.#lost(client, Math.abs(behind));
    this.#expect(
      behind === 0,
      "sequence without holes",
      () => `client ${client} is ${behind} behind`,
    );
    this.#agree(client, sessions.room[slotOf(session)]!);
  }

  #agree(client: number, room: Room): void {
    const table = this.#world.clients.core.table;
    const self = this.#world.population.participantId(client);
    let count = 0;
    let sum = 0;
    const add = (id: string): void => {
      if (id === self) return;
      count++;
      sum = (sum + idChecksum(id)) | 0;
    };
    for (const id of room.roster.ids()) add(id);
    const has = table.rosterCount(client);
    this.#expect(
      count === has && sum === table.rosterSum(client),
      "agreement on who is in the room",
      () => `client ${client} knows ${has} others in ${room.roomId}, its host ${count}`,
    );
  }
}
