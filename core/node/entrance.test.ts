import { expect, test } from "vitest";
import { homeOf } from "../placement/ranking.ts";
import { NodeBench } from "./node-bench.ts";

/** A room whose home is that node, of the two that the view knows. */
function roomAt(node: NodeBench, nodeId: string): string {
  for (let i = 0; ; i++) {
    if (homeOf(`room-${i}`, node.core.context.view)?.nodeId === nodeId) return `room-${i}`;
  }
}

test("[PL18] a home names the host of a room, and founds its own", () => {
  const node = new NodeBench();
  node.meet("n1", { region: "us" });
  const roomId = roomAt(node, "n0");
  const far = node.ask("alice", { roomId, region: "us", as: "home" });
  expect(far.refusal).toMatchObject({ reason: "moved", nextNodeId: "n1", nextAs: "host" });
  expect(node.ask("bob", { roomId, as: "home" }).refusal).toMatchObject({ nextNodeId: "n1" });
  const own = "standup";
  expect(node.ask("carol", { roomId: own, as: "host" }).grant?.roomId).toBe(own);
});

test("[PL13, PL18] for a while after the node set changed a home asks the home of before", () => {
  const node = new NodeBench();
  node.meet("n1");
  const roomId = roomAt(node, "n1");
  node.core.heard({ type: "node-lost", edgeId: "e0", nodeId: "n2", incarnation: 1 }, 1_000); // Nobody knows n2: no change.
  node.meet("n1", { state: "draining" }, 1_000);
  const first = node.ask("alice", { roomId, as: "home" }, 0, 1_500);
  expect(first.refusal).toMatchObject({ reason: "moved", nextNodeId: "n1", nextAs: "previous" });
  const second = node.ask("alice", { roomId, as: "home", refusedBy: ["n1"] }, 0, 1_500);
  expect(second.grant).toMatchObject({ roomId });

  const former = new NodeBench();
  expect(former.ask("bob", { as: "previous" }).refusal?.reason).toBe("not-here");
  former.join("alice");
  expect(former.ask("bob", { as: "previous" }).grant?.mode).toBe("joined");
});

test("[PL19] a full node refuses all but those who have a place there", () => {
  const node = new NodeBench({ maxConnections: 2 });
  const alice = node.join("alice");
  node.join("bob");
  expect(node.ask("carol").refusal?.reason).toBe("full");
  expect(node.ask("carol", { roomId: "other" }).refusal?.reason).toBe("full");
  expect(node.ask("alice").grant?.mode).toBe("joined"); // Replaces herself.
  expect(node.resume(alice.grant, 0).refusal?.reason).toBe("replaced");
  expect(node.core.entrance.refusedLive).toBe(1);
});

test("[PL19] a node that drains lets nobody in", () => {
  const node = new NodeBench();
  node.meet("n1");
  const alice = node.join("alice");
  node.core.drainAsked(1_000);
  expect(node.core.beatNow().state).toBe("draining");
  expect(node.ask("bob").refusal?.reason).toBe("not-serving");
  expect(node.resume(alice.grant, 0).refusal?.reason).toBe("not-serving");
  expect(node.core.context.load).toBe(1); // Who is in stays until its edge sends it away.
});

test("[RM9] a room takes as many as its token allows", () => {
  const node = new NodeBench();
  node.join("alice", { roomMax: 2 });
  const bob = node.join("bob", { roomMax: 2 });
  expect(node.ask("carol", { roomMax: 2 }).refusal?.reason).toBe("room_full");
  expect(node.ask("carol").refusal?.reason).toBe("room_full"); // The room remembers.
  node.detach(bob, false);
  expect(node.ask("carol").refusal?.reason).toBe("room_full"); // Bob may come back.
  expect(node.resume(bob.grant, 0).grant?.mode).toBe("replay");
});

test("[RS13] a node is gone when most edges lost it, and never by its own report", () => {
  const node = new NodeBench({ nodeId: "n0" });
  node.meet("n1");
  for (const edgeId of ["e0", "e1", "e2"]) {
    const beat = { edgeId, incarnation: 1, connections: 5, admitPerSec: 100, serving: true };
    node.core.heard({ type: "edge-beat", beat }, 0);
  }
  const lost = (edgeId: string, nodeId: string, incarnation = 1) =>
    node.core.heard({ type: "node-lost", edgeId, nodeId, incarnation }, 100);
  const states = () => node.core.context.view.serving.map(({ nodeId }) => nodeId);
  lost("e0", "n1");
  lost("e0", "n1");
  lost("e1", "n1", 0); // Of an earlier life.
  expect(states()).toEqual(["n0", "n1"]);
  lost("e2", "n1");
  expect(states()).toEqual(["n0"]);
  for (const edgeId of ["e0", "e1", "e2"]) lost(edgeId, "n0");
  expect(states()).toEqual(["n0"]);
});

test("[AD3, AD5] who waits too long at a node is told when to come back, and no sooner", () => {
  const node = new NodeBench({
    admission: {
      admitPerSec: 10,
      resumeRatio: 0.5,
      burstMs: 100,
      queueMs: 300,
      queueMax: 2,
      slotFillRatio: 0.9,
    },
  });
  const answers = ["a", "b", "c", "d", "e"].map((id) => node.ask(id));
  expect(answers.filter(({ grant }) => grant !== undefined)).toHaveLength(2);
  expect(node.core.queuedCount).toBeGreaterThan(0);
  const refused = answers.find(({ refusal }) => refusal !== undefined)!.refusal!;
  expect(refused.reason).toBe("busy");
  expect(refused.retryAfterMs).toBeGreaterThan(300);
  node.serve(2_000);
  expect(node.core.queuedCount).toBe(0);
});

test("[PL7] whatever a room is booked for, it reserves a quarter of the soft limit at most, and gives it back", () => {
  const node = new NodeBench({ maxConnections: 100, softLimitRatio: 0.8 });
  const whole = node.join("ann", { roomId: "a", expectedSize: 2 ** 53 - 1 });
  const endless = node.join("ben", { roomId: "b", expectedSize: Infinity });
  node.join("cas", { roomId: "c", expectedSize: 7 });
  expect(node.core.beatNow().committedLoad).toBe(20 + 20 + 7);
  node.detach(whole, true);
  node.detach(endless, true);
  node.serve(5_000);
  expect(node.core.beatNow().committedLoad).toBe(7);
});
