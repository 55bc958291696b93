// What edges and nodes say to each other over a trunk, and nodes to everybody over the bus.
//
// A trunk is ordered and multiplexed: one per edge and node. Its header names the connection or the room and
// the delivery class, so that the edge can drop, merge and number without parsing. Frames that every message
// needs (relay, multicast, deliver) are plain arguments of the outboxes (edge/edge-outbox.ts, node/node-outbox.ts);
// what is rarer is a value of this file.

import type { NodeBeat } from "./cluster-view.ts";
import type { ParticipantBody, SfuBody } from "./protocol/bodies.ts";
import type { Message } from "./protocol/message.ts";

/** Who somebody is, from a verified token. */
export interface JoinClaims {
  readonly participantId: string;
  readonly roomId: string;
  /** Size the meeting was booked for, participants; 0 when unknown. A reservation, not a limit. */
  readonly expectedSize: number;
  /** Largest number of participants the room may have; Infinity when unlimited. */
  readonly roomMax: number;
}

/** What a resume token says, once its seal is checked. It names the participant, so any node may adopt. */
export interface ResumeClaims {
  readonly sessionId: string;
  readonly roomId: string;
  readonly participantId: string;
  readonly name: string;
  readonly nodeId: string;
  readonly incarnation: number;
  /** Handle of the session on that node. */
  readonly session: number;
  /** Counts rotations: the current and the previous one are valid. */
  readonly rotation: number;
  readonly expectedSize: number;
  /** After this instant the token is worth nothing, ms on the edges' clocks: a stolen one does not open for ever. */
  readonly validUntilMs: number;
}

/**
 * Numbers the sockets that a session has had, from the rotation of the grant: what an edge says of an earlier one must not
 * be taken for the present one's end. Ten bits: so many resumes do not fit into one round trip.
 */
export function attachmentOf(rotation: number): number {
  return rotation & 0x3ff;
}

/**
 * "home": you are the room's directory. "host": you were named its host, found it if need be. "previous": you were its
 * home before the node set changed, take it only if you host it. "candidate": no directory, decide by your load.
 */
export type AskedAs = "home" | "host" | "previous" | "candidate";

/** How much may wait on a trunk, bytes. */
export interface TrunkMarks {
  /** Above it nothing droppable is added, and an edge asks senders of critical messages to wait. */
  readonly softBytes: number;
  /** Above it the trunk is given up: memory must have a bound. */
  readonly hardBytes: number;
}

/** Assumed: soft is a tenth of a second at 10 Gbit/s of one slow peer, hard what a host can spare for each of ten. */
export const TRUNK_MARKS: TrunkMarks = { softBytes: 8 * 1024 * 1024, hardBytes: 64 * 1024 * 1024 };

/** Edge → node: let this connection into the room, or back into its session. */
export interface AttachRequest {
  readonly roomId: string;
  readonly participantId: string;
  readonly name: string;
  readonly meta: unknown;
  readonly region: string;
  readonly expectedSize: number;
  readonly roomMax: number;
  /** Why the edge asks this node. */
  readonly as: AskedAs;
  /** Nodes that refused this joiner before, in order. */
  readonly refusedBy: readonly string[];
  /** After this instant the client has stopped waiting, ms. */
  readonly deadlineMs: number;
  readonly resume: ResumeClaims | undefined;
  /** Last sequence number the client has; only with `resume`. */
  readonly last: number;
}

/** Node → edge: the connection is in. */
export interface AttachGrant {
  readonly session: number;
  /** Handle of the room on that node: what multicasts name. */
  readonly room: number;
  readonly roomId: string;
  readonly sessionId: string;
  readonly rotation: number;
  readonly participant: ParticipantBody;
  readonly mode: "joined" | "replay" | "snapshot";
  readonly reason: "gap" | "epoch" | "moved" | undefined;
  /** Sequence number of the last critical message this session has been sent, replay included. */
  readonly s: number;
  /** replay: the first number that follows. */
  readonly replayFrom: number;
  readonly participants: readonly ParticipantBody[];
  /** Their size as JSON, commas included: counted once by the node, not again for every joiner. */
  readonly participantsBytes: number;
  readonly epoch: number;
  readonly media: "sfu" | "mesh";
  readonly sfu: SfuBody | undefined;
  readonly expectedSize: number;
}

