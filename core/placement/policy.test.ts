import { expect, test } from "vitest";
import { ClusterView, type NodeBeat, type NodeRecord } from "../cluster-view.ts";
import { RoomDirectory } from "./directory.ts";
import { policyByName, POLICY_NAMES, type PlacementRequest } from "./policy.ts";
import { homeOf, rankedInto } from "./ranking.ts";

const WITHOUT_DIRECTORY = ["rendezvous", "ring", "least-loaded", "random"] as const;
const WITH_DIRECTORY = ["directory", "sticky-registry", "bounded"] as const;
const NONE = { node: undefined, reason: "No capacity available" };
const rooms = Array.from({ length: 300 }, (_, i) => `room-${i}`);

function beatOf(nodeId: string, differing: Partial<NodeBeat> = {}): NodeBeat {
  return {
    nodeId,
    incarnation: 1,
    region: "eu",
    zone: "eu-a",
    state: "serving",
    activeConnections: 0,
    committedLoad: 0,
    maxConnections: 20,
    softLimit: 17,
    admitPerSec: 50,
    ...differing,
  };
}

function viewOf(nodeCount: number, differing: Partial<NodeBeat> = {}): ClusterView {
  const view = new ClusterView(6_000);
  for (let i = 0; i < nodeCount; i++) view.beat(beatOf(`node-${i}`, differing), 0);
  return view;
}

function requestFor(roomId: string, differing: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    roomId,
    region: "eu",
    expectedSize: 0,
    nowMs: 0,
    refused: [],
    knownHost: undefined,
    draw: 0.5,
    ...differing,
  };
}

test("[PL9] a policy has the name it is asked for by, and an unknown name is refused with the list", () => {
  for (const name of POLICY_NAMES) expect(policyByName(name).name).toBe(name);
  expect([...WITH_DIRECTORY, ...WITHOUT_DIRECTORY].sort()).toEqual([...POLICY_NAMES].sort());
  for (const name of WITH_DIRECTORY) expect(policyByName(name).usesDirectory).toBe(true);
  for (const name of WITHOUT_DIRECTORY) expect(policyByName(name).usesDirectory).toBe(false);

  expect(() => policyByName("hrw")).toThrow("directory, rendezvous, sticky-registry, bounded");
});

test.each(POLICY_NAMES)(
  "[PL9] %s never names a node that drains or is gone, nor any in an empty cluster",
  (name) => {
    const view = viewOf(6);
    view.beat(beatOf("node-1", { state: "draining" }), 0);
    view.markGone("node-4", 1);
    const policy = policyByName(name);
    const named = new Set<string | undefined>();
    rooms.forEach((roomId, i) => {
      named.add(policy.place(requestFor(roomId, { draw: i / rooms.length }), view).node?.nodeId);
    });

    expect(
      [...named].every((nodeId) => ["node-0", "node-2", "node-3", "node-5"].includes(nodeId!)),
    ).toBe(true);
    expect(policy.place(requestFor("standup"), new ClusterView(6_000))).toEqual(NONE);
  },
);

test.each(WITHOUT_DIRECTORY)(
  "[PL9] %s names no full node and none that refused, and says when there is none",
  (name) => {
    const view = viewOf(5);
    view.beat(beatOf("node-2", { activeConnections: 20 }), 0);
    const refused = [view.node("node-0")!, view.node("node-3")!];
    const policy = policyByName(name);
    const named = new Set<string | undefined>();
    rooms.forEach((roomId, i) => {
      const request = requestFor(roomId, { refused, draw: i / rooms.length });
      const verdict = policy.place(request, view);
      named.add(verdict.node?.nodeId);
      if (verdict.node !== undefined) expect(verdict.as).toBe("candidate");
    });
    // With equal loads the least loaded is the first by id, always.
    expect([...named].sort()).toEqual(name === "least-loaded" ? ["node-1"] : ["node-1", "node-4"]);

    const full = viewOf(5, { activeConnections: 20 });
    expect(policy.place(requestFor("standup"), full)).toEqual(NONE);
  },
);

test("[PL9] rendezvous takes the highest hash with a free place, whatever the load below it", () => {
  const view = viewOf(8);
  const ranked: NodeRecord[] = [];
  const policy = policyByName("rendezvous");
  for (const roomId of rooms) {
    rankedInto(roomId, view, ranked);
    ranked[0].activeConnections = 20;
    ranked[1].activeConnections = 19;
    ranked[2].activeConnections = 0;
    expect(policy.place(requestFor(roomId), view)).toEqual({ node: ranked[1], as: "candidate" });
    for (const node of ranked) node.activeConnections = 0;
  }
});

