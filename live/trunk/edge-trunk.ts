// The node's end of one trunk between processes: what it is asked to carry becomes frames, and frames become facts.
//
// Frames are written at once and leave with the turn of the event loop, or when they are told to. All ends of a server share what they wrote last, so that a
// message to many edges is encoded once.

import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant, Refusal } from "../../core/trunk.ts";
import { readAtNode } from "./frame-reader.ts";
import type { Proof } from "./handshake.ts";
import type { TrunkToEdge, TrunkToEdgeFacts } from "./trunk.ts";
import * as frames from "./trunk-frames.ts";
import type { TrunkLink } from "./trunk-link.ts";

export class EdgeTrunk implements TrunkToEdge {
  readonly edgeId: string;
  /** Of the edge. */
  readonly incarnation: number;
  readonly link: TrunkLink;
  readonly facts: TrunkToEdgeFacts;
  readonly mac: string;
  readonly #written: frames.WrittenMessage;
  readonly #forget: (end: EdgeTrunk) => void;
  edge = -1;

  constructor(
    { edgeId, incarnation }: Proof,
    link: TrunkLink,
    facts: TrunkToEdgeFacts,
    written: frames.WrittenMessage,
    mac: string,
    forget: (end: EdgeTrunk) => void,
  ) {
    this.edgeId = edgeId;
    this.incarnation = incarnation;
    this.link = link;
    this.facts = facts;
    this.#written = written;
    this.mac = mac;
    this.#forget = forget;
  }

  received(piece: Buffer, nowMs: number): string | undefined {
    return readAtNode(piece, this, this.facts, nowMs, this.#isOpen);
  }

  readonly #isOpen = (): boolean => this.link.isOpen;

  get bufferedBytes(): number {
    return this.link.bufferedBytes;
  }

  attached(connection: number, grant: AttachGrant): void {
    frames.writeAttached(this.link.batch, connection, grant);
    this.link.owe();
  }

  refused(connection: number, refusal: Refusal): void {
    frames.writeRefused(this.link.batch, connection, refusal);
    this.link.owe();
  }

  multicast(room: number, except: number, message: Message): void {
    frames.writeMulticast(this.link.batch, room, except, message, this.#written);
    this.link.owe();
  }

  deliver(connection: number, session: number, message: Message, s: number): void {
    frames.writeDeliver(this.link.batch, connection, session, message, s, this.#written);
    this.link.owe();
  }

  closeConnection(connection: number, session: number, code: CloseCode): void {
    frames.writeClose(this.link.batch, connection, session, code);
    this.link.owe();
  }

  flush(): void {
    this.link.flush();
  }

  close(): void {
    this.link.close();
    this.#forget(this);
  }
}
