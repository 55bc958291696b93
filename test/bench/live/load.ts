// The benchmark's end of a generator: commands there, answers back.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Load } from "./crowd.ts";
import { SECRET, type ServerName } from "./servers.ts";

export type Command =
  | {
      readonly do: "gather";
      readonly crowd: number;
      readonly server: ServerName;
      readonly secret: string;
      readonly port: number;
      readonly count: number;
      readonly roomSize: number;
      readonly concurrency: number;
      readonly prefix: string;
      readonly firstAddress: number;
    }
  | { readonly do: "enter"; readonly crowd: number }
  | { readonly do: "count"; readonly crowd: number }
  | {
      readonly do: "play";
      readonly crowd: number;
      readonly load: Load;
      readonly seconds: number;
      readonly perSec: number;
      readonly depth: number;
    }
  | { readonly do: "disperse"; readonly crowd: number };

export interface Answer {
  readonly seconds: number;
  readonly count: number;
  readonly tripsMs: readonly number[];
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A crowd of one generator. */
export interface RemoteCrowd {
  /** Resolves with the seconds that it took. */
  enter(): Promise<number>;
  /** `perSec` for round trips, `depth` for messages under way in a room. */
  play(load: Load, seconds: number, perSec?: number, depth?: number): Promise<Answer>;
  /** Clients that are in. */
  held(): Promise<number>;
  disperse(): Promise<void>;
}

export interface CrowdPlan {
  readonly server: ServerName;
  readonly port: number;
  readonly count: number;
  readonly roomSize: number;
  readonly concurrency?: number;
  readonly firstAddress?: number;
}

/** Joins under way at once, unless said otherwise. Assumed: enough that the server is never idle. */
const CONCURRENCY = 64;
let crowds = 0;

export class Generator {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, [(answer: Answer) => void, (error: Error) => void]>();
  #asks = 0;

  constructor() {
    this.#child = fork(fileURLToPath(new URL("./generator.js", import.meta.url)), []);
    running.add(this.#child);
    this.#child.on("message", ({ ask, answer, error }: Said) => {
      const [resolve, reject] = this.#waiting.get(ask)!; // It answers what it was asked.
      this.#waiting.delete(ask);
      if (answer === undefined) reject(new Error(error));
      else resolve(answer);
    });
    this.#child.on("exit", () => {
      running.delete(this.#child);
      for (const [, reject] of this.#waiting.values()) reject(new Error("a generator ended"));
    });
  }

  /** Everything up to the first connection: tokens cost more than joins. */
  async gather(plan: CrowdPlan): Promise<RemoteCrowd> {
    const crowd = crowds++;
    const { concurrency = CONCURRENCY, firstAddress = 1 } = plan;
    const prefix = `c${crowd}`;
    const whole = { ...plan, concurrency, firstAddress, prefix, secret: SECRET };
    await this.#ask({ do: "gather", crowd, ...whole });
    return {
      enter: async () => (await this.#ask({ do: "enter", crowd })).seconds,
      play: (load, seconds, perSec = 0, depth = 1) =>
        this.#ask({ do: "play", crowd, load, seconds, perSec, depth }),
      held: async () => (await this.#ask({ do: "count", crowd })).count,
      disperse: async () => void (await this.#ask({ do: "disperse", crowd })),
    };
  }

  #ask(command: Command): Promise<Answer> {
    const ask = this.#asks++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(ask, [resolve, reject]);
      this.#child.send({ ask, command });
    });
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

interface Said {
  readonly ask: number;
  readonly answer?: Answer;
  readonly error?: string;
}
