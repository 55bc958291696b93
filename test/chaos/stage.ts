// The stage of a scenario: a real nats-server, edges and nodes in processes of their own, all recorded, and loads.
//
// What a scenario leaves lies under out/chaos/<scenario>: the recording, which must replay without a difference, and what
// was measured. The directory of the last run stays, to be shown.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { LoadVerdict } from "../../live/client/load-judge.ts";
import type { LoadWorkerOptions } from "../../live/client/load-worker.ts";
import { LOOPBACK, type NatsServer, type Place, startNats } from "../parts/nats.ts";
import { startPart, until } from "../parts/process.ts";
import { Load } from "./load.ts";
import { PROGRAM, ServerProcess } from "./server.ts";

const OUT = fileURLToPath(new URL("../../out/chaos", import.meta.url));

export interface StageOptions {
  /** Names the directory. */
  readonly scenario: string;
  readonly nodes?: number;
  readonly edges?: number;
  /** As --set takes them. */
  readonly settings?: readonly string[];
  /** Where a process runs; on the loopback unless said. "bus" is the nats-server. */
  readonly placeOf?: (id: string) => Place;
}

/** What every scenario's load must come to, whatever was done to the cluster. */
const CLEAN: Partial<LoadVerdict> = {
  unanswered: 0,
  refused: {},
  duplicates: 0,
  disordered: 0,
  lost: 0,
  wrongLefts: {},
  joinedTwice: 0,
  haunted: 0,
  sequenceGaps: 0,
  sessionsLost: 0,
  ended: 0,
  rosterMismatches: 0,
  examples: [],
};

export class Stage {
  readonly recordingDirectory: string;
  readonly #options: StageOptions;
  readonly #directory: string;
  readonly #servers = new Map<string, ServerProcess>();
  /** Processes that were replaced: they end too. */
  readonly #former: ServerProcess[] = [];
  readonly #loads: Load[] = [];
  readonly #figures: Record<string, unknown> = {};
  nats!: NatsServer;

  private constructor(options: StageOptions) {
    this.#options = options;
    this.#directory = join(OUT, options.scenario);
    this.recordingDirectory = join(this.#directory, "recording");
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.recordingDirectory, { recursive: true });
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { nodes = 3, edges = 2, settings = [], placeOf = () => LOOPBACK } = this.#options;
    this.nats = await startNats([], placeOf("bus"));
    const started = (role: "node" | "edge", count: number): Promise<ServerProcess>[] =>
      Array.from({ length: count }, (_, number) => {
        const id = `${role.charAt(0)}${number}`;
        const { recordingDirectory } = this;
        const busUrl = this.nats.url;
        const place = placeOf(id);
        return ServerProcess.start({ role, id, busUrl, settings, recordingDirectory, place });
      });
    const all = await Promise.allSettled([...started("node", nodes), ...started("edge", edges)]);
    for (const one of all) {
      if (one.status === "fulfilled") this.#servers.set(one.value.id, one.value);
    }
    for (const one of all) if (one.status === "rejected") throw one.reason;
    await this.acquainted();
  }

  // ---- who is there --------------------------------------------------------------------------------

  server(id: string): ServerProcess {
    return this.#servers.get(id)!;
  }

