// A piece from the other end of a trunk, frame by frame, told as facts.
//
// Whatever the bytes are, reading them does not throw: the first frame that is none is named in words, and whoever asked ends
// the trunk. Facts that were told before stand: a trunk is ordered, and what came before the fault was whole.

import type { CloseCode } from "../../core/protocol/limits.ts";
import {
  type Body,
  CLASS_OF_KIND,
  type DeliveryClass,
  type Kind,
  Message,
} from "../../core/protocol/message.ts";
import { WireMessage } from "../wire-message.ts";
import { jsonValue, readGrant, readOrphans, readRefusal, readRequest } from "./rare-frames.ts";
import type { TrunkToEdge, TrunkToEdgeFacts, TrunkToNode, TrunkToNodeFacts } from "./trunk.ts";
import { FrameType, MESSAGE_HEAD_BYTES } from "./trunk-frames.ts";

/** Shortest frame: its length and its type. */
const FRAME_HEAD_BYTES = 5;

/** How many whole frames a piece has. */
export function framesIn(piece: Buffer): number {
  const reader = new FrameReader(piece);
  let count = 0;
  while (reader.next()) count++;
  return count;
}

/** Where in a piece reading is: one frame at a time. */
export class FrameReader {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;
  /** Where the frame ends. */
  #end = 0;
  type = 0;

  constructor(piece: Buffer) {
    this.#bytes = piece;
    this.#view = new DataView(piece.buffer, piece.byteOffset, piece.length);
  }

  /** To the next frame. False at the end, and at a frame that is none: `isCut` says which. */
  next(): boolean {
    this.#at = this.#end;
    const left = this.#bytes.length - this.#at;
    if (left < FRAME_HEAD_BYTES) return false;
    const length = this.#view.getUint32(this.#at, true);
    if (length < 1 || length > left - 4) return false;
    this.type = this.#bytes[this.#at + 4]!;
    this.#end = this.#at + 4 + length;
    this.#at += FRAME_HEAD_BYTES;
    return true;
  }

  /** Whether something is left that is no whole frame. */
  get isCut(): boolean {
    return this.#at !== this.#bytes.length;
  }

  /** Bytes of the frame that were not read. */
  get left(): number {
    return this.#end - this.#at;
  }

  int32(): number {
    const value = this.#view.getInt32(this.#at, true);
    this.#at += 4;
    return value;
  }

  byte(): number {
    return this.#bytes[this.#at++]!;
  }

  uint16(): number {
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return length === 0 ? "" : this.#bytes.toString("utf8", start, this.#at);
  }

  rest(): string {
    return this.text(this.left);
  }
}

/** The members of a message's head, in one object for all frames of a reader. */
class MessageHead {
  kind: Kind = 1;
  id = 0;
  n = 0;
  bytes = 0;
  name = "";
  key = "";

  /** False when this is the head of no message that both ends know. */
  read(reader: FrameReader): boolean {
    if (reader.left < MESSAGE_HEAD_BYTES) return false;
    this.kind = reader.byte() as Kind;
    const deliveryClass = reader.byte() as DeliveryClass;
    if (CLASS_OF_KIND[this.kind] !== deliveryClass || this.kind < 1) return false;
    this.id = reader.int32();
    this.n = reader.int32();
    this.bytes = reader.int32();
    if ((this.id | this.n | this.bytes) < 0) return false;
    const nameBytes = reader.uint16();
    if (nameBytes > reader.left - 2) return false;
    this.name = reader.text(nameBytes);
    const keyBytes = reader.uint16();
    if (keyBytes > reader.left) return false;
    this.key = reader.text(keyBytes);
    return true;
  }
}

const head = new MessageHead();

/** With its body, which a node may need. */
function readRelayed(reader: FrameReader): Message | undefined {
  if (!head.read(reader)) return undefined;
  let body: Body;
  if (reader.left > 0) {
    const value = jsonValue(reader.rest());
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    body = value;
  }
  const { kind, id, name, n, bytes, key } = head;
  return new Message(kind, id, "", name, n, bytes, key, body);
}

/** With the text that its recipients share. */
function readShared(reader: FrameReader): WireMessage | undefined {
  if (!head.read(reader)) return undefined;
  const { kind, id, name, n, bytes, key } = head;
  return new WireMessage(kind, id, name, n, bytes, key, reader.rest());
}

