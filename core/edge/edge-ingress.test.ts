import { expect, test } from "vitest";
import { bucketShape } from "../budgets/token-bucket.ts";
import type { PongBody } from "../protocol/bodies.ts";
import { FrameError } from "../protocol/frame-error.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { ResumeClaims } from "../trunk.ts";
import { EdgeBench } from "./edge-bench.ts";
import type { EdgePolicy } from "./edge-policy.ts";

function joined(differing: Partial<EdgePolicy> = {}) {
  const edge = new EdgeBench(differing);
  const connection = edge.asked("alice");
  edge.granted(edge.askedNode(), connection, { participant: { id: "alice", name: "Alice" } });
  edge.outbox.take();
  return { edge, connection };
}

test("[DO3] the tenth refusal within a second ends the connection", () => {
  const { edge, connection } = joined({ ingress: bucketShape(1, 2, 0) });
  for (let id = 1; id <= 12; id++) edge.send(connection, Kind.message, id, { text: "x" }, 1_000);
  const codes = edge.outbox.take().map((order) => {
    if (order.order === "write") return (order.message.body as { code: string }).code;
    return order.order === "close" ? order.code : order.order;
  });
  expect(codes).toEqual(["relay", "relay", ...new Array<string>(10).fill("rate_limited")]);
  edge.send(connection, Kind.message, 13, { text: "x" }, 1_000);
  expect(edge.orders("close")).toMatchObject([{ code: 4429 }]);
});

test("[DO3] a connection that stays just above its rate for a second is forgiven", () => {
  const { edge, connection } = joined({ ingress: bucketShape(60, 120, 0) });
  for (let i = 0; i < 200; i++) edge.send(connection, Kind.cursor, 0, {}, 1_000 + i * 5);
  expect(edge.orders("close")).toEqual([]);
});

test("[DO7] pings, acknowledgements and joins have a rate of their own, and too many of them end the connection", () => {
  const { edge, connection } = joined({ ingress: bucketShape(10, 20, 0) });
  for (const kind of [Kind.ping, Kind.join, Kind.resume]) {
    for (let i = 0; i < 5; i++) edge.send(connection, kind, 1, undefined, 1_000);
  }
  for (let i = 0; i < 30; i++) edge.send(connection, Kind.ack, 0, undefined, 1_000);
  expect(edge.outbox.take()).toHaveLength(15); // 5 pongs, 10 duplicates; 20 were attended to, 25 were strikes.
  edge.send(connection, Kind.message, 2, { text: "x" }, 1_000);
  expect(edge.outbox.take()).toMatchObject([{ order: "relay" }]);
  for (let i = 0; i < 76; i++) edge.send(connection, Kind.ping, 0, undefined, 1_000);
  expect(edge.orders("close")).toMatchObject([{ code: 4429 }]);
});

test("[DO7] a stranger's frames count alike, and one who stays below the rate is answered for ever", () => {
  const edge = new EdgeBench({ ingress: bucketShape(10, 20, 0) });
  const [calm, wild] = [edge.core.opened(0), edge.core.opened(0)];
  edge.outbox.take();
  for (let i = 0; i < 200; i++) edge.send(calm, Kind.offer, 1, { sdp: "v=0" }, i * 100);
  expect(edge.orders("write")).toHaveLength(200);
  for (let i = 0; i < 121; i++) edge.send(wild, Kind.offer, 1, { sdp: "v=0" }, 20_000);
  const orders = edge.outbox.take();
  expect(orders).toHaveLength(21); // 20 answers, then the end at the 101st strike.
  expect(orders.at(-1)).toMatchObject({ order: "close", code: 4429 });
});

test("[DO3] broken frames are answered, and ten of them are too many", () => {
  const { edge, connection } = joined();
  const wrong = new FrameError("bad_request", "a member is wrong", { field: "to", re: 7 });
  for (let i = 0; i < 10; i++) edge.core.frameRejected(connection, wrong, 1_000);
  const written = edge.outbox.take();
  expect(written).toHaveLength(10);
  expect(written[0]).toMatchObject({
    order: "write",
    message: { id: 7, body: { code: "bad_request", field: "to", retry: false } },
  });
  edge.core.frameRejected(connection, wrong, 1_000);
  expect(edge.orders("close")).toMatchObject([{ code: 4429 }]);
  edge.core.frameRejected(connection, wrong, 1_000); // It is gone: nobody is answered.
  expect(edge.outbox.take()).toEqual([]);
});

