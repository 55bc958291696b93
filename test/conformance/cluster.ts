// What every cluster of the conformance suite can do, whether it is simulated, embedded or made of processes.
//
// Bodies of tests speak to this interface alone. Time passes only in `until` and `idle`: a simulated cluster plays its events there
// as fast as it can, a real one waits.

import type { Journal } from "./journal.ts";

/** What a body of the suite changes about its cluster; the same in all clusters. */
export interface ConformanceSettings {
  readonly nodes: number;
  readonly edges: number;
  /** Sessions one node may hold. */
  readonly maxConnections: number;
  /** Sessions one node takes per second: what the slots of a drain are sized by. */
  readonly admitPerSec: number;
  readonly reconnectingNoticeMs: number;
  readonly presenceGraceMs: number;
  readonly resumeWindowMs: number;
  readonly beatEveryMs: number;
  readonly leaseMs: number;
  /** Least window W, ms. */
  readonly spreadMinMs: number;
  /** Messages that a client may send at once, and per second. */
  readonly connectionPerSec: number;
  /** Deliveries of a room at once, and per second. */
  readonly roomPerSec: number;
  readonly softBytes: number;
  readonly hardBytes: number;
}

/** Short enough for real time. The order of things is that of the protocol: notice < grace < window, beat < lease. */
export const SETTINGS: ConformanceSettings = {
  nodes: 3,
  edges: 2,
  maxConnections: 100,
  admitPerSec: 500,
  reconnectingNoticeMs: 500,
  presenceGraceMs: 1_500,
  resumeWindowMs: 6_000,
  beatEveryMs: 200,
  leaseMs: 1_500,
  spreadMinMs: 200,
  connectionPerSec: 200,
  roomPerSec: 4_000,
  softBytes: 64 * 1024,
  hardBytes: 512 * 1024,
};

export interface ConformanceClient {
  /** Participant id. */
  readonly id: string;
  /** What it heard and was told. */
  readonly journal: Journal;
  readonly isLive: boolean;
  /** Begins to dial; once. */
  join(): void;
  leave(): void;
  /** A critical message to the room, or to one in it; its id, 0 when the client is not live. */
  say(body: object, to?: string): number;
  /** A coalescable one. */
  setState(key: string, value: unknown): void;
  /** A droppable one. */
  point(body: object): void;
  /** The connection breaks; the client notices and comes back. */
  cutSocket(): void;
  /** The client is gone without a word, and never comes back. */
  vanish(): void;
  stopReading(): void;
  resumeReading(): void;
  /** Its peer connection with `peer` failed: ICE has to be restarted. */
  iceFailed(peer: string): void;
  /** Number of the description in force with `peer`, 0 before the first. */
  describedWith(peer: string): number;
}

export interface ConformanceCluster {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
  /** Bytes that a socket takes whose other end does not read, before its owner notices. */
  readonly socketBytes: number;
  readonly nowMs: number;
  client(options: { readonly room: string }): ConformanceClient;
  /** Lets time pass until the condition holds; fails when it does not within that time. */
  until(condition: () => boolean, withinMs: number, what: string | (() => string)): Promise<void>;
  idle(ms: number): Promise<void>;
  /** The process dies at once. */
  killNode(id: string): void;
  killEdge(id: string): void;
  drainNode(id: string): void;
  cancelDrain(id: string): void;
  busDown(): Promise<void>;
  busUp(): Promise<void>;
  close(): Promise<void>;
}

/** What only some clusters have. */
export type Ability = "several nodes" | "several edges" | "bus";

export interface ClusterKind {
  readonly name: string;
  readonly abilities: readonly Ability[];
  start(settings: ConformanceSettings): Promise<ConformanceCluster>;
}
