// How many real connections a whole cluster holds at once on this machine: edges, two nodes, nats-server, all processes.
//
// A process may open so many descriptors and no more, so there are as many edges and generators as that takes; the generators come from
// many addresses of the loopback, since an address has some 28,000 ports. Everybody joins a room of ten, beats like a client, and
// stays; then a crowd of its own asks and answers through the same edges and nodes: what a round trip takes while all are connected.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { hasNats, startNats } from "../../parts/nats.ts";
import { medianOf } from "../row.ts";
import { Generator, type RemoteCrowd } from "./load.ts";
import type { Finding } from "./report.ts";
import { type ServerProcess, startStormglass } from "./servers.ts";

/** Connections per process, below what it may open; ends and listeners need a few. */
const DESCRIPTORS_SPARE = 2_000;
const CONNECTIONS_PER_PROCESS_MAX = 18_000;
const NODES = 2;
const FULL_STEPS = [50_000, 100_000];
const QUICK_STEPS = [2_000];
/** Joins under way at once, over all generators. */
const CONCURRENCY = 128;
const PROBE = { count: 20, roomSize: 2, perSec: 50, seconds: 6 };
/** Addresses that one crowd uses; see crowd.ts. */
const ADDRESSES = 16;
const KIB = 1_024;

export interface ClusterReport {
  readonly findings: readonly Finding[];
  /** What else was seen, one line each. */
  readonly remarks: readonly string[];
}

export async function clusterReport(isQuick: boolean): Promise<ClusterReport> {
  if (!hasNats)
    return { findings: [], remarks: ["cluster: SKIPPED, nats-server is not installed"] };
  const steps = isQuick ? QUICK_STEPS : FULL_STEPS;
  const cluster = await ClusterUnderLoad.start(steps.at(-1)!);
  const held: number[] = [];
  const remarks: string[] = [];
  try {
    for (const step of steps) {
      remarks.push(await cluster.climb(step));
      held.push(step);
    }
  } catch (error) {
    remarks.push(`cluster: no further than that: ${String(error)}`);
  } finally {
    await cluster.stop();
  }
  const finding: Finding = {
    what: "real connections held at once by a cluster",
    values: [held.at(-1) ?? 0],
    unit: "",
    better: "higher",
    ...(isQuick ? {} : { target: 50_000, stretch: 100_000 }),
  };
  return { findings: [finding], remarks };
}

class ClusterUnderLoad {
  readonly #stopNats: () => Promise<void>;
  readonly #natsPid: number;
  readonly #nodes: readonly ServerProcess[];
  readonly #edges: readonly ServerProcess[];
  readonly #perEdge: number;
  readonly #generators: Generator[] = [];
  readonly #prober = new Generator();
  #baseBytes = 0;
  #baseSlabBytes = 0;
  readonly #crowds: RemoteCrowd[] = [];
  #held = 0;

  private constructor(
    nats: { readonly pid: number; stop(): Promise<void> },
    nodes: readonly ServerProcess[],
    edges: readonly ServerProcess[],
    perEdge: number,
  ) {
    this.#natsPid = nats.pid;
    this.#stopNats = nats.stop;
    this.#nodes = nodes;
    this.#edges = edges;
    this.#perEdge = perEdge;
  }

  static async start(most: number): Promise<ClusterUnderLoad> {
    const descriptors = Number(execFileSync("sh", ["-c", "ulimit -n"]).toString());
    const may = Number.isFinite(descriptors) ? descriptors - DESCRIPTORS_SPARE : Infinity;
    const perProcess = Math.min(CONNECTIONS_PER_PROCESS_MAX, may);
    const count = Math.max(2, Math.ceil(most / perProcess));
    const nats = await startNats();
    const settings = ["node.trunk.host=127.0.0.1", "node.trunk.port=0"];
    const nodes: ServerProcess[] = [];
    const edges: ServerProcess[] = [];
    for (let i = 0; i < NODES; i++) {
      nodes.push(await startStormglass("node", `node-${i}`, nats.url, settings));
    }
    for (let i = 0; i < count; i++) {
      edges.push(await startStormglass("edge", `edge-${i}`, nats.url, []));
    }
    await pause(2_500); // Two beats: all edges know all nodes.
    const bus = { pid: nats.part.pid, stop: () => nats.dispose() };
    const cluster = new ClusterUnderLoad(bus, nodes, edges, Math.ceil(most / count));
    cluster.#baseBytes = await cluster.#serverBytes();
    cluster.#baseSlabBytes = slabBytes();
    return cluster;
  }

