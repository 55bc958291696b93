// The load of a scenario: a few hundred clients in a process of their own, who talk all the time, and their judge.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Disturbance } from "../../live/client/load-disturbances.ts";
import type { LoadVerdict } from "../../live/client/load-judge.ts";
import type { LoadWorkerOptions } from "../../live/client/load-worker.ts";
import { SECRET } from "./server.ts";

const WORKER = fileURLToPath(new URL("../../dist/live/client/load-worker.js", import.meta.url));

/** What is left running when the tests' process leaves is killed, whatever the tests forgot. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface Census {
  readonly live: number;
  /** Clients by node. */
  readonly nodes: Readonly<Record<string, number>>;
}

export class Load {
  readonly options: LoadWorkerOptions;
  hasLeavers = false;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(options: LoadWorkerOptions) {
    this.options = options;
    this.#child = spawn(process.execPath, [WORKER], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env.PATH, STORMGLASS_JWT_SECRET: SECRET },
    });
    running.add(this.#child);
    this.#child.on("exit", () => running.delete(this.#child));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Its clients begin to join. */
  static async start(options: LoadWorkerOptions): Promise<Load> {
    const load = new Load(options);
    await load.#told({ do: "start", ...options });
    return load;
  }

  get size(): number {
    return this.options.rooms * this.options.roomSize;
  }

  async #told<Answer>(command: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("The process of the load is gone.");
    return JSON.parse(value) as Answer;
  }

  async #waited(what: "entered" | "settle", withinMs: number): Promise<void> {
    const { ok, live } = await this.#told<{ ok: boolean; live: number }>({ do: what, withinMs });
    if (ok) return;
    const verdict = JSON.stringify(await this.verdict());
    throw new Error(`${what}: not within ${withinMs} ms; ${live} of ${this.size} live; ${verdict}`);
  }

  /** Everybody is in, and sees everybody. */
  entered(withinMs = 30_000): Promise<void> {
    return this.#waited("entered", withinMs);
  }

  talk(): Promise<object> {
    return this.#told({ do: "talk" });
  }

  /** They fall silent; everybody is back, everything is answered, all agree on who is there and on their states. */
  async settled(withinMs = 45_000): Promise<void> {
    await this.#told({ do: "quiet" });
    await this.#waited("settle", withinMs);
  }

  leave(clients: readonly number[]): Promise<object> {
    this.hasLeavers = true;
    return this.#told({ do: "leave", clients });
  }

  mark(): Promise<object> {
    return this.#told({ do: "mark" });
  }

  census(): Promise<Census> {
    return this.#told({ do: "live" });
  }

  /** The node of each client. */
  async where(): Promise<readonly string[]> {
    return (await this.#told<{ nodes: readonly string[] }>({ do: "where" })).nodes;
  }

  async disturbed(): Promise<readonly Disturbance[]> {
    return (await this.#told<{ disturbed: readonly Disturbance[] }>({ do: "disturbed" })).disturbed;
  }

  async verdict(): Promise<LoadVerdict> {
    return (await this.#told<{ verdict: LoadVerdict }>({ do: "verdict" })).verdict;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin!.write('{"do":"stop"}\n');
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
    await ended;
    clearTimeout(killer);
  }
}
