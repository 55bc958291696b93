// An edge on the test bench: real sockets on loopback in front, a node in memory behind.
//
// A token here is "participant@room"; "later:" before it makes the verifier take its time, "broken:" makes it fail. Nothing waits for a
// moment: a client waits for the frame or the close that it expects.

import { WebSocket } from "ws";
import { edgePolicy, nodePolicy } from "../../core/fixtures.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { NodePolicy } from "../../core/node/node-context.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import { HmacResumeSeal } from "../auth/resume-seal.ts";
import type { Verdict } from "../auth/token-claims.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import { MemoryHub } from "../bus/memory-bus.ts";
import { processClock } from "../clock.ts";
import { noMedia } from "../media.ts";
import { NodeDriver } from "../node/node-driver.ts";
import { EdgeMeters } from "../operations/edge-meters.ts";
import type { Log } from "../operations/log.ts";
import { NodeMeters } from "../operations/node-meters.ts";
import { MemoryTrunks } from "../trunk/memory-trunk.ts";
import type { TrunkDialer } from "../trunk/trunk.ts";
import { EdgeDriver } from "./edge-driver.ts";
import { EdgeFront, type FrontOptions, SUBPROTOCOL } from "./front.ts";

export interface BenchOptions {
  readonly edge?: Partial<EdgePolicy>;
  readonly node?: Partial<NodePolicy>;
  readonly front?: Partial<FrontOptions>;
  /** Instead of a node in memory. */
  readonly trunks?: TrunkDialer;
}

/** A frame as it came. */
export interface Frame {
  readonly t: string;
  readonly s?: number;
  readonly re?: number;
  readonly from?: string;
  readonly d: Readonly<Record<string, unknown>>;
}

export class BenchClient {
  readonly socket: WebSocket;
  /** All frames so far. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #read = 0;
  #wake: () => void = () => {};

  constructor(url: string, options: WebSocket.ClientOptions = {}, protocols = [SUBPROTOCOL]) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on("message", (text: Buffer) => {
      this.frames.push(JSON.parse(text.toString()) as Frame);
      this.#wake();
    });
    this.socket.on("error", () => {}); // What matters is how it closed.
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** The next frame of this type; others before it are skipped. */
  async next(t: string): Promise<Frame> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read++]!;
        if (frame.t === t) return frame;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  async join(participant: string, room = "standup"): Promise<Frame> {
    this.send({
      t: "join",
      id: 1,
      d: { room, token: `${participant}@${room}`, name: participant },
    });
    return this.next("joined");
  }
}

export class EdgeBench {
  readonly hub = new MemoryHub();
  readonly meters = new EdgeMeters();
  readonly driver: EdgeDriver;
  readonly front: EdgeFront;
  readonly node: NodeDriver | undefined;
  /** What was logged, as "level text fields". */
  readonly logged: string[] = [];
  readonly #isSecure: boolean;
  port = 0;

  constructor({ edge = {}, node = {}, front = {}, trunks }: BenchOptions = {}) {
    const log = this.#log();
    const policy = edgePolicy(edge);
    this.node = trunks === undefined ? this.#node(node, log) : undefined;
    this.driver = new EdgeDriver({
      clock: processClock,
      policy,
      bus: this.hub.open({ id: policy.edgeId, trunkUrl: "" }),
      trunks: trunks ?? new MemoryTrunks(policy.edgeId, this.node!, this.node!.trunkFacts()),
      verifier: benchVerifier,
      seal: new HmacResumeSeal([Buffer.alloc(32, 7)]),
      iceServers: { for: () => undefined },
      log,
      meters: this.meters,
    });
    this.#isSecure = front.tls !== undefined;
    this.front = new EdgeFront(this.driver, { ...FRONT, ...front }, log);
  }

  #node(differing: Partial<NodePolicy>, log: Log): NodeDriver {
    return new NodeDriver({
      clock: processClock,
      policyOf: (incarnation) => nodePolicy({ media: "mesh", ...differing, incarnation }),
      bus: this.hub.open({ id: "n0", trunkUrl: "" }),
      media: noMedia,
      log,
      meters: new NodeMeters(),
    });
  }

  #log(): Log {
    const line = (level: string) => (fields: object, text: string) => {
      this.logged.push(`${level} ${text} ${JSON.stringify(fields)}`);
    };
    return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  }

  /** Listens, and waits until the edge knows its node. */
  async start(): Promise<this> {
    this.driver.start();
    this.node?.start();
    this.port = (await this.front.listen()).port;
    while (this.node !== undefined && this.driver.openTrunkCount === 0) await nextTurn();
    return this;
  }

  async stop(): Promise<void> {
    await this.front.close();
    this.driver.stop();
    this.node?.stop();
  }

  get url(): string {
    return `${this.#isSecure ? "wss" : "ws"}://127.0.0.1:${this.port}/v1/signal`;
  }

  client(options?: WebSocket.ClientOptions, protocols?: string[]): BenchClient {
    return new BenchClient(this.url, options, protocols);
  }

  /** A client that is in its room. */
  async member(participant: string, room = "standup"): Promise<BenchClient> {
    const client = this.client();
    await client.next("hello");
    await client.join(participant, room);
    return client;
  }
}

const FRONT: FrontOptions = {
  host: "127.0.0.1",
  port: 0,
  allowedOrigins: "any",
  path: "/v1/signal",
  maxHeaderBytes: 8 * 1024,
  handshakeTimeoutMs: 5_000,
  trustProxyHops: 0,
};

const benchVerifier: TokenVerifier = {
  verify(token: string): Verdict | Promise<Verdict> {
    if (token.startsWith("later:")) {
      return nextTurn().then(() => verdictOn(token.slice("later:".length)));
    }
    if (token.startsWith("broken:")) return Promise.reject(new Error("the keys are out of reach"));
    return verdictOn(token);
  },
};

function verdictOn(token: string): Verdict {
  const [participantId = "", roomId] = token.split("@");
  if (roomId === undefined) {
    return { ok: false, code: CloseCode.unauthorized, reason: "not a token of the bench" };
  }
  const claims = { participantId, roomId, expectedSize: 0, roomMax: Infinity };
  return { ok: true, claims, expiresAtMs: Infinity };
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
