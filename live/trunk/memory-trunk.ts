// Trunks between an edge and a node of one process: messages pass as the values they are.
//
// Nothing is encoded and nothing can break, but the rules are those of every trunk: ordered, told outside of the sender's turn,
// and an end that was closed tells nothing more. A second trunk of the edge ends the first, and a trunk to an earlier life of the node is lost.

import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant, AttachRequest, OrphanRoom, Refusal } from "../../core/trunk.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type {
  NodeLife,
  TrunkDialer,
  TrunkToEdge,
  TrunkToEdgeFacts,
  TrunkToNode,
  TrunkToNodeFacts,
} from "./trunk.ts";

const Frame = {
  // To the node's end.
  dialled: 0,
  attach: 1,
  relay: 2,
  acknowledge: 3,
  detach: 4,
  orphans: 5,
  edgeClosed: 6,
  // To the edge's end.
  opened: 7,
  attached: 8,
  refused: 9,
  multicast: 10,
  deliver: 11,
  close: 12,
  lost: 13,
} as const;

type Queue = MemoryQueue<NodeEnd | EdgeEnd>;

/** The edge's end. */
class EdgeEnd implements TrunkToNode {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly facts: TrunkToNodeFacts;
  readonly far: NodeEnd;
  readonly #queue: Queue;
  isOpen = true;

  constructor(
    nodeId: string,
    incarnation: number,
    facts: TrunkToNodeFacts,
    edgeId: string,
    queue: Queue,
  ) {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
    this.facts = facts;
    this.#queue = queue;
    this.far = new NodeEnd(edgeId, this, queue);
  }

  /** Frames to the node's end are told in the next moment: nothing waits for a reader. */
  get bufferedBytes(): number {
    return 0;
  }

  attach(connection: number, request: AttachRequest): void {
    this.#send(Frame.attach, connection, 0, 0, request);
  }

  relay(session: number, message: Message): void {
    this.#send(Frame.relay, session, 0, 0, message);
  }

  acknowledge(session: number, s: number): void {
    this.#send(Frame.acknowledge, session, s, 0, undefined);
  }

  detach(session: number, attachment: number, isFinal: boolean): void {
    this.#send(Frame.detach, session, attachment, isFinal ? 1 : 0, undefined);
  }

  declareOrphans(rooms: readonly OrphanRoom[]): void {
    this.#send(Frame.orphans, 0, 0, 0, rooms);
  }

  close(): void {
    if (!this.isOpen) return;
    this.#send(Frame.edgeClosed, 0, 0, 0, "The edge closed the trunk.");
    this.isOpen = false;
  }

  #send(kind: number, a: number, b: number, c: number, payload: unknown): void {
    if (this.isOpen) this.#queue.push(this.far, kind, a, b, c, payload);
  }

  told(kind: number, a: number, b: number, c: number, payload: unknown): void {
    const { facts } = this;
    switch (kind) {
      case Frame.multicast:
        facts.multicast(this, a, b, payload as Message);
        break;
      case Frame.deliver:
        facts.delivered(this, a, b, payload as Message, c);
        break;
      case Frame.attached:
        facts.attached(this, a, payload as AttachGrant);
        break;
      case Frame.refused:
        facts.refused(this, a, payload as Refusal);
        break;
      case Frame.close:
        facts.closeAsked(this, a, b, c as CloseCode);
        break;
      case Frame.opened:
        facts.opened(this);
        break;
      default:
        this.isOpen = false;
        facts.lost(this, payload as string);
    }
  }
}

/** The node's end. Open from the moment the dial was heard. */
class NodeEnd implements TrunkToEdge {
  readonly edgeId: string;
  readonly far: EdgeEnd;
  readonly #queue: Queue;
  edge = -1;
  isOpen = false;

  constructor(edgeId: string, far: EdgeEnd, queue: Queue) {
    this.edgeId = edgeId;
    this.far = far;
    this.#queue = queue;
  }

  get bufferedBytes(): number {
    return 0;
  }

