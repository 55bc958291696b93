import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { joinOf } from "../../core/fixtures.ts";
import { Kind, Message } from "../../core/protocol/message.ts";
import { processClock } from "../clock.ts";
import { recordingLog, silentLog } from "../operations/log.ts";
import { TrunkMeters } from "../operations/tally.ts";
import { sharedText, WireMessage } from "../wire-message.ts";
import { TRUNK_PATH, TRUNK_PROTOCOL, type TrunkLimits } from "./trunk-limits.ts";
import { grantOf, RecordedEdge, RecordedNode } from "./trunk-fixtures.ts";
import { WsTrunkDialer, type WsTrunkDialerOptions } from "./ws-trunk-dialer.ts";
import { TrunkServer, type TrunkServerOptions } from "./ws-trunk-server.ts";

const SECRET = "between edges and nodes";
const BRIEF: Partial<TrunkLimits> = { pingAfterMs: 40, lostAfterMs: 200, handshakeTimeoutMs: 300 };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serving(differing: Partial<TrunkServerOptions> = {}) {
  const node = new RecordedNode();
  const life = { nodeId: "n1", incarnation: 7 };
  const server = new TrunkServer({
    host: "127.0.0.1",
    port: 0,
    secrets: [SECRET],
    clock: processClock,
    log: silentLog,
    ...differing,
  });
  const { port, url } = await server.listen();
  server.serve(life, node);
  ends.push(() => server.close());
  return { node, server, port, url, life };
}

