// A recording of real processes that are killed while clients talk, and its replay by the program.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import { hasNats, startNats } from "./parts/nats.ts";
import { type Part, startPart, until } from "./parts/process.ts";
import { RawClient, type RawFrame } from "./parts/raw-client.ts";

const program = join(new URL("..", import.meta.url).pathname, "dist/bin/stormglass.js");
const ENV = { PATH: process.env.PATH ?? "" };
const FREE_PORTS = ["edge.port=0", "operations.port=0", "node.trunk.port=0"];
let directory = "";
const parts: Part[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-record-"));
});
afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.end("SIGKILL")));
  rmSync(directory, { recursive: true });
});

interface Ready {
  readonly url: string;
  readonly operationsPort: number;
}

async function served(args: readonly string[]): Promise<{ part: Part; at: Ready }> {
  const sets = FREE_PORTS.flatMap((setting) => ["--set", setting]);
  const all = [program, "serve", "--dev", "--record", directory, ...sets, ...args];
  const part = startPart(process.execPath, all, ENV);
  parts.push(part);
  const line = /^\{.*"text":"Ready\.".*\}$/m;
  await until(`${args.join(" ")} is ready`, () => line.test(part.output()), 30_000);
  return { part, at: JSON.parse(line.exec(part.output())![0]) as Ready };
}

/** Three talk, one of them badly; one goes and comes back. Returns the tokens that were given. */
async function talk(url: string): Promise<readonly string[]> {
  const [ann, bob, eve] = [
    await RawClient.dial(url),
    await RawClient.dial(url),
    await RawClient.dial(url),
  ];
  const tokens: string[] = [];
  let joined: RawFrame | undefined;
  for (const [client, name] of [
    [ann, "ann"],
    [bob, "bob"],
    [eve, "eve"],
  ] as const) {
    joined = await client!.join("standup", name, DEV_SECRET);
    expect(joined.t).toBe("joined");
    tokens.push((joined.d as { resume: { token: string } }).resume.token);
  }
  for (let i = 1; i <= 20; i++) {
    ann.send({ t: "message", id: i + 1, d: { text: `message ${i}` } });
    bob.send({ t: "state", d: { mute: i % 2 === 0 } });
    bob.send({
      t: "offer",
      id: i + 1,
      to: "ann",
      n: i,
      d: { sdp: "v=0\r\no=- 1 1 IN IP4 192.0.2.1" },
    });
    if (i % 10 === 0) ann.send({ t: "nonsense", id: 900 + i });
    ann.send({ t: "ping", d: { ts: i, ack: 0 } });
  }
  await bob.heard((frame) => frame.t === "message" && frame.d?.["text"] === "message 20");
  eve.close();
  const again = await RawClient.dial(url);
  const { session } = joined!.d as { session: string };
  again.send({ t: "resume", d: { room: "standup", token: tokens[2], session, last: 0 } });
  const resumed = await again.heard((frame) => frame.t === "resumed" || frame.t === "error");
  expect(resumed.t).toBe("resumed");
  tokens.push((resumed.d as { resume: { token: string } }).resume.token);
  return tokens;
}

interface Life {
  readonly kind: string;
  readonly machine: string;
  readonly facts: number;
  readonly orders: number;
}

function replayed(): { code: number | null; out: string; lives: readonly Life[] } {
  const done = spawnSync(process.execPath, [program, "replay", directory, "--json"], {
    encoding: "utf8",
    env: ENV,
  });
  const lives = done.stdout === "" ? [] : (JSON.parse(done.stdout) as readonly Life[]);
  return { code: done.status, out: done.stdout + done.stderr, lives };
}

function expectNoSecrets(tokens: readonly string[]): void {
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name));
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
    for (const token of tokens) expect(text).not.toContain(token);
    expect(text).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+\./); // A signed token.
  }
}

test("[RP2, RP6] a server that is killed leaves a recording that replays without a difference", async () => {
  const { part, at } = await served([]);
  const tokens = await talk(at.url);
  await pause(250); // Twice what may be in memory only.
  part.signal("SIGKILL");
  await part.ended;

  const { code, out, lives } = replayed();
  expect([code, code === 0 ? "" : out]).toEqual([0, ""]);
  expect(lives.map(({ kind }) => kind).sort()).toEqual(["edge", "node"]);
  for (const { facts, orders } of lives) {
    expect(facts).toBeGreaterThan(100);
    expect(orders).toBeGreaterThan(100);
  }
  expectNoSecrets(tokens);
});

test.skipIf(!hasNats)(
  "[RP2, RP8] a cluster of processes records into one directory, a killed node's next life included",
  async () => {
    const nats = await startNats();
    try {
      const bus = ["--bus", nats.url];
      const node = await served([...bus, "--role", "node", "--id", "n0"]);
      const edge = await served([...bus, "--role", "edge", "--id", "e0"]);
      const isReady = async () =>
        (await fetch(`http://127.0.0.1:${edge.at.operationsPort}/readyz`)).status === 200;
      await until("the edge has a node", isReady, 20_000);
      const tokens = [...(await talk(edge.at.url))];
      await pause(250);
      node.part.signal("SIGKILL");
      await node.part.ended;
      await served([...bus, "--role", "node", "--id", "n0"]);
      await until("the edge has a node again", isReady, 20_000);
      tokens.push(...(await talk(edge.at.url)));
      await Promise.all(parts.splice(0).map((part) => part.end("SIGTERM")));

      const { code, out, lives } = replayed();
      expect([code, code === 0 ? "" : out]).toEqual([0, ""]);
      expect(lives.map(({ machine }) => machine).sort()).toEqual(["e0", "n0", "n0"]);
      // How many facts one life has depends on how quick the machine is: turns without a message are facts too.
      for (const { facts } of lives) expect(facts).toBeGreaterThan(10);
      expect(lives.reduce((sum, { facts }) => sum + facts, 0)).toBeGreaterThan(200);
      expectNoSecrets(tokens);
    } finally {
      await nats.stop();
    }
  },
);
