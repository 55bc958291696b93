// A server in this process, and clients on real sockets.

import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { afterEach, expect, test } from "vitest";
import { DEV_SECRET } from "./auth/dev-secret.ts";
import { recordingLog, silentLog } from "./operations/log.ts";
import { RawClient } from "../test/parts/raw-client.ts";
import { type RunningServer, startServer } from "./server.ts";
import { type Differing, type Settings, settingsWith } from "./settings-schema.ts";
import { StartError } from "./start-error.ts";

const running: RunningServer[] = [];
const dialled: RawClient[] = [];

afterEach(async () => {
  for (const client of dialled.splice(0)) client.close();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const LOOPBACK = { host: "127.0.0.1", port: 0 };

function settingsFor(differing: Differing<Settings> = {}): Settings {
  const { edge, ...others } = differing;
  return settingsWith({
    operations: LOOPBACK,
    admin: LOOPBACK,
    jwt: { secret: DEV_SECRET },
    ...others,
    edge: { ...LOOPBACK, ...edge },
  });
}

async function started(differing: Differing<Settings> = {}, log = silentLog) {
  const server = await startServer(settingsFor(differing), { log });
  running.push(server);
  return server;
}

async function dialTo(server: RunningServer): Promise<RawClient> {
  const client = await RawClient.dial(server.edge!.url);
  dialled.push(client);
  return client;
}

async function readiness(server: RunningServer): Promise<number> {
  const url = `http://127.0.0.1:${server.operationsPort}/readyz`;
  return (await fetch(url, { headers: { connection: "close" } })).status;
}

test("[SV10] edge and node in one process: who joins is told of, and what is said is passed on", async () => {
  const server = await started();
  expect([server.phase, await readiness(server)]).toEqual(["running", 200]);
  const alice = await dialTo(server);
  const bob = await dialTo(server);

  expect(await alice.join("standup", "alice", DEV_SECRET)).toMatchObject({ t: "joined" });
  expect(await bob.join("standup", "bob", DEV_SECRET)).toMatchObject({ t: "joined" });
  const told = await alice.heard((frame) => frame.t === "participant-joined");
  expect(told.d).toMatchObject({ id: "bob" });

  alice.send({ t: "offer", id: 2, to: "bob", n: 1, d: { sdp: "v=0\r\n" } });
  expect(await bob.heard((frame) => frame.t === "offer")).toMatchObject({
    from: "alice",
    d: { sdp: "v=0\r\n" },
  });
  expect(await alice.heard((frame) => frame.re === 2)).toMatchObject({ t: "ok" });
});

test("[SV10] a forged token is refused with the code that says so", async () => {
  const server = await started();
  const mallory = await dialTo(server);
  const other = "another secret, which is long enough to be one";
  expect(await mallory.join("standup", "mallory", other)).toMatchObject({
    t: "error",
    d: { code: "unauthorized" },
  });
  expect(await mallory.closed()).toBe(4010);
});

test("[SV10] with a certificate the edge speaks TLS", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-tls-"));
  try {
    const pair = await generate([{ name: "commonName", value: "localhost" }]);
    const [certFile, keyFile] = [join(directory, "cert"), join(directory, "key")];
    writeFileSync(certFile, pair.cert);
    writeFileSync(keyFile, pair.private);
    const server = await started({ edge: { tls: { certFile, keyFile } } });
    expect(server.edge!.url).toMatch(/^wss:/);
    const alice = await RawClient.dial(server.edge!.url, { rejectUnauthorized: false });
    expect(await alice.join("standup", "alice", DEV_SECRET)).toMatchObject({ t: "joined" });
    alice.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("[SV11] a drain is not ready at once, sends clients on with 4210, and ends", async () => {
  const server = await started({ drain: { withinMs: 50, deadlineMs: 5_000 } });
  const alice = await dialTo(server);
  await alice.join("standup", "alice", DEV_SECRET);
  const drained = server.drain();
  expect(await readiness(server).catch(() => 503)).toBe(503);
  expect(await alice.closed()).toBe(4210);
  expect(await drained).toBe("empty");
  await server.stopped;
  expect(server.phase).toBe("stopping");
  await expect(RawClient.dial(server.edge!.url)).rejects.toThrow(/ECONNREFUSED/);
});

test("[SV20] before an edge sends anybody on it is not ready for the time of drain.notice, and still lets in", async () => {
  const server = await started({ drain: { noticeMs: 60_000, withinMs: 0, deadlineMs: 5_000 } });
  const drained = server.drain();
  const alice = await dialTo(server);
  expect(await alice.join("standup", "alice", DEV_SECRET)).toMatchObject({ t: "joined" });
  expect([server.phase, await readiness(server)]).toEqual(["leaving", 503]);
  expect([server.cancelDrain(), server.phase]).toEqual([true, "running"]);
  expect([await drained, await readiness(server)]).toEqual(["cancelled", 200]);
});

test("[SV20] after the notice it drains; and its clients are sent on", async () => {
  const server = await started({ drain: { noticeMs: 20, withinMs: 0, deadlineMs: 5_000 } });
  const alice = await dialTo(server);
  await alice.join("standup", "alice", DEV_SECRET);
  expect(await server.drain()).toBe("empty");
  expect(await alice.closed()).toBe(4210);
});

test("[SV11] a drain that is called back leaves a server that serves", async () => {
  const server = await started({ role: "all" });
  const node = server.node!.driver;
  const alice = await dialTo(server);
  await alice.join("standup", "alice", DEV_SECRET);
  const drained = server.drain();
  expect(server.cancelDrain()).toBe(true);
  expect(await drained).toBe("cancelled");
  expect([server.phase, node.core.context.state, await readiness(server)]).toEqual([
    "running",
    "serving",
    200,
  ]);
  expect(server.cancelDrain()).toBe(false);
  const bob = await dialTo(server);
  expect(await bob.join("standup", "bob", DEV_SECRET)).toMatchObject({ t: "joined" });
});

test("[SV11] stop is at once, twice is as good as once, and a drain after it waits for it", async () => {
  const server = await started();
  const alice = await dialTo(server);
  await alice.join("standup", "alice", DEV_SECRET);
  await Promise.all([server.stop(), server.stop(), server.drain()]);
  expect(await alice.closed()).toBe(1001);
});

test("[SV12] what cannot be had is named by its setting, and nothing is left running", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  const log = recordingLog();
  for (const [setting, differing] of [
    ["edge.port", { edge: { port } }],
    ["operations.port", { operations: { port } }],
    ["admin.port", { admin: { port, token: "a-token-for-operators" } }],
    ["admin.tokenFile", { admin: { token: "short" } }],
    ["edge.tls", { edge: { tls: { certFile: "/none", keyFile: "/none" } } }],
    ["jwt.jwksFile", { jwt: { secret: undefined, jwksFile: "/none" } }],
  ] as const) {
    const asked = settingsWith({
      ...settingsFor(),
      ...differing,
      edge: { ...LOOPBACK, ...("edge" in differing ? differing.edge : {}) },
      operations: { ...LOOPBACK, ...("operations" in differing ? differing.operations : {}) },
      admin: { ...LOOPBACK, ...("admin" in differing ? differing.admin : {}) },
    });
    const error: unknown = await startServer(asked, { log }).catch((reason: unknown) => reason);
    expect([setting, error]).toEqual([setting, expect.any(StartError)]);
    expect((error as StartError).setting).toBe(setting);
    if (setting.endsWith("port")) expect((error as StartError).systemCode).toBe("EADDRINUSE");
  }
  squatter.close();
});

test("[SV13] the admin API, behind its token, puts somebody out, drains and calls back", async () => {
  const token = "a-token-for-operators";
  const server = await started({ admin: { ...LOOPBACK, token } });
  const ask = async (method: string, path: string, body: object | undefined, shown = token) => {
    const url = `http://127.0.0.1:${server.adminPort}/v1/${path}`;
    const answer = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${shown}`,
        connection: "close",
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.status;
  };
  const alice = await dialTo(server);
  await alice.join("standup", "alice", DEV_SECRET);

  expect(await ask("POST", "drain", {}, "another-token-than-this")).toBe(401);
  expect(await ask("POST", "rooms/standup/kick", { participant: "alice" })).toBe(200);
  expect(await alice.closed()).toBe(4020);
  const bob = await dialTo(server);
  await bob.join("standup", "bob", DEV_SECRET);
  expect(await ask("POST", "drain", {})).toBe(202);
  expect(await bob.closed()).toBe(4210);
  await server.stopped;
  expect((await started()).adminPort).toBeUndefined();
});

test("[SV14] a recording is written while serving, and whole when it ends", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-record-"));
  try {
    const server = await started({ record: { directory } });
    const alice = await dialTo(server);
    await alice.join("standup", "alice", DEV_SECRET);
    await server.stop();
    expect(server.recorder!.isWhole).toBe(true);
    expect(server.recorder!.facts).toBeGreaterThan(5);
    expect(readdirSync(directory).length).toBeGreaterThanOrEqual(2);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("[SV15] several secrets in a file: the first seals, all are believed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-secrets-"));
  const [first, second] = [
    "the first secret, of thirty-two bytes",
    "the second one, as long as that",
  ];
  try {
    const secretFile = join(directory, "secret");
    writeFileSync(secretFile, `${first}\n${second}!\n`);
    const server = await started({ jwt: { secret: undefined, secretFile } });
    for (const [name, secret] of [
      ["alice", first],
      ["bob", `${second}!`],
    ] as const) {
      const client = await dialTo(server);
      expect(await client.join("standup", name, secret)).toMatchObject({ t: "joined" });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
