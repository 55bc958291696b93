// Processes that tests start, and end by their own ids.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, connect as dial, type AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Whether a program of this name can be run: it says its version. */
export function hasProgram(name: string, versionFlag = "--version"): boolean {
  return spawnSync(name, [versionFlag], { stdio: "ignore" }).error === undefined;
}

export interface Part {
  readonly pid: number;
  /** What it wrote so far, stdout and stderr as they came. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended; SIGKILL after `patienceMs`. */
  end(name?: NodeJS.Signals, patienceMs?: number): Promise<void>;
  readonly hasEnded: boolean;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** What is still running when the tests' process leaves is killed, whatever the tests forgot. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function startPart(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Part {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  running.add(child);
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-200_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let hasEnded = false;
  const ended = once(child, "exit").then(([code, signal]) => {
    hasEnded = true;
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  return {
    pid: child.pid!,
    output: () => output,
    signal: (name) => void child.kill(name),
    ended,
    get hasEnded() {
      return hasEnded;
    },
    async end(name = "SIGTERM", patienceMs = 5_000) {
      if (hasEnded) return;
      child.kill("SIGCONT"); // A stopped process hears no other signal.
      child.kill(name);
      const killer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      await ended;
      clearTimeout(killer);
    },
  };
}

/** Of a Linux process: R running, S sleeping, T stopped. A signal is on its way for a moment after it was sent. */
export function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.charAt(stat.lastIndexOf(")") + 2);
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Whether somebody accepts there. */
export async function accepts(port: number, host = "127.0.0.1"): Promise<boolean> {
  const socket = dial(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Waits until `isSo`; @throws Error that says what was waited for. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`Waited ${withinMs} ms in vain: ${what}.`);
    await pause(10);
  }
}
