// Text frames of RFC 6455, ready for the socket.
//
// A message to a room is encoded once, however many receive it. What has no sequence number is one buffer for all of them;
// what has one differs in a few bytes in front (`{"s":412,`), so those are written per recipient and the text is copied behind
// them: one write to a socket costs far more than the copy of a small message. Long texts are not copied, they follow as a second buffer.
//
// A server's frames are not masked, and a text is never split (RFC 6455 §5.2, §5.4).

import { encodeShared } from "../../core/protocol/codec.ts";
import type { Message } from "../../core/protocol/message.ts";
import { WireMessage } from "../wire-message.ts";

/** FIN and the opcode of a text frame. */
const TEXT = 0x81;
/** Lengths up to here stand in the second byte; RFC 6455 §5.2. */
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;

/**
 * Above this a text is shared, not copied, bytes. Measured, CPU of one write with a copy against two writes corked: 200 B 5.0 and 5.7 µs,
 * 2 kB 5.4 and 6.4, 3.9 kB 7.4 and 6.7, 16 kB 9.5 and 6.2 (Node 20, loopback, shared 2-core machine).
 */
const COPIED_BYTES_MAX = 3_000;

/** `{"s":` */
const BEFORE_NUMBER = Buffer.from('{"s":', "latin1");
const BRACE = 0x7b;
const COMMA = 0x2c;
const ZERO = 0x30;

/** Bytes of the header in front of so many bytes of text. */
function headerBytes(textBytes: number): number {
  return textBytes <= SHORT_MAX ? 2 : textBytes <= MEDIUM_MAX ? 4 : 10;
}

/** Writes the header; returns where the text begins. */
function writeHeader(frame: Buffer, textBytes: number): number {
  frame[0] = TEXT;
  if (textBytes <= SHORT_MAX) {
    frame[1] = textBytes;
    return 2;
  }
  if (textBytes <= MEDIUM_MAX) {
    frame[1] = 126;
    frame[2] = textBytes >>> 8;
    frame[3] = textBytes & 0xff;
    return 4;
  }
  frame[1] = 127;
  frame.writeUInt32BE(0, 2); // No text here is longer than 4 GiB.
  frame.writeUInt32BE(textBytes, 6);
  return 10;
}

function digitsOf(s: number): number {
  let digits = 1;
  for (let rest = s; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return digits;
}

/** Writes `{"s":412,`; returns where the rest begins. */
function writeNumber(frame: Buffer, from: number, s: number, digits: number): number {
  frame.set(BEFORE_NUMBER, from);
  const begin = from + BEFORE_NUMBER.length;
  let rest = s;
  for (let at = begin + digits - 1; at >= begin; at--) {
    const higher = Math.floor(rest / 10);
    frame[at] = ZERO + rest - higher * 10;
    rest = higher;
  }
  frame[begin + digits] = COMMA;
  return begin + digits + 1;
}

/**
 * Frames of one message after the other: the last one is remembered, since a room's message is written to all its
 * members before another one comes. Its bytes are made for the second recipient: what has a number mostly has one.
 */
export class Frames {
  #message: Message | undefined;
  #text = "";
  /** Of the text. */
  #sharedBytes = 0;
  /** The frame without a number: header, brace, shared text. */
  #whole: Buffer | undefined;
  /** Where its shared text begins. */
  #sharedAt = 0;

  /**
   * The frame of `message` for a recipient to whom it is number `s`, 0 for none. Shared by all recipients when there is no number. With one,
   * a long text is not part of it: write `shared` behind it when `isSplit` says so.
   */
  of(message: Message, s: number): Buffer {
    const isFirst = message !== this.#message;
    if (isFirst) this.#remember(message);
    if (s === 0) return this.#wholeFrame();
    const sharedBytes = this.#sharedBytes;
    const digits = digitsOf(s);
    const numberBytes = BEFORE_NUMBER.length + digits + 1;
    const textBytes = numberBytes + sharedBytes;
    const ownBytes = headerBytes(textBytes) + numberBytes;
    const { isSplit } = this;
    const frame = Buffer.allocUnsafe(isSplit ? ownBytes : ownBytes + sharedBytes);
    writeNumber(frame, writeHeader(frame, textBytes), s, digits);
    if (isSplit) return frame;
    if (isFirst) frame.write(this.#text, ownBytes);
    else this.#wholeFrame().copy(frame, ownBytes, this.#sharedAt);
    return frame;
  }

  /** Whether the numbered frame that `of` gave for this message is only its beginning. */
  get isSplit(): boolean {
    return this.#sharedBytes > COPIED_BYTES_MAX;
  }

  /** What all recipients of the last message share. */
  get shared(): Buffer {
    return this.#wholeFrame().subarray(this.#sharedAt);
  }

  #remember(message: Message): void {
    this.#text = message instanceof WireMessage ? message.shared : encodeShared(message);
    this.#sharedBytes = Buffer.byteLength(this.#text);
    this.#whole = undefined;
    this.#message = message;
  }

  #wholeFrame(): Buffer {
    if (this.#whole !== undefined) return this.#whole;
    const textBytes = 1 + this.#sharedBytes;
    const frame = Buffer.allocUnsafe(headerBytes(textBytes) + textBytes);
    const at = writeHeader(frame, textBytes);
    frame[at] = BRACE;
    frame.write(this.#text, at + 1);
    this.#whole = frame;
    this.#sharedAt = at + 1;
    return frame;
  }
}
