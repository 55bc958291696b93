// A real cluster: processes of `stormglass serve`, two edges and three nodes, on a real nats-server.
//
// Processes are ended by their own ids. The built program is used (`npm run build`): what is tested is what is shipped.

import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startNats, type NatsServer } from "../parts/nats.ts";
import { startPart, until, type Part } from "../parts/process.ts";
import type {
  ClusterKind,
  ConformanceClient,
  ConformanceCluster,
  ConformanceSettings,
} from "./cluster.ts";
import { LiveClients, TEST_SECRET } from "./live-clients.ts";
import { clusterSettings, LOOPBACK_BYTES } from "./live-settings.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/bin/stormglass.js", import.meta.url));
/** Assumed: five processes of Node on two busy cores. */
const READY_WITHIN_MS = 30_000;

export const processKind: ClusterKind = {
  name: "cluster of processes",
  abilities: ["several nodes", "several edges", "bus"],
  start: (settings) => ProcessCluster.start(settings),
};

/** One process of `stormglass serve`. */
export interface ServeProcess {
  readonly id: string;
  readonly part: Part;
  /** Where clients connect; "" for a node. */
  readonly url: string;
  readonly operationsUrl: string;
}

/** Starts a process of that role and waits until it is ready. */
export async function startServe(
  role: "edge" | "node",
  id: string,
  busUrl: string,
  settings: readonly string[],
): Promise<ServeProcess> {
  const set = settings.flatMap((setting) => ["--set", setting]);
  const args = [PROGRAM, "serve", "--role", role, "--id", id, "--bus", busUrl, ...set];
  const part = startPart(process.execPath, [...args, "--set", "log.format=json"], {
    PATH: process.env.PATH,
    STORMGLASS_JWT_SECRET: TEST_SECRET,
    STORMGLASS_CLUSTER_SECRET: TEST_SECRET,
  });
  const isReady = (): boolean => {
    if (part.hasEnded) throw new Error(`${role} ${id} ended: ${part.output()}`);
    return readyLine(part) !== undefined;
  };
  await until(`${role} ${id} is ready`, isReady, READY_WITHIN_MS);
  const { url = "", operationsPort } = readyLine(part)!;
  return { id, part, url, operationsUrl: `http://127.0.0.1:${operationsPort}` };
}

interface ReadyLine {
  readonly msg: string;
  readonly url?: string;
  readonly operationsPort: number;
}

function readyLine(part: Part): ReadyLine | undefined {
  const line = part
    .output()
    .split("\n")
    .find((text) => text.startsWith("{") && text.includes('"Ready."'));
  return line === undefined ? undefined : (JSON.parse(line) as ReadyLine);
}

export class ProcessCluster implements ConformanceCluster {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
  readonly socketBytes = LOOPBACK_BYTES;
  readonly #processes: ReadonlyMap<string, ServeProcess>;
  readonly #nats: NatsServer;
  readonly #clients: LiveClients;

  private constructor(
    nats: NatsServer,
    processes: readonly ServeProcess[],
    settings: ConformanceSettings,
  ) {
    this.#nats = nats;
    this.#processes = new Map(processes.map((one) => [one.id, one]));
    const isEdge = ({ url }: ServeProcess): boolean => url !== "";
    const edges = processes.filter(isEdge);
    this.edges = edges.map(({ id }) => id);
    this.nodes = processes.filter((one) => !isEdge(one)).map(({ id }) => id);
    this.#clients = new LiveClients(
      edges.map(({ url }) => url),
      settings,
    );
  }

  static async start(settings: ConformanceSettings): Promise<ProcessCluster> {
    const nats = await startNats();
    const set = clusterSettings(settings);
    const names = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, number) => `${letter}${number}`);
    const processes = await Promise.all([
      ...names("n", settings.nodes).map((id) => startServe("node", id, nats.url, set)),
      ...names("e", settings.edges).map((id) => startServe("edge", id, nats.url, set)),
    ]);
    await pause(5 * settings.beatEveryMs); // Everybody has heard of everybody.
    return new ProcessCluster(nats, processes, settings);
  }

  get nowMs(): number {
    return this.#clients.nowMs;
  }

  client(options: { readonly room: string }): ConformanceClient {
    return this.#clients.client(options);
  }

  async until(
    condition: () => boolean,
    withinMs: number,
    what: string | (() => string),
  ): Promise<void> {
    try {
      await this.#clients.until(condition, withinMs, what);
    } catch (cause) {
      throw new Error(`${(cause as Error).message}\n${this.#logs()}`, { cause });
    }
  }

  idle(ms: number): Promise<void> {
    return this.#clients.idle(ms);
  }

  #logs(): string {
    const lines = [...this.#processes.values()].map(({ id, part }) => {
      const last = part.output().trimEnd().split("\n").slice(-12).join("\n  ");
      return `${id}${part.hasEnded ? " (ended)" : ""}:\n  ${last}`;
    });
    return lines.join("\n");
  }

  #signal(id: string, signal: NodeJS.Signals): void {
    this.#processes.get(id)!.part.signal(signal);
  }

  killNode(id: string): void {
    this.#signal(id, "SIGKILL");
  }

  killEdge(id: string): void {
    this.#signal(id, "SIGKILL");
  }

  drainNode(id: string): void {
    this.#signal(id, "SIGTERM");
  }

  cancelDrain(id: string): void {
    this.#signal(id, "SIGUSR2");
  }

  async busDown(): Promise<void> {
    await this.#nats.stop("SIGKILL");
  }

  async busUp(): Promise<void> {
    await this.#nats.start();
  }

  async close(): Promise<void> {
    this.#clients.stop();
    await Promise.all([...this.#processes.values()].map(({ part }) => part.end("SIGKILL")));
    await this.#nats.dispose();
  }
}
