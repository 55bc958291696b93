// A foreign program that plays the hold model at our command (hold.cpp, hold_simpy.py).
//
// It keeps its pending events between rounds, so that rounds of several programs can be interleaved
// and every round is steady state.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface Round {
  readonly nsPerHold: number;
  /** Over time and handle of every event so far, in order. */
  readonly checksum: number;
}

export class HoldPartner {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", () => {}); // Then there is no answer, which `play` reports.
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async play(holds: number): Promise<Round> {
    this.#child.stdin!.write(`${holds}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${this.#child.spawnfile} ended without an answer`);
    const [ns, checksum] = String(value).split(" ").map(Number);
    return { nsPerHold: ns / holds, checksum };
  }

  end(): void {
    this.#child.stdin!.end();
  }
}
