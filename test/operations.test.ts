import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { DEV_SECRET } from "../live/auth/dev-secret.ts";
import { openLog } from "../live/operations/log.ts";
import { type RunningServer, startServer } from "../live/server.ts";
import { settingsWith } from "../live/settings-schema.ts";
import { RawClient } from "./parts/raw-client.ts";
import { until } from "./parts/process.ts";

const ADMIN_TOKEN = "an-admin-token-of-tests";
const LOOPBACK = { host: "127.0.0.1", port: 0 };

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function started(): Promise<{ server: RunningServer; lines: string[] }> {
  const lines: string[] = [];
  const log = openLog({ level: "debug", stream: { write: (line: string) => lines.push(line) } });
  const settings = settingsWith({
    operations: LOOPBACK,
    admin: { ...LOOPBACK, token: ADMIN_TOKEN },
    jwt: { secret: DEV_SECRET },
    edge: LOOPBACK,
  });
  const server = await startServer(settings, { log });
  disposals.push(() => server.stop());
  return { server, lines };
}

async function dialled(server: RunningServer): Promise<RawClient> {
  const client = await RawClient.dial(server.edge!.url);
  disposals.push(() => client.close());
  return client;
}

async function metric(server: RunningServer, series: string): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${server.operationsPort}/metrics`);
  const line = (await response.text()).split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

function admin(server: RunningServer, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  return fetch(`http://127.0.0.1:${server.adminPort}${path}`, { ...init, headers });
}

test("[OP2] a run at level debug, with everything that goes wrong, logs no token, description or candidate", async () => {
  const { server, lines } = await started();
  const [alice, bob, mallory] = [
    await dialled(server),
    await dialled(server),
    await dialled(server),
  ];
  const joined = await alice.join("standup", "alice", DEV_SECRET);
  await bob.join("standup", "bob", DEV_SECRET);
  await mallory.join("standup", "mallory", "another secret, as long as it must be");
  const sdp = "v=0\r\na=ice-pwd:VerySecretIcePassword\r\n";
  alice.send({ t: "offer", id: 2, to: "bob", n: 1, d: { sdp } });
  await bob.heard((frame) => frame.t === "offer");
  const candidate = "candidate:1 1 udp 1 198.51.100.77 46154 typ host";
  bob.send({ t: "candidate", id: 2, to: "alice", n: 1, d: { list: [{ candidate }] } });
  await alice.heard((frame) => frame.t === "candidate");
  alice.send({ t: "offer", id: 3, to: "bob", n: "VerySecretNumber", d: { sdp } });
  alice.send({ t: "VerySecretType", id: 4 });
  await alice.heard((frame) => frame.t === "error" && frame.re === 4);
  const broken = new WebSocket(server.edge!.url, "rtcsig.v1", {
    origin: "https://VerySecretOrigin",
  });
  broken.on("open", () => broken.send("{VerySecretText"));
  broken.on("error", () => {});
  await new Promise((resolve) => broken.on("close", resolve));
  alice.close();
  bob.close();
  await until(
    "both are gone",
    async () => (await metric(server, 'active_websocket_connections{role="edge"}')) === 0,
  );
  await server.stop();
  const text = lines.join("");
  expect(lines.length).toBeGreaterThan(5);
  const { resume, session } = joined.d as { resume: { token: string }; session: string };
  expect(session).not.toBe("");
  for (const secret of [
    resume.token,
    DEV_SECRET,
    ADMIN_TOKEN,
    "VerySecret",
    "198.51.100.77",
    "eyJ",
  ]) {
    expect(text).not.toContain(secret);
  }
});

test("[OP6] [OP11] [OP12] what real clients do is counted and shown, and an admin can have one kicked", async () => {
  const { server } = await started();
  const clients = [await dialled(server), await dialled(server), await dialled(server)];
  for (const [i, client] of clients.entries()) await client.join("standup", `p${i}`, DEV_SECRET);
  expect(await metric(server, 'active_websocket_connections{role="edge"}')).toBe(3);
  expect(await metric(server, 'rtc_joins_total{role="edge"}')).toBe(3);
  expect(await metric(server, 'rtc_join_duration_seconds_count{role="edge"}')).toBe(3);
  expect(await metric(server, 'rtc_rooms{role="node"}')).toBe(1);
  expect(await metric(server, 'rtc_sessions{role="node",state="attached"}')).toBe(3);
  expect(await (await admin(server, "/v1/rooms")).json()).toMatchObject({
    items: [{ id: "standup", participants: 3, attached: 3 }],
  });
  const body = JSON.stringify({ participant: "p1" });
  const kicked = await admin(server, "/v1/rooms/standup/kick", { method: "POST", body });
  expect(kicked.status).toBe(200);
  const left = await clients[0]!.heard((frame) => frame.t === "participant-left");
  expect(left.d).toMatchObject({ id: "p1", reason: "kicked" });
  expect(await (await admin(server, "/v1/rooms")).json()).toMatchObject({
    items: [{ id: "standup", participants: 2 }],
  });
  await until(
    "the close is counted",
    async () =>
      (await metric(server, 'stormglass_sockets_closed_total{role="edge",code="4020"}')) === 1,
  );
});
