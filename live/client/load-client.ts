// A bounded load: so many clients in rooms of so many, who talk at a rate, and a judge who listens.
//
// The same driver as the SDK's, many clients by handle in one process. Tests of faults and benchmarks use it, here or in a child
// process (load-worker.ts).

import { ClientEvent } from "../../core/client/client-outbox.ts";
import type { ClientPolicy } from "../../core/client/client-policy.ts";
import type { ErrorBody, JoinedBody } from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import { ClientDriver } from "./client-driver.ts";
import type { OpenSocket } from "./client-socket.ts";
import { Disturbances, type Disturbance, type Return } from "./load-disturbances.ts";
import { LoadJudge, type LoadVerdict } from "./load-judge.ts";
import { LoadRooms, STATE_KEY } from "./load-rooms.ts";

/** How often talkers are looked at, ms. */
const TICK_MS = 20;
/** After a pause of the event loop no more than this is made up for, ms. */
const CATCH_UP_MAX_MS = 200;
const LOOK_EVERY_MS = 50;
/** While states are not the same everywhere, everybody says his last one again: nobody promised that it arrived. */
const LAST_WORDS_EVERY_MS = 1_000;

export interface LoadOptions {
  readonly urls: readonly string[];
  readonly rooms: number;
  readonly roomSize: number;
  /** In front of the names of rooms and participants: several loads share a cluster. */
  readonly prefix: string;
  readonly tokenFor: (participantId: string, roomId: string) => string | Promise<string>;
  readonly openSocket: OpenSocket;
  /** Clients that begin per second. */
  readonly joinsPerSec: number;
  /** Messages each client says to its room, per second: critical, numbered, judged one by one. */
  readonly messagesPerSec: number;
  /** States and cursors beside them; 0 unless given. */
  readonly statesPerSec?: number;
  readonly cursorsPerSec?: number;
  /** Bytes of a message's text beside its numbers. */
  readonly textBytes?: number;
  readonly policy?: Partial<ClientPolicy>;
}

/** What is said: who, which number, and when, ms on the sender's clock. */
interface Said {
  readonly by: number;
  readonly number: number;
  readonly atMs: number;
}

/** A rate that all clients share, one after the other. */
class Turns {
  #owed = 0;
  #next = 0;

  begin(): void {
    this.#owed = 0;
  }

