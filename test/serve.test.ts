// stormglass serve as a process: refusals, signals, ports, variables, and a cluster of edge and node on a real bus.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import { hasNats, type NatsServer, startNats } from "./parts/nats.ts";
import { freePort, type Part, startPart, until } from "./parts/process.ts";
import { RawClient } from "./parts/raw-client.ts";

const program = join(new URL("..", import.meta.url).pathname, "dist/bin/stormglass.js");
/** What a process of tests is started with: none of the developer's own variables. */
const ENV = { PATH: process.env.PATH ?? "" };
const FREE_PORTS = [
  "--set",
  "edge.port=0",
  "--set",
  "operations.port=0",
  "--set",
  "node.trunk.port=0",
];
const NEXT_STEP = "stormglass token --dev --room standup --sub alice";
let directory = "";
const parts: Part[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-serve-"));
});
afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.end("SIGKILL")));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs to its end. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(process.execPath, [program, "serve", ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { ...ENV, ...env },
    timeout: 30_000,
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Part {
  const part = startPart(process.execPath, [program, "serve", ...FREE_PORTS, ...args], {
    ...ENV,
    ...env,
  });
  parts.push(part);
  return part;
}

/** What the line says that tells of being ready. */
interface Ready {
  readonly url: string;
  readonly operationsPort: number;
}

async function ready(part: Part): Promise<Ready> {
  const line = /^\{.*"text":"Ready\.".*\}$/m;
  await until(
    "the server is ready",
    () => {
      if (part.hasEnded) throw new Error(`The server ended: ${part.output()}`);
      return line.test(part.output());
    },
    30_000,
  );
  return JSON.parse(line.exec(part.output())![0]) as Ready;
}

const statusOf = async ({ operationsPort }: Ready, page: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${operationsPort}/${page}`)).status;

/** Whether the edge knows so many nodes that serve, and has trunks to them. */
async function hasNodes({ operationsPort }: Ready, count: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${operationsPort}/healthz`);
  const { nodes, trunks } = (await answer.json()) as {
    nodes: { serving: number };
    trunks: { edge: number };
  };
  return nodes.serving === count && trunks.edge === count;
}

test("[SV6] without a key it refuses to start, with code 3 and three lines on what to do", () => {
  const { code, out, err } = run([]);

  expect([code, out]).toEqual([3, ""]);
  expect(err.trimEnd().split("\n")).toHaveLength(3);
  expect(err).toContain("There is no key");
  expect(err).toContain("STORMGLASS_JWT_SECRET_FILE");
  expect(err).toContain("stormglass serve --dev");
});

test("[SV3] mistakes in file, variables and flags are told together, with code 3", () => {
  writeFileSync(join(directory, "bad.yaml"), "edge:\n  prot: 8080\n");
  const args = ["--config", "bad.yaml", "--port", "none", "--set", "drain.within=5"];
  const { code, out, err } = run(args, { STORMGLASS_LOG_LEVL: "info" });

  expect([code, out]).toEqual([3, ""]);
  expect(err).toContain('bad.yaml:2:3: edge must have no key "prot" — did you mean "port"?\n  1 |');
  expect(err).toContain("--port: edge.port must be a whole number");
  expect(err).toContain("--set drain.within=5: drain.within must be a duration with a unit");
  expect(err).toContain("STORMGLASS_LOG_LEVL: must be the name of a setting — did you mean");
  expect(run(["--prot", "1"]).code).toBe(2);
});

test("[SV8] --print-config tells every setting with its origin, and starts nothing", () => {
  writeFileSync(join(directory, "good.yaml"), "region: eu-west\n");
  const { code, out, err } = run(["--config", "good.yaml", "--port", "9000", "--print-config"], {
    STORMGLASS_JWT_SECRET: DEV_SECRET,
  });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^region: eu-west +# good\.yaml:1$/m);
  expect(out).toMatch(/^ {2}port: 9000 +# --port$/m);
  expect(out).toContain("# secret: (set)  # STORMGLASS_JWT_SECRET");
  const json = run(["--config", "good.yaml", "--print-config", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({
    settings: { region: "eu-west", drain: { withinMs: 30_000 } },
    origins: { region: "good.yaml:1" },
  });
});

test("[SV12] a port that is taken is code 5, and says which setting to change", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  const { code, out, err } = run(["--dev", "--port", String(port), "--set", "operations.port=0"]);
  squatter.close();

  expect([code, out]).toEqual([5, ""]);
  expect(err).toContain(`edge.port: the server cannot start: listen EADDRINUSE`);
  expect(err).toContain("another process listens there");
});

test("[SV16] --dev is ready, says what to do next, lets a client in, and drains on SIGTERM", async () => {
  const part = start(["--dev"], { STORMGLASS_REGION: "lab" });
  const at = await ready(part);
  expect(at.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/signal$/);
  await until("it says what to do next", () => part.output().includes(NEXT_STEP));
  expect(await statusOf(at, "readyz")).toBe(200);
  expect(await statusOf(at, "metrics")).toBe(200);
  const bob = await RawClient.dial(at.url);
  expect(await bob.join("standup", "bob", DEV_SECRET)).toMatchObject({ t: "joined" });
  const minted = spawnSync(process.execPath, [program, ...NEXT_STEP.split(" ").slice(1)], {
    encoding: "utf8",
    env: ENV,
  });
  const alice = await RawClient.dial(at.url);
  const token = minted.stdout.trim();
  alice.send({ t: "join", id: 1, d: { room: "standup", token } });
  await alice.heard((frame) => frame.t === "joined");

  part.signal("SIGTERM");
  expect(await Promise.all([alice.closed(), bob.closed()])).toEqual([4210, 4210]);
  expect(await part.ended).toBe(0);
});

test("[SV16] in JSON mode nothing but the log is written, to stderr", async () => {
  const part = start(["--dev", "--set", "log.format=json"]);
  await ready(part);
  part.signal("SIGINT");
  expect(await part.ended).toBe(0);
  const strangers = part
    .output()
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("{"));
  expect(strangers).toEqual(["Draining. Once more ends it at once."]);
});

test.skipIf(!hasNats).each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("[SV17] a second signal, %s, ends it at once with code %i", async (signal, code) => {
  await withNats(async (nats) => {
    const secret = { STORMGLASS_CLUSTER_SECRET: DEV_SECRET };
    const node = start(["--role", "node", "--bus", nats.url, "--id", "n0"], secret);
    const edge = start(["--dev", "--role", "edge", "--bus", nats.url, "--id", "e0"]);
    await ready(node);
    const at = await ready(edge);
    await until("the edge has a node", async () => (await statusOf(at, "readyz")) === 200, 20_000);
    const alice = await RawClient.dial(at.url);
    expect(await alice.join("standup", "alice", DEV_SECRET)).toMatchObject({ t: "joined" });

    // The only node: nobody can take its sessions, so its drain lasts until the deadline.
    node.signal("SIGTERM");
    await until("it drains", () => node.output().includes("Draining"));
    node.signal(signal);
    expect(await node.ended).toBe(code);
    alice.close();
  });
});

test("[SV19] an embedded server whose bus cannot be reached serves its own clients, degraded", async () => {
  const nobody = `nats://127.0.0.1:${await freePort()}`;
  const at = await ready(start(["--dev", "--bus", nobody]));
  const alice = await RawClient.dial(at.url);
  expect(await alice.join("standup", "alice", DEV_SECRET)).toMatchObject({ t: "joined" });
  expect(await statusOf(at, "readyz")).toBe(200);
  const health = await fetch(`http://127.0.0.1:${at.operationsPort}/healthz`);
  expect(await health.json()).toMatchObject({ status: "degraded", bus: "down" });
  alice.close();
});

test("[SV18] edge and node without bus or secret are refused", () => {
  const { code, err } = run(["--role", "node"]);
  expect(code).toBe(3);
  expect(err).toContain("bus.url must be given, such as nats://nats:4222: role node is part of");
  expect(err).toContain("cluster.secretFile must be given, the same for every process");
});

test.skipIf(!hasNats)(
  "[SV18] two edges and two nodes on a bus: a room across processes, and a drained node",
  async () => {
    await withNats(async (nats) => {
      const bus = ["--dev", "--bus", nats.url];
      const names = ["n0", "n1"];
      const nodes = names.map((id) => start([...bus, "--role", "node", "--id", id]));
      const edges = ["e0", "e1"].map((id) => start([...bus, "--role", "edge", "--id", id]));
      await Promise.all(nodes.map(ready));
      const ats = await Promise.all(edges.map(ready));
      for (const at of ats) await until("an edge has both nodes", () => hasNodes(at, 2), 20_000);
      const [alice, bob] = await Promise.all(ats.map((at) => RawClient.dial(at.url)));
      const joined = await alice!.join("standup", "alice", DEV_SECRET);
      expect([joined.t, (await bob!.join("standup", "bob", DEV_SECRET)).t]).toEqual([
        "joined",
        "joined",
      ]);
      await alice!.heard((frame) => frame.t === "participant-joined" && frame.d?.["id"] === "bob");

      const host = nodes[names.indexOf(String(joined.d?.["node"]))]!;
      host.signal("SIGTERM");
      for (const client of [alice!, bob!]) {
        await client.heard((frame) => frame.t === "drain");
        expect(await client.resume()).toMatchObject({ t: "resumed" });
      }
      expect(await host.ended).toBe(0);
      alice!.send({ t: "offer", id: 7, to: "bob", n: 1, d: { sdp: "v=0\r\n" } });
      await bob!.heard((frame) => frame.t === "offer");
      expect(alice!.frames.filter((frame) => frame.t === "participant-left")).toEqual([]);
      alice!.close();
      bob!.close();
    });
  },
);

test.skipIf(!hasNats)("[SV18] an embedded server on a bus also serves other edges", async () => {
  await withNats(async (nats) => {
    const all = start(["--dev", "--bus", nats.url, "--id", "a0"]);
    const edge = start(["--dev", "--bus", nats.url, "--role", "edge", "--id", "e0"]);
    const ats = await Promise.all([ready(all), ready(edge)]);
    for (const at of ats) {
      await until("it has a node", async () => (await statusOf(at, "readyz")) === 200, 20_000);
    }
    const [alice, bob] = await Promise.all(ats.map((at) => RawClient.dial(at.url)));
    await alice!.join("standup", "alice", DEV_SECRET);
    await bob!.join("standup", "bob", DEV_SECRET);
    await alice!.heard((frame) => frame.t === "participant-joined");
    alice!.close();
    bob!.close();
  });
});

async function withNats(body: (nats: NatsServer) => Promise<void>): Promise<void> {
  const nats = await startNats();
  try {
    await body(nats);
  } finally {
    await nats.dispose();
  }
}
