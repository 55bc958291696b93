// The node's ends of trunks: a WebSocket server for edges that can prove themselves.
//
// It listens first and serves then: the node's beats say where it listens. Nothing is told of a connection before its proof; until then it may send little, and not for long. An edge has one trunk: a second one ends
// the first, unless it belongs to an earlier life of the edge. What an end is asked to carry is written at once and leaves with the turn.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../clock.ts";
import type { Log } from "../operations/log.ts";
import type { TrunkMeters } from "../operations/tally.ts";
import type { TlsSource } from "../tls.ts";
import { EdgeTrunk } from "./edge-trunk.ts";
import { type Challenge, freshNonce, readProof, TrunkKeys } from "./handshake.ts";
import type { NodeLife, TrunkToEdgeFacts } from "./trunk.ts";
import * as frames from "./trunk-frames.ts";
import {
  TRUNK_LIMITS,
  TRUNK_PATH,
  TRUNK_PROTOCOL,
  TrunkClose,
  type TrunkLimits,
} from "./trunk-limits.ts";
import { SilenceTimer, TrunkLink } from "./trunk-link.ts";

export interface TrunkServerOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** What edges are told to dial; the host it listens on when absent. */
  readonly advertisedHost?: string | undefined;
  /** The first speaks, all are believed. Empty only with mutual TLS. */
  readonly secrets: readonly string[];
  readonly tls?: TlsSource | undefined;
  /** Edges must show a certificate of the authority in `tls`. */
  readonly requiresCertificate?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters?: TrunkMeters;
  readonly limits?: Partial<TrunkLimits>;
}

/** Whom trunks lead to. */
interface Served {
  readonly life: NodeLife;
  readonly facts: TrunkToEdgeFacts;
}

/** Connections without a proof at one time. Assumed: more than the edges of a cluster. */
const GREETING_MAX = 256;
/** Bytes that one of them may send, TLS and HTTP headers included. Assumed: many times an upgrade and a proof. */
const GREETING_BYTES_MAX = 64 * 1024;
/** A closing handshake that is not answered, ms. Assumed. */
const CLOSE_TIMEOUT_MS = 2_000;

export class TrunkServer {
  readonly #options: TrunkServerOptions;
  readonly #limits: TrunkLimits;
  readonly #keys: TrunkKeys;
  readonly #http: Server | TlsServer;
  readonly #upgrades: WebSocketServer;
  readonly #silence: SilenceTimer;
  readonly #ends = new Map<string, EdgeTrunk>();
  readonly #written = new frames.WrittenMessage();
  #node: Served | undefined;
  #greetingCount = 0;

