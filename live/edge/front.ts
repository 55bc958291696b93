// The door to the street: an HTTP or HTTPS server on which clients ask for a WebSocket.
//
// Everybody who may see our close codes gets a WebSocket to see them on, since a browser tells nobody what an HTTP status
// was: who speaks another subprotocol is accepted and told 4003, who comes too early is accepted and told "busy". Plain
// HTTP refusals are for those who are no clients of ours, and for floods. What does not become a WebSocket in time is cut: Node's own
// limits on headers and requests see to that, from the first moment of a connection.

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { CloseCode } from "../../core/protocol/limits.ts";
import type { Log } from "../operations/log.ts";
import type { TlsSource } from "../tls.ts";
import { clientAddress } from "./client-address.ts";
import type { EdgeDriver } from "./edge-driver.ts";
import { EdgeSocket } from "./sockets.ts";

export const SUBPROTOCOL = "rtcsig.v1";

/** Assumed: a few round trips of a bad network. */
const CLOSE_TIMEOUT_MS = 5_000;
/** When the front closes, those who are still closing get this long, ms. Assumed. */
const LAST_GOODBYE_MS = 500;
/** What the retry-after of a shut door says, s. Assumed: dials come back after seconds of their own accord. */
const RETRY_AFTER_S = 5;

/** Pieces of one message. Assumed: browsers send ours whole. A piece costs some 150 bytes, however small it is. */
const FRAGMENTS_MAX = 128;
/** Reads of a socket that one frame of 64 KiB may come in. Assumed: eight times those of a path that takes 536 bytes at a time. */
const CHUNKS_MAX = 1_024;

export interface FrontOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Plain HTTP without. */
  readonly tls?: TlsSource | undefined;
  /** Origins as browsers send them, or "any". Who sends none is no browser, and may come in. */
  readonly allowedOrigins: readonly string[] | "any";
  /** Where clients ask: "/v1/signal". */
  readonly path: string;
  readonly maxHeaderBytes: number;
  /** From the first packet to the upgrade, TLS included, ms. */
  readonly handshakeTimeoutMs: number;
  /** Proxies in front that add to X-Forwarded-For; 0 when clients come directly. */
  readonly trustProxyHops: number;
  /** A peer that does not answer our close frame is cut after this, ms; 5,000 when absent. */
  readonly closeTimeoutMs?: number | undefined;
}

export class EdgeFront {
  readonly #driver: EdgeDriver;
  readonly #options: FrontOptions;
  readonly #log: Log;
  readonly #origins: ReadonlySet<string> | undefined;
  readonly #server: Server;
  readonly #sockets: InstanceType<typeof WebSocketServer<typeof EdgeSocket>>;
  #isClosed = false;

  constructor(driver: EdgeDriver, options: FrontOptions, log: Log) {
    this.#driver = driver;
    this.#options = options;
    this.#log = log;
    const { allowedOrigins } = options;
    this.#origins =
      allowedOrigins === "any"
        ? undefined
        : new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
    const socketOptions = {
      noServer: true,
      WebSocket: EdgeSocket,
      maxPayload: driver.frameBytesMax,
      maxFragments: FRAGMENTS_MAX,
      maxBufferedChunks: CHUNKS_MAX,
      perMessageDeflate: false, // Measured: it costs some 230 kB per connection.
      allowSynchronousEvents: true,
      clientTracking: false,
      autoPong: true,
      closeTimeout: options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS,
      handleProtocols: chosenProtocol,
    };
    this.#sockets = new WebSocketServer(socketOptions);
    this.#server = this.#made(options);
    this.#server.on("request", this.#asked);
    this.#server.on("upgrade", this.#upgradeAsked);
  }

