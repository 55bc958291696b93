// The embedded server: edge and node in this process, over real sockets.

import { readServeSettings } from "../../bin/serve-settings.ts";
import { openLog } from "../../live/operations/log.ts";
import { startServer, type RunningServer } from "../../live/server.ts";
import type {
  ClusterKind,
  ConformanceClient,
  ConformanceCluster,
  ConformanceSettings,
} from "./cluster.ts";
import { LiveClients, TEST_SECRET } from "./live-clients.ts";
import { clusterSettings, LOOPBACK_BYTES } from "./live-settings.ts";

export const embeddedKind: ClusterKind = {
  name: "embedded server",
  abilities: [],
  start: async (settings) => new EmbeddedCluster(await embeddedServer(settings), settings),
};

/** A server of edge and node in this process. */
export async function embeddedServer(settings: ConformanceSettings): Promise<RunningServer> {
  const { settings: read } = await readServeSettings({
    flags: clusterSettings(settings).map((text) => {
      const [path, value] = text.split("=") as [string, string];
      return [path, value, text] as const;
    }),
    env: { STORMGLASS_JWT_SECRET: TEST_SECRET, STORMGLASS_CLUSTER_SECRET: TEST_SECRET },
    configFile: undefined,
    isDev: false,
    devSecret: "",
    hostname: "n0",
    readFile: () => undefined,
  });
  return startServer(read, { log: openLog({ level: "warn" }) });
}

class EmbeddedCluster implements ConformanceCluster {
  readonly nodes = ["n0"];
  readonly edges = ["n0-edge"];
  readonly socketBytes = LOOPBACK_BYTES;
  readonly #server: RunningServer;
  readonly #clients: LiveClients;

  constructor(server: RunningServer, settings: ConformanceSettings) {
    this.#server = server;
    this.#clients = new LiveClients([server.edge!.url], settings);
  }

  get nowMs(): number {
    return this.#clients.nowMs;
  }

  client(options: { readonly room: string }): ConformanceClient {
    return this.#clients.client(options);
  }

  until(condition: () => boolean, withinMs: number, what: string | (() => string)): Promise<void> {
    return this.#clients.until(condition, withinMs, what);
  }

  idle(ms: number): Promise<void> {
    return this.#clients.idle(ms);
  }

  killNode(): never {
    throw new Error("The embedded server has one node, in this process.");
  }

  killEdge(): never {
    throw new Error("The embedded server has one edge, in this process.");
  }

  drainNode(): never {
    throw new Error("The embedded server has no other node to drain to.");
  }

  cancelDrain(): never {
    throw new Error("The embedded server has no other node to drain to.");
  }

  busDown(): never {
    throw new Error("The embedded server's bus is in memory.");
  }

  busUp(): never {
    throw new Error("The embedded server's bus is in memory.");
  }

  async close(): Promise<void> {
    this.#clients.stop();
    await this.#server.stop();
  }
}