test("[DO6] a frame that is none ends the connection, and frames are small before one is in", () => {
  const edge = new EdgeBench();
  const stranger = edge.core.opened(0);
  expect(edge.core.limitsFor(stranger).frameBytesMax).toBe(4_096);
  edge.core.frameRejected(stranger, FrameError.badFrame("frame must be JSON"), 0);
  expect(edge.orders("close")).toMatchObject([{ connection: stranger, code: 4001 }]);
  const { edge: other, connection } = joined();
  expect(other.core.limitsFor(connection).frameBytesMax).toBe(65_536);
});

test("[ND6] a trunk that is full takes nothing droppable, and critical messages come back later", () => {
  const { edge, connection } = joined({ trunk: { softBytes: 1_000, hardBytes: 10_000 } });
  const node = edge.core.connections.node[connection]!;
  edge.core.trunkBuffered(node, 1_000, 1_000);
  edge.send(connection, Kind.cursor, 0, {}, 1_000);
  edge.send(connection, Kind.message, 1, { text: "x" }, 1_000);
  expect(edge.outbox.take()).toMatchObject([
    { order: "write", message: { id: 1, body: { code: "rate_limited", retryAfterMs: 1_000 } } },
  ]);
  edge.core.trunkBuffered(node, 999, 1_100);
  edge.send(connection, Kind.cursor, 0, {}, 1_100);
  expect(edge.orders("relay")).toHaveLength(1);
});

test("[ND6] a trunk over its hard mark is given up, and its sessions move", () => {
  const { edge, connection } = joined({ trunk: { softBytes: 1_000, hardBytes: 10_000 } });
  const node = edge.core.connections.node[connection]!;
  edge.core.trunkBuffered(node, 10_000, 1_000);
  const orders = edge.outbox.take();
  expect(orders.find((order) => order.order === "dropTrunk")).toMatchObject({ node });
  expect(orders.some((o) => o.order === "write" && o.message.kind === Kind.drain)).toBe(true);
});

test("[RS21] a resume token is replaced with a pong when half of its time is over", () => {
  const { edge, connection } = joined({ resumeTtlMs: 100_000 });
  const pong = (nowMs: number): PongBody => {
    edge.core.received(connection, new Message(Kind.ping, 0, "", "", 0, 20, "", undefined), nowMs);
    return edge.orders("write").at(-1)!.message.body as PongBody;
  };
  expect(pong(50_000).token).toBeUndefined();
  const { token } = pong(50_001);
  expect(JSON.parse(token!) as ResumeClaims).toMatchObject({
    participantId: "alice",
    roomId: "standup",
    validUntilMs: 150_001,
  });
  expect(pong(60_000).token).toBeUndefined();
  const ice = { servers: [{ urls: ["turn:t"], username: "u", credential: "c" }], ttlMs: 600_000 };
  edge.outbox.ice = ice;
  expect(pong(100_002)).toMatchObject({ token: expect.any(String) as string, ice });
});

test("[RS21] a resume token that is too old opens nothing", () => {
  const edge = new EdgeBench();
  const connection = edge.core.opened(0);
  edge.resumed(connection, { validUntilMs: 999 }, 0, 1_000);
  const answers = edge.outbox.take().flatMap((order) => {
    return order.order === "write" ? [order.message.body] : [];
  });
  expect(answers.at(-1)).toMatchObject({ code: "resume_rejected", reason: "expired" });
});

test("[AU5, AU7] a token that nobody can verify now is not refused for good", () => {
  const edge = new EdgeBench();
  const connection = edge.core.opened(0);
  edge.send(connection, Kind.join, 0, { room: "standup", token: "t", name: "x" });
  edge.outbox.take();
  edge.core.tokenRejected(connection, 4100);
  expect(edge.outbox.take()).toMatchObject([
    { order: "write", message: { body: { code: "busy", retry: true, retryAfterMs: 5_000 } } },
    { order: "close", code: 4100 },
  ]);
});