  /** Until so many are connected, all of them joined; then asks and answers. Returns what was seen. */
  async climb(goal: number): Promise<string> {
    const beganMs = performance.now();
    const crowds: RemoteCrowd[] = [];
    // Crowds are of at most a generator's connections, one after the other on the edge that has room.
    while (this.#held < goal) {
      const at = Math.floor(this.#held / this.#perEdge);
      const generator = (this.#generators[at] ??= new Generator());
      const count = Math.min(goal, (at + 1) * this.#perEdge) - this.#held;
      const plan = { server: "ours", port: this.#edges[at]!.port, count, roomSize: 10 } as const;
      const firstAddress = 1 + ((at * ADDRESSES) % 192);
      crowds.push(await generator.gather({ ...plan, concurrency: CONCURRENCY, firstAddress }));
      this.#held += count;
    }
    const gatheredMs = performance.now();
    const joinSeconds = await inTwos(crowds);
    await pause(3_000);
    const bytes = (await this.#serverBytes()) - this.#baseBytes;
    const slabs = slabBytes() - this.#baseSlabBytes;
    this.#crowds.push(...crowds);
    const trips = await this.#probe();
    const held = await this.#stillHeld();
    if (held < this.#held) throw new Error(`${this.#held - held} of ${this.#held} were cut`);
    const perConnection = (all: number): string => (all / this.#held / 1_000).toFixed(1);
    return [
      `${this.#held.toLocaleString("en")} connections on ${this.#edges.length} edges, ${NODES} nodes and nats-server`,
      `  all joined in ${joinSeconds.toFixed(1)} s (tokens before: ${((gatheredMs - beganMs) / 1_000).toFixed(1)} s)`,
      `  memory per connection: servers ${perConnection(bytes)} kB, kernel slabs of both ends ${perConnection(slabs)} kB`,
      `  round trips between two others meanwhile: p50 ${trips.p50.toFixed(2)} ms, p99 ${trips.p99.toFixed(2)} ms`,
    ].join("\n");
  }

  /** Those that are connected and in their rooms, as their own ends see it. */
  async #stillHeld(): Promise<number> {
    let held = 0;
    for (const crowd of this.#crowds) held += await crowd.held();
    return held;
  }

  /** On every edge pairs that ask and answer. */
  async #probe(): Promise<{ p50: number; p99: number }> {
    const all: number[] = [];
    for (const { port } of this.#edges) {
      const { count, roomSize, perSec, seconds } = PROBE;
      const plan = { server: "ours", port, count, roomSize, firstAddress: 200 } as const;
      const crowd = await this.#prober.gather(plan);
      await crowd.enter();
      const { tripsMs } = await crowd.play("round trips", seconds / this.#edges.length, perSec);
      all.push(...tripsMs);
      await crowd.disperse();
    }
    all.sort((x, y) => x - y);
    return { p50: medianOf(all), p99: all[Math.floor(all.length * 0.99)] ?? Infinity };
  }

  /** Resident bytes of all processes of the cluster, the garbage taken away. */
  async #serverBytes(): Promise<number> {
    let bytes = residentBytes(this.#natsPid);
    for (const server of [...this.#nodes, ...this.#edges]) {
      bytes += (await server.usage(true)).residentBytes;
    }
    return bytes;
  }

  async stop(): Promise<void> {
    for (const generator of [...this.#generators, this.#prober]) generator.stop();
    for (const server of [...this.#edges, ...this.#nodes]) await server.stop();
    await this.#stopNats();
  }
}

/** Two crowds at a time: the machine has two cores, and a join has a deadline. Resolves with the seconds that all took. */
async function inTwos(crowds: readonly RemoteCrowd[]): Promise<number> {
  const beganMs = performance.now();
  for (let i = 0; i < crowds.length; i += 2) {
    await Promise.all(crowds.slice(i, i + 2).map((crowd) => crowd.enter()));
  }
  return (performance.now() - beganMs) / 1_000;
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * KIB;
}

/** What the kernel holds in slabs, which is where sockets are. */
function slabBytes(): number {
  const meminfo = readFileSync("/proc/meminfo", "utf8");
  return Number(/Slab:\s+(\d+) kB/.exec(meminfo)?.[1] ?? 0) * KIB;
}
