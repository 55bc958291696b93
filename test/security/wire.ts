// A WebSocket by hand (RFC 6455), for what no decent library lets anybody do: frames that break the rules, halves of messages, and
// a reader that stops. Frames are masked with zeros, which the standard allows and floods are glad of.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { RawFrame } from "../parts/raw-client.ts";

export const Opcode = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Longer than anything here takes on a busy machine, ms. */
const PATIENCE_MS = 20_000;

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

export interface Dial {
  readonly protocol?: string;
  readonly headers?: readonly string[];
  /** Where the client stands: any address of 127.0.0.0/8. */
  readonly from?: string;
}

/** Attackers stand elsewhere than those who behave well: what an address may do is counted. */
export const ATTACKER = "127.0.0.66";

/** The request of an upgrade. */
export function upgradeRequest(url: URL, { protocol = "rtcsig.v1", headers = [] }: Dial): string {
  return [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Protocol: ${protocol}`,
    ...headers,
    "\r\n",
  ].join("\r\n");
}

/** One frame of a client. */
export function framed(
  opcode: number,
  payload: string | Buffer,
  fin = true,
  masked = true,
): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const { length } = body;
  const mask = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | opcode;
  let head: Buffer;
  if (length < 126) head = Buffer.from([first, mask | length]);
  else if (length < 65_536) head = Buffer.from([first, mask | 126, length >> 8, length & 0xff]);
  else {
    head = Buffer.alloc(10);
    head.set([first, mask | 127]);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}

export class Wire {
  readonly socket: Socket;
  readonly frames: RawFrame[] = [];
  readonly binaries: Buffer[] = [];
  /** What the server said before any frame: its answer to the upgrade. */
  answer = "";
  /** Of the server's close frame; 1006 when the connection ended without one. */
  closeCode: number | undefined;
  pongs = 0;
  receivedBytes = 0;
  #unread: Buffer = Buffer.alloc(0);
  #isUpgraded = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.#heardBytes(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closeCode ??= 1006;
      this.#wake();
    });
  }

  /** Resolves when the server has answered, whatever it was. */
  static async dial(url: string, how: Dial = {}): Promise<Wire> {
    const target = new URL(url);
    const { hostname: host, port } = target;
    const { from: localAddress = ATTACKER } = how;
    const socket = connect({ host, port: Number(port), localAddress, noDelay: true });
    const wire = new Wire(socket);
    await Promise.race([once(socket, "connect"), once(socket, "close")]);
    socket.write(upgradeRequest(target, how));
    await wire.until("the upgrade is answered", () => wire.#isUpgraded || wire.hasEnded);
    return wire;
  }

  get isUpgraded(): boolean {
    return this.#isUpgraded;
  }

  get hasEnded(): boolean {
    return this.closeCode !== undefined;
  }

  /** Bytes that were sent and not taken. */
  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  send(frame: object | string): void {
    this.raw(framed(Opcode.text, typeof frame === "string" ? frame : JSON.stringify(frame)));
  }

  raw(bytes: Buffer | string): boolean {
    return !this.socket.destroyed && this.socket.write(bytes);
  }

  /** Sends, and waits while the other side takes nothing. False when it closed. */
  async push(bytes: Buffer): Promise<boolean> {
    if (this.hasEnded) return false;
    if (!this.raw(bytes)) {
      await this.until("the server reads", () => this.hasEnded || !this.socket.writableNeedDrain);
    }
    return !this.hasEnded;
  }

  /** Reads nothing any more: the server's bytes stay where they are. */
  stopReading(): void {
    this.socket.pause();
  }

  readOn(): void {
    this.socket.resume();
  }

  async join(room: string, token: string, name = "somebody"): Promise<RawFrame> {
    const before = this.frames.length;
    this.send({ t: "join", id: 1, d: { room, token, name } });
    return this.heard(({ t }) => t === "joined" || t === "error", before);
  }

  async resume(d: object): Promise<RawFrame> {
    const before = this.frames.length;
    this.send({ t: "resume", id: 2, d });
    return this.heard(({ t }) => t === "resumed" || t === "error", before);
  }

  /** The text of the next binary frame of this type on a trunk, after `from` of them. */
  async told(type: number, from = 0): Promise<string> {
    let found: Buffer | undefined;
    await this.until("a binary frame", () => {
      found = this.binaries.slice(from).find((bytes) => bytes[4] === type);
      return found !== undefined || this.hasEnded;
    });
    if (found === undefined) throw new Error(`Closed: ${this.closeCode}.`);
    return found.subarray(9).toString();
  }

  /** The first frame from `from` on that is so. Throws when none comes. */
  async heard(isIt: (frame: RawFrame) => boolean, from = 0): Promise<RawFrame> {
    let found: RawFrame | undefined;
    await this.until("a frame", () => {
      found = this.frames.slice(from).find(isIt);
      return found !== undefined || this.hasEnded;
    });
    if (found !== undefined) return found;
    throw new Error(`Closed (${this.closeCode}); heard ${JSON.stringify(this.frames.slice(-5))}.`);
  }

  async closed(): Promise<number> {
    await this.until("the server closes", () => this.hasEnded);
    return this.closeCode!;
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const overMs = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > overMs) throw new Error(`Waited in vain: ${what}.`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, 20);
      });
      clearTimeout(timer);
    }
  }

  cut(): void {
    this.socket.destroy();
  }

  #heardBytes(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    if (!this.#isUpgraded && !this.#readAnswer()) return;
    while (this.#readFrame());
    this.#wake();
  }

  #readAnswer(): boolean {
    const end = this.#unread.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.answer = this.#unread.subarray(0, end).toString("latin1");
    this.#isUpgraded = this.answer.startsWith("HTTP/1.1 101");
    if (!this.#isUpgraded) this.answer = this.#unread.toString("latin1");
    this.#unread = this.#isUpgraded ? this.#unread.subarray(end + 4) : Buffer.alloc(0);
    return this.#isUpgraded;
  }

  #readFrame(): boolean {
    const bytes = this.#unread;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < head) return false;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short === 126
          ? bytes.readUInt16BE(2)
          : short;
    if (bytes.length < head + length) return false;
    const payload = bytes.subarray(head, head + length);
    this.#unread = bytes.subarray(head + length);
    const opcode = bytes[0]! & 0x0f;
    if (opcode === Opcode.text) this.frames.push(JSON.parse(payload.toString()) as RawFrame);
    else if (opcode === Opcode.binary) this.binaries.push(Buffer.from(payload));
    else if (opcode === Opcode.pong) this.pongs++;
    else if (opcode === Opcode.close) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
    return true;
  }
}
