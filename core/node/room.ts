// One room on one node: its members here, its members elsewhere, its log and its budget.

import type { ParticipantBody, SfuBody } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";
import { RoomLog } from "./room-log.ts";
import { Roster } from "./roster.ts";

/** What a host knows of the same room on another host (span.ts). */
export interface RemoteHost {
  readonly nodeId: string;
  incarnation: number;
  /** Number of the last update applied; -1 while a snapshot is awaited. */
  u: number;
  readonly participants: Map<string, ParticipantBody>;
  /** When its participants are given up, ms; Infinity while the host lives. */
  goneAtMs: number;
  /** When its snapshot was asked for last, ms. */
  askedAtMs: number;
}

// Shared by all rooms that have none; never written to.
const NO_SPEAKERS = new Map<string, number>();
const NOTHING_HELD = new Map<string, Message>();
const NO_REMOTES = new Map<string, RemoteHost>();

export class Room {
  readonly roomId: string;
  readonly handle: number;
  readonly log = new RoomLog();
  /** Sessions by participant id: attached, detached and away. */
  readonly members = new Map<string, number>();
  readonly roster = new Roster();
  /** Members that others see: all but the away. */
  presentCount = 0;
  attachedCount = 0;
  /** Edges with attached members, and how many: parallel, small. */
  readonly edges: number[] = [];
  readonly edgeCounts: number[] = [];
  /** Theoretical arrival time of the room's bucket. */
  tat = 0;
  expectedSize = 0;
  roomMax = Infinity;
  usesSfu = false;
  sfu: SfuBody | undefined = undefined;
  /** Participant ids that speak, and whether that changed since the last `speakers`. */
  speakers: Map<string, number> = NO_SPEAKERS;
  speakersAtMs = -Infinity;
  isSpeakersDue = false;
  /** Coalescable messages that the budget held back: last value per key. */
  heldBack: Map<string, Message> = NOTHING_HELD;
  /** Other hosts of this room, when it spans nodes. */
  remotes: Map<string, RemoteHost> = NO_REMOTES;
  /** Number of the last update this host has published. */
  published: number;
  /** The first moment of emptiness, ms; Infinity while somebody is here. */
  emptySinceMs = Infinity;

  /** `published`: a number that no earlier life of this room here has reached, so that a new life shows as a hole. */
  constructor(roomId: string, handle: number, published: number) {
    this.roomId = roomId;
    this.handle = handle;
    this.published = published;
  }

  /** The maps that most rooms never need are made when they are first written to. */
  ownSpeakers(): Map<string, number> {
    if (this.speakers === NO_SPEAKERS) this.speakers = new Map();
    return this.speakers;
  }

  ownHeldBack(): Map<string, Message> {
    if (this.heldBack === NOTHING_HELD) this.heldBack = new Map();
    return this.heldBack;
  }

  ownRemotes(): Map<string, RemoteHost> {
    if (this.remotes === NO_REMOTES) this.remotes = new Map();
    return this.remotes;
  }

  /** Everybody in the room that others see, on all hosts. */
  get population(): number {
    let count = this.presentCount;
    for (const remote of this.remotes.values()) count += remote.participants.size;
    return count;
  }

  /** Whether another host has this participant, or had it and is not given up yet. */
  isElsewhere(id: string): boolean {
    for (const remote of this.remotes.values()) if (remote.participants.has(id)) return true;
    return false;
  }

  /** Whether another host that lives has this participant. */
  isReachableElsewhere(id: string): boolean {
    for (const remote of this.remotes.values()) {
      if (remote.goneAtMs === Infinity && remote.participants.has(id)) return true;
    }
    return false;
  }

  /** The participant was claimed by a host that lives: what dead ones had of it is void. */
  takeFromGone(id: string): void {
    for (const remote of this.remotes.values()) {
      if (remote.goneAtMs !== Infinity) remote.participants.delete(id);
    }
  }

  get isSpanning(): boolean {
    return this.remotes.size > 0;
  }

  edgeEntered(edge: number): void {
    const at = this.edges.indexOf(edge);
    if (at < 0) {
      this.edges.push(edge);
      this.edgeCounts.push(1);
    } else {
      this.edgeCounts[at] = this.edgeCounts[at]! + 1;
    }
    this.attachedCount++;
  }

  edgeLeft(edge: number): void {
    const at = this.edges.indexOf(edge);
    this.attachedCount--;
    const left = this.edgeCounts[at]! - 1;
    this.edgeCounts[at] = left;
    if (left > 0) return;
    this.edges.splice(at, 1);
    this.edgeCounts.splice(at, 1);
  }
}
