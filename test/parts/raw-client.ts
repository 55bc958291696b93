// A client for tests: a bare WebSocket that speaks frames as they stand on the wire, and waits for what it is told.

import { once } from "node:events";
import { WebSocket } from "ws";
import { mintToken } from "../../live/auth/mint-token.ts";
import { secretBytes } from "../../live/auth/secret.ts";

export interface RawFrame {
  readonly t: string;
  readonly s?: number;
  readonly re?: number;
  readonly from?: string;
  readonly d?: Readonly<Record<string, unknown>>;
}

/** Longer than anything here takes on a busy machine, ms. */
const PATIENCE_MS = 10_000;

export class RawClient {
  readonly frames: RawFrame[] = [];
  readonly #socket: WebSocket;
  #room = "";
  #closeCode: number | undefined;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as RawFrame);
      this.#wake();
    });
    socket.on("close", (code) => {
      this.#closeCode = code;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  /** `options` go to `ws`, such as a certificate to trust. */
  static async dial(url: string, options: object = {}): Promise<RawClient> {
    const socket = new WebSocket(url, "rtcsig.v1", options);
    const client = new RawClient(socket);
    await once(socket, "open");
    return client;
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Joins with a token of `secret`, and returns what the server said. */
  async join(room: string, participant: string, secret: string): Promise<RawFrame> {
    const token = mintToken(secretBytes(secret), {
      participantId: participant,
      roomId: room,
      nowMs: Date.now(),
      ttlMs: 60_000,
    });
    this.#room = room;
    this.send({ t: "join", id: 1, d: { room, token, name: participant } });
    return this.heard((frame) => frame.t === "joined" || frame.t === "error");
  }

  /** Resumes the session that it joined, on the same socket. */
  async resume(): Promise<RawFrame> {
    const joined = await this.heard((frame) => frame.t === "joined");
    const { session, resume } = joined.d as { session: string; resume: { token: string } };
    const room = this.#room;
    const last = Math.max(0, ...this.frames.map((frame) => frame.s ?? 0));
    this.send({ t: "resume", id: 2, d: { room, token: resume.token, session, last } });
    return this.heard((frame) => frame.t === "resumed" || frame.t === "error");
  }

  /** The first frame that is so, however long ago it came. Throws when none comes. */
  async heard(isIt: (frame: RawFrame) => boolean): Promise<RawFrame> {
    const overMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const frame = this.frames.find(isIt);
      if (frame !== undefined) return frame;
      if (this.#closeCode !== undefined || performance.now() > overMs) {
        throw new Error(`In vain; heard ${JSON.stringify(this.frames)}, close ${this.#closeCode}.`);
      }
      await this.#woken();
    }
  }

  /** The code with which the server closed. */
  async closed(): Promise<number> {
    const overMs = performance.now() + PATIENCE_MS;
    while (this.#closeCode === undefined) {
      if (performance.now() > overMs) throw new Error("The server did not close.");
      await this.#woken();
    }
    return this.#closeCode;
  }

  close(): void {
    this.#socket.terminate();
  }

  async #woken(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, 1_000);
    });
    clearTimeout(timer);
  }
}
