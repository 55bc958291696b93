import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterEach, expect, test } from "vitest";
import { connect } from "@nats-io/transport-node";
import type { BusMessage } from "../core/trunk.ts";
import { NatsBus, type NatsBusOptions } from "../live/bus/nats-bus.ts";
import { recordingLog, silentLog } from "../live/operations/log.ts";
import { hasNats, type NatsServer, startNats } from "./parts/nats.ts";
import { freePort, stateOf, until } from "./parts/process.ts";

const disposals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function server(args: readonly string[] = []): Promise<NatsServer> {
  const nats = await startNats(args);
  disposals.push(() => nats.dispose());
  return nats;
}

function open(url: string, id: string, more: Partial<NatsBusOptions> = {}): NatsBus {
  const bus = new NatsBus({
    servers: [url],
    cluster: "test",
    sender: { id, trunkUrl: id.startsWith("n") ? `ws://127.0.0.1:7100/${id}` : "" },
    log: silentLog,
    ...more,
  });
  disposals.push(() => bus.close());
  return bus;
}

const up = (...buses: readonly NatsBus[]): Promise<void> =>
  until("the bus is up", () => buses.every((bus) => bus.isUp));

const said = (roomId: string): BusMessage => ({ type: "snapshot-wanted", roomId, by: "n1" });

function hearing(bus: NatsBus, subject: string): string[] {
  const heard: string[] = [];
  bus.subscribe(subject, (message, sender) => {
    heard.push(`${sender.id} ${sender.trunkUrl} ${(message as { roomId: string }).roomId}`);
  });
  return heard;
}

test.skipIf(!hasNats)(
  "[NB1] all of a cluster but the speaker hear, in the order of speaking",
  async () => {
    const { url } = await server();
    const [edge, node, other] = [open(url, "e1"), open(url, "n1"), open(url, "n.2")];
    const heard = [edge, node, other].map((bus) => hearing(bus, "cluster"));
    const toOther = hearing(other, "node.n.2");
    await up(edge, node, other);
    const rooms = Array.from({ length: 500 }, (_, i) => `r${i}`);
    for (const room of rooms) node.publish("cluster", said(room));
    node.publish("node.n.2", said("yours"));
    await until("all is heard", () => toOther.length === 1 && heard[0]!.length === rooms.length);
    const expected = rooms.map((room) => `n1 ws://127.0.0.1:7100/n1 ${room}`);
    expect(heard).toEqual([expected, [], expected]);
    expect(toOther).toEqual(["n1 ws://127.0.0.1:7100/n1 yours"]);
  },
);

test.skipIf(!hasNats)("[NB6] two clusters on one server do not hear each other", async () => {
  const { url } = await server();
  const [blue, green] = [
    open(url, "n1", { cluster: "blue" }),
    open(url, "n2", { cluster: "green" }),
  ];
  const [atBlue, atGreen] = [hearing(blue, "cluster"), hearing(green, "cluster")];
  const friend = open(url, "n3", { cluster: "green" });
  await up(blue, green, friend);
  blue.publish("cluster", said("blue"));
  friend.publish("cluster", said("green"));
  await until("the friend is heard", () => atGreen.length > 0);
  expect([atBlue.length, atGreen.length]).toEqual([0, 1]);
});

test.skipIf(!hasNats)(
  "[NB7] a server that restarts is found again, subscriptions and all; what was said meanwhile is lost",
  async () => {
    const nats = await server();
    const [edge, node] = [open(nats.url, "e1"), open(nats.url, "n1")];
    const heard = hearing(edge, "cluster");
    const changes: boolean[] = [];
    edge.onChange((isUp) => changes.push(isUp));
    await up(edge, node);
    await nats.stop("SIGKILL");
    await until("the loss is noticed", () => !edge.isUp && !node.isUp);
    node.publish("cluster", said("stale"));
    expect(node.counts.lost).toBe(1);
    await nats.start();
    await up(edge, node);
    node.publish("cluster", said("fresh"));
    await until("it is heard", () => heard.length > 0);
    expect(heard.map((line) => line.split(" ")[2])).toEqual(["fresh"]);
    expect(changes).toEqual([true, false, true]);
  },
);

test.skipIf(!hasNats)(
  "[NB7] a server that is silent is noticed, and found when it speaks again",
  async () => {
    const nats = await server();
    const bus = open(nats.url, "n1", { pingEveryMs: 50 });
    await up(bus);
    nats.part.signal("SIGSTOP");
    for (let i = 0; i < 200; i++) bus.publish("cluster", said("x".repeat(100)));
    await until("the silence is noticed", () => !bus.isUp);
    nats.part.signal("SIGCONT");
    await up(bus);
  },
);

test.skipIf(!hasNats)(
  "[NB8] a process starts before its bus, says so once, and goes on dialling",
  async () => {
    const port = await freePort();
    const log = recordingLog();
    const bus = open(`nats://127.0.0.1:${port}`, "n1", { log });
    await until("it is said", () => log.lines.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(bus.isUp).toBe(false);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { servers: 1 } }]);
    await bus.close();
  },
);