function dialling(differing: Partial<WsTrunkDialerOptions> = {}) {
  const dialer = new WsTrunkDialer({
    edgeId: "e1",
    incarnation: 3,
    secrets: [SECRET],
    clock: processClock,
    log: silentLog,
    ...differing,
  });
  ends.push(() => dialer.close());
  return dialer;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A dialled trunk of which both ends are open. */
async function opened(server: Partial<TrunkServerOptions> = {}) {
  const there = await serving(server);
  const edge = new RecordedEdge();
  const out = dialling().dial("n1", 7, there.url, edge);
  await until(() => edge.told.length > 0);
  expect(edge.names).toEqual(["opened"]);
  return { ...there, edge, out, back: there.node.trunks[0]! };
}

const said = (id: number) =>
  new Message(Kind.message, id, "", "", 0, 60, "", { text: `number ${id}` });

test("[TR5] what waited for the trunk to open comes first, and all frames cross in order", async () => {
  const { node, url } = await serving();
  const edge = new RecordedEdge();
  const out = dialling().dial("n1", 7, url, edge);
  out.attach(11, joinOf("ada"));
  out.relay(5, said(1));
  await until(() => node.told.length === 3);
  out.acknowledge(5, 9);
  out.detach(5, 2, true);
  out.declareOrphans([]);
  await until(() => node.told.length === 6);
  expect(node.told.slice(1)).toEqual([
    ["attachAsked", 11, joinOf("ada")],
    ["relayed", 5, said(1)],
    ["acknowledged", 5, 9],
    ["detached", 5, 2, true],
    ["orphansDeclared", []],
  ]);

  const back = node.trunks[0]!;
  const message = new Message(Kind.offer, 4, "bob", "ada", 1, 90, "", { sdp: "v=0" });
  const wire = new WireMessage(Kind.offer, 4, "bob", 1, 90, "", sharedText(message));
  back.attached(11, grantOf(3));
  back.multicast(4, -1, message);
  back.deliver(11, 3, message, 17);
  back.closeConnection(11, 3, 4020);
  back.refused(12, { reason: "busy", nextNodeId: undefined, nextAs: "host", retryAfterMs: 20 });
  await until(() => edge.told.length === 6);
  expect(edge.told.slice(1)).toEqual([
    ["attached", 11, grantOf(3)],
    ["multicast", 4, -1, wire],
    ["delivered", 11, 3, wire, 17],
    ["closeAsked", 11, 3, 4020],
    ["refused", 12, { reason: "busy", nextAs: "host", retryAfterMs: 20, nextNodeId: undefined }],
  ]);
});

test("[TR8] ten thousand messages each way keep their order", async () => {
  const meters = new TrunkMeters();
  const { node, edge, out, back } = await opened({ meters });
  const here: number[] = [];
  const there: number[] = [];
  node.onRelayed = (session, message) => void there.push(session, message.id);
  edge.onMulticast = (room, message) => void here.push(room, message.id);
  for (let i = 1; i <= 10_000; i++) {
    out.relay(i, said(i));
    back.multicast(i, -1, said(i));
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => here.length === 20_000 && there.length === 20_000);
  const due = Array.from({ length: 20_000 }, (_, i) => 1 + (i >> 1));
  expect(there).toEqual(due);
  expect(here).toEqual(due);
  expect([meters.sentFrames, meters.receivedFrames]).toEqual([10_000, 10_000]);
});

test.each(["edge", "node"])("[TR9] without the secret of the %s no trunk opens", async (who) => {
  const log = recordingLog();
  const { node, url } = await serving({ log, secrets: [who === "edge" ? SECRET : "another"] });
  const edge = new RecordedEdge();
  const secrets = [who === "edge" ? "another" : SECRET];
  dialling({ secrets, log }).dial("n1", 7, url, edge).attach(1, joinOf("ada"));
  await until(() => edge.told.length > 0);
  expect(edge.told).toEqual([["lost", "The other end closed it with 4401 (The proof is wrong.)."]]);
  expect(node.told).toEqual([]);
  expect(log.lines.map(({ text }) => text)).toContain("An edge does not know the secret.");
  expect(JSON.stringify(log.lines)).not.toContain(SECRET);
});

test("[TR9] an edge does not believe a node that cannot prove itself", async () => {
  const { WebSocketServer } = await import("ws");
  const { FrameBatch } = await import("./frame-batch.ts");
  const { FrameType, writeRare } = await import("./trunk-frames.ts");
  const impostor = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  ends.push(() => impostor.close());
  await once(impostor, "listening");
  impostor.on("connection", (ws) => {
    const say = (type: number, words: object) => {
      const batch = new FrameBatch((piece) => ws.send(piece));
      writeRare(batch, type, 0, JSON.stringify(words));
      batch.flush();
    };
    say(FrameType.challenge, { nodeId: "n1", incarnation: 7, nonce: "n" });
    ws.once("message", (proof: Buffer) => {
      const { mac } = JSON.parse(proof.subarray(9).toString()) as { mac: string };
      say(FrameType.welcome, { mac }); // The edge's own proof, played back.
    });
  });
  const edge = new RecordedEdge();
  const { port } = impostor.address() as AddressInfo;
  dialling().dial("n1", 7, `ws://127.0.0.1:${port}`, edge);
  await until(() => edge.told.length > 0);
  expect(edge.told).toEqual([["lost", "The proof is wrong."]]);
});

test("[TR9] a new secret is believed beside the old one", async () => {
  const { url } = await serving({ secrets: ["new", SECRET] });
  const edge = new RecordedEdge();
  dialling().dial("n1", 7, url, edge);
  await until(() => edge.told.length > 0);
  expect(edge.names).toEqual(["opened"]);
});

test("[TR3] a node that began another life is lost to whoever dials the former one", async () => {
  const { node, url, life } = await serving();
  life.incarnation = 8;
  const edge = new RecordedEdge();
  dialling().dial("n1", 7, url, edge);
  await until(() => edge.told.length > 0);
  expect(edge.told).toEqual([["lost", "That life of the node is over."]]);
  const again = new RecordedEdge();
  dialling().dial("n1", 8, url, again);
  await until(() => again.told.length > 0);
  expect(again.names).toEqual(["opened"]);
  expect(node.names).toEqual(["opened"]);
});

test.each([
  ["a port where nobody listens", "ws://127.0.0.1:1/v1/trunk"],
  ["what is no address", "trunk of n1"],
])("[TR2] a trunk to %s is lost, once, and not within the dial", async (_what, url) => {
  const edge = new RecordedEdge();
  dialling().dial("n1", 7, url, edge);
  expect(edge.told).toEqual([]);
  await until(() => edge.told.length > 0);
  expect(edge.names).toEqual(["lost"]);
});

test("[TR2] who closes a trunk hears nothing more, and what was written before still arrives", async () => {
  const { node, edge, out, back } = await opened();
  back.multicast(4, -1, said(1));
  out.relay(5, said(2));
  out.close();
  await until(() => node.told.length === 3);
  expect(node.names).toEqual(["opened", "relayed", "lost"]);
  expect(edge.names).toEqual(["opened"]);
});

test("[TR2] a node that stops loses its edges, and its next life on the same port is dialled anew", async () => {
  const { edge, server, port, out } = await opened();
  await server.close();
  await until(() => edge.told.length > 1);
  expect(edge.names).toEqual(["opened", "lost"]);
  out.relay(5, said(1)); // To nobody.
  const { node, url, life } = await serving({ port });
  life.incarnation = 8;
  const again = new RecordedEdge();
  dialling().dial("n1", 8, url, again).relay(6, said(2));
  await until(() => node.told.length > 1);
  expect(node.told[1]).toEqual(["relayed", 6, said(2)]);
  expect(again.names).toEqual(["opened"]);
});

test("[TR4] a second trunk of an edge ends the first; one of its earlier life is refused", async () => {
  const { node, edge, url } = await opened();
  const second = new RecordedEdge();
  dialling().dial("n1", 7, url, second);
  await until(() => second.told.length > 0 && edge.told.length > 1);
  expect(edge.told[1]).toEqual([
    "lost",
    "The other end closed it with 4409 (The edge opened another trunk.).",
  ]);
  expect(second.names).toEqual(["opened"]);
  expect(node.names).toEqual(["opened", "lost", "opened"]);
  const former = new RecordedEdge();
  dialling({ incarnation: 2 }).dial("n1", 7, url, former);
  await until(() => former.told.length > 0);
  expect(former.names).toEqual(["lost"]);
  expect(node.names).toEqual(["opened", "lost", "opened"]);
});

/** Between an edge and a node: a network that can fall silent. */
async function network(port: number) {
  const sockets: Socket[] = [];
  const server: Server = createServer((from) => {
    const to = connect(port, "127.0.0.1");
    for (const socket of [from, to]) socket.on("error", () => {});
    from.pipe(to);
    to.pipe(from);
    sockets.push(from, to);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  ends.push(() => sockets.forEach((socket) => socket.destroy()));
  const { port: own } = server.address() as AddressInfo;
  const fallSilent = () => sockets.forEach((socket) => socket.unpipe().pause());
  return { url: `ws://127.0.0.1:${own}${TRUNK_PATH}`, fallSilent };
}

test("[TR10] both ends notice that the other has fallen silent, and not before", async () => {
  const { node, port } = await serving({ limits: BRIEF });
  const between = await network(port);
  const edge = new RecordedEdge();
  dialling({ limits: BRIEF }).dial("n1", 7, between.url, edge);
  await until(() => edge.told.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 600)); // Idle, but alive: pings are answered.
  expect(edge.names).toEqual(["opened"]);
  between.fallSilent();
  await until(() => edge.told.length > 1 && node.told.length > 1);
  expect(edge.told[1]![1]).toMatch(/^Nothing was heard/);
  expect(node.told[1]![1]).toMatch(/^Nothing was heard/);
});

test("[TR10] a process that was stopped itself does not take that for the silence of others", async () => {
  const { node, url } = await serving({ limits: BRIEF });
  const edge = new RecordedEdge();
  const out = dialling({ limits: BRIEF }).dial("n1", 7, url, edge);
  await until(() => edge.told.length > 0);
  const wokenAtMs = performance.now() + 500;
  while (performance.now() < wokenAtMs); // More than twice the silence that is allowed.
  out.relay(5, said(1));
  await until(() => node.told.length > 1);
  expect(node.names).toEqual(["opened", "relayed"]);
  expect(edge.names).toEqual(["opened"]);
});

function bare(port: number): WebSocket {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${TRUNK_PATH}`, TRUNK_PROTOCOL);
  ws.on("error", () => {});
  ends.push(() => ws.terminate());
  return ws;
}

test("[TR11] a handshake that stays half open is ended", async () => {
  const { node, port } = await serving({ limits: BRIEF });
  const [code] = (await once(bare(port), "close")) as [number];
  expect(code).toBe(4408);
  expect(node.told).toEqual([]);
});

test.each([
  ["a text", "challenge me"],
  ["no frame", Buffer.from([1, 2, 3])],
  ["no greeting", Buffer.from([5, 0, 0, 0, 2, 0, 0, 0, 0])],
  ["a proof that is none", Buffer.from([7, 0, 0, 0, 34, 0, 0, 0, 0, 0x7b, 0x7d])],
])("[TR6] a connection that begins with %s is closed", async (_what, first) => {
  const { node, port } = await serving();
  const ws = bare(port);
  await once(ws, "open");
  ws.send(first);
  const [code] = (await once(ws, "close")) as [number];
  expect(code).toBe(4400);
  expect(node.told).toEqual([]);
});

test("[TR11] who has not proved itself may say little", async () => {
  const { node, port } = await serving();
  const ws = bare(port);
  await once(ws, "open");
  ws.send(Buffer.alloc(300_000));
  const [code] = (await once(ws, "close")) as [number];
  expect([1006, 4400, 4413]).toContain(code);
  expect(node.told).toEqual([]);
});

test("[TR6] a frame that is too large, or none, ends the trunk with a reason", async () => {
  const { node, edge, out } = await opened({ limits: { pieceBytesMax: 50_000 } });
  const large = { text: "x".repeat(100_000) };
  out.relay(5, new Message(Kind.message, 1, "", "", 0, 60, "", large));
  await until(() => edge.told.length > 1 && node.told.length > 1);
  expect(node.names).toEqual(["opened", "lost"]);
  expect(node.told[1]![1]).toMatch(/payload/i);
});

test("[TR12] an end that would have to hold too much gives up, after its sender's turn", async () => {
  const { url } = await serving();
  const edge = new RecordedEdge();
  const limits = { ...BRIEF, waitingBytesMax: 100_000 };
  const out = dialling({ limits }).dial("n1", 7, url, edge);
  const large = { text: "x".repeat(1_000) };
  for (let i = 0; i < 300; i++) {
    out.relay(5, new Message(Kind.message, i, "", "", 0, 60, "", large));
  }
  expect(edge.told).toEqual([]);
  await until(() => edge.told.length > 0);
  expect(edge.names).toEqual(["lost"]);
});

test("[TR9] trunks without a secret need certificates", () => {
  expect(() => dialling({ secrets: [] })).toThrow("shared secret");
  expect(
    () =>
      new TrunkServer({
        host: "127.0.0.1",
        port: 0,
        secrets: [],
        clock: processClock,
        log: silentLog,
      }),
  ).toThrow("shared secret");
});
