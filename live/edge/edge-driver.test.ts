import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "../../core/protocol/limits.ts";
import { EdgeBench, type BenchOptions, nextTurn } from "./edge-bench.ts";

const benches: EdgeBench[] = [];

async function started(options?: BenchOptions): Promise<EdgeBench> {
  const bench = await new EdgeBench(options).start();
  benches.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop();
});

test("[ED1] a socket is greeted at once, and joins through the node", async () => {
  const bench = await started();
  const ann = bench.client();
  expect((await ann.next("hello")).d).toMatchObject({ server: "e0", proto: 1 });
  const joined = await ann.join("ann");
  expect(joined.d).toMatchObject({ you: "ann", node: "n0", participants: [] });
  expect(bench.meters.joins).toBe(1);
  expect(bench.driver.socketCount).toBe(1);
});

test("[ED1] a message to the room reaches all but its sender, numbered by one, in order", async () => {
  const bench = await started();
  const ann = await bench.member("ann");
  const others = [await bench.member("bob"), await bench.member("cleo"), await bench.member("dan")];
  const stranger = await bench.member("eve", "elsewhere");
  for (let i = 0; i < 20; i++) ann.send({ t: "message", id: 10 + i, d: { text: `é${i}` } });
  ann.send({ t: "state", d: { mute: true } });
  for (const other of others) {
    for (let i = 0; i < 20; i++) {
      expect((await other.next("message")).d).toEqual({ text: `é${i}` });
    }
    expect((await other.next("state")).s).toBeUndefined();
    const numbers = other.frames.flatMap(({ s }) => (s === undefined ? [] : [s]));
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    expect(numbers.length).toBeGreaterThanOrEqual(20);
  }
  for (let i = 0; i < 20; i++) await ann.next("ok");
  expect(ann.frames.filter(({ t }) => t === "message")).toEqual([]);
  expect(stranger.frames.filter(({ t }) => t === "message")).toEqual([]);
});

test("[ED1] long messages to one peer arrive whole, between short ones", async () => {
  const bench = await started();
  const [ann, bob] = [await bench.member("ann"), await bench.member("bob")];
  const sdp = "v=0 ".repeat(10_000);
  ann.send({ t: "offer", id: 2, to: "bob", n: 1, d: { sdp } });
  ann.send({ t: "message", id: 3, d: { text: "short" } });
  expect((await bob.next("offer")).d).toMatchObject({ sdp });
  expect((await bob.next("message")).d).toEqual({ text: "short" });
});

test("[ED3] who closes has left: the others hear it, and nothing is written to nobody", async () => {
  const bench = await started({ node: { reconnectingNoticeMs: 0, presenceGraceMs: 20 } });
  const [ann, bob, cleo] = [
    await bench.member("ann"),
    await bench.member("bob"),
    await bench.member("cleo"),
  ];
  bob.socket.close(1000);
  expect(await bob.closed).toEqual({ code: 1000, reason: "" });
  expect((await ann.next("participant-left")).d).toMatchObject({ id: "bob" });
  cleo.socket.terminate();
  expect((await ann.next("participant-left")).d).toMatchObject({ id: "cleo" });
  expect(bench.driver.socketCount).toBe(1);
  expect(bench.meters.closesByCode.of("1000")).toBe(1);
  expect(bench.meters.closesByCode.of("1006")).toBe(1);
});

test("[ED4] what core closes is told what waits, then the code and its name", async () => {
  const bench = await started({ edge: { authTimeoutMs: 30 } });
  const idle = bench.client();
  expect(await idle.closed).toEqual({ code: CloseCode.authTimeout, reason: "auth_timeout" });
  expect(idle.frames.map(({ t }) => t)).toEqual(["hello"]);

  const left = await bench.member("ann");
  left.send({ t: "leave" });
  expect(await left.closed).toEqual({ code: CloseCode.normal, reason: "normal" });
});

test("[ED4] a socket that does not answer the close frame is no longer counted", async () => {
  const bench = await started({ edge: { authTimeoutMs: 30 } });
  const client = bench.client();
  await client.next("hello");
  client.socket.pause();
  while (bench.driver.socketCount > 0) await nextTurn();
  expect(client.socket.readyState).toBe(WebSocket.OPEN);
  client.socket.terminate();
});

