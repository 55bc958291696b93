// The bus of a cluster: NATS, core publish and subscribe, at most once.
//
// Subjects: `stormglass.v1.<cluster>.cluster` and `stormglass.v1.<cluster>.node.<id>`; payloads are bus-codec.ts. One connection per handle, with
// no echo: nobody hears himself, but an edge and a node of one process, with a handle each, hear each other.
//
// A connection that is gone is replaced, never repaired: this file dials again for ever, soon and with jitter, and
// takes nothing along. What is published meanwhile is lost and counted: a beat that waited a minute would be a lie. A server that is silent is noticed by
// pings, since a stopped process keeps its sockets open.

import { readFileSync } from "node:fs";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import {
  connect,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import type { BusMessage } from "../../core/trunk.ts";
import type { Log } from "../operations/log.ts";
import { decodeBusMessage, encodeBusMessage } from "./bus-codec.ts";
import { BusCounts } from "./bus-counts.ts";
import type { Bus, BusListener, BusSender } from "./bus.ts";

/** Paths of PEM files; read at each dial, so that they may be rotated. */
export interface BusTlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface NatsBusOptions {
  /** `nats://host:port`, `tls://host:port`; tried in a random order. With `user:pass@` or `token@` in one, that is shown to all. */
  readonly servers: readonly string[];
  /** Processes of one cluster hear each other; letters, digits, "-" and "_". */
  readonly cluster: string;
  readonly sender: BusSender;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Path of a credentials file; read at each dial, so that it may be rotated. */
  readonly credsFile?: string;
  /** CA, client certificate and key as PEM, as node:tls takes them. TLS is required when this is given, or a URL begins with tls://; the
   * URL then names the host as its certificate does, not by address. */
  readonly tls?: Pick<TlsOptions, "ca" | "cert" | "key" | "rejectUnauthorized"> | BusTlsFiles;
  /** ms between pings. */
  readonly pingEveryMs?: number;
  readonly log: Log;
}

/** A server that left two pings unanswered is given up: 3 × 2 s, as long as a lease. */
const PING_EVERY_MS = 2_000;
const PINGS_OUT_MAX = 2;
/** One dial may take so long, ms. Assumed: TLS over an ocean takes less. */
const DIAL_MS = 3_000;
/** Pauses between dials grow from the first to the second, ms, each drawn from the upper half. Assumed: a server restarts in
 * about a second, and a cluster of hundreds of processes must not knock in step. */
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 2_000;
/** While it is down, the log says so this often, ms. */
const STILL_DOWN_EVERY_MS = 30_000;
/** What is under way has so long to leave, ms. */
const DRAIN_MS = 2_000;

const CLUSTER_PATTERN = /^[A-Za-z0-9_-]{1,63}$/;

/** What stands between `://` and the last `@` before the host. */
const USER_INFO = /(?<=:\/\/)[^/]*@/;

/** Credentials that somebody wrote into a URL. */
function shownIn(servers: readonly string[]): { user?: string; pass?: string; token?: string } {
  for (const server of servers) {
    const info = USER_INFO.exec(server)?.[0].slice(0, -1);
    if (info === undefined) continue;
    const colon = info.indexOf(":");
    if (colon < 0) return { token: decodeURIComponent(info) };
    const [user, pass] = [info.slice(0, colon), info.slice(colon + 1)].map(decodeURIComponent);
    return { user: user!, pass: pass! };
  }
  return {};
}

export class NatsBus implements Bus {
  readonly counts = new BusCounts();
  readonly #options: NatsBusOptions;
  readonly #prefix: string;
  readonly #subscriptions: { readonly subject: string; readonly listener: BusListener }[] = [];
  readonly #onChange: ((isUp: boolean) => void)[] = [];
  /** The connection that works; undefined while there is none. */
  #connection: NatsConnection | undefined;
  #isClosed = false;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;
  #downSinceMs = performance.now();
  #saidDownAtMs = -Infinity;

  /**
   * Dials at once, and in the background: `onChange` tells when it is up.
   *
   * @throws TypeError for a cluster that is no name, or a server that is no nats:// or tls:// URL.
   */
  constructor(options: NatsBusOptions) {
    if (!CLUSTER_PATTERN.test(options.cluster)) {
      throw new TypeError(
        `A cluster's name has letters, digits, "-" and "_", got "${options.cluster}".`,
      );
    }
    const odd = options.servers.find((server) => !/^(nats|tls):\/\/./.test(server));
    if (odd !== undefined || options.servers.length === 0) {
      throw new TypeError("A bus needs servers, whose URLs begin with nats:// or tls://.");
    }
    this.#options = options;
    this.#prefix = `stormglass.v1.${options.cluster}.`;
    void this.#dial();
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  publish(subject: string, message: BusMessage): void {
    const connection = this.#connection;
    if (connection === undefined) {
      this.counts.lost++;
      return;
    }
    try {
      connection.publish(this.#subjectOf(subject), encodeBusMessage(message, this.#options.sender));
      this.counts.published++;
    } catch (error) {
      // Larger than the server takes, or closed this very moment.
      this.counts.lost++;
      this.#options.log.warn(
        { type: message.type, error: error as Error },
        "a bus message could not be sent",
      );
    }
  }

  subscribe(subject: string, listener: BusListener): void {
    const subscription = { subject: this.#subjectOf(subject), listener };
    this.#subscriptions.push(subscription);
    if (this.#connection !== undefined) this.#listen(this.#connection, subscription);
  }

  onChange(listener: (isUp: boolean) => void): void {
    this.#onChange.push(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pause);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
    await Promise.race([connection.drain().catch(() => {}), deadline]);
    clearTimeout(timer);
    if (!connection.isClosed()) void connection.close();
  }

  // ---- one connection after the other ---------------------------------------------------------------

  async #dial(): Promise<void> {
    let connection: NatsConnection | undefined;
    try {
      connection = await connect(this.#connectOptions());
      if (this.#isClosed) {
        void connection.close();
        return;
      }
      const isOver = this.#watch(connection);
      for (const subscription of this.#subscriptions) this.#listen(connection, subscription);
      const listening = this.#subscriptions.length;
      await connection.flush(); // The server knows what we listen to before anybody counts on it.
      this.#opened(connection, listening, isOver());
    } catch (error) {
      void connection?.close();
      this.#failed(error as Error);
    }
  }

  #opened(connection: NatsConnection, listening: number, isOver: boolean): void {
    if (this.#isClosed || isOver) {
      void connection.close();
      this.#failed(new Error("closed while being opened"));
      return;
    }
    for (const late of this.#subscriptions.slice(listening)) this.#listen(connection, late);
    this.#connection = connection;
    this.#failures = 0;
    const downMs = Math.round(performance.now() - this.#downSinceMs);
    this.#options.log.info({ server: connection.getServer(), downMs }, "the bus is up");
    this.#saidDownAtMs = -Infinity;
    this.#tell(true);
  }

  #failed(error: Error): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    if (nowMs - this.#saidDownAtMs >= STILL_DOWN_EVERY_MS) {
      this.#saidDownAtMs = nowMs;
      const downMs = Math.round(nowMs - this.#downSinceMs);
      this.#options.log.warn(
        { error, downMs, servers: this.#options.servers.length },
        "the bus cannot be reached: rooms of one node go on, and it is dialled again",
      );
    }
    this.#dialLater();
  }

  #dialLater(): void {
    const longestMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.#failures++, 10));
    const pauseMs = longestMs * (0.5 + Math.random() / 2);
    this.#pause = setTimeout(() => void this.#dial(), pauseMs);
  }

  /** Notices that a connection is over, once: closed by the other side, or silent. */
  #watch(connection: NatsConnection): () => boolean {
    let isOver = false;
    const over = (why: string): void => {
      if (isOver) return;
      isOver = true;
      if (this.#connection === connection) this.#lost(why);
    };
    void connection
      .closed()
      .then((error) => over(error instanceof Error ? error.message : "closed"));
    void this.#watchStatus(connection, over);
    return () => isOver;
  }

  async #watchStatus(connection: NatsConnection, over: (why: string) => void): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "error") {
        this.#options.log.warn({ error: status.error }, "the bus complains");
      } else if (status.type === "disconnect") {
        over("disconnected");
      } else if (status.type === "staleConnection") {
        over("silent");
        void connection.close(); // Not awaited: the last bytes to a stopped server may never leave.
      }
    }
  }

  #lost(why: string): void {
    this.#connection = undefined;
    this.#downSinceMs = performance.now();
    if (this.#isClosed) return;
    this.#options.log.warn({ why }, "the bus is down: rooms of one node go on");
    this.#saidDownAtMs = this.#downSinceMs;
    this.#tell(false);
    this.#dialLater();
  }

  #tell(isUp: boolean): void {
    for (const listener of this.#onChange) listener(isUp);
  }

  // ---- messages -----------------------------------------------------------------------------------------

  #listen(
    connection: NatsConnection,
    { subject, listener }: { readonly subject: string; readonly listener: BusListener },
  ): void {
    connection.subscribe(subject, {
      callback: (error, msg) => {
        if (error === null) this.#heard(msg, listener);
        else this.#options.log.error({ subject, error }, "the bus does not let us listen");
      },
    });
  }

  #heard(msg: Msg, listener: BusListener): void {
    const heard = decodeBusMessage(msg.string());
    if (heard === undefined || this.#isSelf(heard.sender)) {
      this.counts.ignored++;
      return;
    }
    this.counts.heard++;
    try {
      listener(heard.message, heard.sender);
    } catch (error) {
      // Not into the library, which would stop to read: what fails here fails as it would anywhere in the process.
      setImmediate(() => {
        throw error;
      });
    }
  }

  /** No echo is a promise of one connection: what an earlier one left in the server's hands may come back to this one. */
  #isSelf({ id, trunkUrl }: BusSender): boolean {
    const { sender } = this.#options;
    return id === sender.id && trunkUrl === sender.trunkUrl;
  }

  /** Dots divide a subject: those of an id are written otherwise. */
  #subjectOf(subject: string): string {
    const id = subject.startsWith("node.") ? subject.slice("node.".length) : undefined;
    return this.#prefix + (id === undefined ? subject : `node.${id.replaceAll(".", "%2E")}`);
  }

  #connectOptions(): NodeConnectionOptions {
    const { servers, sender, credsFile, tls, pingEveryMs } = this.#options;
    // To the library a scheme says nothing: it would speak in the clear to a server that lets it.
    const secured = tls ?? (servers.some((server) => server.startsWith("tls://")) ? {} : undefined);
    const { user, pass, token } = { ...shownIn(servers), ...this.#options };
    return {
      servers: servers.map((server) => server.replace(USER_INFO, "")),
      name: `stormglass ${sender.id}`,
      noEcho: true,
      reconnect: false,
      timeout: DIAL_MS,
      pingInterval: pingEveryMs ?? PING_EVERY_MS,
      maxPingOut: PINGS_OUT_MAX,
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(token === undefined ? {} : { token }),
      ...(credsFile === undefined
        ? {}
        : { authenticator: credsAuthenticator(readFileSync(credsFile)) }),
      ...(secured === undefined
        ? {}
        : { tls: secured as NonNullable<NodeConnectionOptions["tls"]> }),
    };
  }
}
