import { expect, test } from "vitest";
import { ADMISSION_LIMITS } from "../admission.ts";
import { bucketShape } from "../budgets/token-bucket.ts";
import { CloseCode } from "../protocol/limits.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { ErrorBody, JoinedBody, PongBody } from "../protocol/bodies.ts";
import type { Refusal } from "../trunk.ts";
import { EdgeBench } from "./edge-bench.ts";

const critical = (text: string) => new Message(Kind.message, 1, "a", "", 0, 50, "", { text });
const refusal = (differing: Partial<Refusal>): Refusal => ({
  reason: "full",
  nextNodeId: undefined,
  nextAs: "host",
  retryAfterMs: 0,
  ...differing,
});

test("[RM2] each connection numbers what is critical for itself, replays keep their numbers", () => {
  const edge = new EdgeBench();
  const a = edge.member({ s: 4 });
  const b = edge.member({ s: 0 });
  const asked = edge.core.connections.node[0];
  expect(edge.core.connections.node[1]).toBe(asked);
  edge.core.multicast(asked, 0, -1, critical("1"), 0);
  edge.core.multicast(asked, 0, a.connection, critical("2"), 0);
  edge.core.delivered(
    asked,
    b.connection,
    b.session,
    new Message(Kind.ok, 1, "", "", 0, 9, "", undefined),
    0,
    0,
  );
  edge.core.delivered(asked, a.connection, a.session, critical("replayed"), 3, 0);
  edge.core.delivered(asked, b.connection, a.session, critical("of another session"), 0, 0);
  edge.core.multicast(asked, 7, -1, critical("of another room"), 0);
  const written = edge.orders("write").filter(({ message }) => message.kind !== Kind.joined);
  expect(written.map(({ connection, s }) => [connection === a.connection ? "a" : "b", s])).toEqual([
    ["b", 1],
    ["a", 5],
    ["b", 2],
    ["b", 0],
    ["a", 3],
  ]);
});

test("[CN10] before it is in a connection is answered not_joined, afterwards a second join is a duplicate", () => {
  const edge = new EdgeBench();
  const early = edge.core.opened(0);
  edge.send(early, Kind.message, 3);
  const before = edge.orders("write");
  const { connection } = edge.member();
  edge.send(connection, Kind.join, 4);
  const written = [...before, ...edge.orders("write")].map(({ message }) => message);
  const errors = written.filter(({ kind }) => kind === Kind.error);
  expect(errors.map(({ id, body }) => [id, (body as ErrorBody).code])).toEqual([
    [3, "not_joined"],
    [4, "duplicate"],
  ]);
});

test("[CN11] above the edge's own limit critical messages are refused aloud, others dropped", () => {
  const edge = new EdgeBench({ ingress: bucketShape(1, 2, 0) });
  const { connection } = edge.member();
  edge.outbox.take();
  for (const id of [1, 2, 3]) edge.send(connection, Kind.message, id);
  edge.send(connection, Kind.cursor);
  const orders = edge.outbox.take();
  expect(orders.filter(({ order }) => order === "relay")).toHaveLength(2);
  const errors = orders.flatMap((order) => (order.order === "write" ? [order.message] : []));
  expect(errors.map(({ id, body }) => [id, body])).toEqual([
    [3, { code: "rate_limited", message: "too many messages", retry: true, retryAfterMs: 1_000 }],
  ]);
});

test("[RC9] W is in the welcome, and in a pong when it changed by more than a quarter", () => {
  const edge = new EdgeBench({ spreadMinMs: 1, admitPerSec: 100 });
  const hear = (admitPerSec: number, nowMs: number) =>
    edge.core.heard(
      {
        type: "edge-beat",
        beat: { edgeId: "e1", incarnation: 1, connections: 0, admitPerSec, serving: true },
      },
      nowMs,
    );
  hear(10, 0);
  const { connection } = edge.member();
  const pongs = () =>
    edge
      .orders("write")
      .flatMap(({ message }) => (message.kind === Kind.pong ? [message.body as PongBody] : []));
  hear(9, 1_500);
  edge.send(connection, Kind.ping, 0, {}, 1_500);
  expect(pongs()).toEqual([{ ts: 0 }]); // 125 ms, now 139 ms.
  hear(5, 3_000);
  edge.send(connection, Kind.ping, 0, {}, 3_000);
  edge.send(connection, Kind.ping, 0, {}, 3_100);
  expect(pongs()).toEqual([{ ts: 0, spreadMs: 250 }, { ts: 0 }]);
  edge.send(connection, Kind.ping, 0, {}, 20_000); // The other edge is silent: alone it takes its own.
  expect(pongs()).toEqual([{ ts: 0, spreadMs: 12.5 }]);
});

