// A server for tests of the client: real sockets, and frames as the test wants them.

import { WebSocketServer, type WebSocket } from "ws";
import { decodeClientFrame, encodeServerFrame } from "../../core/protocol/codec.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { Kind, Message } from "../../core/protocol/message.ts";

const RESUME = { windowMs: 60_000, graceMs: 15_000, bufferMax: 256 };
const RECONNECT = { spreadMs: 10, capMs: 60_000 };

/** One socket of a client, from the server's side. */
export class ServerSide {
  readonly url: string;
  readonly heard: Message[] = [];
  readonly socket: WebSocket;
  #waiting: (() => void)[] = [];
  isClosed = false;

  constructor(socket: WebSocket, url: string) {
    this.socket = socket;
    this.url = url;
    socket.on("message", (data) => {
      const text = String(data);
      const message = decodeClientFrame(text, text.length, PROTOCOL_LIMITS);
      if (message instanceof FrameError) throw new Error(`${message.message} ${message.field}`);
      this.heard.push(message);
      this.#wake();
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
    this.say(Kind.hello, { server: "e0", proto: 1, authTimeoutMs: 5_000 });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  say(
    kind: Kind,
    body: object | undefined,
    { s = 0, id = 0, from = "", n = 0, key = "" }: Partial<Message> & { s?: number } = {},
  ): void {
    this.socket.send(encodeServerFrame(new Message(kind, id, from, "", n, 0, key, body), s));
  }

  /** Takes the next message of that kind; what came before it stays. */
  async takes(kind: Kind): Promise<Message> {
    for (;;) {
      const at = this.heard.findIndex((message) => message.kind === kind);
      if (at >= 0) return this.heard.splice(at, 1)[0]!;
      if (this.isClosed) throw new Error(`closed before a message of kind ${kind} came`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async closes(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  joined(participants: readonly string[] = [], token = "r1"): void {
    this.say(Kind.joined, {
      session: "s0",
      you: "me",
      participants: participants.map((id) => ({ id, name: id.toUpperCase() })),
      epoch: 1,
      resume: { token, ...RESUME },
      ping: { everyMs: 15_000, timeoutMs: 5_000 },
      reconnect: RECONNECT,
      node: "n0",
      region: "eu",
      media: "mesh",
    });
  }

  resumed(body: object): void {
    this.say(Kind.resumed, {
      epoch: 1,
      resume: { token: "r2", ...RESUME },
      reconnect: RECONNECT,
      node: "n0",
      media: "mesh",
      ...body,
    });
  }
}

export class ScriptedServer {
  readonly #server: WebSocketServer;
  readonly #sides: ServerSide[] = [];
  #waiting: (() => void)[] = [];

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket, request) => {
      this.#sides.push(new ServerSide(socket, request.url ?? ""));
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    return new ScriptedServer(server);
  }

  get url(): string {
    const { port } = this.#server.address() as { port: number };
    return `ws://127.0.0.1:${port}/v1/signal`;
  }

  /** The next socket that a client opens. */
  async accepts(): Promise<ServerSide> {
    while (this.#sides.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#sides.shift()!;
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