  get servers(): readonly ServerProcess[] {
    return [...this.#servers.values()].filter(({ hasEnded }) => !hasEnded);
  }

  get nodes(): readonly ServerProcess[] {
    return this.servers.filter(({ options }) => options.role === "node");
  }

  get edges(): readonly ServerProcess[] {
    return this.servers.filter(({ options }) => options.role === "edge");
  }

  get allNodes(): number {
    return this.#options.nodes ?? 3;
  }

  /** Every process holds so many nodes to be serving, and is well. */
  async acquainted(nodes = this.allNodes, withinMs = 30_000): Promise<void> {
    const isWell = async (server: ServerProcess): Promise<boolean> => {
      const { status, nodes: known } = await server.health();
      return status === "ok" && known.serving === nodes;
    };
    await this.until(
      `everybody is well and knows ${nodes} nodes`,
      async () => (await Promise.all(this.servers.map(isWell))).every(Boolean),
      withinMs,
    );
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>, withinMs: number) {
    await until(`${this.#options.scenario}: ${what}`, isSo, withinMs);
  }

  idle(ms: number): Promise<void> {
    return pause(ms);
  }

  // ---- what is done to them ------------------------------------------------------------------------

  async load(options: Omit<LoadWorkerOptions, "urls">): Promise<Load> {
    const urls = this.edges.map(({ url }) => url);
    const load = await Load.start({ urls, ...options });
    this.#loads.push(load);
    return load;
  }

  /** Ends a process as the signal asks, and starts another of the same name. */
  async replace(id: string, signal: NodeJS.Signals, endsWithinMs: number): Promise<void> {
    const old = this.server(id);
    old.signal(signal);
    await this.until(`${id} has ended`, () => old.hasEnded, endsWithinMs);
    this.#former.push(old);
    this.#servers.set(id, await old.replaced());
  }

  // ---- the end -------------------------------------------------------------------------------------

  /** Kept with the recording, and printed. */
  measured(name: string, value: unknown): void {
    this.#figures[name] = value;
  }

  /**
   * All loads are silent and clean; then all processes stop, and everything that they did replays. Of `lossy` ones messages may be
   * lost that crossed from node to node, and with `anyLoss` others too.
   */
  async judged(lossy: readonly Load[] = [], anyLoss = false): Promise<void> {
    const verdicts = await Promise.all(this.#loads.map((load) => load.verdict()));
    verdicts.forEach((verdict, i) => {
      const name = `load ${this.#loads[i]!.options.prefix}`;
      this.measured(name, { ...verdict, examples: undefined });
    });
    verdicts.forEach((verdict, i) => {
      const load = this.#loads[i]!;
      const { lost, lostOnOneNode, deliveries, acknowledged } = verdict;
      if (lost > 0) this.measured(`acknowledged and not heard, ${load.options.prefix}`, lost);
      const isLossy = lossy.includes(load);
      const found = isLossy
        ? { ...verdict, lost: anyLoss ? 0 : lostOnOneNode, examples: [] }
        : verdict;
      expect(found).toMatchObject(CLEAN);
      expect(acknowledged).toBeGreaterThan(load.size);
      if (!load.hasLeavers) {
        expect(deliveries + lost).toBe(acknowledged * (load.options.roomSize - 1));
      }
    });
    await this.#stopAll();
    await this.#replayed();
    this.#print();
  }

  async #stopAll(): Promise<void> {
    await this.#noteDisturbed();
    await Promise.all(this.#loads.map((load) => load.stop()));
    const all = [...this.#servers.values(), ...this.#former];
    await Promise.all(all.filter(({ hasEnded }) => !hasEnded).map((server) => server.stop()));
  }

  /** Since the last mark: for whoever wants to know why. */
  async #noteDisturbed(): Promise<void> {
    for (const [i, load] of this.#loads.entries()) {
      if (load.hasEnded) continue;
      const path = join(this.#directory, `disturbed-${i}.json`);
      const lines = (await load.disturbed()).map((one) => JSON.stringify(one));
      writeFileSync(path, `[\n${lines.join(",\n")}\n]\n`);
    }
  }

  async #replayed(): Promise<void> {
    const replay = startPart(process.execPath, [
      ...[PROGRAM, "replay", this.recordingDirectory, "--json"],
    ]);
    const code = await replay.ended;
    expect(code, replay.output()).toBe(0);
    const lives = JSON.parse(replay.output()) as { machine: string; facts: number }[];
    const machines = new Set(lives.map(({ machine }) => machine));
    expect([...machines].sort()).toEqual([...this.#servers.keys()].sort());
    for (const { machine, facts } of lives) expect(facts, machine).toBeGreaterThan(0);
    const facts = lives.reduce((sum, life) => sum + life.facts, 0);
    this.measured("replayed without a difference", { lives: lives.length, facts });
  }

  #print(): void {
    const { scenario } = this.#options;
    const path = join(this.#directory, "measured.json");
    const about = { node: process.version, cores: cpus().length, ...this.#figures };
    writeFileSync(path, `${JSON.stringify(about, undefined, 2)}\n`);
    const lines = Object.entries(this.#figures)
      .filter(([name]) => !name.startsWith("load "))
      .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
    const hint = `  npx stormglass replay ${this.recordingDirectory}`;
    console.info([`chaos: ${scenario}`, ...lines, hint].join("\n"));
  }

  /** Whatever happened before: nothing is left. With the logs of all when the scenario failed. */
  async close(): Promise<void> {
    for (const server of [...this.#former, ...this.#servers.values()]) {
      const path = join(this.#directory, `${server.id}-${server.pid}.log`);
      writeFileSync(path, server.output());
    }
    await this.#stopAll();
    await this.nats?.dispose();
  }
}
