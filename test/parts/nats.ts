// A real nats-server for tests: on the loopback, at a port of its own, in a directory of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accepts, freePort, hasProgram, type Part, startPart, until } from "./process.ts";

const PROGRAM = process.env.STORMGLASS_NATS_SERVER ?? "nats-server";

export const hasNats = hasProgram(PROGRAM);
if (!hasNats) {
  console.warn(`SKIPPED: ${PROGRAM} is not installed, so tests that need a real bus do not run.`);
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly part: Part;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** At the same port. */
  start(): Promise<void>;
  /** Stops, and removes its directory. */
  dispose(): Promise<void>;
}

/** Where a process runs: its address, and what is put in front of its command, such as `ip netns exec …`. */
export interface Place {
  readonly host: string;
  readonly through: readonly string[];
}

export const LOOPBACK: Place = { host: "127.0.0.1", through: [] };

/** `args`: further flags of nats-server, e.g. `--user`. */
export async function startNats(
  args: readonly string[] = [],
  { host, through }: Place = LOOPBACK,
): Promise<NatsServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "stormglass-nats-"));
  const run = async (): Promise<Part> => {
    const where = ["--addr", host, "--port", String(port)];
    const files = ["--pid", join(directory, "pid"), "--ports_file_dir", directory];
    const [program, ...before] = [...through, PROGRAM];
    const part = startPart(program!, [...before, ...where, ...files, ...args]);
    await until("nats-server accepts", async () => {
      if (part.hasEnded) throw new Error(`nats-server ended: ${part.output()}`);
      return accepts(port, host);
    });
    return part;
  };
  let part = await run();
  return {
    url: `nats://${host}:${port}`,
    port,
    get part() {
      return part;
    },
    stop: (signal = "SIGTERM") => part.end(signal),
    async start() {
      await part.end();
      part = await run();
    },
    async dispose() {
      await part.end("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
