// The memory of many clients, in columns: a hundred thousand of them must fit beside everything else.
//
// One machine holds many clients because load generators and the simulator do; the SDK holds one. What every received
// message touches lies in one row of 64 bytes, a cache line: with a column per field, a storm spends its time waiting for
// memory. What is touched rarely has columns. The messages a client waits to be acknowledged are a linked list in a pool
// shared by all, so that a client that waits for nothing costs nothing.

import { assert } from "../assert.ts";
import { grown } from "../handles.ts";
import type { JoinedBody, PingAdvice, ResumedBody } from "../protocol/bodies.ts";
import { idChecksum, type Message } from "../protocol/message.ts";

/** Where a client is on its way. Each state has one deadline (`deadlineMs`). */
export const ClientState = {
  idle: 0,
  /** No socket; dials at the deadline. */
  waiting: 1,
  /** Dialing; gives the dial up at the deadline. */
  dialing: 2,
  /** Socket open; waits for `hello`, then for `joined` or `resumed`. */
  opening: 3,
  joining: 4,
  resuming: 5,
  live: 6,
  /** Socket open, session drained: resumes in-band at the deadline. */
  drained: 7,
  /** Socket open, the server was busy: joins or resumes again, in-band, at the deadline. */
  holding: 8,
  ended: 9,
} as const;
export type ClientState = (typeof ClientState)[keyof typeof ClientState];

/** The session a client holds on to. */
export interface HeldSession {
  readonly sessionId: string;
  readonly you: string;
  readonly token: string;
  readonly windowMs: number;
  /** How often the server wants to be pinged. */
  readonly ping: PingAdvice;
  /** Longest pause between attempts, ms. */
  readonly capMs: number;
}

// Places in a row: two doubles, then integers.
const ROW = 16;
const ROW_DOUBLES = 8;
const HEARD_AT = 0;
const DEADLINE = 1;
const STATE = 4;
const LAST_S = 5;
const ACKED_S = 6;
const ROSTER_COUNT = 7;
const ROSTER_SUM = 8;
const NEXT_ID = 9;
const HEAD = 10;
const TAIL = 11;
const ATTEMPT = 12;

export class ClientTable {
  count = 0;
  startedAtMs = new Float64Array(16);
  /** When the connection was lost, ms; Infinity while it is not. */
  lostAtMs = new Float64Array(16);
  liveSinceMs = new Float64Array(16);
  pingSentAtMs = new Float64Array(16);
  spreadMs = new Float32Array(16);
  /** 1 while something is under way in the connection to the SFU (client-media.ts). */
  media = new Uint8Array(16);
  negotiation = new Uint16Array(16);
  readonly held: (HeldSession | undefined)[] = [];
  #doubles = new Float64Array(16 * ROW_DOUBLES);
  #ints = new Int32Array(this.#doubles.buffer);
  #pool: (Message | undefined)[] = [];
  #next = new Int32Array(64);
  #free = -1;

  add(): number {
    const client = this.count++;
    if (client >= this.media.length) this.#grow(this.media.length * 2);
    this.setDeadlineMs(client, Infinity);
    this.setNextId(client, 1);
    this.#ints[client * ROW + HEAD] = -1;
    this.#ints[client * ROW + TAIL] = -1;
    this.lostAtMs[client] = Infinity;
    this.held[client] = undefined;
    return client;
  }

  /** Makes room for this many clients at once. */
  reserve(clients: number): void {
    if (clients > this.media.length) this.#grow(clients);
  }

  state(client: number): number {
    return this.#ints[client * ROW + STATE]!;
  }

  setState(client: number, value: number): void {
    this.#ints[client * ROW + STATE] = value;
  }

  /** Last sequence number received. */
  lastS(client: number): number {
    return this.#ints[client * ROW + LAST_S]!;
  }

  setLastS(client: number, value: number): void {
    this.#ints[client * ROW + LAST_S] = value;
  }

  /** Last sequence number acknowledged. */
  ackedS(client: number): number {
    return this.#ints[client * ROW + ACKED_S]!;
  }

  setAckedS(client: number, value: number): void {
    this.#ints[client * ROW + ACKED_S] = value;
  }

  nextId(client: number): number {
    return this.#ints[client * ROW + NEXT_ID]!;
  }

  setNextId(client: number, value: number): void {
    this.#ints[client * ROW + NEXT_ID] = value;
  }

  attempt(client: number): number {
    return this.#ints[client * ROW + ATTEMPT]!;
  }

  setAttempt(client: number, value: number): void {
    this.#ints[client * ROW + ATTEMPT] = value;
  }

  /** How many others are in the room. */
  rosterCount(client: number): number {
    return this.#ints[client * ROW + ROSTER_COUNT]!;
  }

  /** Wrapped sum of `idChecksum` of their ids: a client whose roster differs from its host's missed something. */
  rosterSum(client: number): number {
    return this.#ints[client * ROW + ROSTER_SUM]!;
  }

  rosterGrew(client: number, idSum: number): void {
    const at = client * ROW;
    this.#ints[at + ROSTER_COUNT] = this.#ints[at + ROSTER_COUNT]! + 1;
    this.#ints[at + ROSTER_SUM] = (this.#ints[at + ROSTER_SUM]! + idSum) | 0;
  }

  rosterShrank(client: number, idSum: number): void {
    const at = client * ROW;
    this.#ints[at + ROSTER_COUNT] = this.#ints[at + ROSTER_COUNT]! - 1;
    this.#ints[at + ROSTER_SUM] = (this.#ints[at + ROSTER_SUM]! - idSum) | 0;
  }

