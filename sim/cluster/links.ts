// The clients' sockets: what is on the way between people and edges.
//
// A socket is ordered, as TCP is: a frame never overtakes another of the same direction, so a late one holds up those
// behind it. A lost frame costs a retransmission, not a message. Each socket of a client is a life of its own: what was sent
// in an earlier one reaches nobody.

import { slotOf } from "../../core/handles.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { StreamColumn } from "../engine/random.ts";
import type { Simulation } from "../engine/simulation.ts";
import { EventKind, packSocket, socketClient, socketLife } from "./kinds.ts";
import { LatencyTable } from "./latency.ts";
import { SlowPipes } from "./slow-pipes.ts";

/** A multicast that leaves one connection out. */
export interface ExceptFrame {
  readonly message: Message;
  readonly except: number;
}

export interface DeliverFrame {
  readonly message: Message;
  readonly session: number;
  readonly s: number;
}

export interface CloseFrame {
  readonly session: number;
  readonly code: CloseCode;
}

/** One-way trips from the dial to the end of TCP, TLS 1.3 and the upgrade request: SYN, SYN-ACK, ClientHello, its
 * answer, request. Cited: RFC 9293, RFC 8446 (one round trip each). */
const TRIPS_TO_UPGRADE = 5;
const TRIPS_TO_UPGRADE_PLAIN = 3;
/** A jitter of up to this share of the path's own latency is added to each frame. Assumed. */
const JITTER_SHARE = 0.125;
/** The kernel sends a lost SYN again after this, then after twice as long. Cited: RFC 6298, 1 s. */
const SYN_RETRY_US = 1_000_000;
const LIFE_MASK = 0x7f;

// Places in a client's row: two doubles (the last arrival each way, µs), then integers.
const ROW = 8;
const ROW_TIMES = 4;
const UP_AT = 0;
const DOWN_AT = 1;
/** Life of the socket in the upper half, edge + 1 in the lower. */
const SOCKET = 4;
const CONNECTION = 5;
const PATH = 6;
const JITTER = 7;

