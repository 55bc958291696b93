import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { generate } from "selfsigned";
import { afterEach, expect, test } from "vitest";
import { bucketShape } from "../../core/budgets/token-bucket.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import type { TlsSource } from "../tls.ts";
import { subscriberOf } from "./client-address.ts";
import { BenchClient, EdgeBench, type BenchOptions } from "./edge-bench.ts";

const benches: EdgeBench[] = [];

async function started(options?: BenchOptions): Promise<EdgeBench> {
  const bench = await new EdgeBench(options).start();
  benches.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop();
});

/** One plain request, and all of its answer. */
function asked(
  { port }: EdgeBench,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, headers, method, agent: false });
    request.on("response", (response) => {
      let text = "";
      response.on("data", (part) => (text += String(part)));
      response.on("end", () =>
        resolve({ status: response.statusCode!, text, headers: response.headers }),
      );
    });
    request.on("error", reject);
    request.end();
  });
}

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": "rtcsig.v1",
};

/** Bytes on a bare socket until it is closed. */
function until(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (part) => (text += String(part)));
  socket.on("error", () => {});
  return new Promise((resolve) => socket.on("close", () => resolve(text)));
}

test("[ED10] plain HTTP is told what this is, and where", async () => {
  const bench = await started();
  const root = await asked(bench, "/");
  expect(root.status).toBe(200);
  expect(root.text).toMatch(/^A Stormglass signaling edge: .*\/v1\/signal.*rtcsig\.v1.*\n$/);
  expect((await asked(bench, "/v1/signal?room=x")).status).toBe(426);
  expect((await asked(bench, "/elsewhere")).status).toBe(404);
  expect((await asked(bench, "/", {}, "POST")).status).toBe(404);
});

test("[ED10] upgrades elsewhere, of other kinds or with bad keys are refused and never counted", async () => {
  const bench = await started();
  expect((await asked(bench, "/elsewhere", UPGRADE)).status).toBe(404);
  expect((await asked(bench, "/v1/signal", { ...UPGRADE, Upgrade: "h2c" })).status).toBe(400);
  const key = { ...UPGRADE, "Sec-WebSocket-Key": "short" };
  expect((await asked(bench, "/v1/signal", key)).status).toBe(400);
  const version = { ...UPGRADE, "Sec-WebSocket-Version": "12" };
  expect((await asked(bench, "/v1/signal", version)).status).toBe(400);
  expect(bench.driver.socketCount).toBe(0);
  expect(bench.meters.turnedAwayBy.of("handshake")).toBe(3);
});

test.each([[["rtcsig.v2", "chat"]], [["graphql-ws"]], [[]]])(
  "[ED11] who offers the subprotocols %j sees close 4003",
  async (protocols) => {
    const bench = await started();
    const client = bench.client({}, protocols);
    const { code, reason } = await client.closed;
    expect(code).toBe(CloseCode.unsupportedVersion);
    expect(reason).toContain("rtcsig.v1");
    expect(client.frames).toEqual([]);
    expect(bench.driver.socketCount).toBe(0);
  },
);

test("[ED11] our subprotocol is chosen among others, wherever it stands", async () => {
  const bench = await started();
  const client = bench.client({}, ["rtcsig.v2", "rtcsig.v1"]);
  await client.next("hello");
  expect(client.socket.protocol).toBe("rtcsig.v1");
});

test("[ED12] origins that are not allowed get 403; who sends none is no browser", async () => {
  const bench = await started({ front: { allowedOrigins: ["https://meet.example"] } });
  const origin = (text: string) => asked(bench, "/v1/signal", { ...UPGRADE, Origin: text });
  expect((await origin("https://evil.example")).status).toBe(403);
  expect((await origin("https://meet.example.evil.example")).status).toBe(403);
  expect((await origin("null")).status).toBe(403);
  await bench.client({ origin: "https://MEET.example" }).next("hello");
  await bench.client().next("hello");
  expect(bench.meters.turnedAwayBy.of("origin")).toBe(3);
});

test("[ED13] who comes too early is let in to hear it; a flood stands before a shut door", async () => {
  const door = {
    connectionsMax: Infinity,
    perAddressMax: 2,
    handshakes: bucketShape(1, 100, 0),
    rejections: bucketShape(0.001, 1, 0),
    retryAfterMs: 1_500,
  };
  const bench = await started({ edge: { door }, front: { trustProxyHops: 1 } });
  const from = (address: string): BenchClient =>
    bench.client({ headers: { "X-Forwarded-For": `6.6.6.6, ${address}` } });
  const inside = [from("10.0.0.1"), from("10.0.0.1")];
  for (const client of inside) await client.next("hello");
  const busy = from("10.0.0.1");
  const { code } = await busy.closed;
  expect(code).toBe(CloseCode.busy);
  expect(busy.frames).toMatchObject([{ t: "error", d: { code: "busy", retryAfterMs: 1_500 } }]);
  const shut = await asked(bench, "/v1/signal", { ...UPGRADE, "X-Forwarded-For": "10.0.0.1" });
  expect(shut.status).toBe(503);
  expect(Number(shut.headers["retry-after"])).toBeGreaterThan(0);
  await from("10.0.0.2").next("hello");
  expect(bench.driver.socketCount).toBe(3);
  inside[0]!.socket.close();
  await inside[0]!.closed;
  await from("10.0.0.1").next("hello");
});