const CUT = "A frame was cut short.";

/**
 * Tells what an edge says. Returns why the trunk must end, undefined when all is well. `isOpen` is asked before every frame: a fact may have
 * closed the trunk. `nowMs` on the node's clock.
 */
export function readAtNode(
  piece: Buffer,
  trunk: TrunkToEdge,
  facts: TrunkToEdgeFacts,
  nowMs: number,
  isOpen: () => boolean,
): string | undefined {
  const reader = new FrameReader(piece);
  while (isOpen() && reader.next()) {
    if (!toldAtNode(reader, trunk, facts, nowMs)) return wrong(reader.type);
  }
  return isOpen() && reader.isCut ? CUT : undefined;
}

function toldAtNode(
  reader: FrameReader,
  trunk: TrunkToEdge,
  facts: TrunkToEdgeFacts,
  nowMs: number,
): boolean {
  if (reader.left < 4) return false;
  switch (reader.type) {
    case FrameType.relay: {
      const session = reader.int32();
      const message = readRelayed(reader);
      if (message === undefined) return false;
      facts.relayed(trunk, session, message);
      return true;
    }
    case FrameType.acknowledge:
      if (reader.left !== 8) return false;
      facts.acknowledged(trunk, reader.int32(), reader.int32());
      return true;
    case FrameType.attach: {
      const connection = reader.int32();
      const request = readRequest(reader.rest(), nowMs);
      if (request === undefined) return false;
      facts.attachAsked(trunk, connection, request);
      return true;
    }
    case FrameType.detach:
      if (reader.left !== 9) return false;
      facts.detached(trunk, reader.int32(), reader.int32(), reader.byte() === 1);
      return true;
    case FrameType.orphans: {
      reader.int32();
      const rooms = readOrphans(reader.rest());
      if (rooms === undefined) return false;
      facts.orphansDeclared(trunk, rooms);
      return true;
    }
    default:
      return false;
  }
}

/** Tells what a node says; otherwise as `readAtNode`. */
export function readAtEdge(
  piece: Buffer,
  trunk: TrunkToNode,
  facts: TrunkToNodeFacts,
  isOpen: () => boolean,
): string | undefined {
  const reader = new FrameReader(piece);
  while (isOpen() && reader.next()) {
    if (!toldAtEdge(reader, trunk, facts)) return wrong(reader.type);
  }
  return isOpen() && reader.isCut ? CUT : undefined;
}

function toldAtEdge(reader: FrameReader, trunk: TrunkToNode, facts: TrunkToNodeFacts): boolean {
  switch (reader.type) {
    case FrameType.multicast: {
      if (reader.left < 8) return false;
      const room = reader.int32();
      const except = reader.int32();
      const message = readShared(reader);
      if (message === undefined) return false;
      facts.multicast(trunk, room, except, message);
      return true;
    }
    case FrameType.deliver: {
      if (reader.left < 12) return false;
      const connection = reader.int32();
      const session = reader.int32();
      const s = reader.int32();
      const message = readShared(reader);
      if (message === undefined || s < 0) return false;
      facts.delivered(trunk, connection, session, message, s);
      return true;
    }
    case FrameType.close: {
      if (reader.left !== 12) return false;
      facts.closeAsked(trunk, reader.int32(), reader.int32(), reader.int32() as CloseCode);
      return true;
    }
    default:
      return toldRareAtEdge(reader, trunk, facts);
  }
}

function toldRareAtEdge(reader: FrameReader, trunk: TrunkToNode, facts: TrunkToNodeFacts): boolean {
  if (reader.left < 4) return false;
  const connection = reader.int32();
  if (reader.type === FrameType.attached) {
    const grant = readGrant(reader.rest());
    if (grant === undefined) return false;
    facts.attached(trunk, connection, grant);
    return true;
  }
  if (reader.type !== FrameType.refused) return false;
  const refusal = readRefusal(reader.rest());
  if (refusal === undefined) return false;
  facts.refused(trunk, connection, refusal);
  return true;
}

function wrong(type: number): string {
  return `A frame of type ${type} is not of its shape.`;
}
