// The frames of a trunk between processes.
//
//   relay       session                 message to        text is its body as JSON, or nothing
//   multicast   room, except            message from      text is what all recipients share
//   deliver     connection, session, s  message from      the same
//   message     kind u8 | class u8 | id | n | bytes | name (to or from) | key | text to the end of the frame
//
// Numbers are int32 but for those marked; rare frames carry JSON (rare-frames.ts). So an edge writes what a node says to its sockets without
// reading it, and still knows class, sender and key. Deadlines cross as remaining times; when a message was offered does not cross.

import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant, AttachRequest, OrphanRoom, Refusal } from "../../core/trunk.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import { encodeShared } from "../../core/protocol/codec.ts";
import { WireMessage } from "../wire-message.ts";
import { type FrameBatch, type Stretch, textBytesMax } from "./frame-batch.ts";
import { grantText, orphansText, refusalText, requestText } from "./rare-frames.ts";

export const FrameType = {
  // Edge → node.
  attach: 1,
  relay: 2,
  acknowledge: 3,
  detach: 4,
  orphans: 5,
  // Node → edge.
  attached: 17,
  refused: 18,
  multicast: 19,
  deliver: 20,
  close: 21,
  // Before either.
  challenge: 33,
  proof: 34,
  welcome: 35,
} as const;

/** Bytes of a message's numbers and of the lengths of its two names. */
export const MESSAGE_HEAD_BYTES = 18;

/** A message as it was written last: the other edges of a multicast get a copy of the bytes. */
export class WrittenMessage {
  #message: Message | undefined;
  #stretch: Stretch | undefined;

  /** Where these bytes are; undefined when the last message was another. */
  of(message: Message): Stretch | undefined {
    return this.#message === message ? this.#stretch : undefined;
  }

  keep(message: Message, stretch: Stretch): void {
    this.#message = message;
    this.#stretch = stretch;
  }
}

function messageBytesMax(name: string, key: string, text: string): number {
  return MESSAGE_HEAD_BYTES + textBytesMax(name) + textBytesMax(key) + textBytesMax(text);
}

function writeMessage(batch: FrameBatch, message: Message, name: string, text: string): void {
  batch.byte(message.kind);
  batch.byte(message.deliveryClass);
  batch.int32(message.id);
  batch.int32(message.n);
  batch.int32(message.bytes);
  batch.name(name);
  batch.name(message.key);
  batch.text(text);
}

// ---- edge → node ------------------------------------------------------------------------------------

export function writeRelay(batch: FrameBatch, session: number, message: Message): void {
  const { to, key, body } = message;
  const text = body === undefined ? "" : JSON.stringify(body);
  batch.begin(FrameType.relay, 4 + messageBytesMax(to, key, text));
  batch.int32(session);
  writeMessage(batch, message, to, text);
  batch.finish();
}

export function writeAcknowledge(batch: FrameBatch, session: number, s: number): void {
  batch.begin(FrameType.acknowledge, 8);
  batch.int32(session);
  batch.int32(s);
  batch.finish();
}

export function writeDetach(
  batch: FrameBatch,
  session: number,
  attachment: number,
  isFinal: boolean,
): void {
  batch.begin(FrameType.detach, 9);
  batch.int32(session);
  batch.int32(attachment);
  batch.byte(isFinal ? 1 : 0);
  batch.finish();
}

/** `nowMs` on the clock of the request's deadline. */
export function writeAttach(
  batch: FrameBatch,
  connection: number,
  request: AttachRequest,
  nowMs: number,
): void {
  writeRare(batch, FrameType.attach, connection, requestText(request, nowMs));
}

export function writeOrphans(batch: FrameBatch, rooms: readonly OrphanRoom[]): void {
  writeRare(batch, FrameType.orphans, rooms.length, orphansText(rooms));
}

// ---- node → edge ------------------------------------------------------------------------------------

export function writeMulticast(
  batch: FrameBatch,
  room: number,
  except: number,
  message: Message,
  written: WrittenMessage,
): void {
  const known = written.of(message);
  const shared = known === undefined ? textOf(message) : "";
  batch.begin(FrameType.multicast, 8 + sharedBytesMax(message, shared, known));
  batch.int32(room);
  batch.int32(except);
  writeShared(batch, message, shared, known, written);
  batch.finish();
}

export function writeDeliver(
  batch: FrameBatch,
  connection: number,
  session: number,
  message: Message,
  s: number,
  written: WrittenMessage,
): void {
  const known = written.of(message);
  const shared = known === undefined ? textOf(message) : "";
  batch.begin(FrameType.deliver, 12 + sharedBytesMax(message, shared, known));
  batch.int32(connection);
  batch.int32(session);
  batch.int32(s);
  writeShared(batch, message, shared, known, written);
  batch.finish();
}

/** Not remembered beyond `WrittenMessage`: a weak map of all messages costs a quarter of a multicast (measured). */
function textOf(message: Message): string {
  return message instanceof WireMessage ? message.shared : encodeShared(message);
}

function sharedBytesMax(message: Message, shared: string, known: Stretch | undefined): number {
  if (known !== undefined) return known.end - known.start;
  return messageBytesMax(message.from, message.key, shared);
}

function writeShared(
  batch: FrameBatch,
  message: Message,
  shared: string,
  known: Stretch | undefined,
  written: WrittenMessage,
): void {
  if (known !== undefined) {
    batch.stretch(known);
    return;
  }
  const start = batch.position;
  writeMessage(batch, message, message.from, shared);
  written.keep(message, batch.since(start));
}

export function writeAttached(batch: FrameBatch, connection: number, grant: AttachGrant): void {
  writeRare(batch, FrameType.attached, connection, grantText(grant));
}

export function writeRefused(batch: FrameBatch, connection: number, refusal: Refusal): void {
  writeRare(batch, FrameType.refused, connection, refusalText(refusal));
}

export function writeClose(
  batch: FrameBatch,
  connection: number,
  session: number,
  code: CloseCode,
): void {
  batch.begin(FrameType.close, 12);
  batch.int32(connection);
  batch.int32(session);
  batch.int32(code);
  batch.finish();
}

/** A frame of JSON about one thing: a connection, or 0. */
export function writeRare(batch: FrameBatch, type: number, about: number, text: string): void {
  batch.begin(type, 4 + textBytesMax(text));
  batch.int32(about);
  batch.text(text);
  batch.finish();
}