export type RefusalReason =
  | "moved" // ask `nextNodeId`: it hosts the room, or shall
  | "not-here" // asked as "previous": this node does not host the room
  | "full" // this node is at maxConnections
  | "not-serving" // draining or starting
  | "busy" // admission: come back at `retryAfterMs`
  | "room_full"
  | "no-capacity" // the directory found nobody
  | "expired"
  | "unknown"
  | "replaced"
  | "left";

/** Node → edge: the connection is not in, and what to do. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly nextNodeId: string | undefined;
  /** How to ask it. */
  readonly nextAs: "host" | "previous";
  readonly retryAfterMs: number;
}

/** Edge → node after a node died: these of my connections were in this room there. */
export interface OrphanRoom {
  readonly roomId: string;
  readonly expectedSize: number;
  readonly lostNodeId: string;
  readonly participants: readonly ParticipantBody[];
  /** Parallel to `participants`: their session ids. */
  readonly sessionIds: readonly string[];
  /** The last of them has its slot this late, ms from now: the presence grace begins then. */
  readonly expectedWithinMs: number;
}

/** Everything that travels on the bus. Subjects: "cluster" (for everybody), "node.<id>". */
export type BusMessage =
  | { readonly type: "beat"; readonly beat: NodeBeat }
  | { readonly type: "edge-beat"; readonly beat: EdgeBeat }
  | {
      /** Edge → nodes: my trunk to that node broke. When most edges say so, the node is gone. */
      readonly type: "node-lost";
      readonly edgeId: string;
      readonly nodeId: string;
      readonly incarnation: number;
    }
  | {
      /** Edge → nodes: my trunk to that node is there again. */
      readonly type: "node-found";
      readonly edgeId: string;
      readonly nodeId: string;
      readonly incarnation: number;
    }
  | {
      /** Anybody → node: this life of yours is over for us; its rooms live elsewhere. Begin another. */
      readonly type: "outlived";
      /** Who says so: an edge's or a node's id. */
      readonly by: string;
      readonly nodeId: string;
      readonly incarnation: number;
    }
  | {
      /** Host → home: I host this room (size 0: no longer). */
      readonly type: "announce";
      readonly nodeId: string;
      readonly incarnation: number;
      readonly rooms: readonly { readonly roomId: string; readonly size: number }[];
    }
  | {
      /** Home → hosts of a room that lives on several nodes: exchange updates. */
      readonly type: "hosts";
      readonly roomId: string;
      readonly hosts: readonly string[];
      /** The host that has just given the room up; "" when none has. */
      readonly closedBy: string;
    }
  | {
      /** Home → the host it assigned: these rooms' members were on a node that died. */
      readonly type: "orphans";
      readonly rooms: readonly OrphanRoom[];
    }
  | RoomUpdate
  | {
      readonly type: "snapshot-wanted";
      readonly roomId: string;
      readonly by: string;
    }
  | {
      readonly type: "snapshot";
      readonly roomId: string;
      readonly nodeId: string;
      readonly incarnation: number;
      /** Number of the last update that the snapshot contains. */
      readonly u: number;
      readonly participants: readonly ParticipantBody[];
    };

/** One numbered update of a room that spans nodes: +1 per (room, host, incarnation). */
export interface RoomUpdate {
  readonly type: "update";
  readonly roomId: string;
  readonly nodeId: string;
  readonly incarnation: number;
  readonly u: number;
  readonly message: Message;
}

export interface EdgeBeat {
  readonly edgeId: string;
  readonly incarnation: number;
  readonly connections: number;
  /** Connections this edge admits, per second. */
  readonly admitPerSec: number;
  readonly serving: boolean;
}
