import { afterEach, describe, expect, test } from "vitest";
import { nodePolicy } from "../../core/fixtures.ts";
import type { BusMessage } from "../../core/trunk.ts";
import { processClock } from "../clock.ts";
import { type BenchClient, EdgeBench, type Frame, nextTurn } from "../edge/edge-bench.ts";
import { noMedia } from "../media.ts";
import { silentLog } from "../operations/log.ts";
import { NodeMeters } from "../operations/node-meters.ts";
import { TrunkMeters } from "../operations/tally.ts";
import { WsTrunkDialer } from "../trunk/ws-trunk-dialer.ts";
import { TrunkServer } from "../trunk/ws-trunk-server.ts";
import { NodeDriver } from "./node-driver.ts";

const SECRETS = ["between edges and nodes"];

/** An edge with sockets, and a node behind a trunk. */
interface Pair {
  readonly bench: EdgeBench;
  readonly node: NodeDriver;
  /** So far; undefined where nothing is counted. */
  framesToEdge(): number | undefined;
  stop(): Promise<void>;
}

async function inMemory(): Promise<Pair> {
  const bench = await new EdgeBench().start();
  return { bench, node: bench.node!, framesToEdge: () => undefined, stop: () => bench.stop() };
}

async function overSockets(): Promise<Pair> {
  const common = { secrets: SECRETS, clock: processClock, log: silentLog };
  const meters = new TrunkMeters();
  const dialer = new WsTrunkDialer({ ...common, edgeId: "e0", incarnation: 1 });
  const bench = new EdgeBench({ trunks: dialer });
  const server = new TrunkServer({ ...common, host: "127.0.0.1", port: 0, meters });
  const { url } = await server.listen();
  const node = new NodeDriver({
    clock: processClock,
    policyOf: (incarnation) => nodePolicy({ media: "mesh", incarnation }),
    bus: bench.hub.open({ id: "n0", trunkUrl: url }),
    media: noMedia,
    log: silentLog,
    meters: new NodeMeters(),
  });
  server.serve(node, node.trunkFacts());
  await bench.start();
  node.start();
  while (bench.driver.openTrunkCount === 0) await nextTurn();
  const stop = async () => {
    await bench.stop();
    dialer.close();
    node.stop();
    await server.close();
  };
  return { bench, node, framesToEdge: () => meters.sentFrames, stop };
}

const pairs: Pair[] = [];
afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.stop();
});

async function started(kind: () => Promise<Pair>): Promise<Pair> {
  const pair = await kind();
  pairs.push(pair);
  return pair;
}

async function texts(client: BenchClient, count: number): Promise<unknown[]> {
  const heard: Frame[] = [];
  while (heard.length < count) heard.push(await client.next("message"));
  return heard.map(({ d }) => d["text"]);
}

describe.each([
  ["in memory", inMemory],
  ["over sockets", overSockets],
])("%s", (_name, kind) => {
  test("[TR13] members of a room hear each other through edge, trunk and node", async () => {
    const { bench } = await started(kind);
    const ada = await bench.member("ada");
    const bob = await bench.member("bob");
    expect((await ada.next("participant-joined")).d).toMatchObject({ id: "bob" });
    ada.send({ t: "offer", id: 2, to: "bob", n: 1, d: { sdp: "v=0 é" } });
    expect(await bob.next("offer")).toMatchObject({
      from: "ada",
      id: 2,
      n: 1,
      d: { sdp: "v=0 é" },
    });
    expect(await ada.next("ok")).toMatchObject({ re: 2 });
    bob.send({ t: "state", d: { mute: true } });
    expect(await ada.next("state")).toMatchObject({ from: "bob", d: { mute: true } });
    bob.send({ t: "speaking", d: { on: true, level: 0.5 } });
    expect((await ada.next("speakers")).d).toEqual({ list: [{ id: "bob", level: 0.5 }] });
    const eve = bench.client();
    await eve.next("hello");
    expect((await eve.join("eve")).d["participants"]).toMatchObject([
      { id: "ada" },
      { id: "bob", state: { mute: true } },
    ]);
  });

  test("[TR13] a room's messages reach all members in one order, one trunk frame for each", async () => {
    const { bench, framesToEdge } = await started(kind);
    const members: BenchClient[] = [];
    for (let i = 0; i < 12; i++) members.push(await bench.member(`p${i}`));
    const before = framesToEdge();
    for (let i = 0; i < 30; i++) members[i % 3]!.send({ t: "message", id: 10 + i, d: { text: i } });
    const orders = await Promise.all(members.slice(3).map((member) => texts(member, 30)));
    expect(new Set(orders.map(String)).size).toBe(1);
    expect([...(orders[0] as number[])].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => i),
    );
    if (before !== undefined) expect(framesToEdge()! - before).toBe(30 + 30); // And each sender's ok.
  });

  test("[TR14] a life that is outlived steps down: the next one is later, and serves", async () => {
    const { bench, node } = await started(kind);
    const ada = await bench.member("ada");
    const former = node.incarnation;
    const outlived: BusMessage = { type: "outlived", by: "n9", nodeId: "n0", incarnation: former };
    const teller = bench.hub.open({ id: "n9", trunkUrl: "" });
    teller.publish("node.n0", outlived);
    while (node.incarnation === former) await nextTurn();
    expect(node.incarnation).toBeGreaterThan(former);
    expect(node.core.beatNow().incarnation).toBe(node.incarnation);
    while (node.trunkCount === 0) await nextTurn();
    const bob = await bench.member("bob", "retro");
    expect(bob.frames.some(({ t }) => t === "joined")).toBe(true);
    ada.socket.terminate();
  });

  test("[TR14] a bus that goes down and comes back is told to core, and rooms go on", async () => {
    const { bench } = await started(kind);
    const ada = await bench.member("ada");
    const bob = await bench.member("bob");
    bench.hub.setUp(false);
    ada.send({ t: "message", id: 2, d: { text: "still here" } });
    expect((await bob.next("message")).d).toEqual({ text: "still here" });
    bench.hub.setUp(true);
    ada.send({ t: "message", id: 3, d: { text: "and now" } });
    expect((await bob.next("message")).d).toEqual({ text: "and now" });
  });
});