test("[AD8] a socket that does not come in is closed, one that is told to come back is not", () => {
  const edge = new EdgeBench({ leaseMs: 1_000_000 });
  const idle = edge.core.opened(0);
  const waiting = edge.asked("bob", 1_000);
  const busy = edge.asked("carol", 1_000);
  const node = edge.askedNode();
  edge.core.refused(node, busy, refusal({ reason: "busy", retryAfterMs: 20_000 }), 1_000);
  edge.run(24_000);
  const closed = edge.orders("close");
  expect(closed).toEqual([{ order: "close", connection: idle, code: CloseCode.authTimeout }]);
  expect(edge.core.connections.isOpen(waiting)).toBe(true); // The node still has its request.
  edge.run(33_000);
  expect(edge.orders("close").map(({ connection }) => connection)).toEqual([busy]);
});

test("[AD8] a silent socket is closed after two intervals and a timeout, a speaking one is not", () => {
  const edge = new EdgeBench();
  const silent = edge.member();
  const speaking = edge.member();
  const at = edge.core.connections.node[0];
  for (let nowMs = 0; nowMs < 36_000; nowMs += 15_000)
    edge.send(speaking.connection, Kind.ping, 0, {}, nowMs);
  edge.outbox.take();
  edge.meet("n0", {}, 30_000);
  edge.meet("n1", {}, 30_000);
  for (let nowMs = 1_000; nowMs <= 34_999; nowMs += 1_000) {
    edge.meet("n0", {}, nowMs);
    edge.meet("n1", {}, nowMs);
    edge.core.deadlinePassed(nowMs);
  }
  expect(edge.orders("close")).toEqual([]);
  edge.core.deadlinePassed(35_000);
  const orders = edge.outbox.take().filter(({ order }) => order === "close" || order === "detach");
  expect(orders).toEqual([
    { order: "detach", node: at, session: silent.session, attachment: 0, isFinal: false },
    { order: "close", connection: silent.connection, code: CloseCode.heartbeatTimeout },
  ]);
});

test("[AD7] a busy answer keeps the socket, and the client asks again on it", () => {
  const edge = new EdgeBench();
  const connection = edge.asked("alice");
  const node = edge.askedNode();
  edge.core.refused(node, connection, refusal({ reason: "busy", retryAfterMs: 4_000 }), 0);
  const [answer] = edge.orders("write");
  expect(answer.message.body).toMatchObject({ code: "busy", retry: true, retryAfterMs: 4_000 });
  edge.askAgain(connection, "alice", 4_000);
  edge.granted(edge.askedNode(), connection, {}, 4_000);
  expect(edge.orders("write").map(({ message }) => message.kind)).toEqual([Kind.joined]);
});

test("[AD9] one attempt at a time; when the node that was asked dies the next is asked, once", () => {
  const edge = new EdgeBench({ admission: { ...ADMISSION_LIMITS, admitPerSec: 10 } });
  const asking = edge.asked("alice");
  const first = edge.askedNode();
  edge.send(asking, Kind.join, 9, { room: "standup", token: "t", name: "alice" });
  expect(edge.outbox.take()).toEqual([]);
  // Another asks again, after this node had refused it, and waits in the edge's own queue.
  const queued = edge.asked("bob");
  edge.core.refused(first, queued, refusal({ reason: "busy", retryAfterMs: 10 }), 0);
  edge.asked("carol");
  edge.askAgain(queued, "bob", 10);
  expect(edge.core.arrivals.admission.waitingCount).toBeGreaterThan(0);
  edge.outbox.take();
  edge.core.trunkLost(first === 0 ? "n0" : "n1", 20, 1);
  const attaches = edge.orders("attach");
  expect(attaches.filter(({ connection }) => connection === queued)).toEqual([]);
  expect(attaches.filter(({ connection }) => connection === asking)).toHaveLength(1);
  edge.run(5_000);
  expect(edge.orders("attach").filter(({ connection }) => connection === queued)).toHaveLength(1);
});

test("[AD10] a bad token ends the connection, a bad resume token only the session", () => {
  const edge = new EdgeBench();
  const joiner = edge.core.opened(0);
  edge.send(joiner, Kind.join, 0, { room: "standup", token: "t", name: "x" });
  edge.core.tokenRejected(joiner, CloseCode.unauthorized);
  const wrong = edge.asked("bob", 0, { roomId: "another" });
  const resumer = edge.core.opened(0);
  edge.send(resumer, Kind.resume, 0, { room: "standup", token: "t", session: "s", last: 0 });
  edge.core.tokenRejected(resumer, CloseCode.resumeRejected);
  const orders = edge.outbox.take();
  const closes = orders.flatMap((one) =>
    one.order === "close" ? [[one.connection, one.code]] : [],
  );
  expect(closes).toEqual([
    [joiner, CloseCode.unauthorized],
    [wrong, CloseCode.forbidden],
  ]);
  const errors = orders.flatMap((one) =>
    one.order === "write" && one.message.kind === Kind.error
      ? [(one.message.body as ErrorBody).code]
      : [],
  );
  expect(errors).toEqual(["unauthorized", "forbidden", "resume_rejected"]);
});