test.skipIf(!hasNats)("[NB5] payloads of strangers are ignored and counted", async () => {
  const { url } = await server();
  const bus = open(url, "n1");
  const heard = hearing(bus, "cluster");
  await up(bus);
  const stranger = await connect({ servers: [url] });
  const good = { v: 1, from: "n9", m: said("good") };
  for (const payload of ["", "{", "null", "[]", '{"v":1}', JSON.stringify({ ...good, v: 2 })]) {
    stranger.publish("stormglass.v1.test.cluster", payload);
  }
  stranger.publish("stormglass.v1.test.cluster", new Uint8Array([0xff, 0xfe, 0x00]));
  stranger.publish("stormglass.v1.test.cluster", JSON.stringify(good));
  await until("the good one is heard", () => heard.length > 0);
  expect(heard).toEqual(["n9  good"]);
  expect(bus.counts).toMatchObject({ heard: 1, ignored: 7 });
  await stranger.close();
});

test.skipIf(!hasNats)(
  "[NB9] a wrong password keeps the bus down, the right one brings it up",
  async () => {
    const { url } = await server(["--user", "storm", "--pass", "glass"]);
    const log = recordingLog();
    const wrong = open(url, "n1", { user: "storm", pass: "wrong", log });
    const right = open(url, "n2", { user: "storm", pass: "glass" });
    await up(right);
    await until("the refusal is said", () => log.lines.length > 0);
    expect(wrong.isUp).toBe(false);
    expect(JSON.stringify(log.lines)).not.toMatch(/wrong|glass"/);
  },
);

test.skipIf(!hasNats)("[NB9] credentials may stand in the URL, and are not logged", async () => {
  const { port } = await server(["--user", "storm", "--pass", "gl@ss/1"]);
  const log = recordingLog();
  const bus = open(`nats://storm:gl%40ss%2F1@127.0.0.1:${port}`, "n1", { log });
  await up(bus);
  expect(log.lines.map(({ text }) => text)).toEqual(["the bus is up"]);
  expect(JSON.stringify(log.lines)).not.toContain("gl");
});

test.skipIf(!hasNats)("[NB11] tls:// speaks TLS or not at all", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-tls-"));
  disposals.push(() => Promise.resolve(rmSync(directory, { recursive: true })));
  const names = [{ type: 2 as const, value: "localhost" }];
  const made = await generate([{ name: "commonName", value: "bus" }], {
    extensions: [{ name: "subjectAltName", altNames: names }],
  });
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(cert, made.cert);
  writeFileSync(key, made.private);
  const plain = await server();
  const secure = await server(["--tls", "--tlscert", cert, "--tlskey", key]);
  const log = recordingLog();
  const tls = { ca: made.cert };
  const trusting = open(`tls://localhost:${secure.port}`, "n1", { tls });
  await up(trusting);
  const byFile = open(`nats://localhost:${secure.port}`, "n4", { tls: { caFile: cert } });
  await up(byFile);
  const wary = open(`tls://localhost:${secure.port}`, "n2", { log });
  const stubborn = open(`tls://127.0.0.1:${plain.port}`, "n3", { log });
  await until("both say that they cannot", () => log.lines.length === 2);
  expect([wary.isUp, stubborn.isUp]).toEqual([false, false]);
});

test("[NB11] a server that is no NATS server's URL is refused at once", () => {
  for (const url of ["ws://127.0.0.1:1", "127.0.0.1:4222", "http://x", ""]) {
    expect(() => open(url, "n1")).toThrow(TypeError);
  }
  expect(() => open("nats://127.0.0.1:1", "n1", { cluster: "a.b" })).toThrow(TypeError);
});

test.skipIf(!hasNats)("[NB1] what an earlier connection said does not come back", async () => {
  const { url } = await server();
  const bus = open(url, "n1");
  const heard = hearing(bus, "cluster");
  await up(bus);
  const late = await connect({ servers: [url] });
  const own = { v: 1, from: "n1", trunkUrl: "ws://127.0.0.1:7100/n1", m: said("mine") };
  late.publish("stormglass.v1.test.cluster", JSON.stringify(own));
  const edgeOfThatName = { v: 1, from: "n1", m: said("edge") };
  late.publish("stormglass.v1.test.cluster", JSON.stringify(edgeOfThatName));
  await until("the edge is heard", () => heard.length > 0);
  expect(heard).toEqual(["n1  edge"]);
  await late.close();
});

test.skipIf(!hasNats)(
  "[NB3] what was published before closing is heard; a bus that cannot drain closes all the same",
  async () => {
    const nats = await server();
    const [a, b] = [open(nats.url, "n1"), open(nats.url, "n2")];
    const atB = hearing(b, "cluster");
    await up(a, b);
    for (let i = 0; i < 100; i++) a.publish("cluster", said(`r${i}`));
    await a.close();
    await until("all is heard", () => atB.length === 100);
    nats.part.signal("SIGSTOP");
    await until("the server stands still", () => stateOf(nats.part.pid) === "T");
    await b.close();
    expect(b.isUp).toBe(false);
  },
);

test.skipIf(!hasNats)(
  "[NB10] a message larger than the server takes is lost and counted, and the bus stays up",
  async () => {
    const { url } = await server();
    const bus = open(url, "n1");
    await up(bus);
    bus.publish("cluster", {
      type: "snapshot",
      roomId: "r",
      nodeId: "n1",
      incarnation: 1,
      u: 1,
      participants: [{ id: "p", name: "x".repeat(2_000_000) }],
    });
    expect(bus.counts.lost).toBe(1);
    expect(bus.isUp).toBe(true);
  },
);