  /** Throws when nothing would prove who an edge is. */
  constructor(options: TrunkServerOptions) {
    this.#options = options;
    this.#limits = { ...TRUNK_LIMITS, ...options.limits };
    this.#keys = new TrunkKeys(options.secrets);
    if (this.#keys.isEmpty && !(options.tls !== undefined && options.requiresCertificate)) {
      throw new Error("Trunks need a shared secret, or TLS with certificates of both ends.");
    }
    this.#silence = new SilenceTimer(this.#limits);
    this.#http = this.#httpServer();
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: this.#limits.pieceBytesMax,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: () => TRUNK_PROTOCOL,
    } as ConstructorParameters<typeof WebSocketServer>[0]);
    this.#http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  #httpServer(): Server | TlsServer {
    const { tls, requiresCertificate = false } = this.#options;
    const { handshakeTimeoutMs } = this.#limits;
    const times = { headersTimeout: handshakeTimeoutMs, requestTimeout: handshakeTimeoutMs };
    const answer = (_request: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(426, { upgrade: "websocket", connection: "close" }).end();
    if (tls === undefined) return createServer(times, answer);
    const server = createTlsServer(
      {
        ...tls.options(),
        ...times,
        handshakeTimeout: handshakeTimeoutMs,
        requestCert: requiresCertificate,
        rejectUnauthorized: requiresCertificate,
      },
      answer,
    );
    tls.onChange(() => server.setSecureContext(tls.options()));
    return server;
  }

  async listen(): Promise<{ port: number; url: string }> {
    const { host, port: wanted, advertisedHost = host, tls } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(wanted, host, () => {
        this.#http.off("error", reject);
        resolve();
      });
    });
    const { port } = this.#http.address() as AddressInfo;
    const name = advertisedHost.includes(":") ? `[${advertisedHost}]` : advertisedHost;
    return { port, url: `${tls === undefined ? "ws" : "wss"}://${name}:${port}${TRUNK_PATH}` };
  }

  /** From now on trunks open: to `life`, which is read for each of them. Before, dials are turned away. */
  serve(life: NodeLife, facts: TrunkToEdgeFacts): void {
    this.#node = { life, facts };
  }

  /** Trunks are closed after what was written; nothing more is told. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    for (const link of this.#silence.links) link.close();
    this.#silence.stop();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = request.headers["sec-websocket-protocol"]?.split(/\s*,\s*/) ?? [];
    const isTrunk = offered.includes(TRUNK_PROTOCOL) && request.url === TRUNK_PATH;
    const node = this.#node;
    if (!isTrunk || node === undefined || this.#greetingCount >= GREETING_MAX) {
      socket.on("error", () => {});
      socket.end(`HTTP/1.1 ${isTrunk ? "503 Service Unavailable" : "400 Bad Request"}\r\n\r\n`);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (ws) =>
      this.#met(ws, socket, request, node),
    );
  }

  #met(ws: WebSocket, socket: Duplex, request: IncomingMessage, node: Served): void {
    this.#greetingCount++;
    const { nodeId, incarnation } = node.life;
    const challenge: Challenge = { nodeId, incarnation, nonce: freshNonce() };
    const address = request.socket.remoteAddress ?? "";
    const hearing = hearNoMoreThan(GREETING_BYTES_MAX, socket, () =>
      link.fail("Too much was said before the proof.", TrunkClose.tooMuch),
    );
    let end: EdgeTrunk | undefined;
    const link = new TrunkLink(ws, this.#limits, this.#options.meters, {
      greeted: (type, text) => {
        end = this.#proven(type, text, challenge, link, address, node);
        if (end === undefined) return;
        this.#greetingCount--;
        hearing.stop();
        this.#admit(end);
      },
      received: (piece) => end!.received(piece, this.#options.clock.nowMs()),
      ended: (reason, wasOpen) => {
        if (end !== undefined && wasOpen) return this.#lost(end, reason);
        this.#greetingCount--;
        this.#options.log.info({ address, reason }, "A trunk was not opened.");
      },
    });
    this.#silence.watch(link);
    link.greet(frames.FrameType.challenge, challenge);
  }

  /** The trunk of whoever proved itself. Otherwise the link has failed. */
  #proven(
    type: number,
    text: string,
    challenge: Challenge,
    link: TrunkLink,
    address: string,
    node: Served,
  ): EdgeTrunk | undefined {
    const proof = type === frames.FrameType.proof ? readProof(text) : undefined;
    if (proof === undefined) {
      link.fail("That is no proof.", TrunkClose.badFrame);
      return undefined;
    }
    const { edgeId, incarnation } = proof;
    const key = this.#keys.isEmpty ? 0 : this.#keys.proven("edge", [challenge, proof], proof.mac);
    if (key < 0) {
      this.#options.log.warn({ edge: edgeId, address }, "An edge does not know the secret.");
      link.fail("The proof is wrong.", TrunkClose.wrongProof);
      return undefined;
    }
    if (challenge.incarnation !== node.life.incarnation) {
      link.fail("That life of the node is over.", TrunkClose.otherLife);
      return undefined;
    }
    const former = this.#ends.get(edgeId);
    if (former?.link.isOpen === true && former.incarnation > incarnation) {
      link.fail("A later life of this edge is connected.", TrunkClose.otherLife);
      return undefined;
    }
    const mac = this.#keys.prove("node", [challenge, proof], key);
    return new EdgeTrunk(proof, link, node.facts, this.#written, mac, this.#forget);
  }

  #admit(end: EdgeTrunk): void {
    const { facts } = end;
    this.#ends.get(end.edgeId)?.link.fail("The edge opened another trunk.", TrunkClose.replaced);
    this.#ends.set(end.edgeId, end);
    end.edge = facts.introduced(end.edgeId);
    end.link.greet(frames.FrameType.welcome, { mac: end.mac });
    end.link.open();
    facts.opened(end);
  }

  #lost(end: EdgeTrunk, reason: string): void {
    this.#forget(end);
    end.facts.lost(end, reason);
  }

  readonly #forget = (end: EdgeTrunk): void => {
    if (this.#ends.get(end.edgeId) === end) this.#ends.delete(end.edgeId);
  };
}

/** Counts what a socket says until it is stopped, beside whoever reads it. */
function hearNoMoreThan(
  bytesMax: number,
  socket: Duplex,
  exceeded: () => void,
): { stop: () => void } {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= bytesMax) return;
    socket.off("data", count);
    exceeded();
  };
  socket.on("data", count);
  return { stop: () => socket.off("data", count) };
}