export class Links {
  readonly #sim: Simulation;
  // Client sockets: a row of 32 bytes each, because a storm touches all of it for every frame.
  readonly #rows: Int32Array;
  readonly #times: Float64Array;
  readonly #total: number;
  readonly #lossBelow: number;
  readonly #lossDelayUs: number;
  readonly #isTls: boolean;
  /** Client by edge and connection slot, -1 for none. */
  readonly #clients: Int32Array[];
  #opening = -1;
  /** What slow clients have not read yet. */
  readonly pipes: SlowPipes;
  readonly #softBytes: number;
  constructor(scenario: Scenario, seed: number, sim: Simulation) {
    const { clients, cluster, network } = scenario;
    const total = clients.total;
    this.#sim = sim;
    this.#total = total;
    this.#times = new Float64Array(total * ROW_TIMES);
    this.#rows = new Int32Array(this.#times.buffer);
    for (let client = 0; client < total; client++) this.#rows[client * ROW + CONNECTION] = -1;
    this.#lossBelow = Math.floor(network.lossRatio * 0x1_0000_0000);
    this.#lossDelayUs = Math.round(network.lossDelayMs * 1_000);
    this.#isTls = cluster.clientTls;
    this.#softBytes = cluster.outbound.softBytes;
    this.pipes = new SlowPipes(sim, (client, socket, message, n) => {
      const atUs = this.#downUs(client, sim.nowUs);
      sim.at(atUs, EventKind.clientReceives, socket, n, message);
    });
    const slots = 64;
    this.#clients = Array.from({ length: cluster.edges.count }, () =>
      new Int32Array(slots).fill(-1),
    );
    this.#drawPaths(seed, new LatencyTable(network.clientLatency));
    this.#limitAll(network.clientBandwidthBytesPerSec);
  }

  /** Where a client is does not change: its path's latency is drawn once, and with it the seed of its jitter. */
  #drawPaths(seed: number, table: LatencyTable): void {
    const paths = new StreamColumn(seed, "client path", this.#total);
    const jitters = new StreamColumn(seed, "network jitter", this.#total);
    for (let client = 0; client < this.#total; client++) {
      this.#rows[client * ROW + PATH] = table.atUs(paths.nextUint32(client));
      this.#rows[client * ROW + JITTER] = jitters.nextUint32(client) | 1; // Never 0.
    }
  }

  /** Latency of the client's path, one way, µs. */
  pathUs(client: number): number {
    return this.#rows[client * ROW + PATH]!;
  }

  /** Edge that the client's latest socket leads to; -1 before the first. */
  edgeOf(client: number): number {
    return (this.#rows[client * ROW + SOCKET]! & 0xffff) - 1;
  }

  /** The edge's handle of the client's open socket; -1 when there is none. */
  connectionOf(client: number): number {
    return this.#rows[client * ROW + CONNECTION]!;
  }

  #lifeOf(client: number): number {
    return this.#rows[client * ROW + SOCKET]! >>> 16;
  }

  #limitAll(bytesPerSec: number): void {
    if (bytesPerSec === Infinity) return;
    for (let client = 0; client < this.#total; client++) {
      this.limit(client, bytesPerSec);
    }
  }

  // ---- client sockets -----------------------------------------------------------------------------

  /**
   * One trip of a frame on the client's path, µs. The jitter is a xorshift of 32 bits per client (Marsaglia 2003, 13/17/5),
   * seeded from the client's named stream: a full generator's state would cost another cache line per frame.
   */
  #tripUs(client: number): number {
    const at = client * ROW;
    let draw = this.#rows[at + JITTER]!;
    draw ^= draw << 13;
    draw ^= draw >>> 17;
    draw ^= draw << 5;
    this.#rows[at + JITTER] = draw;
    const pathUs = this.#rows[at + PATH]!;
    const jitterUs = Math.floor((pathUs * JITTER_SHARE * (draw & 0xffff)) / 0x1_0000);
    return pathUs + jitterUs + (draw >>> 0 < this.#lossBelow ? this.#lossDelayUs : 0);
  }

  /** The client begins a socket to this edge. */
  dial(client: number, edge: number): void {
    this.#newLife(client);
    const at = client * ROW + SOCKET;
    this.#rows[at] = (this.#rows[at]! & ~0xffff) | (edge + 1);
    const trips = this.#isTls ? TRIPS_TO_UPGRADE : TRIPS_TO_UPGRADE_PLAIN;
    this.#sendDial(client, edge, trips * this.pathUs(client));
  }

  /** The kernel had no place for the dial: TCP tries again. */
  dialAgain(socket: number, edge: number): void {
    const client = socketClient(socket);
    if (this.#isCurrent(socket)) this.#sendDial(client, edge, SYN_RETRY_US);
  }

  #sendDial(client: number, edge: number, afterUs: number): void {
    this.#sim.schedule(
      afterUs,
      EventKind.edgeDialed,
      packSocket(client, this.#lifeOf(client)),
      edge,
    );
  }

  /** The client still waits for this dial. Also says whose hello comes next. */
  isWaiting(socket: number): boolean {
    this.#opening = socket;
    return this.#isCurrent(socket);
  }

  isCurrent(socket: number): boolean {
    return this.#isCurrent(socket);
  }

  #isCurrent(socket: number): boolean {
    return this.#lifeOf(socketClient(socket)) === socketLife(socket);
  }

  #newLife(client: number): void {
    const at = client * ROW;
    const socket = this.#rows[at + SOCKET]!;
    const life = ((socket >>> 16) + 1) & LIFE_MASK;
    if (this.pipes.size > 0) this.pipes.clear(client);
    this.#rows[at + SOCKET] = (life << 16) | (socket & 0xffff);
    this.#rows[at + CONNECTION] = -1;
  }

  /** Edge → client. The first frame of a connection is its hello and binds it to its client. */
  toClient(edge: number, connection: number, message: Message, s: number, departsUs: number): void {
    if (message.kind === Kind.hello) {
      this.#open(edge, connection, message, departsUs);
      return;
    }
    const client = this.clientAt(edge, connection);
    if (client < 0) return;
    const socket = packSocket(client, this.#lifeOf(client));
    if (this.pipes.size > 0 && this.pipes.has(client)) {
      this.pipes.write(client, socket, message, s);
    } else {
      this.#sim.at(this.#downUs(client, departsUs), EventKind.clientReceives, socket, s, message);
    }
  }

  #open(edge: number, connection: number, hello: Message, departsUs: number): void {
    const client = socketClient(this.#opening);
    let clients = this.#clients[edge]!;
    const slot = slotOf(connection);
    if (slot >= clients.length) {
      const larger = new Int32Array(Math.max(clients.length * 2, slot + 1)).fill(-1);
      larger.set(clients);
      this.#clients[edge] = larger;
      clients = larger;
    }
    clients[slot] = client;
    this.#rows[client * ROW + CONNECTION] = connection;
    this.#times[client * ROW_TIMES + DOWN_AT] = 0;
    this.#times[client * ROW_TIMES + UP_AT] = 0;
    const atUs = this.#downUs(client, departsUs);
    this.#sim.at(atUs, EventKind.clientOpened, this.#opening, connection, hello);
  }

  /** Client at the other end of an edge's connection; -1 when it is gone. */
  clientAt(edge: number, connection: number): number {
    const client = this.#clients[edge]![slotOf(connection)] ?? -1;
    if (client < 0) return -1;
    const isThere = this.edgeOf(client) === edge && this.connectionOf(client) === connection;
    return isThere ? client : -1;
  }

  #downUs(client: number, departsUs: number): number {
    let atUs = departsUs + this.#tripUs(client);
    if (atUs < this.#times[client * ROW_TIMES + DOWN_AT]!)
      atUs = this.#times[client * ROW_TIMES + DOWN_AT]!;
    this.#times[client * ROW_TIMES + DOWN_AT] = atUs;
    return atUs;
  }

  /** Client → edge. */
  fromClient(client: number, message: Message): void {
    const connection = this.connectionOf(client);
    if (connection < 0) return; // Nobody is there any more; the client will notice.
    let atUs = this.#sim.nowUs + this.#tripUs(client);
    if (atUs < this.#times[client * ROW_TIMES + UP_AT]!)
      atUs = this.#times[client * ROW_TIMES + UP_AT]!;
    this.#times[client * ROW_TIMES + UP_AT] = atUs;
    this.#sim.at(atUs, EventKind.edgeReceives, connection, this.edgeOf(client), message);
  }

  /** The client closes its socket. */
  hangUp(client: number): void {
    const connection = this.connectionOf(client);
    if (connection >= 0) {
      const atUs = Math.max(
        this.#sim.nowUs + this.#tripUs(client),
        this.#times[client * ROW_TIMES + UP_AT]!,
      );
      this.#sim.at(atUs, EventKind.edgeClosed, connection, this.edgeOf(client));
    }
    this.#newLife(client);
  }

  /** The client's network is away: what was under way is lost, and nobody is told. */
  vanish(client: number): void {
    this.#newLife(client);
  }

  /** The edge closes the socket. */
  closeClient(edge: number, connection: number, code: CloseCode, departsUs: number): void {
    const client = this.clientAt(edge, connection);
    if (client < 0) return;
    const atUs = this.#downUs(client, departsUs);
    const socket = packSocket(client, this.#lifeOf(client));
    this.#sim.at(atUs, EventKind.clientClosed, socket, code);
    this.#rows[client * ROW + CONNECTION] = -1;
    this.#clients[edge]![slotOf(connection)] = -1;
  }

  /** The edge's process died. With `isReset` its kernel resets the sockets, else they just fall silent. */
  edgeDied(edge: number, isReset: boolean): void {
    const clients = this.#clients[edge]!;
    for (let slot = 0; slot < clients.length; slot++) {
      const client = clients[slot]!;
      clients[slot] = -1;
      if (client < 0 || this.edgeOf(client) !== edge || this.connectionOf(client) < 0) continue;
      this.#rows[client * ROW + CONNECTION] = -1;
      this.pipes.clear(client);
      if (!isReset) continue;
      const socket = packSocket(client, this.#lifeOf(client));
      this.#sim.schedule(this.#tripUs(client), EventKind.clientClosed, socket, 1006);
    }
  }

  // ---- slow clients -------------------------------------------------------------------------------

  /** From now on the client reads at most this much; Infinity for no limit. */
  limit(client: number, bytesPerSec: number): void {
    this.pipes.limit(client, bytesPerSec);
  }

  /** Bytes that the edge's socket holds for the client. */
  backlogBytes(edge: number, connection: number): number {
    const client = this.clientAt(edge, connection);
    return client < 0 ? 0 : this.pipes.backlogBytes(client);
  }

  /** Whether any client is slow at all. */
  get hasSlow(): boolean {
    return this.pipes.size > 0;
  }

  /** Whether the socket's driver would report its backlog after a write. */
  isBehind(edge: number, connection: number): boolean {
    return this.backlogBytes(edge, connection) >= this.#softBytes;
  }
}
