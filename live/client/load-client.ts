// A bounded load: so many clients in rooms of so many, who talk at a rate, and a judge who listens.
//
// The same driver as the SDK's, many clients by handle in one process. Tests of faults and benchmarks use it, here or in a child
// process (load-worker.ts).

import { ClientEvent } from "../../core/client/client-outbox.ts";
import type { ClientPolicy } from "../../core/client/client-policy.ts";
import type { ErrorBody, JoinedBody, LeftBody } from "../../core/protocol/bodies.ts";
import { Kind, type Message } from "../../core/protocol/message.ts";
import { ClientDriver } from "./client-driver.ts";
import type { OpenSocket } from "./client-socket.ts";
import { LoadJudge, type LoadVerdict } from "./load-judge.ts";
import { Roster } from "./roster.ts";

/** How often talkers are looked at, ms. */
const TICK_MS = 20;
/** After a pause of the event loop no more than this is made up for, ms. */
const CATCH_UP_MAX_MS = 200;
const LOOK_EVERY_MS = 50;

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
  /** Messages each client says to its room, per second. */
  readonly messagesPerSec: number;
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

export class LoadClient {
  readonly driver: ClientDriver;
  readonly judge = new LoadJudge();
  readonly #options: LoadOptions;
  readonly #rosters: Roster[] = [];
  readonly #startedAtMs: number[] = [];
  readonly #lostAtMs: number[] = [];
  readonly #nodes: string[] = [];
  /** By client: the number of the message with this id. */
  readonly #numberOf: Map<number, number>[] = [];
  readonly #hasLeft = new Set<string>();
  readonly #text: string;
  #started = 0;
  #entered = 0;
  #owedMessages = 0;
  #talker = 0;
  #tickedAtMs = 0;
  #isTalking = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
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
    this.#rosters.push(new Roster());
    this.#numberOf.push(new Map());
    this.#lostAtMs.push(Infinity);
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
    return this.#wait(withinMs, () => this.#entered >= this.size && this.#mismatches() === 0);
  }

  talk(): void {
    for (let client = 0; client < this.size; client++) {
      for (const other of this.#roomOf(client)) this.judge.expects(client, other);
    }
    this.#owedMessages = 0;
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
        this.liveCount === this.size - this.#hasLeft.size &&
        this.judge.unanswered === 0 &&
        this.#mismatches() === 0,
    );
  }

  leave(client: number): void {
    this.#hasLeft.add(this.participantId(client));
    this.driver.leave(client);
  }

  verdict(): LoadVerdict {
    this.judge.rosterMismatches = this.#mismatches();
    return this.judge.verdict();
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
    const { joinsPerSec, messagesPerSec } = this.#options;
    let joins = Math.ceil((joinsPerSec * passedMs) / 1_000);
    while (joins-- > 0 && this.#started < this.size) {
      this.#startedAtMs.push(nowMs);
      this.driver.start(this.#started++);
    }
    if (!this.#isTalking) return;
    this.#owedMessages += (messagesPerSec * this.size * passedMs) / 1_000;
    for (; this.#owedMessages >= 1; this.#owedMessages--) {
      this.#say(this.#talker);
      this.#talker = (this.#talker + 1) % this.size;
    }
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

  // ---- what happens ---------------------------------------------------------------------------------

  #told(client: number, event: ClientEvent): void {
    const nowMs = this.driver.nowMs;
    switch (event) {
      case ClientEvent.joined:
        if (this.#lostAtMs[client] === Infinity) {
          this.#entered++;
          this.judge.joins.add(nowMs - this.#startedAtMs[client]!);
        }
        this.#back(client, nowMs);
        break;
      case ClientEvent.replayed:
        this.judge.replayed++;
        this.#back(client, nowMs);
        break;
      case ClientEvent.resynced:
        this.judge.resynced++;
        this.#back(client, nowMs);
        break;
      case ClientEvent.disrupted:
        if (this.#lostAtMs[client] === Infinity) this.#lostAtMs[client] = nowMs;
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

  #back(client: number, nowMs: number): void {
    const lostAtMs = this.#lostAtMs[client]!;
    if (lostAtMs === Infinity) return;
    this.#lostAtMs[client] = Infinity;
    this.judge.resumes.add(nowMs - lostAtMs);
  }

  #heard(client: number, message: Message): void {
    if (message.kind === Kind.message) {
      const { by, number, atMs } = message.body as Said;
      this.judge.heard(client, by, number);
      this.judge.latency.add(this.driver.nowMs - atMs);
      return;
    }
    if (message.kind === Kind.joined || message.kind === Kind.resumed) {
      this.#nodes[client] = (message.body as JoinedBody).node;
    }
    if (message.kind === Kind.participantLeft) {
      const { id, reason } = message.body as LeftBody;
      if (!this.#hasLeft.has(id)) this.judge.leftWrongly(client, id, reason);
    }
    for (const change of this.#rosters[client]!.heard(message)) {
      if (change.what !== "left" || change.reason !== "absent") continue;
      const { id } = change.participant;
      if (!this.#hasLeft.has(id)) this.judge.leftWrongly(client, id, "absent");
    }
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

  #roomOf(client: number): number[] {
    const { roomSize } = this.#options;
    const first = client - (client % roomSize);
    const others: number[] = [];
    for (let other = first; other < first + roomSize; other++) {
      if (other !== client) others.push(other);
    }
    return others;
  }

  /** Clients whose list of the room is not the room. */
  #mismatches(): number {
    let count = 0;
    for (let client = 0; client < this.#started; client++) {
      if (this.#hasLeft.has(this.participantId(client))) continue;
      const { participants } = this.#rosters[client]!;
      const ids = this.#roomOf(client).map((other) => this.participantId(other));
      const there = ids.filter((id) => !this.#hasLeft.has(id));
      const isSame =
        participants.size === there.length && there.every((id) => participants.has(id));
      if (!isSame) count++;
    }
    return count;
  }
}