  pass(passedMs: number, perSec: number, size: number, say: (client: number) => void): void {
    this.#owed += (perSec * size * passedMs) / 1_000;
    for (; this.#owed >= 1; this.#owed--) {
      say(this.#next);
      this.#next = (this.#next + 1) % size;
    }
  }
}

export class LoadClient {
  readonly driver: ClientDriver;
  readonly judge = new LoadJudge();
  readonly #options: LoadOptions;
  readonly #disturbances = new Disturbances();
  readonly #rooms: LoadRooms;
  readonly #startedAtMs: number[] = [];
  readonly #nodes: string[] = [];
  /** By client: the number of the message with this id. */
  readonly #numberOf: Map<number, number>[] = [];
  readonly #text: string;
  #started = 0;
  #entered = 0;
  readonly #messages = new Turns();
  readonly #states = new Turns();
  readonly #cursors = new Turns();
  #lastWordsAtMs = 0;
  #tickedAtMs = 0;
  #isTalking = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#rooms = new LoadRooms({
      roomSize: options.roomSize,
      participantId: (client) => this.participantId(client),
      judge: this.judge,
    });
    this.#text = "x".repeat(options.textBytes ?? 0);
    this.driver = new ClientDriver({
      openSocket: options.openSocket,
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      listener: {
        told: (client, event) => this.#told(client, event),
        heard: (client, message) => this.#heard(client, message),
        settled: (client, message, isAccepted, error) =>
          this.#settled(client, message, isAccepted, error),
      },
    });
    for (let client = 0; client < this.size; client++) this.#add(client);
  }

  get size(): number {
    return this.#options.rooms * this.#options.roomSize;
  }

  get liveCount(): number {
    let count = 0;
    for (let client = 0; client < this.#started; client++) {
      if (this.driver.isLive(client)) count++;
    }
    return count;
  }

  /** The node that each client was let in by last; "" before. */
  get nodes(): readonly string[] {
    return this.#nodes;
  }

  participantId(client: number): string {
    return `${this.#options.prefix}p${client}`;
  }

  roomId(client: number): string {
    return `${this.#options.prefix}r${Math.floor(client / this.#options.roomSize)}`;
  }

  #add(client: number): void {
    const { urls, tokenFor } = this.#options;
    const id = this.participantId(client);
    const room = this.roomId(client);
    this.driver.add({
      urls: (dials) => urls[(client + dials) % urls.length]!,
      room,
      name: id,
      token: () => tokenFor(id, room),
    });
    this.judge.add();
    this.#rooms.add();
    this.#numberOf.push(new Map());
    this.#nodes.push("");
  }

  // ---- what it is told to do ------------------------------------------------------------------------

  /** Begins to join, at the rate of the options, and to tick. */
  start(): void {
    this.#tickedAtMs = this.driver.nowMs;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Waits until everybody is in and sees everybody of the room. False when the time is over. */
  async entered(withinMs: number): Promise<boolean> {
    return this.#wait(
      withinMs,
      () => this.#entered >= this.size && this.#rooms.mismatches(this.#started) === 0,
    );
  }

  talk(): void {
    for (let client = 0; client < this.size; client++) {
      for (const other of this.#rooms.othersOf(client)) this.judge.expects(client, other);
    }
    for (const turns of [this.#messages, this.#states, this.#cursors]) turns.begin();
    this.#isTalking = true;
  }

  quiet(): void {
    this.#isTalking = false;
  }

  /** Waits until everybody is live, everything is answered and all agree. False when the time is over. */
  async settle(withinMs: number): Promise<boolean> {
    return this.#wait(
      withinMs,
      () =>
        this.liveCount === this.size - this.#rooms.leftCount &&
        this.judge.unanswered === 0 &&
        this.#rooms.mismatches(this.#started) === 0 &&
        this.#areStatesAgreed(),
    );
  }

  /** Forgets the disturbances so far: what comes from now on is of what happens from now on. */
  mark(): void {
    this.#disturbances.clear();
  }

  /** Who lost his session's host or socket since the last mark. */
  get disturbed(): readonly Disturbance[] {
    return this.#disturbances.since;
  }

  leave(client: number): void {
    this.#rooms.left(client);
    this.judge.left(client);
    this.driver.leave(client);
  }

  verdict(): LoadVerdict {
    this.judge.rosterMismatches = this.#rooms.mismatches(this.#started);
    return this.judge.verdict((one, other) => this.#nodes[one] === this.#nodes[other]);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.driver.stop();
  }

  async #wait(withinMs: number, condition: () => boolean): Promise<boolean> {
    const endMs = this.driver.nowMs + withinMs;
    while (!condition()) {
      if (this.driver.nowMs > endMs) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return true;
  }

  // ---- time -----------------------------------------------------------------------------------------

  #tick(): void {
    const nowMs = this.driver.nowMs;
    const passedMs = Math.min(nowMs - this.#tickedAtMs, CATCH_UP_MAX_MS);
    this.#tickedAtMs = nowMs;
    const { joinsPerSec, messagesPerSec, statesPerSec = 0, cursorsPerSec = 0 } = this.#options;
    let joins = Math.ceil((joinsPerSec * passedMs) / 1_000);
    while (joins-- > 0 && this.#started < this.size) {
      this.#startedAtMs.push(nowMs);
      this.driver.start(this.#started++);
    }
    if (!this.#isTalking) return;
    this.#messages.pass(passedMs, messagesPerSec, this.size, (client) => this.#say(client));
    this.#states.pass(passedMs, statesPerSec, this.size, (client) => this.#sayState(client));
    this.#cursors.pass(passedMs, cursorsPerSec, this.size, (client) => this.#point(client));
  }

  #say(client: number): void {
    const number = this.judge.nextOf(client);
    const said: Said & { text?: string } = { by: client, number, atMs: this.driver.nowMs };
    const body = this.#text === "" ? said : { ...said, text: this.#text };
    const id = this.driver.offer(client, Kind.message, "", "", body);
    if (id === 0) return; // Not live: a person would wait, too.
    this.judge.offered(client);
    this.#numberOf[client]!.set(id, number);
  }

  #sayState(client: number): void {
    if (!this.driver.isLive(client)) return;
    this.#rooms.lastState[client]!++;
    this.#repeatState(client);
  }

  #repeatState(client: number): void {
    const body = { [STATE_KEY]: this.#rooms.lastState[client]! };
    this.driver.offer(client, Kind.state, "", STATE_KEY, body);
  }

  #point(client: number): void {
    const at = this.driver.nowMs % 1_000;
    this.driver.offer(client, Kind.cursor, "", "", { x: at, y: client });
  }

  // ---- what happens ---------------------------------------------------------------------------------

  #told(client: number, event: ClientEvent): void {
    const nowMs = this.driver.nowMs;
    switch (event) {
      case ClientEvent.joined:
        if (!this.#disturbances.isAway(client)) {
          this.#entered++;
          this.judge.joins.add(nowMs - this.#startedAtMs[client]!);
        }
        this.#back(client, "join");
        break;
      case ClientEvent.replayed:
        this.judge.replayed++;
        this.#back(client, "replay");
        break;
      case ClientEvent.resynced:
        this.judge.resynced++;
        this.#back(client, "snapshot");
        break;
      case ClientEvent.disrupted: {
        const socket = this.driver.socketOf(client);
        this.#disturbances.began(client, nowMs, this.#nodes[client]!, socket);
        break;
      }
      case ClientEvent.attempted:
        this.#disturbances.attempted(client);
        break;
      case ClientEvent.sessionLost:
        this.judge.sessionsLost++;
        this.judge.forgot(client);
        break;
      case ClientEvent.gap:
        this.judge.sequenceGaps++;
        break;
      case ClientEvent.refused:
      case ClientEvent.gaveUp:
        this.judge.ended++;
        this.judge.example(`client ${client} ended with ${this.driver.closeCodeOf(client)}`);
        break;
      default:
    }
  }

  /** Called before the message that let it in is heard: the node is filled in then. */
  #back(client: number, how: Return): void {
    const socket = this.driver.socketOf(client);
    const awayMs = this.#disturbances.ended(client, this.driver.nowMs, how, socket);
    if (awayMs !== undefined) this.judge.resumes.add(awayMs);
  }

  #heard(client: number, message: Message): void {
    if (message.kind === Kind.message) {
      const { by, number, atMs } = message.body as Said;
      this.judge.heard(client, by, number);
      this.judge.latency.add(this.driver.nowMs - atMs);
      return;
    }
    if (message.kind === Kind.joined || message.kind === Kind.resumed) {
      const { node } = message.body as JoinedBody;
      this.#nodes[client] = node;
      this.#disturbances.cameTo(client, node);
    }
    if (message.kind === Kind.state) this.judge.states++;
    if (message.kind === Kind.cursor) this.judge.cursors++;
    this.#rooms.heard(client, message);
  }

  #settled(
    client: number,
    message: Message,
    isAccepted: boolean,
    error: ErrorBody | undefined,
  ): void {
    const number = this.#numberOf[client]!.get(message.id);
    if (number === undefined) return;
    this.#numberOf[client]!.delete(message.id);
    this.judge.answered(client, number, isAccepted, error?.code ?? "ended");
  }

  /** Whether everybody knows everybody's last state; says them again when not. */
  #areStatesAgreed(): boolean {
    if (this.#rooms.stateMismatches(this.#started) === 0) return true;
    const nowMs = this.driver.nowMs;
    if (nowMs < this.#lastWordsAtMs + LAST_WORDS_EVERY_MS) return false;
    this.#lastWordsAtMs = nowMs;
    for (let client = 0; client < this.#started; client++) {
      if (this.#rooms.lastState[client]! > 0) this.#repeatState(client);
    }
    return false;
  }
}
