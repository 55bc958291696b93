import { expect, test } from "vitest";
import { ClusterView } from "./cluster-view.ts";
import { beatOf } from "./placement/fixtures.ts";

function idsOf(nodes: readonly { readonly nodeId: string }[]): string[] {
  return nodes.map((node) => node.nodeId);
}

test("[PL2] the serving nodes are sorted by id, whatever the order of their beats", () => {
  const view = new ClusterView(6_000);
  for (const nodeId of ["node-2", "node-10", "node-1", "Node-3"]) view.beat(beatOf(nodeId), 0);
  view.beat(beatOf("node-0", { state: "draining" }), 0);

  expect(idsOf(view.serving)).toEqual(["Node-3", "node-1", "node-10", "node-2"]);
});

test("[PL1] a node id with a colon is refused, since two pairs would share one hash", () => {
  const view = new ClusterView(6_000);

  expect(() => view.beat(beatOf("10.0.0.1:8080"), 0)).toThrow('without ":", got "10.0.0.1:8080"');
  expect(() => view.beat(beatOf(""), 0)).toThrow("node id");
  expect(view.serving).toEqual([]);
});

test("[PL2] the epoch grows when the serving set changes, never with load", () => {
  const view = new ClusterView(6_000);
  expect(view.beat(beatOf("a"), 0)).toBe("members");
  expect(view.beat(beatOf("b"), 0)).toBe("members");
  expect(view.epoch).toBe(2);

  expect(view.beat(beatOf("a", { activeConnections: 900 }), 1_000)).toBe("load");
  expect(view.epoch).toBe(2);

  expect(view.beat(beatOf("b", { state: "draining" }), 1_000)).toBe("members");
  expect(view.epoch).toBe(3);

  // It served no room before either: homes stay.
  expect(view.beat(beatOf("b", { state: "gone" }), 2_000)).toBe("members");
  expect(view.epoch).toBe(3);
});

test("[PL2] a holder of the former serving set still sees that set", () => {
  const view = new ClusterView(6_000);
  for (const nodeId of ["c", "a", "b"]) view.beat(beatOf(nodeId), 0);
  const former = view.serving;
  view.markGone("b", 1);
  view.beat(beatOf("d"), 0);

  expect(idsOf(former)).toEqual(["a", "b", "c"]);
  expect(idsOf(view.serving)).toEqual(["a", "c", "d"]);
});

test("[PL3] a beat of an earlier life, or of one that is over, changes nothing", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { incarnation: 7, activeConnections: 30 }), 0);
  expect(view.beat(beatOf("a", { incarnation: 6, activeConnections: 99 }), 10)).toBe("stale");
  expect(view.node("a")).toMatchObject({ incarnation: 7, activeConnections: 30 });

  expect(view.markGone("a", 6)).toBe(false);
  expect(view.markGone("a", 7)).toBe(true);
  expect(view.markGone("a", 7)).toBe(false);
  expect(view.beat(beatOf("a", { incarnation: 7 }), 20)).toBe("stale");
  expect(view.serving).toEqual([]);

  expect(view.beat(beatOf("a", { incarnation: 8 }), 30)).toBe("members");
  expect(idsOf(view.serving)).toEqual(["a"]);
});

test("[PL3] who was restarted with its clock set back is met when its former life is long forgotten", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { incarnation: 2 ** 53 - 1 }), 0);
  view.beat(beatOf("b"), 0);
  view.beat(beatOf("b"), 5_999);
  expect(idsOf(view.expired(6_000))).toEqual(["a"]);
  expect(view.beat(beatOf("a", { incarnation: 7 }), 65_999)).toBe("stale");
  expect(view.beat(beatOf("a", { incarnation: 7 }), 66_000)).toBe("members");
  expect([view.node("a")?.incarnation, view.node("a")?.state]).toEqual([7, "serving"]);
  expect(view.records.filter((record) => record?.nodeId === "a")).toHaveLength(1);

  view.markGone("a", 7);
  expect(view.beat(beatOf("a", { incarnation: 7 }), 500_000)).toBe("stale"); // The same life never comes back so.
});

test("[PL3] a restart under the same name is a change of the serving set", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { incarnation: 1 }), 0);
  view.beat(beatOf("b", { incarnation: 1 }), 0);
  const epoch = view.epoch;

  expect(view.beat(beatOf("a", { incarnation: 2 }), 100)).toBe("members");
  expect(view.epoch).toBe(epoch + 1);
  expect(view.beat(beatOf("a", { incarnation: 2 }), 200)).toBe("load");
});

