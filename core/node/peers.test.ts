import { expect, test } from "vitest";
import { beatOf } from "../fixtures.ts";
import { Kind } from "../protocol/message.ts";
import { NodeBench } from "./node-bench.ts";

function edgeBeats(node: NodeBench, count: number, nowMs: number): void {
  for (let i = 0; i < count; i++) {
    const beat = {
      edgeId: `e${i}`,
      incarnation: 1,
      connections: 0,
      admitPerSec: 500,
      serving: true,
    };
    node.core.heard({ type: "edge-beat", beat }, nowMs);
  }
}

function outlived(node: NodeBench, by: string, nowMs: number, incarnation = 1): void {
  node.core.heard({ type: "outlived", by, nodeId: "n0", incarnation }, nowMs);
}

function steps(node: NodeBench): number {
  return node.orders().filter((order) => order.order === "stepDown").length;
}

test("[ND5] a node that half of the others hold to be gone steps down, once", () => {
  const node = new NodeBench();
  edgeBeats(node, 3, 1_000);
  for (const id of ["n1", "n2", "n3"]) node.meet(id, {}, 1_000);
  outlived(node, "n1", 1_000);
  outlived(node, "e0", 1_000);
  expect(steps(node)).toBe(0); // One of three nodes, one of three edges.
  outlived(node, "n2", 1_500);
  expect(steps(node)).toBe(1);
  outlived(node, "n3", 1_600);
  expect(steps(node)).toBe(0);
});

test("[ND5] words about an earlier life, and old ones, do not count", () => {
  const node = new NodeBench();
  edgeBeats(node, 1, 1_000);
  for (const id of ["n1", "n2", "n3", "n4"]) node.meet(id, {}, 1_000);
  outlived(node, "n1", 1_000, 0);
  outlived(node, "n2", 1_000);
  outlived(node, "n3", 9_000);
  expect(steps(node)).toBe(0);
});

test("[ND5] the only other machine's word is enough", () => {
  const node = new NodeBench();
  edgeBeats(node, 1, 1_000);
  outlived(node, "e0", 1_000);
  expect(steps(node)).toBe(1);
});

test("[ND5] a node to which most edges lost their trunk steps down, unless they found it again", () => {
  const node = new NodeBench();
  edgeBeats(node, 3, 1_000);
  const report = (type: "node-lost" | "node-found", edge: number): void => {
    node.core.heard({ type, edgeId: `e${edge}`, nodeId: "n0", incarnation: 1 }, 1_000);
  };
  report("node-lost", 0);
  report("node-found", 0);
  report("node-lost", 1);
  expect(steps(node)).toBe(0);
  report("node-lost", 2);
  expect(steps(node)).toBe(1);
});

test("[ND5] who hears a beat of somebody that it outlived tells him", () => {
  const node = new NodeBench({ leaseMs: 6_000 });
  node.meet("n1", {}, 0);
  for (let nowMs = 1_000; nowMs <= 7_000; nowMs += 1_000) {
    edgeBeats(node, 1, nowMs);
    node.serve(nowMs);
  }
  node.orders();
  node.core.heard({ type: "beat", beat: beatOf("n1") }, 7_500);
  expect(node.orders()).toContainEqual({
    order: "publish",
    subject: "node.n1",
    message: { type: "outlived", by: "n0", nodeId: "n1", incarnation: 1 },
  });
});

test("[ND3] a node that heard nobody declares nobody dead", () => {
  const node = new NodeBench({ leaseMs: 6_000 });
  node.meet("n1", {}, 0);
  node.serve(60_000); // Alone in silence.
  node.core.heard({ type: "beat", beat: beatOf("n2") }, 60_000);
  for (let nowMs = 61_000; nowMs <= 66_000; nowMs += 1_000) {
    expect(node.core.context.view.node("n1")!.state).toBe("serving");
    node.core.heard({ type: "beat", beat: beatOf("n2") }, nowMs);
  }
  node.serve(66_100);
  expect(node.core.context.view.node("n1")!.state).toBe("gone");
});