test("[RS14] a client that went before its join was granted leaves no ghost", () => {
  const edge = new EdgeBench();
  const joiner = edge.asked("alice");
  const node = edge.askedNode();
  edge.core.closed(joiner);
  const session = edge.granted(node, joiner, { rotation: 0 });
  const resumer = edge.core.opened(0);
  edge.resumed(resumer);
  edge.core.closed(resumer);
  edge.granted(0, resumer, { mode: "replay", session: 77, rotation: 5 });
  expect(edge.orders("detach")).toEqual([
    { order: "detach", node, session, attachment: 0, isFinal: true },
    { order: "detach", node: 0, session: 77, attachment: 5, isFinal: false },
  ]);
});

test("[RS4] a token for another room is not resumed with, and a good one goes to its owner", () => {
  const edge = new EdgeBench();
  const connection = edge.core.opened(0);
  edge.send(connection, Kind.resume, 0, { room: "standup", token: "t", session: "s", last: 9 });
  edge.resumed(edge.core.opened(0), { nodeId: "n1", sessionId: "n1.1.3" }, 9);
  expect(
    edge.orders("attach").map(({ node, request }) => [node, request.as, request.last]),
  ).toEqual([[1, "host", 9]]);
  edge.core.resumeVerified(connection, { ...resumeOf("n0"), roomId: "another" }, 0);
  const [error] = edge.orders("write");
  expect(error.message.body).toMatchObject({ code: "resume_rejected", reason: "unknown" });
});

function resumeOf(nodeId: string) {
  return {
    sessionId: "s",
    roomId: "standup",
    participantId: "p",
    name: "p",
    nodeId,
    incarnation: 1,
    session: 0,
    rotation: 0,
    expectedSize: 0,
    validUntilMs: 600_000,
  };
}

test("[PL17] an edge follows the node that it is named, and forgets the host with its last member", () => {
  const edge = new EdgeBench();
  const connection = edge.asked("alice");
  const home = edge.askedNode();
  const other = 1 - home;
  const moved = refusal({ reason: "moved", nextNodeId: `n${other}`, nextAs: "host" });
  edge.core.refused(home, connection, moved, 0);
  expect(edge.orders("attach").map(({ node, request }) => [node, request.as])).toEqual([
    [other, "host"],
  ]);
  edge.granted(other, connection);
  edge.asked("bob");
  expect(edge.askedNode()).toBe(other);
  edge.send(connection, Kind.leave);
  edge.asked("carol");
  const [asked] = edge.orders("attach");
  expect([asked.node, asked.request.as]).toEqual([home, "home"]);
});

test("[PL20] after six refusals a joiner is told when to come back, and not two at the same time", () => {
  const edge = new EdgeBench({}, ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
  const retries: number[] = [];
  let asked = 0;
  for (const id of ["alice", "bob", "carol"]) {
    const connection = edge.asked(id);
    for (;;) {
      const orders = edge.outbox.take();
      const attach = orders.find((order) => order.order === "attach");
      if (attach === undefined) {
        const last = orders.findLast((order) => order.order === "write")!;
        retries.push((last.message.body as ErrorBody).retryAfterMs!);
        break;
      }
      asked++;
      // The home sends from one full node to the next.
      const isHome = attach.request.as === "home";
      const next = (attach.node + 1 + attach.request.refusedBy.length) % 8;
      edge.core.refused(
        attach.node,
        connection,
        isHome ? refusal({ reason: "moved", nextNodeId: `n${next}` }) : refusal({}),
        0,
      );
    }
  }
  expect(asked).toBeGreaterThan(6);
  expect(asked / 3).toBeLessThanOrEqual(12);
  expect(new Set(retries.map(Math.round)).size).toBe(3);
});

test("[TB13] a client that cannot follow is cut with 4408, its session waits, the others go on", () => {
  const edge = new EdgeBench();
  const slow = edge.member();
  const quick = edge.member();
  const node = edge.core.connections.node[0];
  edge.outbox.take();
  edge.core.buffered(slow.connection, 600 * 1024, 0);
  edge.core.multicast(node, 0, -1, critical("1"), 100);
  const written = edge.orders("write").filter(({ message }) => message.kind === Kind.message);
  expect(written.map(({ connection }) => connection)).toEqual([quick.connection]);
  edge.core.buffered(slow.connection, 600 * 1024, 4_999);
  edge.core.deadlinePassed(5_000);
  const orders = edge.outbox.take().filter(({ order }) => order === "close" || order === "detach");
  expect(orders).toEqual([
    { order: "detach", node, session: slow.session, attachment: 0, isFinal: false },
    { order: "close", connection: slow.connection, code: CloseCode.slow },
  ]);
});

test("[RS5] the welcome holds a sealed token, and what the session was granted", () => {
  const edge = new EdgeBench();
  edge.member({ participants: [{ id: "bob", name: "Bob" }], rotation: 3 });
  const welcome = edge.outbox.take().findLast((order) => order.order === "write")!;
  const body = welcome.message.body as JoinedBody;
  expect(body.participants).toEqual([{ id: "bob", name: "Bob" }]);
  expect(JSON.parse(body.resume.token)).toMatchObject({ rotation: 3, sessionId: body.session });
});
