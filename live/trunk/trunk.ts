// A trunk: one ordered, multiplexed way between an edge and one life of a node.
//
// Two ends, each with what it can be asked to carry and the facts that it tells its owner. What is carried is what the outboxes of
// core order; a trunk decides nothing. In one process both ends are joined by a queue (memory-trunk.ts), between processes by a
// WebSocket (ws-trunk-*.ts). Facts are always told outside of the sender's turn.

import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant, AttachRequest, OrphanRoom, Refusal } from "../../core/trunk.ts";

/** The edge's end: towards one life of one node. Frames sent before it is open wait. */
export interface TrunkToNode {
  readonly nodeId: string;
  readonly incarnation: number;
  attach(connection: number, request: AttachRequest): void;
  relay(session: number, message: Message): void;
  acknowledge(session: number, s: number): void;
  detach(session: number, attachment: number, isFinal: boolean): void;
  declareOrphans(rooms: readonly OrphanRoom[]): void;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Ends it; `lost` is not told for it. */
  close(): void;
}

/** What the edge's end tells. */
export interface TrunkToNodeFacts {
  opened(trunk: TrunkToNode): void;
  attached(trunk: TrunkToNode, connection: number, grant: AttachGrant): void;
  refused(trunk: TrunkToNode, connection: number, refusal: Refusal): void;
  multicast(trunk: TrunkToNode, room: number, except: number, message: Message): void;
  delivered(
    trunk: TrunkToNode,
    connection: number,
    session: number,
    message: Message,
    s: number,
  ): void;
  closeAsked(trunk: TrunkToNode, connection: number, session: number, code: CloseCode): void;
  /**
   * A slice of the node's fanout is told to its end, in this process; what follows comes in another turn of the event loop: the next
   * one when there is more already.
   */
  sliceEnded?(isMoreToCome: boolean): void;
  /** It broke, could not be opened, or fell silent; `reason` in words. Told once. */
  lost(trunk: TrunkToNode, reason: string): void;
}

/** Opens trunks to nodes. `trunkUrl` is what the node's beat said; "" for the node in this process. */
export interface TrunkDialer {
  dial(nodeId: string, incarnation: number, trunkUrl: string, facts: TrunkToNodeFacts): TrunkToNode;
}

/** The node's end: towards one edge. `edge` is the number by which the node's driver introduced it to core. */
export interface TrunkToEdge {
  readonly edgeId: string;
  readonly edge: number;
  attached(connection: number, grant: AttachGrant): void;
  refused(connection: number, refusal: Refusal): void;
  multicast(room: number, except: number, message: Message): void;
  deliver(connection: number, session: number, message: Message, s: number): void;
  closeConnection(connection: number, session: number, code: CloseCode): void;
  readonly bufferedBytes: number;
  /** A slice of the fanout is over: what was queued leaves now, not at the end of the event loop's turn. */
  flush(isMoreToCome: boolean): void;
  close(): void;
}

/** Which life of which node the node's ends of trunks lead to. */
export interface NodeLife {
  readonly nodeId: string;
  readonly incarnation: number;
}

/** What the node's end tells. */
export interface TrunkToEdgeFacts {
  /** A trunk is about to open: the number it will have. */
  introduced(edgeId: string): number;
  opened(trunk: TrunkToEdge): void;
  attachAsked(trunk: TrunkToEdge, connection: number, request: AttachRequest): void;
  relayed(trunk: TrunkToEdge, session: number, message: Message): void;
  acknowledged(trunk: TrunkToEdge, session: number, s: number): void;
  detached(trunk: TrunkToEdge, session: number, attachment: number, isFinal: boolean): void;
  orphansDeclared(trunk: TrunkToEdge, rooms: readonly OrphanRoom[]): void;
  lost(trunk: TrunkToEdge, reason: string): void;
}
