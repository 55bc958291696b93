import { expect, test } from "vitest";
import { homeOf } from "../placement/ranking.ts";
import { CloseCode } from "../protocol/limits.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { DrainBody } from "../protocol/bodies.ts";
import { EdgeBench } from "./edge-bench.ts";

/** Rooms "a" and "b" on n0, with three members here of the hundred that n0 has. */
function struck(state: "gone" | "draining" = "gone", differing = {}) {
  const edge = new EdgeBench(differing, ["n0", "n1", "n2"]);
  edge.meet("n0", { activeConnections: 630 });
  const members = ["a", "b", "a"].map((roomId, i) => {
    const connection = edge.asked(`x${i}`, 0, {}, roomId);
    edge.outbox.take();
    edge.core.connections.node[connection & 0xfffff] = 0;
    edge.granted(0, connection, { roomId, room: roomId === "a" ? 0 : 1, rotation: i });
    return connection;
  });
  edge.outbox.take();
  if (state === "gone") edge.core.trunkLost("n0", 1_000);
  else edge.meet("n0", { activeConnections: 630, state }, 1_000);
  return { edge, members };
}

test("[RS11] slots spread evenly over N / (fill × R), and rooms are declared to their new homes first", () => {
  const { edge, members } = struck();
  const orders = edge.outbox.take();
  const drains = orders.flatMap((order) =>
    order.order === "write" && order.message.kind === Kind.drain
      ? [{ connection: order.connection, ...(order.message.body as DrainBody) }]
      : [],
  );
  // 630 sessions, and the two others admit 700 resumes per second together, 0.9 of which are slots: 1 s.
  // None is within the first 250 ms: until then other edges may declare who else was there.
  expect(drains.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([1_250, 1_250, 1_250]);
  const slots = drains.map(({ connection, reconnectAfterMs }) => [
    connection,
    Math.round(reconnectAfterMs),
  ]);
  expect(slots).toEqual([
    [members[0], 500], // Each room is spread over the whole window: it goes to one node.
    [members[2], 1_000],
    [members[1], 368],
  ]);
  const declared = orders.flatMap((order) =>
    order.order === "declareOrphans" ? order.rooms.map((room) => [order.node, room] as const) : [],
  );
  const { view } = edge.core;
  expect(declared.map(([, room]) => room.roomId).sort()).toEqual(["a", "b"]);
  for (const [node, room] of declared) {
    expect(view.records[node]).toBe(homeOf(room.roomId, view));
    expect(room).toMatchObject({ lostNodeId: "n0", expectedSize: 5 });
    expect(room.sessionIds).toHaveLength(room.roomId === "a" ? 2 : 1);
  }
  expect(orders.filter(({ order }) => order === "close" || order === "detach")).toEqual([]);
  expect(edge.core.connections.attachedCount).toBe(0);
});

test("[RS11] an edge that lost all its trunks spreads over what the nodes admit, not over the widest window", () => {
  const { edge } = struck();
  edge.core.trunkLost("n1", 1_000);
  const connection = edge.asked("x9", 1_000, {}, "c");
  edge.granted(2, connection, { roomId: "c", room: 2 });
  edge.outbox.take();
  edge.core.trunkLost("n2", 1_001);
  const [drain] = edge.orders("write").filter(({ message }) => message.kind === Kind.drain);
  // One session, and the three admit 1,050 resumes per second when they are back.
  expect((drain!.message.body as DrainBody).deadlineMs).toBeLessThan(260);
});

test("[RS11] a node that drains is told that its members went", () => {
  const { edge, members } = struck("draining");
  const detaches = edge.orders("detach");
  expect(detaches.map(({ node, attachment, isFinal }) => [node, attachment, isFinal])).toEqual([
    [0, 0, false],
    [0, 2, false],
    [0, 1, false],
  ]);
  // They come back on the same socket, to another node.
  edge.resumed(members[0], { roomId: "a", sessionId: "n0.1.0" }, 3, 1_200);
  const [attach] = edge.orders("attach");
  expect(edge.core.view.records[attach.node]!.nodeId).not.toBe("n0");
  expect(attach.request).toMatchObject({ roomId: "a", last: 3 });
});

test("[RS23] what a draining node had said reaches those who are told to go, until they do", () => {
  const { edge, members } = struck("draining");
  const late = new Message(Kind.message, 7, "p9", "", 0, 40, "", { n: 1 });
  const written = () => edge.orders("write").map(({ connection, s }) => [connection, s]);
  edge.outbox.take();
  expect(edge.core.multicast(0, 0, -1, late, 1_001)).toBe(2);
  expect(written().sort()).toEqual([
    [members[0], 1],
    [members[2], 1],
  ]);
  edge.resumed(members[0], { roomId: "a", sessionId: "n0.1.0" }, 1, 1_200);
  edge.outbox.take();
  expect(edge.core.multicast(0, 0, -1, late, 1_201)).toBe(1);
  expect(written()).toEqual([[members[2], 2]]);
  // When the node is gone they have their slots already, and are declared once.
  edge.core.trunkLost("n0", 1_300);
  const orders = edge.outbox.take();
  expect(orders.filter(({ order }) => order !== "publish")).toEqual([]);
  expect(edge.core.multicast(0, 0, -1, late, 1_301)).toBe(0);
});

test("[RS13] an edge says once that its trunk broke, and of which life", () => {
  const { edge } = struck();
  const said = edge.orders("publish").filter(({ message }) => message.type === "node-lost");
  expect(said.map(({ message }) => message)).toEqual([
    { type: "node-lost", edgeId: "e0", nodeId: "n0", incarnation: 1 },
  ]);
  edge.core.trunkLost("n0", 1_100);
  edge.meet("n0", { incarnation: 2 }, 1_200);
  edge.core.trunkLost("n0", 1_300, 1); // Late news of the life before.
  expect(edge.orders("publish")).toEqual([]);
  expect(edge.core.view.serving.map(({ nodeId }) => nodeId)).toEqual(["n0", "n1", "n2"]);
});

test("[AD8] an orphan that never resumes does not keep its socket for ever", () => {
  const { edge, members } = struck();
  for (let nowMs = 2_000; nowMs <= 80_000; nowMs += 1_000) {
    edge.meet("n1", {}, nowMs);
    edge.meet("n2", {}, nowMs);
    for (const connection of members) edge.send(connection, Kind.ping, 0, {}, nowMs);
    edge.core.deadlinePassed(nowMs);
  }
  const closes = edge.orders("close");
  expect(closes.map(({ code }) => code)).toEqual(members.map(() => CloseCode.authTimeout));
});
