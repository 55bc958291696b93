// A WebSocket client that costs next to nothing, so that a generator of load is never what is measured.
//
// Own framing on net sockets: frames are masked with zeros (RFC 6455 allows any mask, and the server unmasks all the same), read
// from one buffer that all sockets share, and handed on as places in it. Only what is cut in the middle is copied.

import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const READ_BYTES = 65_536;
const MASKED = 0x80;
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;

export interface WireOptions {
  readonly port: number;
  /** Whence: many connections need several addresses of the loopback. */
  readonly from: string;
  readonly path: string;
  readonly subprotocol: string;
  readonly listener: WireListener;
}

export interface WireListener {
  upgraded(wire: Wire): void;
  /** A text frame: bytes `from` to `to` of `bytes`, which are only good now. */
  text(wire: Wire, bytes: Buffer, from: number, to: number): void;
  ended(wire: Wire, why: string): void;
}

/** A text as a client sends it. */
export function clientFrame(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const head = bytes <= 125 ? 6 : bytes <= 0xffff ? 8 : 14;
  const frame = Buffer.alloc(head + bytes);
  frame[0] = 0x80 | TEXT;
  if (bytes <= 125) frame[1] = MASKED | bytes;
  else if (bytes <= 0xffff) {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = MASKED | 127;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  frame.write(text, head); // The mask before it is zeros.
  return frame;
}

const PONG = Buffer.from([0x8a, MASKED, 0, 0, 0, 0]);

export class Wire {
  readonly #socket: Socket;
  readonly #listener: WireListener;
  /** What was cut in the middle. */
  #rest: Buffer | undefined;
  #isUpgraded = false;
  #hasEnded = false;

  constructor({ port, from, path, subprotocol, listener }: WireOptions) {
    this.#listener = listener;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      localAddress: from,
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (bytes: number, buffer: Uint8Array) => this.#read(buffer as Buffer, bytes),
      },
    });
    this.#socket.on("error", (error) => this.#end(error.message));
    this.#socket.on("close", () => this.#end("closed"));
    this.#socket.write(handshake(path, port, subprotocol));
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  close(): void {
    this.#hasEnded = true;
    this.#socket.destroy();
  }

  #end(why: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#socket.destroy();
    this.#listener.ended(this, why);
  }

  #read(buffer: Buffer, count: number): boolean {
    let bytes = buffer.subarray(0, count);
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    let at = 0;
    if (!this.#isUpgraded) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        this.#rest = Buffer.from(bytes);
        return true;
      }
      const status = bytes.toString("latin1", 9, 12);
      if (status !== "101") {
        this.#end(`the upgrade was answered ${status}`);
        return true;
      }
      this.#isUpgraded = true;
      at = end + HEAD_END.length;
      this.#listener.upgraded(this);
    }
    at = this.#frames(bytes, at);
    if (at < bytes.length && !this.#hasEnded) this.#rest = Buffer.from(bytes.subarray(at));
    return true;
  }

  /** Reads whole frames; returns where the first one begins that is not whole. */
  #frames(bytes: Buffer, from: number): number {
    let at = from;
    while (at + 2 <= bytes.length) {
      const opcode = bytes[at]! & 0x0f;
      let length = bytes[at + 1]!;
      let head = 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      const end = at + head + length;
      if (end > bytes.length) break;
      if (opcode === TEXT) this.#listener.text(this, bytes, at + head, end);
      else if (opcode === PING) this.#socket.write(PONG);
      else if (opcode === CLOSE) this.#end(closeReason(bytes, at + head, end));
      at = end;
    }
    return at;
  }
}

const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);

function closeReason(bytes: Buffer, from: number, to: number): string {
  return to - from < 2
    ? "closed"
    : `closed with ${bytes.readUInt16BE(from)} ${bytes.toString("utf8", from + 2, to)}`;
}

function handshake(path: string, port: number, subprotocol: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...(subprotocol === "" ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
