import { afterEach, expect, test, vi } from "vitest";
import { OUTBOUND_LIMITS } from "../../core/budgets/outbound-queue.ts";
import { bucketShape } from "../../core/budgets/token-bucket.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import { type BenchClient, EdgeBench, nextTurn } from "./edge-bench.ts";

const benches: EdgeBench[] = [];
const PLENTY = bucketShape(1e6, 1e6, 0);

/** Nothing is limited but what sockets may hold. */
async function started(outbound = {}): Promise<EdgeBench> {
  const bench = await new EdgeBench({
    edge: { ingress: PLENTY, outbound: { ...OUTBOUND_LIMITS, ...outbound } },
    node: {
      budgets: { connection: PLENTY, room: PLENTY, node: PLENTY },
      bufferMax: 8,
    },
  }).start();
  benches.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop();
});

/** Says long things until `isEnough`, no faster than `reader` reads; returns how many. */
async function talk(
  speaker: BenchClient,
  isEnough: () => boolean,
  reader?: BenchClient,
  saidBefore = 0,
): Promise<number> {
  const text = "x".repeat(7_000);
  let said = saidBefore;
  while (!isEnough()) {
    for (let i = 0; i < 20; i++) speaker.send({ t: "message", id: ++said + 1, d: { text } });
    for (let i = 0; i < 20; i++) await speaker.next("ok");
    while (reader !== undefined && messagesTo(reader) < said) await nextTurn();
  }
  return said;
}

function messagesTo(reader: BenchClient): number {
  return reader.frames.filter(({ t }) => t === "message").length;
}

test("[ED6] a reader that stands still is closed as slow, having held little; the others miss nothing", async () => {
  const limits = { softBytes: 64 * 1024, hardBytes: 256 * 1024, ceilingBytes: 512 * 1024 };
  const bench = await started(limits);
  const [ann, bob, slow] = [
    await bench.member("ann"),
    await bench.member("bob"),
    await bench.member("slow"),
  ];
  const reports = vi.spyOn(bench.driver.core, "buffered");
  slow.socket.pause();
  const said = await talk(ann, () => bench.driver.socketCount < 3, bob);
  expect(messagesTo(bob)).toBe(said);
  const held = reports.mock.calls.map(([, bytes]) => bytes);
  expect(held[0]).toBeGreaterThanOrEqual(limits.softBytes);
  expect(Math.max(...held)).toBeLessThan(limits.softBytes + 64 * 1024); // And one frame.
  expect(bench.driver.strainedCount).toBe(0);
  slow.socket.resume();
  expect(await slow.closed).toEqual({ code: CloseCode.slow, reason: "slow" });
  const numbers = slow.frames.flatMap(({ s }) => (s === undefined ? [] : [s]));
  expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i)); // Whole frames, without a gap.
});

test("[ED6] a reader that catches up is let go of, and has missed nothing", async () => {
  const bench = await started({
    softBytes: 64 * 1024,
    hardBytes: 64 * 1024 * 1024,
    ceilingBytes: 512 * 1024 * 1024,
    calmMs: 10,
  });
  const [ann, slow] = [await bench.member("ann"), await bench.member("slow")];
  slow.socket.pause();
  const begun = await talk(ann, () => bench.driver.strainedCount > 0);
  let rounds = 0;
  const said = await talk(ann, () => rounds++ === 3, undefined, begun);
  expect(bench.driver.core.connections.queues.size).toBe(1);
  slow.socket.resume();
  while (messagesTo(slow) < said) await nextTurn();
  while (bench.driver.strainedCount > 0) await nextTurn();
  expect(bench.driver.core.connections.queues.size).toBe(0);
  const numbers = slow.frames.flatMap(({ s }) => (s === undefined ? [] : [s]));
  expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
});

test("[ED3] nothing is written behind a close frame, whoever closes", async () => {
  const bench = await started();
  const [ann, bob] = [await bench.member("ann"), await bench.member("bob")];
  const errors: Error[] = [];
  bob.socket.on("error", (error) => errors.push(error));
  for (let i = 0; i < 50; i++) ann.send({ t: "message", id: i + 2, d: { text: "on and on" } });
  bob.socket.close(1000, "enough");
  expect((await bob.closed).code).toBe(1000);
  for (let i = 0; i < 50; i++) await ann.next("ok");
  expect(errors).toEqual([]);
  expect(bench.driver.socketCount).toBe(1);
});

test("[ED1] sockets come and go in waves: a slot's next owner gets nothing of the former's", async () => {
  const bench = await started();
  const observer = await bench.member("observer");
  for (let wave = 0; wave < 4; wave++) {
    const members = await Promise.all(
      Array.from({ length: 12 }, (_, i) => bench.member(`w${wave}p${i}`, `room${i % 3}`)),
    );
    for (const [i, member] of members.entries()) {
      member.send({ t: "message", id: 2, d: { text: `room${i % 3}` } });
    }
    for (const [i, member] of members.entries()) {
      for (let k = 0; k < 3; k++) {
        expect((await member.next("message")).d["text"]).toBe(`room${i % 3}`);
      }
      member.socket.terminate();
    }
    while (bench.driver.socketCount > 1) await nextTurn();
  }
  expect(observer.frames.filter(({ t }) => t === "message")).toEqual([]);
});

test("[ED1] what is too much for one turn of the event loop is written in the next ones: complete, in order", async () => {
  const bench = await started();
  const ann = await bench.member("ann");
  const others = await Promise.all(
    Array.from({ length: 140 }, (_, i) => bench.member(`listener${i}`)),
  );
  const said = 12;
  for (let id = 2; id < said + 2; id++) ann.send({ t: "message", id, d: { text: `no. ${id}` } });
  for (let i = 0; i < said; i++) await ann.next("ok");
  for (const other of others) {
    const heard: unknown[] = [];
    while (heard.length < said) heard.push((await other.next("message")).d.text);
    expect(heard).toEqual(Array.from({ length: said }, (_, i) => `no. ${i + 2}`));
  }
});