test("[ND2] while the bus is down no lease ends, and afterwards each has its whole time", () => {
  const node = new NodeBench({ leaseMs: 6_000 });
  node.meet("n1", {}, 0);
  edgeBeats(node, 1, 1_000);
  node.core.busLost(1_000);
  node.serve(30_000);
  node.core.busRestored(30_000);
  edgeBeats(node, 1, 30_100);
  node.serve(30_200);
  expect(node.core.context.view.node("n1")!.state).toBe("serving");
  for (let nowMs = 31_000; nowMs <= 36_000; nowMs += 1_000) edgeBeats(node, 1, nowMs);
  node.serve(36_100);
  expect(node.core.context.view.node("n1")!.state).toBe("gone");
});

test("[ND2] when the bus is back a host announces its rooms again", () => {
  const node = new NodeBench();
  for (let i = 1; i < 8; i++) node.meet(`n${i}`, {}, 0);
  const rooms = ["a", "b", "c", "d", "e", "f"];
  rooms.forEach((roomId, i) => node.join(`p${i}`, { roomId }));
  node.orders();
  node.core.busLost(1_000);
  node.core.busRestored(2_000);
  node.serve(2_000);
  const announced = node.orders().flatMap((order) => {
    const isAnnounce = order.order === "publish" && order.message.type === "announce";
    return isAnnounce && order.message.type === "announce" ? order.message.rooms : [];
  });
  const elsewhere = announced.map(({ roomId }) => roomId).sort();
  expect(elsewhere.length).toBeGreaterThan(3); // But for those whose home it is itself.
  expect(new Set(elsewhere).size).toBe(elsewhere.length);
});

test("[ND6] a full trunk to an edge gets nothing droppable, one over the hard mark is given up", () => {
  const node = new NodeBench({ trunk: { softBytes: 1_000, hardBytes: 5_000 } });
  const alice = node.join("alice", {}, 0);
  const bob = node.join("bob", {}, 1);
  node.serve(100);
  node.orders();
  node.core.trunkBuffered(1, 1_500, 200);
  node.say(alice.session, Kind.cursor, 0, "", {}, 200);
  node.say(alice.session, Kind.message, 1, "", { text: "x" }, 200);
  node.serve(200);
  const toBob = node.told().filter(({ edge }) => edge === 1);
  expect(toBob.map(({ kind }) => kind)).toEqual([Kind.message]);
  node.core.trunkBuffered(1, 5_000, 300);
  expect(node.orders()).toContainEqual({ order: "dropTrunk", edge: 1 });
  node.core.detached(bob.session, 1, 0, false, 300); // Has no effect: it is detached already.
  expect(node.core.context.load).toBe(1);
});

test("[ND7] a node that leaves says so in its last beat, and beats no more", () => {
  const node = new NodeBench();
  node.core.drainAsked(1_000);
  node.core.leaveAsked(2_000);
  node.serve(60_000);
  const beats = node.orders().flatMap((order) => {
    const isBeat = order.order === "publish" && order.message.type === "beat";
    return isBeat && order.message.type === "beat" ? [order.message.beat.state] : [];
  });
  expect(beats).toEqual(["draining", "gone"]);
});

test("[ND7] a drain that is cancelled makes it serve again", () => {
  const node = new NodeBench();
  node.core.drainAsked(1_000);
  expect(node.ask("alice").refusal).toMatchObject({ reason: "not-serving" });
  node.core.drainCancelled(2_000);
  expect(node.ask("alice").grant).toBeDefined();
  node.core.drainCancelled(2_000);
});

test("[RS20] who is put out is closed with 4020, seen leaving, and cannot resume", () => {
  const node = new NodeBench();
  const alice = node.join("alice");
  node.join("bob");
  node.serve(10);
  node.orders();
  expect(node.core.kickAsked("standup", "alice", 20)).toBe(true);
  node.serve(20);
  const orders = node.orders();
  expect(orders).toContainEqual(
    expect.objectContaining({ order: "close", connection: alice.connection, code: 4020 }),
  );
  const left = orders.flatMap((o) => (o.order === "multicast" ? [o.message.body] : []));
  expect(left).toContainEqual({ id: "alice", reason: "kicked" });
  expect(node.resume(alice.grant, 0, 0, 30).refusal).toMatchObject({ reason: "expired" });
  expect(node.core.kickAsked("standup", "alice", 40)).toBe(false);
  expect(node.core.kickAsked("nowhere", "bob", 40)).toBe(false);
});
