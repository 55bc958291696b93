// The suite's clients on real sockets: the SDK's driver, with browsers that pretend, and time that passes by itself.

import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { Kind } from "../../core/protocol/message.ts";
import { mintToken } from "../../live/auth/mint-token.ts";
import { ClientDriver } from "../../live/client/client-driver.ts";
import { SUBPROTOCOL, type ClientSocket } from "../../live/client/client-socket.ts";
import { processClock } from "../../live/clock.ts";
import type { ConformanceClient, ConformanceSettings } from "./cluster.ts";
import { Journal } from "./journal.ts";
import { ScriptedPeers } from "./scripted-peers.ts";

/** Of everything in these tests: tokens, and trust between processes. */
export const TEST_SECRET = "a secret of tests, that protects nothing at all";
const LOOK_EVERY_MS = 4;

class LiveClient implements ConformanceClient {
  readonly id: string;
  readonly journal = new Journal();
  readonly #clients: LiveClients;
  readonly #client: number;

  constructor(clients: LiveClients, client: number, id: string) {
    this.#clients = clients;
    this.#client = client;
    this.id = id;
  }

  get #driver(): ClientDriver {
    return this.#clients.driver;
  }

  get isLive(): boolean {
    return this.#driver.isLive(this.#client);
  }

  get #socket(): WebSocket {
    return this.#driver.socketOf(this.#client) as unknown as WebSocket;
  }

  join(): void {
    this.#driver.start(this.#client);
  }

  leave(): void {
    this.#driver.leave(this.#client);
  }

  say(body: object, to = ""): number {
    return this.#driver.offer(this.#client, Kind.message, to, "", body);
  }

  setState(key: string, value: unknown): void {
    this.#driver.offer(this.#client, Kind.state, "", key, { [key]: value });
  }

  point(body: object): void {
    this.#driver.offer(this.#client, Kind.cursor, "", "", body);
  }

  cutSocket(): void {
    this.#socket.terminate();
  }

  vanish(): void {
    const socket = this.#socket;
    socket.send = () => {}; // Not even a goodbye.
    socket.close = () => socket.terminate();
    this.leave();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  iceFailed(peer: string): void {
    this.#clients.peers!.facts.iceChanged(this.#client, peer, "failed");
  }

  describedWith(peer: string): number {
    return this.#driver.core.media.mesh.pair(this.#client, peer)?.describedN ?? 0;
  }
}

export class LiveClients {
  readonly driver: ClientDriver;
  peers: ScriptedPeers | undefined = undefined;
  readonly #urls: readonly string[];
  readonly #clients: LiveClient[] = [];
  /** Rooms have the names that they have in the simulated cluster, and so the same homes. */
  readonly #rooms = new Map<string, string>();

  constructor(urls: readonly string[], settings: ConformanceSettings) {
    this.#urls = urls;
    this.driver = new ClientDriver({
      openSocket: (url) =>
        new WebSocket(url, [SUBPROTOCOL], {
          perMessageDeflate: false,
        }) as unknown as ClientSocket,
      policy: { spreadMs: settings.spreadMinMs, dialTimeoutMs: 3_000, joinTimeoutMs: 3_000 },
      makePeers: (facts) => (this.peers = new ScriptedPeers(facts)),
      listener: {
        told: (client, event) => this.#clients[client]!.journal.tells(event),
        heard: (client, message, s) => this.#clients[client]!.journal.hears(message, s, this.nowMs),
        settled: (client, message, isAccepted, error) =>
          this.#clients[client]!.journal.settles(message.id, isAccepted, error),
      },
    });
  }

  get nowMs(): number {
    return processClock.nowMs();
  }

  client({ room }: { readonly room: string }): ConformanceClient {
    const known = this.#rooms.get(room) ?? `room-${this.#rooms.size}`;
    this.#rooms.set(room, known);
    const number = this.#clients.length;
    const id = `p${number}`;
    const urls = this.#urls;
    const client = this.driver.add({
      urls: (dials) => urls[(number + dials) % urls.length]!,
      room: known,
      name: id,
      token: () =>
        mintToken(Buffer.from(TEST_SECRET), {
          participantId: id,
          roomId: known,
          nowMs: this.nowMs,
          ttlMs: 600_000,
        }),
    });
    const made = new LiveClient(this, client, id);
    this.#clients.push(made);
    return made;
  }

  async until(
    condition: () => boolean,
    withinMs: number,
    what: string | (() => string),
  ): Promise<void> {
    const endMs = this.nowMs + withinMs;
    while (!condition()) {
      if (this.nowMs > endMs) {
        const words = typeof what === "string" ? what : what();
        throw new Error(`not within ${withinMs} ms: ${words}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  async idle(ms: number): Promise<void> {
    await pause(ms);
  }

  stop(): void {
    this.peers?.stop();
    this.driver.stop();
  }
}
