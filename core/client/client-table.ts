// The memory of many clients, in columns: a hundred thousand of them must fit beside everything else.
//
// One machine holds many clients because load generators and the simulator do; the SDK holds one. Fields that
// are read together lie in parallel typed arrays, and the messages a client waits to be acknowledged are a
// linked list in a pool shared by all, so that a client that waits for nothing costs nothing.

import { assert } from "../assert.ts";
import { grown } from "../handles.ts";
import type { ResumeGrant } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";

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
  readonly resume: ResumeGrant;
}

export class ClientTable {
  count = 0;
  state = new Uint8Array(16);
  attempt = new Uint16Array(16);
  /** Last sequence number received, and last acknowledged. */
  lastS = new Int32Array(16);
  ackedS = new Int32Array(16);
  nextId = new Int32Array(16);
  deadlineMs = new Float64Array(16);
  startedAtMs = new Float64Array(16);
  /** When the connection was lost, ms; Infinity while it is not. */
  lostAtMs = new Float64Array(16);
  liveSinceMs = new Float64Array(16);
  heardAtMs = new Float64Array(16);
  pingSentAtMs = new Float64Array(16);
  spreadMs = new Float32Array(16);
  /** How many others are in the room, and the wrapped sum of the hashes of their ids: a client whose roster
   * differs from its host's missed something (SPEC RS9). */
  rosterCount = new Int32Array(16);
  rosterSum = new Int32Array(16);
  /** Bits of `Media`, see client-media.ts. */
  media = new Uint8Array(16);
  negotiation = new Uint16Array(16);
  readonly held: (HeldSession | undefined)[] = [];
  #head = new Int32Array(16).fill(-1);
  #tail = new Int32Array(16).fill(-1);
  #pool: (Message | undefined)[] = [];
  #next = new Int32Array(64);
  #free = -1;

  add(): number {
    const client = this.count++;
    if (client >= this.state.length) this.#grow(this.state.length * 2);
    this.deadlineMs[client] = Infinity;
    this.lostAtMs[client] = Infinity;
    this.#head[client] = -1;
    this.#tail[client] = -1;
    this.nextId[client] = 1;
    this.held[client] = undefined;
    return client;
  }

  /** Makes room for this many clients at once. */
  reserve(clients: number): void {
    if (clients > this.state.length) this.#grow(clients);
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
    const tail = this.#tail[client]!;
    if (tail < 0) this.#head[client] = cell;
    else this.#next[tail] = cell;
    this.#tail[client] = cell;
  }

  /** Takes the awaited message with this id; undefined when there is none. */
  answered(client: number, id: number): Message | undefined {
    let before = -1;
    for (let cell = this.#head[client]!; cell >= 0; cell = this.#next[cell]!) {
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
    for (let cell = this.#head[client]!; cell >= 0; cell = this.#next[cell]!) {
      visit(this.#pool[cell]!);
    }
  }

  /** Forgets them all, and hands each to `visit`. */
  forgetAwaited(client: number, visit: (message: Message) => void): void {
    for (let cell = this.#head[client]!; cell >= 0; cell = this.#head[client]!) {
      const message = this.#pool[cell]!;
      this.#unlink(client, cell, -1);
      visit(message);
    }
  }

  awaitedCount(client: number): number {
    let count = 0;
    for (let cell = this.#head[client]!; cell >= 0; cell = this.#next[cell]!) count++;
    return count;
  }

  #unlink(client: number, cell: number, before: number): void {
    const next = this.#next[cell]!;
    if (before < 0) this.#head[client] = next;
    else this.#next[before] = next;
    if (next < 0) this.#tail[client] = before;
    this.#pool[cell] = undefined;
    this.#next[cell] = this.#free;
    this.#free = cell;
  }

  #grow(size: number): void {
    assert(size > this.state.length, "columns only grow", size);
    this.state = grown(this.state, new Uint8Array(size));
    this.attempt = grown(this.attempt, new Uint16Array(size));
    this.lastS = grown(this.lastS, new Int32Array(size));
    this.ackedS = grown(this.ackedS, new Int32Array(size));
    this.nextId = grown(this.nextId, new Int32Array(size));
    this.deadlineMs = grown(this.deadlineMs, new Float64Array(size));
    this.startedAtMs = grown(this.startedAtMs, new Float64Array(size));
    this.lostAtMs = grown(this.lostAtMs, new Float64Array(size));
    this.liveSinceMs = grown(this.liveSinceMs, new Float64Array(size));
    this.heardAtMs = grown(this.heardAtMs, new Float64Array(size));
    this.pingSentAtMs = grown(this.pingSentAtMs, new Float64Array(size));
    this.spreadMs = grown(this.spreadMs, new Float32Array(size));
    this.rosterCount = grown(this.rosterCount, new Int32Array(size));
    this.rosterSum = grown(this.rosterSum, new Int32Array(size));
    this.media = grown(this.media, new Uint8Array(size));
    this.negotiation = grown(this.negotiation, new Uint16Array(size));
    this.#head = grown(this.#head, new Int32Array(size).fill(-1));
    this.#tail = grown(this.#tail, new Int32Array(size).fill(-1));
  }
}
