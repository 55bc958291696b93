// One room on one node: its members here, its members elsewhere, its log and its budget.

import type { ParticipantBody, SfuBody } from "../protocol/bodies.ts";
import type { Message } from "../protocol/message.ts";
import { RoomLog } from "./room-log.ts";

/** What a host knows of the same room on another host (span.ts). */
export interface RemoteHost {
  readonly nodeId: string;
  incarnation: number;
  /** Number of the last update applied; -1 while a snapshot is awaited. */
  u: number;
  readonly participants: Map<string, ParticipantBody>;
  /** When its participants are given up, ms; Infinity while the host lives. */
  goneAtMs: number;
}

export class Room {
  readonly roomId: string;
  readonly handle: number;
  readonly log = new RoomLog();
  /** Sessions by participant id: attached, detached and away. */
  readonly members = new Map<string, number>();
  /**
   * Who the members know of, on all hosts: changed when a joined or left is *served*, not when it is decided. So a
   * snapshot taken at any moment, and the messages served after it, add up to the truth exactly.
   */
  readonly roster = new Map<string, ParticipantBody>();
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
  readonly speakers = new Map<string, number>();
  speakersAtMs = -Infinity;
  isSpeakersDue = false;
  /** Coalescable messages that the budget held back: last value per key. */
  readonly heldBack = new Map<string, Message>();
  /** Other hosts of this room, when it spans nodes. */
  readonly remotes = new Map<string, RemoteHost>();
  /** Updates this host has published. */
  published = 0;
  /** The first moment of emptiness, ms; Infinity while somebody is here. */
  emptySinceMs = Infinity;

  constructor(roomId: string, handle: number) {
    this.roomId = roomId;
    this.handle = handle;
  }

  /** Everybody in the room that others see, on all hosts. */
  get population(): number {
    let count = this.presentCount;
    for (const remote of this.remotes.values()) count += remote.participants.size;
    return count;
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
