import fc from "fast-check";
import { expect, test } from "vitest";
import { policyByName } from "../placement/policy.ts";
import type { EdgeBeat } from "../trunk.ts";
import { NodeBench } from "./node-bench.ts";
import { meanReturnMs, TurnedAway } from "./turned-away.ts";

const LIMITS = { spreadMinMs: 2_000, spreadMaxMs: 60_000 };

function edge(edgeId: string, connections: number, differing: Partial<EdgeBeat> = {}): EdgeBeat {
  return { edgeId, incarnation: 1, connections, admitPerSec: 500, serving: true, ...differing };
}

test("[AD11] who was turned away counts until he is due, to the second, whatever was read meanwhile", () => {
  const crowd = new TurnedAway();
  for (let i = 0; i < 3; i++) crowd.add(4_000, 10_200); // Due at 14.2 s.
  crowd.add(20_000, 11_000);
  expect([11_000, 13_900].map((nowMs) => crowd.count(nowMs))).toEqual([4, 4]);
  expect(crowd.count(14_000)).toBe(1);
  crowd.add(90_000, 20_000); // As long as the ring reaches.
  expect(crowd.count(30_999)).toBe(2);
  expect(crowd.count(31_000)).toBe(1);
  expect(crowd.count(79_999)).toBe(1);
  expect(crowd.count(80_000)).toBe(0);
  crowd.add(1_000, 1_000_000);
  expect(crowd.count(1_000_000)).toBe(1);
  expect(crowd.count(9_000_000)).toBe(0);
});

test("[AD11] a ring of buckets counts as a list of times would", () => {
  const steps = fc.array(fc.tuple(fc.nat(20_000), fc.nat(70_000)), { maxLength: 60 });
  const checked = fc.property(steps, (asked) => {
    const crowd = new TurnedAway();
    const dueSeconds: number[] = [];
    let nowMs = 0;
    for (const [laterMs, backAfterMs] of asked) {
      nowMs += laterMs;
      crowd.add(backAfterMs, nowMs);
      dueSeconds.push(Math.round((nowMs + Math.min(backAfterMs, 60_000)) / 1_000));
      const ahead = dueSeconds.filter((second) => second > Math.floor(nowMs / 1_000));
      expect(crowd.count(nowMs)).toBe(ahead.length);
    }
  });
  fc.assert(checked, { seed: 22, numRuns: 200 });
});

test("[AD11] they are due in the middle of the window that edges give", () => {
  // 12,500 sockets of an edge, three others with 500/s each: W = 1.25 × 12,500 / 1,500 s.
  const four = ["e0", "e1", "e2", "e3"].map((edgeId) => edge(edgeId, 12_500));
  expect(meanReturnMs(four, LIMITS)).toBeCloseTo(2_000 + 10_416.67 / 2, 1);
  expect(meanReturnMs([edge("e0", 12_500)], LIMITS)).toBe(2_000 + 31_250 / 2);
  expect(meanReturnMs([edge("e0", 10)], LIMITS)).toBe(3_000);
  expect(meanReturnMs([], LIMITS)).toBe(32_000); // Nobody is known who could take them.
  const leaving = [edge("e0", 8_000), edge("e1", 8_000, { serving: false })];
  expect(meanReturnMs(leaving, LIMITS)).toBe(2_000 + 40_000 / 2);
});

/** A node of two places that hears of one edge with hardly a socket: who is turned away is due in 3 s. */
function smallNode(policy = "directory"): NodeBench {
  const placement = policyByName(policy as "directory");
  const node = new NodeBench({ placement, maxConnections: 2, softLimitRatio: 1 });
  node.core.heard({ type: "edge-beat", beat: edge("e0", 2) }, 0);
  return node;
}

test("[AD11] a node is offered its sockets and whom it turned away as the home of their rooms", () => {
  const node = smallNode();
  const bob = node.join("bob", { as: "home" });
  node.join("alice", { as: "home" });
  const offered = (nowMs: number) => node.core.offeredConnections(nowMs);
  expect(offered(0)).toBe(2);

  // "full" sends the edge to the home with the question for a second host; that answer is the last.
  for (const id of ["carol", "dave", "erin"]) {
    expect(node.ask(id, { as: "home" }, 0, 500).refusal?.reason).toBe("full");
    const again = node.ask(id, { as: "home", refusedBy: ["n0"] }, 0, 500);
    expect(again.refusal?.reason).toBe("no-capacity");
  }
  const other = { as: "home", roomId: "other", refusedBy: ["n0"] } as const;
  expect(node.ask("frank", other, 0, 1_000).refusal?.reason).toBe("no-capacity");
  expect(offered(1_000)).toBe(2 + 4);
  node.detach(bob, true, 1_500);
  expect(offered(1_500)).toBe(1 + 4);
  expect(offered(3_900)).toBe(1 + 1 + 3);
  expect(offered(4_000)).toBe(1);
});

test("[AD11] where edges place alone, the first node that is full counts who came", () => {
  const node = smallNode("rendezvous");
  node.join("alice", { as: "candidate" });
  node.join("bob", { as: "candidate" });
  expect(node.ask("carol", { as: "candidate" }).refusal?.reason).toBe("full");
  expect(node.ask("dave", { as: "candidate", refusedBy: ["n1"] }).refusal?.reason).toBe("full");
  expect(node.core.offeredConnections(0)).toBe(3);
});

test("[AD11] who is not let in for another reason is not turned away for want of room", () => {
  const node = smallNode();
  node.join("alice", { roomMax: 1 });
  expect(node.ask("bob").refusal?.reason).toBe("room_full");
  expect(node.ask("carol", { as: "previous", roomId: "far" }).refusal?.reason).toBe("not-here");
  node.core.drainAsked(0);
  expect(node.ask("dave").refusal?.reason).toBe("not-serving");
  expect(node.core.offeredConnections(0)).toBe(1);
});

test("[AD11] who waits in the admission's queue is offered", () => {
  const limits = { admitPerSec: 10, resumeRatio: 0.5, burstMs: 100, queueMs: 300, queueMax: 2 };
  const node = new NodeBench({ admission: { ...limits, slotFillRatio: 0.9 } });
  for (const id of ["a", "b", "c"]) node.ask(id);
  expect([node.core.context.load, node.core.queuedCount]).toEqual([2, 1]);
  expect(node.core.offeredConnections(0)).toBe(3);
});