  #made({ tls, maxHeaderBytes, handshakeTimeoutMs }: FrontOptions): Server {
    const limits: ServerOptions = {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.max(10, Math.min(1_000, handshakeTimeoutMs / 4)),
      keepAlive: false,
      noDelay: true,
    };
    if (tls === undefined) return createServer(limits);
    const handshakeTimeout = handshakeTimeoutMs;
    const server = createSecureServer({ ...limits, handshakeTimeout, ...tls.options() });
    tls.onChange(() => {
      try {
        server.setSecureContext(tls.options());
        this.#log.info({}, "The certificate was replaced.");
      } catch (error) {
        this.#log.error(
          { error: error as Error },
          "The new certificate is unusable; the old stays.",
        );
      }
    });
    return server;
  }

  /** @throws when the address cannot be had. */
  listen(): Promise<{ port: number }> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog: 4_096 }, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => {
          this.#log.error({ error }, "The front could not accept a connection.");
        });
        resolve({ port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  /** New connections are refused by the kernel; who is in, stays. */
  stopAccepting(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close();
  }

  /** Stops accepting, and ends what is left. */
  async close(): Promise<void> {
    this.stopAccepting();
    this.#driver.endSockets();
    this.#server.closeAllConnections(); // Those that have not become WebSockets.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LAST_GOODBYE_MS);
      this.#server.getConnections((_error, count) => {
        if (count > 0) {
          this.#server.once("close", () => {
            clearTimeout(timer);
            resolve();
          });
          return;
        }
        clearTimeout(timer);
        resolve();
      });
    });
  }

  // ---- HTTP ----------------------------------------------------------------------------------------

  readonly #asked = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request);
    response.setHeader("Connection", "close");
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    const { path: signalPath } = this.#options;
    if (path === signalPath) {
      response.setHeader("Upgrade", "websocket");
      response.writeHead(426).end(`This is a WebSocket (${SUBPROTOCOL}).\n`);
    } else if (path === "/" && (request.method === "GET" || request.method === "HEAD")) {
      response
        .writeHead(200)
        .end(
          `A Stormglass signaling edge: WebSocket at ${signalPath}, subprotocol ${SUBPROTOCOL}.\n`,
        );
    } else {
      response.writeHead(404).end(`Nothing is here. Signaling is at ${signalPath}.\n`);
    }
  };

  readonly #upgradeAsked = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    const wire = duplex as Socket; // An HTTP server's: net.Socket or TLSSocket.
    if (pathOf(request) !== this.#options.path) {
      refuse(wire, 404, `Nothing is here. Signaling is at ${this.#options.path}.`);
      return;
    }
    if (!this.#isAllowedOrigin(request)) {
      this.#driver.turnedAway("origin");
      refuse(wire, 403, "This origin is not allowed.");
      return;
    }
    if (!isUpgradable(request)) {
      this.#driver.turnedAway("handshake");
      this.#sockets.handleUpgrade(request, wire, head, () => {}); // It knows best what is wrong.
      return;
    }
    const address = clientAddress(request, this.#options.trustProxyHops);
    const verdict = this.#isClosed ? "refused" : this.#driver.knocked(address);
    if (verdict === "refused") {
      refuse(wire, 503, "Too many connections; come back later.", `Retry-After: ${RETRY_AFTER_S}`);
      return;
    }
    wire.cork(); // The answer and the greeting leave as one packet.
    process.nextTick(uncork, wire);
    this.#sockets.handleUpgrade(request, wire, head, (socket) => {
      if (socket.protocol === SUBPROTOCOL) {
        this.#driver.opened(socket, wire, address, verdict === "busy");
        return;
      }
      this.#driver.turnedAway("handshake");
      socket.on("error", () => {});
      socket.wire = wire;
      socket.close(CloseCode.unsupportedVersion, `speak ${SUBPROTOCOL}`);
    });
  };

  #isAllowedOrigin(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (this.#origins === undefined || origin === undefined) return true;
    return this.#origins.has(origin.toLowerCase());
  }
}

function uncork(wire: Socket): void {
  wire.uncork();
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

/** Whether `ws` will finish this upgrade: who knocks without must not be counted. RFC 6455 §4.2.1. */
function isUpgradable(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    request.method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "") &&
    ["13", "8"].includes(headers["sec-websocket-version"] ?? "")
  );
}

/** Ours, or whatever they offer first: a browser shows our close code only on a handshake that it finds complete. */
function chosenProtocol(offered: Set<string>): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL;
  const [first] = offered;
  return first ?? false;
}

/** An answer in plain HTTP, and the end. */
function refuse(wire: Socket, status: number, text: string, ...headers: string[]): void {
  wire.on("error", () => wire.destroy());
  const body = `${text}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  wire.once("finish", () => wire.destroy());
  wire.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
