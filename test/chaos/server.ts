// One process of `stormglass serve` under attack: started, asked how it is, stopped, killed, replaced by another of the same name.
//
// The built program is used: what is tested is what is shipped.

import { fileURLToPath } from "node:url";
import { type Part, startPart, until } from "../parts/process.ts";
import { LOOPBACK, type Place } from "../parts/nats.ts";

export const PROGRAM = fileURLToPath(new URL("../../dist/bin/stormglass.js", import.meta.url));
/** Of everything in these tests: tokens, and trust between processes. */
export const SECRET = "a-secret-of-tests-that-protects-nothing-at-all";
/** Assumed: several processes of Node that start at once on two busy cores. */
const READY_WITHIN_MS = 30_000;
/** A process that is stopped does not answer, and must not be waited for. */
const ANSWER_WITHIN_MS = 3_000;

export interface ServerOptions {
  readonly role: "edge" | "node";
  readonly id: string;
  readonly busUrl: string;
  /** As --set takes them. */
  readonly settings: readonly string[];
  readonly recordingDirectory: string;
  readonly place?: Place;
  /** Where clients come: an edge that is replaced is found where it was. */
  readonly port?: number;
}

interface ReadyLine {
  readonly url?: string;
  readonly operationsPort: number;
  readonly adminPort: number;
}

export interface Health {
  readonly status: "ok" | "degraded";
  readonly reasons: readonly string[];
  readonly nodes: { readonly serving: number };
  readonly sessions?: number;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

export class ServerProcess {
  readonly options: ServerOptions;
  readonly #part: Part;
  readonly #place: Place;
  #ready: ReadyLine | undefined;

  private constructor(options: ServerOptions) {
    const { role, id, busUrl, settings, recordingDirectory, place = LOOPBACK, port = 0 } = options;
    this.options = options;
    this.#place = place;
    const set = [
      `edge.host=${place.host}`,
      `edge.port=${port}`,
      `node.trunk.host=${place.host}`,
      "node.trunk.port=0",
      `operations.host=${place.host}`,
      "operations.port=0",
      `admin.host=${place.host}`,
      "admin.port=0",
      "log.format=json",
      ...settings,
    ].flatMap((setting) => ["--set", setting]);
    const serve = ["serve", "--role", role, "--id", id, "--bus", busUrl];
    const command = [...place.through, process.execPath, PROGRAM, ...serve, ...set];
    const [program, ...args] = [...command, "--record", recordingDirectory];
    this.#part = startPart(program!, args, {
      PATH: process.env.PATH,
      STORMGLASS_JWT_SECRET: SECRET,
      STORMGLASS_CLUSTER_SECRET: SECRET,
      STORMGLASS_ADMIN_TOKEN: SECRET,
    });
  }

  /** Resolves when it is ready. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    try {
      await until(
        `${options.role} ${options.id} is ready`,
        () => server.#isReady(),
        READY_WITHIN_MS,
      );
    } catch (error) {
      await server.#part.end("SIGKILL");
      throw error;
    }
    return server;
  }

  #isReady(): boolean {
    if (this.hasEnded) throw new Error(`${this.id} ended: ${this.output()}`);
    this.#ready = readyLine(this.output());
    return this.#ready !== undefined;
  }

  get id(): string {
    return this.options.id;
  }

  get pid(): number {
    return this.#part.pid;
  }

  /** Where clients connect. */
  get url(): string {
    return this.#ready?.url ?? "";
  }

  get hasEnded(): boolean {
    return this.#part.hasEnded;
  }

  /** Exit code or signal. */
  get ended(): Promise<number | NodeJS.Signals> {
    return this.#part.ended;
  }

  output(): string {
    return this.#part.output();
  }

  /** How often the log says this. */
  said(text: string): number {
    return this.output().split(text).length - 1;
  }

  signal(name: NodeJS.Signals): void {
    this.#part.signal(name);
  }

  /** Another process of the same name, in the same place. */
  replaced(): Promise<ServerProcess> {
    const port = this.url === "" ? 0 : Number(new URL(this.url).port);
    return ServerProcess.start({ ...this.options, port });
  }

  /** At once, with its recording complete. */
  async stop(): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await this.#part.end("SIGTERM"); // The second one does not drain.
  }

  async health(): Promise<Health> {
    const url = `http://${this.#place.host}:${this.#ready!.operationsPort}/healthz`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return (await answer.json()) as Health;
  }

  /** All items of a list of the admin API. */
  async list<Item>(path: string): Promise<readonly Item[]> {
    const items: Item[] = [];
    let after = "";
    do {
      const query = `limit=1000&after=${encodeURIComponent(after)}`;
      const page = await this.get<Page<Item>>(`${path}?${query}`);
      items.push(...page.items);
      after = page.next ?? "";
    } while (after !== "");
    return items;
  }

  /** Of the admin API. */
  async get<Body>(path: string): Promise<Body> {
    const url = `http://${this.#place.host}:${this.#ready!.adminPort}/v1/${path}`;
    const headers = { authorization: `Bearer ${SECRET}` };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!answer.ok) throw new Error(`${this.id} answers ${answer.status} to ${path}`);
    return (await answer.json()) as Body;
  }
}

function readyLine(output: string): ReadyLine | undefined {
  const line = output.split("\n").find((text) => text.startsWith("{") && text.includes('"Ready."'));
  return line === undefined ? undefined : (JSON.parse(line) as ReadyLine);
}