test("[PL4] a node is gone when its lease ends, and not a millisecond before", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("c"), 0);
  view.beat(beatOf("a"), 200);
  view.beat(beatOf("b", { state: "draining" }), 400);
  expect(view.nextDeadlineMs()).toBe(6_000);
  view.beat(beatOf("c"), 1_000);
  expect(view.nextDeadlineMs()).toBe(6_200);

  expect(view.expired(6_199)).toEqual([]);
  expect(idsOf(view.expired(6_200))).toEqual(["a"]);
  expect(view.node("a")?.state).toBe("gone");
  expect(view.nextDeadlineMs()).toBe(6_400);

  const epoch = view.epoch;
  expect(idsOf(view.expired(6_400))).toEqual(["b"]);
  expect(view.epoch).toBe(epoch);

  expect(idsOf(view.expired(60_000))).toEqual(["c"]);
  expect(view.nextDeadlineMs()).toBe(Infinity);
  expect(view.expired(90_000)).toEqual([]);
});

test("[PL4] an orderly leave ends the lease", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a"), 0);
  view.beat(beatOf("b"), 500);
  view.beat(beatOf("a", { state: "gone" }), 900);

  expect(view.nextDeadlineMs()).toBe(6_500);
});

test("[PL5] assignments since the last beat are counted until the next one", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { activeConnections: 10 }), 0);
  view.beat(beatOf("b"), 0);
  const node = view.node("a")!;
  view.assigned(node, 3);
  view.assigned(node, 5);
  view.beat(beatOf("b"), 900);
  expect(node.recentAssignments).toBe(8);

  view.beat(beatOf("a", { activeConnections: 18 }), 1_000);
  expect(node.recentAssignments).toBe(0);
  expect(node.activeConnections).toBe(18);
});

test("[PL2] an index is a node's own while it is known, long after it is gone, and is then reused", () => {
  const view = new ClusterView(1_000);
  for (const nodeId of ["x", "y", "z"]) view.beat(beatOf(nodeId), 0);
  expect([0, 1, 2].map((i) => ["x", "y", "z"].map((id) => view.node(id)!.index)[i])).toEqual([
    0, 1, 2,
  ]);
  view.markGone("y", 1);

  view.beat(beatOf("w"), 5_000);
  expect(view.node("w")?.index).toBe(3);
  expect(view.beat(beatOf("y"), 5_000)).toBe("stale");
  expect(idsOf(view.records.map((node) => node!))).toEqual(["x", "y", "z", "w"]);

  view.beat(beatOf("v"), 60_000);
  expect(view.node("y")).toBeUndefined();
  expect(view.node("v")?.index).toBe(1);
  expect(view.records[1]).toBe(view.node("v"));
});

test("[PL2] what the others admit is the sum over serving nodes, without the one", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { admitPerSec: 50 }), 0);
  view.beat(beatOf("b", { admitPerSec: 70 }), 0);
  view.beat(beatOf("c", { admitPerSec: 110 }), 0);
  view.beat(beatOf("d", { admitPerSec: 130, state: "draining" }), 0);

  expect(view.admitPerSecOfOthers()).toBe(230);
  expect(view.admitPerSecOfOthers(view.node("b"))).toBe(160);
});

test("[PL13] a node that had load when it was first heard of was there before us", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("elder", { committedLoad: 12 }), 0);
  view.beat(beatOf("fresh"), 0);
  view.beat(beatOf("fresh", { activeConnections: 40 }), 1_000);
  expect(view.node("elder")?.metBusy).toBe(true);
  expect(view.node("fresh")?.metBusy).toBe(false);

  view.beat(beatOf("elder", { incarnation: 2 }), 2_000);
  expect(view.node("elder")?.metBusy).toBe(false);
});

test("[ND1] who is out of reach is gone for this view, keeps its lease, and comes back within it", () => {
  const view = new ClusterView(6_000);
  for (const nodeId of ["a", "b", "c"]) view.beat(beatOf(nodeId), 0);
  expect(view.markUnreachable("b", 1)).toBe(true);
  expect(idsOf(view.serving)).toEqual(["a", "c"]);
  expect(view.markUnreachable("b", 1)).toBe(false);
  expect(view.beat(beatOf("b", { activeConnections: 7 }), 5_000)).toBe("load");
  expect(idsOf(view.serving)).toEqual(["a", "c"]);
  expect(view.markReachable("b", 2)).toBe(false);
  expect(view.markReachable("b", 1)).toBe(true);
  expect(idsOf(view.serving)).toEqual(["a", "b", "c"]);
  expect(view.node("b")!.activeConnections).toBe(7);
});

test("[ND1] who is out of reach and silent for a lease is gone for good, and not named again", () => {
  const view = new ClusterView(6_000);
  for (const nodeId of ["a", "b"]) view.beat(beatOf(nodeId), 0);
  view.markUnreachable("b", 1);
  view.beat(beatOf("a"), 5_000);
  expect(view.nextDeadlineMs()).toBe(6_000);
  expect(view.expired(6_000)).toEqual([]);
  expect(view.markReachable("b", 1)).toBe(false);
  expect(view.beat(beatOf("b"), 6_500)).toBe("stale");
  expect(view.beat(beatOf("b", { incarnation: 2 }), 7_000)).toBe("members");
});