  /** Everybody in the room but `you`. */
  /** A new session: what the client holds on to from now on. */
  hold(client: number, body: JoinedBody): void {
    const { session: sessionId, you, ping, resume, reconnect } = body;
    const { token, windowMs } = resume;
    this.held[client] = { sessionId, you, token, windowMs, ping, capMs: reconnect.capMs };
    this.spreadMs[client] = reconnect.spreadMs;
    this.#begin(client, 0, body.participants, you);
  }

  /** The session goes on, from a snapshot perhaps. */
  holdOn(client: number, body: ResumedBody): void {
    const held = this.held[client];
    assert(held !== undefined, "only a held session is resumed", client);
    const { token, windowMs } = body.resume;
    this.held[client] = { ...held, token, windowMs, capMs: body.reconnect.capMs };
    this.spreadMs[client] = body.reconnect.spreadMs;
    if (body.mode === "snapshot") {
      this.#begin(client, body.s ?? 0, body.participants ?? [], held.you);
    }
  }

  #begin(
    client: number,
    s: number,
    participants: readonly { readonly id: string }[],
    you: string,
  ): void {
    this.setLastS(client, s);
    this.setAckedS(client, s);
    this.setRoster(client, participants, you);
  }

  setRoster(client: number, participants: readonly { readonly id: string }[], you: string): void {
    const at = client * ROW;
    this.#ints[at + ROSTER_COUNT] = 0;
    this.#ints[at + ROSTER_SUM] = 0;
    for (const { id } of participants) {
      if (id !== you) this.rosterGrew(client, idChecksum(id));
    }
  }

  heardAtMs(client: number): number {
    return this.#doubles[client * ROW_DOUBLES + HEARD_AT]!;
  }

  setHeardAtMs(client: number, value: number): void {
    this.#doubles[client * ROW_DOUBLES + HEARD_AT] = value;
  }

  /** When the state's wait is over, ms; Infinity for never. */
  deadlineMs(client: number): number {
    return this.#doubles[client * ROW_DOUBLES + DEADLINE]!;
  }

  setDeadlineMs(client: number, value: number): void {
    this.#doubles[client * ROW_DOUBLES + DEADLINE] = value;
  }

  /** Remembers a critical message until it is answered. */
  await(client: number, message: Message): void {
    let cell = this.#free;
    if (cell >= 0) {
      this.#free = this.#next[cell]!;
    } else {
      cell = this.#pool.length;
      if (cell >= this.#next.length) {
        this.#next = grown(this.#next, new Int32Array(this.#next.length * 2));
      }
    }
    this.#pool[cell] = message;
    this.#next[cell] = -1;
    const tail = this.#ints[client * ROW + TAIL]!;
    if (tail < 0) this.#ints[client * ROW + HEAD] = cell;
    else this.#next[tail] = cell;
    this.#ints[client * ROW + TAIL] = cell;
  }

  /** Takes the awaited message with this id; undefined when there is none. */
  answered(client: number, id: number): Message | undefined {
    let before = -1;
    for (let cell = this.#ints[client * ROW + HEAD]!; cell >= 0; cell = this.#next[cell]!) {
      const message = this.#pool[cell]!;
      if (message.id === id) {
        this.#unlink(client, cell, before);
        return message;
      }
      before = cell;
    }
    return undefined;
  }

  /** Visits the messages that wait for an answer, oldest first. */
  eachAwaited(client: number, visit: (message: Message) => void): void {
    for (let cell = this.#ints[client * ROW + HEAD]!; cell >= 0; cell = this.#next[cell]!) {
      visit(this.#pool[cell]!);
    }
  }

  /** Forgets them all, and hands each to `visit`. */
  forgetAwaited(client: number, visit: (message: Message) => void): void {
    for (
      let cell = this.#ints[client * ROW + HEAD]!;
      cell >= 0;
      cell = this.#ints[client * ROW + HEAD]!
    ) {
      const message = this.#pool[cell]!;
      this.#unlink(client, cell, -1);
      visit(message);
    }
  }

  awaitedCount(client: number): number {
    let count = 0;
    for (let cell = this.#ints[client * ROW + HEAD]!; cell >= 0; cell = this.#next[cell]!) count++;
    return count;
  }

  #unlink(client: number, cell: number, before: number): void {
    const next = this.#next[cell]!;
    if (before < 0) this.#ints[client * ROW + HEAD] = next;
    else this.#next[before] = next;
    if (next < 0) this.#ints[client * ROW + TAIL] = before;
    this.#pool[cell] = undefined;
    this.#next[cell] = this.#free;
    this.#free = cell;
  }

  #grow(size: number): void {
    assert(size > this.media.length, "columns only grow", size);
    this.#doubles = grown(this.#doubles, new Float64Array(size * ROW_DOUBLES));
    this.#ints = new Int32Array(this.#doubles.buffer);
    this.startedAtMs = grown(this.startedAtMs, new Float64Array(size));
    this.lostAtMs = grown(this.lostAtMs, new Float64Array(size));
    this.liveSinceMs = grown(this.liveSinceMs, new Float64Array(size));
    this.pingSentAtMs = grown(this.pingSentAtMs, new Float64Array(size));
    this.spreadMs = grown(this.spreadMs, new Float32Array(size));
    this.media = grown(this.media, new Uint8Array(size));
    this.negotiation = grown(this.negotiation, new Uint16Array(size));
  }
}