  flush(isMoreToCome: boolean): void {
    this.#queue.drain();
    this.far.facts.sliceEnded?.(isMoreToCome);
  }

  attached(connection: number, grant: AttachGrant): void {
    this.send(Frame.attached, connection, 0, 0, grant);
  }

  refused(connection: number, refusal: Refusal): void {
    this.send(Frame.refused, connection, 0, 0, refusal);
  }

  multicast(room: number, except: number, message: Message): void {
    this.send(Frame.multicast, room, except, 0, message);
  }

  deliver(connection: number, session: number, message: Message, s: number): void {
    this.send(Frame.deliver, connection, session, s, message);
  }

  closeConnection(connection: number, session: number, code: CloseCode): void {
    this.send(Frame.close, connection, session, code, undefined);
  }

  close(): void {
    this.end("The node closed the trunk.");
  }

  end(reason: string): void {
    this.send(Frame.lost, 0, 0, 0, reason);
    this.isOpen = false;
  }

  send(kind: number, a: number, b: number, c: number, payload: unknown): void {
    if (this.isOpen) this.#queue.push(this.far, kind, a, b, c, payload);
  }

  told(facts: TrunkToEdgeFacts, kind: number, a: number, b: number, c: number, p: unknown): void {
    switch (kind) {
      case Frame.relay:
        facts.relayed(this, a, p as Message);
        break;
      case Frame.acknowledge:
        facts.acknowledged(this, a, b);
        break;
      case Frame.attach:
        facts.attachAsked(this, a, p as AttachRequest);
        break;
      case Frame.detach:
        facts.detached(this, a, b, c === 1);
        break;
      case Frame.orphans:
        facts.orphansDeclared(this, p as readonly OrphanRoom[]);
        break;
      default:
        this.isOpen = false;
        facts.lost(this, p as string);
    }
  }
}

export class MemoryTrunks implements TrunkDialer {
  readonly #edgeId: string;
  readonly #life: NodeLife;
  readonly #facts: TrunkToEdgeFacts;
  readonly #queue: Queue = new MemoryQueue(this);
  #current: NodeEnd | undefined;

  /** Trunks of this edge to the node of this process: `life` is read when a trunk opens, `facts` are the node's driver's. */
  constructor(edgeId: string, life: NodeLife, facts: TrunkToEdgeFacts) {
    this.#edgeId = edgeId;
    this.#life = life;
    this.#facts = facts;
  }

  dial(
    nodeId: string,
    incarnation: number,
    _trunkUrl: string,
    facts: TrunkToNodeFacts,
  ): TrunkToNode {
    const end = new EdgeEnd(nodeId, incarnation, facts, this.#edgeId, this.#queue);
    this.#queue.push(end.far, Frame.dialled, 0, 0, 0, undefined);
    return end;
  }

  /** From the queue. */
  frame(
    to: NodeEnd | EdgeEnd,
    kind: number,
    a: number,
    b: number,
    c: number,
    payload: unknown,
  ): void {
    if (kind === Frame.dialled) this.#dialled(to as NodeEnd);
    else if (!to.isOpen) return;
    else if (to instanceof NodeEnd) to.told(this.#facts, kind, a, b, c, payload);
    else to.told(kind, a, b, c, payload);
  }

  #dialled(end: NodeEnd): void {
    if (!end.far.isOpen) return; // Closed before it was open.
    const { nodeId, incarnation } = this.#life;
    end.isOpen = true;
    if (end.far.nodeId !== nodeId || end.far.incarnation !== incarnation) {
      end.end("That life of the node is over.");
      return;
    }
    const former = this.#current;
    this.#current = end;
    if (former !== undefined && former.isOpen) {
      former.end("The edge opened another trunk.");
      this.#facts.lost(former, "The edge opened another trunk.");
    }
    end.edge = this.#facts.introduced(this.#edgeId);
    this.#facts.opened(end);
    end.send(Frame.opened, 0, 0, 0, undefined);
  }
}