test.each<[string, string | Buffer, number, string]>([
  ["a binary frame", Buffer.from([1, 2, 3]), CloseCode.badFrame, "bad_frame"],
  ["a frame that is no JSON", "{", CloseCode.badFrame, "bad_frame"],
  ["a frame that is too large for a stranger", "x".repeat(5_000), CloseCode.tooLarge, "too_large"],
  ["a frame that is too large for anybody", "x".repeat(70_000), CloseCode.tooLarge, "too_large"],
])("[ED5] %s ends the connection with a code of ours", async (_name, frame, code, reason) => {
  const bench = await started();
  const client = bench.client();
  await client.next("hello");
  client.socket.send(frame);
  expect(await client.closed).toEqual({ code, reason });
  expect(bench.driver.socketCount).toBe(0);
});

test("[ED5] invalid UTF-8 is a bad frame, and others go on", async () => {
  const bench = await started();
  const [ann, bob] = [await bench.member("ann"), await bench.member("bob")];
  const broken = bench.client();
  await broken.next("hello");
  broken.socket.send(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), { binary: false });
  expect((await broken.closed).code).toBe(CloseCode.badFrame);
  ann.send({ t: "message", id: 2, d: { text: "still here" } });
  expect((await bob.next("message")).d).toEqual({ text: "still here" });
});

test("[ED5] a frame with a wrong member is answered, and the connection stays", async () => {
  const bench = await started();
  const ann = await bench.member("ann");
  ann.send({ t: "offer", id: 9, to: "bob", n: 1, d: {} });
  expect(await ann.next("error")).toMatchObject({ re: 9, d: { code: "bad_request" } });
  ann.send({ t: "from-the-future", id: 10 });
  expect(await ann.next("error")).toMatchObject({ re: 10, d: { code: "unknown_type" } });
  ann.send({ t: "ping", d: { ts: 5, ack: 0 } });
  await ann.next("pong");
  expect(bench.meters.frameErrorsByCode.total).toBe(2);
});

test("[ED7] a verdict that takes its time is told in a turn of its own, or to nobody", async () => {
  const bench = await started();
  const ann = bench.client();
  await ann.next("hello");
  ann.send({ t: "join", d: { room: "standup", token: "later:ann@standup", name: "Ann" } });
  expect((await ann.next("joined")).d["you"]).toBe("ann");

  const gone = bench.client();
  await gone.next("hello");
  gone.send({ t: "join", d: { room: "standup", token: "later:gone@standup", name: "Gone" } });
  gone.socket.terminate();
  while (bench.driver.socketCount > 1) await nextTurn();
  await nextTurn();
  expect(bench.driver.socketCount).toBe(1);
});

test("[ED7] a token that is refused, and a verifier that fails, end the connection each its way", async () => {
  const bench = await started();
  const close = async (token: string): Promise<{ code: number }> => {
    const client = bench.client();
    await client.next("hello");
    client.send({ t: "join", d: { room: "standup", token, name: "x" } });
    return client.closed;
  };
  expect((await close("SECRETxTOKEN")).code).toBe(CloseCode.unauthorized);
  expect((await close("broken:x@standup")).code).toBe(CloseCode.internal);
  expect(bench.logged.join()).not.toContain("SECRETxTOKEN");
  expect(bench.logged.join()).not.toContain("broken:");
  const { tokensByResult } = bench.meters;
  expect([tokensByResult.of("rejected"), tokensByResult.of("unavailable")]).toEqual([1, 1]);
});

test("[ED7] a session is resumed on another socket by its sealed token", async () => {
  const bench = await started();
  const ann = bench.client();
  await ann.next("hello");
  const { d } = await ann.join("ann");
  const bob = await bench.member("bob");
  ann.socket.terminate();
  bob.send({ t: "message", id: 2, d: { text: "missed" } });
  await bob.next("ok");
  const again = bench.client();
  await again.next("hello");
  const { token } = d["resume"] as { token: string };
  const last = Math.max(0, ...ann.frames.map(({ s }) => s ?? 0));
  again.send({ t: "resume", id: 1, d: { room: "standup", session: d["session"], token, last } });
  expect((await again.next("resumed")).d["mode"]).toBe("replay");
  expect((await again.next("message")).d).toEqual({ text: "missed" });

  const thief = bench.client();
  await thief.next("hello");
  const forged = { room: "standup", session: d["session"], token: "forged", last: 0 };
  thief.send({ t: "resume", id: 1, d: forged });
  expect((await thief.next("error")).d["code"]).toBe("resume_rejected");
  expect(bench.logged.join()).not.toContain(token);
});