test("[ED14] headers that trickle, or never come, are cut; too many are refused", async () => {
  const bench = await started({ front: { handshakeTimeoutMs: 80, maxHeaderBytes: 1_024 } });
  const silent = connect(bench.port, "127.0.0.1");
  const slow = connect(bench.port, "127.0.0.1");
  const late = connect(bench.port, "127.0.0.1");
  slow.write("GET /v1/signal HTTP/1.1\r\nHost: x\r\nX-One: 1");
  late.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  late.on("data", () => {});
  await Promise.all([until(silent), until(slow), until(late)]);
  const large = connect(bench.port, "127.0.0.1");
  large.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(2_000)}\r\n\r\n`);
  expect(await until(large)).toContain("431");
});

test("[ED4] a peer that never answers the close frame is cut", async () => {
  const bench = await started({ edge: { authTimeoutMs: 20 }, front: { closeTimeoutMs: 60 } });
  const peer = connect(bench.port, "127.0.0.1");
  const headers = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}`);
  peer.write(`GET /v1/signal HTTP/1.1\r\nHost: x\r\n${headers.join("\r\n")}\r\n\r\n`);
  const heard = await until(peer);
  expect(heard).toContain("101 Switching Protocols");
  expect(heard).toContain('"t":"hello"');
  expect(heard.endsWith("auth_timeout")).toBe(true);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["unknown", "unknown"],
])("[ED15] limits know %s as %s", (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});

test("[ED15] without trusted proxies X-Forwarded-For says nothing", async () => {
  const door = {
    connectionsMax: Infinity,
    perAddressMax: 1,
    handshakes: bucketShape(100, 100, 0),
    rejections: bucketShape(100, 100, 0),
    retryAfterMs: 1_000,
  };
  const bench = await started({ edge: { door } });
  await bench.client({ headers: { "X-Forwarded-For": "10.0.0.1" } }).next("hello");
  const second = bench.client({ headers: { "X-Forwarded-For": "10.0.0.2" } });
  expect((await second.closed).code).toBe(CloseCode.busy);
});

test("[ED16] TLS, with a certificate that is replaced while clients stay", async () => {
  const one = await generate([{ name: "commonName", value: "one" }], { keySize: 2048 });
  const two = await generate([{ name: "commonName", value: "two" }], { keySize: 2048 });
  let pair = { cert: one.cert, key: one.private };
  let changed = (): void => {};
  const tls: TlsSource = {
    options: () => pair,
    onChange: (listener) => void (changed = listener),
    close: () => {},
  };
  const bench = await started({ front: { tls } });
  const named = async (): Promise<{ client: BenchClient; name: string }> => {
    const client = bench.client({ rejectUnauthorized: false });
    let name = "";
    client.socket.on("upgrade", ({ socket }) => {
      name = (socket as import("node:tls").TLSSocket).getPeerCertificate().subject.CN as string;
    });
    await client.next("hello");
    return { client, name };
  };
  const before = await named();
  expect(before.name).toBe("one");
  pair = { cert: two.cert, key: two.private };
  changed();
  expect((await named()).name).toBe("two");
  pair = { cert: "no certificate", key: "no key" };
  changed();
  expect((await named()).name).toBe("two");
  expect((await before.client.join("ann")).d["you"]).toBe("ann");
  expect(bench.logged.filter((line) => line.startsWith("error"))).toHaveLength(1);
});

test("[ED16] a TLS handshake that is not finished in time is cut", async () => {
  const { cert, private: key } = await generate(undefined, { keySize: 2048 });
  const tls: TlsSource = { options: () => ({ cert, key }), onChange: () => {}, close: () => {} };
  const bench = await started({ front: { tls, handshakeTimeoutMs: 80 } });
  expect(await until(connect(bench.port, "127.0.0.1"))).toBe("");
});

test("[ED17] the front closes: nobody new, and those who are left are told that we go away", async () => {
  const bench = await started();
  const ann = await bench.member("ann");
  const idle = connect(bench.port, "127.0.0.1");
  const ended = until(idle);
  await new Promise((resolve) => idle.once("connect", resolve));
  await bench.front.close();
  expect((await ann.closed).code).toBe(1001);
  await ended;
  expect(bench.driver.socketCount).toBe(0);
  const refused = connect(bench.port, "127.0.0.1");
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => refused.on("error", resolve));
  expect(error.code).toBe("ECONNREFUSED");
});
