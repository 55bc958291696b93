// The servers under measurement, each a process of its own: ours as it is shipped, and those we are compared with.
//
// Ours is `stormglass serve` with everything on that is on by default, and its limits raised so that the machine is the limit.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Usage } from "./probe.ts";

export type ServerName = "ours" | "ws" | "socket.io";

export const SECRET = "a secret of the benchmark, long enough for HS256";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PROBE = new URL("./probe.js", import.meta.url).href;
const PROGRAM = process.env["STORMGLASS_BENCH_PROGRAM"] ?? here("../../../bin/stormglass.js");
const READY_WITHIN_MS = 30_000;

/** As --set takes them: no limit but the machine. */
export const WITHOUT_LIMITS: readonly string[] = [
  "edge.host=127.0.0.1",
  "edge.port=0",
  "edge.authTimeout=60s",
  "edge.joinDeadline=60s",
  "edge.door.connectionsMax=1000000",
  "edge.door.connectionsPerAddressMax=1000000",
  "edge.door.handshakes.rate=1000000/s",
  "edge.door.handshakes.burst=1000000",
  "edge.admission.joins=1000000/s",
  "edge.admission.resumes=1000000/s",
  "edge.admission.burst=1000000",
  "node.maxConnections=1000000",
  "node.admission.rate=1000000/s",
  "node.admission.burst=1000000",
  "cluster.budgets.connection.rate=1000000/s",
  "cluster.budgets.connection.burst=1000000",
  "cluster.budgets.room.deliveries=100000000/s",
  "cluster.budgets.room.burst=100000000",
  "cluster.budgets.node.deliveries=100000000/s",
  "cluster.budgets.node.burst=100000000",
  "cluster.fanout.backlogMax=10000000",
  "operations.host=127.0.0.1",
  "operations.port=0",
  "log.format=json",
];

/** Flags of Node for all servers in experiments: `STORMGLASS_BENCH_FLAGS="--import ./profiler.js"`. */
const FLAGS = (process.env["STORMGLASS_BENCH_FLAGS"] ?? "")
  .split(" ")
  .filter((flag) => flag !== "");

export interface ServerProcess {
  readonly pid: number;
  /** Where clients connect; 0 where none do. */
  readonly port: number;
  usage(isTidy?: boolean): Promise<Usage>;
  stop(): Promise<void>;
}

/** What still runs when the benchmark leaves is killed. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startServer(name: ServerName): Promise<ServerProcess> {
  if (name === "ours") return startStormglass("all", "bench", "", []);
  const program = here(name === "ws" ? "./contender-ws.js" : "./contender-socket-io.js");
  const child = fork(program, [], {
    execArgv: ["--expose-gc", ...FLAGS, "--import", PROBE],
    env: { PATH: process.env["PATH"], BENCH_SECRET: SECRET },
  });
  return whenReady(name, child, (found) => {
    child.on("message", (said: { port?: number }) => {
      if (said.port !== undefined) found(said.port);
    });
  });
}

/** `stormglass serve`, alone or as a part of a cluster on `bus`. */
export async function startStormglass(
  role: "all" | "edge" | "node",
  id: string,
  bus: string,
  settings: readonly string[],
): Promise<ServerProcess> {
  const all = [...WITHOUT_LIMITS, ...settings].flatMap((setting) => ["--set", setting]);
  const where = bus === "" ? [] : ["--bus", bus];
  const child = fork(PROGRAM, ["serve", "--role", role, "--id", id, ...where, ...all], {
    execArgv: ["--expose-gc", ...FLAGS, "--import", PROBE],
    env: {
      PATH: process.env["PATH"],
      STORMGLASS_JWT_SECRET: SECRET,
      STORMGLASS_CLUSTER_SECRET: SECRET,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return whenReady(`stormglass serve --role ${role}`, child, (found) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-10_000);
      if (!/"level":"(info|warn)"/.test(chunk.toString())) process.stderr.write(chunk);
      const line = text.split("\n").find((one) => one.includes('"Ready."'));
      if (line === undefined || !line.endsWith("}")) return;
      const { url } = JSON.parse(line) as { url?: string };
      found(url === undefined ? 0 : Number(new URL(url).port));
    });
  });
}

async function whenReady(
  name: string,
  child: ChildProcess,
  listen: (found: (port: number) => void) => void,
): Promise<ServerProcess> {
  running.add(child);
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => {
      running.delete(child);
      resolve();
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is not ready`)), READY_WITHIN_MS);
    listen((found) => {
      clearTimeout(timer);
      resolve(found);
    });
    void ended.then(() => reject(new Error(`${name} ended before it was ready`)));
  });
  const waiting = new Map<number, (usage: Usage) => void>();
  child.on("message", ({ ask, usage }: { ask?: number; usage?: Usage }) => {
    if (ask === undefined || usage === undefined) return;
    waiting.get(ask)?.(usage);
    waiting.delete(ask);
  });
  let asks = 0;
  return {
    pid: child.pid!, // It runs.
    port,
    usage: (isTidy = false) =>
      new Promise((resolve) => {
        const ask = asks++;
        waiting.set(ask, resolve);
        child.send({ ask, isTidy });
      }),
    async stop() {
      child.kill(FLAGS.length > 0 ? "SIGTERM" : "SIGKILL"); // Whoever profiles writes when it is told to end.
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(killer);
    },
  };
}