test("[PL9] least-loaded counts what was sent since the last beat, relative to the size of the node", () => {
  const view = new ClusterView(6_000);
  view.beat(beatOf("a", { activeConnections: 10, maxConnections: 100 }), 0);
  view.beat(beatOf("b", { activeConnections: 12, maxConnections: 200 }), 0);
  view.beat(beatOf("c", { activeConnections: 9, maxConnections: 60 }), 0);
  const policy = policyByName("least-loaded");
  const named: (string | undefined)[] = [];
  for (let i = 0; i < 12; i++) {
    const { node } = policy.place(requestFor("standup"), view);
    named.push(node?.nodeId);
    view.assigned(node!, 1);
  }

  // b from 6 % to 10 %, then a and b by turns: each connection is 1 % of a and half of one of b.
  expect(named.join("")).toBe("bbbbbbbbabba");
});

test("[PL9] random spreads evenly over its draws and needs one", () => {
  const view = viewOf(4);
  const policy = policyByName("random");
  const named = [0, 0.24, 0.25, 0.5, 0.75, 0.999].map(
    (draw) => policy.place(requestFor("standup", { draw }), view).node?.nodeId,
  );

  expect(named).toEqual(["node-0", "node-0", "node-1", "node-2", "node-3", "node-3"]);
  const { roomId, region, expectedSize, nowMs, refused, knownHost } = requestFor("standup");
  const drawless = { roomId, region, expectedSize, nowMs, refused, knownHost };
  expect(() => policy.place(drawless, view)).toThrow("draw in [0, 1)");
});

test("[PL9] on a ring a node that comes takes rooms and moves no other", () => {
  const view = viewOf(9);
  const policy = policyByName("ring");
  const before = rooms.map((roomId) => policy.place(requestFor(roomId), view).node);
  view.beat(beatOf("node-9"), 0);
  const after = rooms.map((roomId) => policy.place(requestFor(roomId), view).node);
  const moved = after.filter((node, i) => node !== before[i]);

  expect(moved.length).toBeGreaterThan(5);
  expect(moved.every((node) => node?.nodeId === "node-9")).toBe(true);
  expect(new Set(before).size).toBe(9);
});

test.each(WITH_DIRECTORY)(
  "[PL10] %s asks the host it knows, else the home, whatever their load",
  (name) => {
    const view = viewOf(6, { activeConnections: 20, committedLoad: 20 });
    const policy = policyByName(name);
    const home = homeOf("standup", view)!;
    const host = view.serving.find((node) => node !== home)!;
    expect(policy.place(requestFor("standup"), view)).toEqual({ node: home, as: "home" });
    expect(policy.place(requestFor("standup", { knownHost: host }), view)).toEqual({
      node: host,
      as: "host",
    });

    // A draining host keeps its rooms; a host that refused, or is gone, is not asked again.
    view.beat(beatOf(host.nodeId, { state: "draining" }), 0);
    const known = requestFor("standup", { knownHost: host });
    expect(policy.place(known, view)).toEqual({ node: host, as: "host" });
    expect(policy.place({ ...known, refused: [host] }, view)).toEqual({ node: home, as: "home" });
    view.markGone(host.nodeId, 1);
    expect(policy.place(known, view)).toEqual({ node: home, as: "home" });
  },
);

test("[PL10] a home that refused as a host is asked once more as the directory, and no node after it", () => {
  const view = viewOf(6);
  const home = homeOf("standup", view)!;
  const policy = policyByName("directory");

  expect(policy.place(requestFor("standup", { knownHost: home, refused: [home] }), view)).toEqual({
    node: home,
    as: "home",
  });
  expect(policy.place(requestFor("standup", { refused: [home, home] }), view)).toEqual(NONE);
});

/** 60 rooms of 7 fill up in turns on 16 nodes of 40 places: two thirds. How many rooms are split? */
function splitRooms(
  place: (roomId: string, view: ClusterView, nowMs: number) => NodeRecord,
): number {
  const view = viewOf(16, { maxConnections: 40, softLimit: 34 });
  const nodesOf = new Map<string, Set<NodeRecord>>();
  for (let member = 0; member < 7; member++) {
    for (let room = 0; room < 60; room++) {
      const roomId = `room-${room}`;
      const node = place(roomId, view, member * 100);
      node.activeConnections++;
      nodesOf.set(roomId, (nodesOf.get(roomId) ?? new Set()).add(node));
    }
  }
  expect(view.serving.every((node) => node.activeConnections <= 40)).toBe(true);
  return [...nodesOf.values()].filter((nodes) => nodes.size > 1).length;
}

test("[PL11] when first choices fill up, rendezvous splits rooms and the directory splits none", () => {
  const plain = policyByName("rendezvous");
  const byRendezvous = splitRooms((roomId, view) => plain.place(requestFor(roomId), view).node!);

  const directory = new RoomDirectory({ confirmMs: 60_000 });
  const byDirectory = splitRooms((roomId, view, nowMs) => {
    const request = { roomId, region: "eu", expectedSize: 7, refusedBy: [], nowMs };
    const { node } = directory.assign(request, view, homeOf(roomId, view)!);
    return node!;
  });

  expect(byRendezvous).toBeGreaterThan(5);
  expect(byDirectory).toBe(0);
});
