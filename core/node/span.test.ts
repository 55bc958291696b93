import { expect, test } from "vitest";
import { homeOf } from "../placement/ranking.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { BusMessage } from "../trunk.ts";
import { NodeBench } from "./node-bench.ts";

const hosts: BusMessage = { type: "hosts", roomId: "standup", hosts: ["n0", "n1"], closedBy: "" };
const person = (id: string) => ({ id, name: id });

function snapshot(u: number, ids: readonly string[], incarnation = 1): BusMessage {
  const participants = ids.map(person);
  return { type: "snapshot", roomId: "standup", nodeId: "n1", incarnation, u, participants };
}

function update(u: number, kind: Kind, body: object, incarnation = 1): BusMessage {
  const message = new Message(kind, 0, "", "", 0, 50, "", body);
  return { type: "update", roomId: "standup", nodeId: "n1", incarnation, u, message };
}

/** A node that shares a room with n1, where bob is. */
function shared() {
  const node = new NodeBench();
  node.meet("n1");
  const alice = node.join("alice");
  node.core.heard(hosts, 0);
  node.core.heard(snapshot(4, ["bob"]), 0);
  node.serve();
  node.orders();
  return { node, alice };
}

const published = (node: NodeBench) =>
  node.orders().flatMap((order) => (order.order === "publish" ? [order.message.type] : []));

const told = (node: NodeBench) =>
  node.told().map(({ kind, body }) => [kind, (body as { id: string }).id]);

test("[RM10] updates apply in order; a hole asks for a snapshot, whose difference is told", () => {
  const { node } = shared();
  node.core.heard(update(5, Kind.participantJoined, person("carol")), 0);
  node.core.heard(update(5, Kind.participantLeft, { id: "bob", reason: "left" }), 0); // Repeated.
  node.serve();
  expect(told(node)).toEqual([[Kind.participantJoined, "carol"]]);
  // 6 is lost: carol left.
  node.core.heard(update(7, Kind.participantJoined, person("dave")), 10);
  expect(published(node)).toEqual(["snapshot-wanted"]);
  node.core.heard(update(8, Kind.participantJoined, person("erin")), 20); // It is in the snapshot.
  node.core.heard(snapshot(8, ["bob", "dave", "erin"]), 30);
  node.serve(30);
  expect(told(node)).toEqual([
    [Kind.participantLeft, "carol"],
    [Kind.participantJoined, "dave"],
    [Kind.participantJoined, "erin"],
  ]);
  expect(node.core.context.roomOf("standup")!.population).toBe(4);
});

test("[RM10] a snapshot that does not come is asked for again, each second", () => {
  const { node } = shared();
  node.core.heard(update(9, Kind.participantJoined, person("dave")), 100);
  expect(published(node)).toEqual(["snapshot-wanted"]);
  node.serve(1_099);
  expect(published(node).filter((type) => type === "snapshot-wanted")).toEqual([]);
  node.serve(2_100);
  expect(published(node).filter((type) => type === "snapshot-wanted")).toHaveLength(2);
  node.core.heard(snapshot(9, ["bob"]), 2_200);
  node.serve(9_000);
  expect(published(node).filter((type) => type === "snapshot-wanted")).toEqual([]);
});

test("[RM10] a host that was named and never had the room is introduced to nobody", () => {
  const node = new NodeBench();
  for (const nodeId of ["n1", "n2"]) node.meet(nodeId);
  const { view } = node.core.context;
  const roomId = ["a", "b", "c", "d", "e", "f"].find((id) => homeOf(id, view)!.nodeId === "n0")!;
  node.join("alice", { roomId });
  const named = (refusedBy: string[]) =>
    node.core.span.directory.assign(
      { roomId, expectedSize: 1, region: "", refusedBy, nowMs: 0 },
      view,
      view.node("n0")!,
    ).node!.nodeId;
  const never = named(["n0"]);
  const second = named(["n0", never]);
  node.orders();
  const announced = (nodeId: string): BusMessage => {
    return { type: "announce", nodeId, incarnation: 1, rooms: [{ roomId, size: 1 }] };
  };
  node.core.heard(announced(second), 10);
  const introduced = () =>
    node.orders().flatMap((order) => {
      const isHosts = order.order === "publish" && order.message.type === "hosts";
      return isHosts && order.message.type === "hosts" ? [order.message.hosts] : [];
    });
  expect(introduced()).toEqual([["n0", second]]);
  expect([...node.core.context.roomOf(roomId)!.remotes.keys()]).toEqual([second]);
  node.core.heard(announced(never), 20); // It has it after all.
  expect(introduced().map((all) => [...all].sort())).toEqual([
    ["n0", "n1", "n2"],
    ["n0", "n1", "n2"],
  ]);
});

test("[RM11] who moves from one host to another neither leaves nor joins", () => {
  const { node, alice } = shared();
  // Bob resumes here, then n1 notices that he went.
  const claims = { nodeId: "n1", incarnation: 1, session: 3, rotation: 0 };
  const held = { ...alice.grant, participant: person("bob"), sessionId: "n1.1.3" };
  const bob = node.resume(held, 0, 0, 0, claims).grant!;
  node.core.heard(update(5, Kind.participantLeft, { id: "bob", reason: "timeout" }), 10);
  node.serve(10);
  expect(told(node)).toEqual([]);
  // And back: n1 has him before his session here is over.
  node.core.heard(update(6, Kind.participantJoined, person("bob")), 20);
  node.detach({ grant: bob, edge: 0 }, true, 30);
  node.serve(30);
  expect(told(node)).toEqual([]);
  expect([...node.core.context.roomOf("standup")!.roster.ids()]).toEqual(["alice", "bob"]);
});

test("[RM12] what a dead host had passes to whoever claims it, the rest is given up", () => {
  const { node } = shared();
  node.core.heard(update(5, Kind.participantJoined, person("carol")), 0);
  node.meet("n2");
  node.serve();
  node.orders();
  node.meet("n1", { state: "gone" }, 1_000);
  node.core.heard({ ...hosts, hosts: ["n0", "n2"] } as BusMessage, 1_000);
  node.core.heard({ ...snapshot(0, ["bob"]), nodeId: "n2" } as BusMessage, 1_000);
  node.serve(1_000);
  expect(told(node)).toEqual([]); // Bob is on n2 now.
  node.serve(75_999);
  expect(told(node)).toEqual([]);
  node.serve(76_000); // Grace and window.
  expect(told(node)).toEqual([[Kind.participantLeft, "carol"]]);
});

test("[RM12] a host that returns is met anew", () => {
  const { node } = shared();
  node.meet("n1", { state: "gone" }, 1_000);
  node.meet("n1", { incarnation: 2 }, 2_000);
  node.orders();
  node.core.heard(hosts, 2_000);
  expect(published(node)).toEqual(["snapshot-wanted"]);
  node.core.heard(snapshot(7, ["carol"], 2), 2_100);
  node.join("dave", {}, 0, 2_200);
  expect(published(node)).toContain("update"); // It is told of those who come here.
  expect([...node.core.context.roomOf("standup")!.roster.ids()].sort()).toEqual([
    "alice",
    "carol",
    "dave",
  ]);
});

test("[RM14] only a host itself says that it gave the room up", () => {
  const { node } = shared();
  node.core.heard({ ...hosts, hosts: ["n0"] } as BusMessage, 10); // A home that has not heard of n1.
  node.serve(10);
  expect(told(node)).toEqual([]);
  node.core.heard({ ...hosts, hosts: ["n0"], closedBy: "n1" } as BusMessage, 20);
  node.serve(20);
  expect(told(node)).toEqual([[Kind.participantLeft, "bob"]]);
  expect(node.core.context.roomOf("standup")!.isSpanning).toBe(false);
});

test("[RM3] a message to somebody on another host is ok when it is published", () => {
  const { node, alice } = shared();
  node.say(alice.session, Kind.offer, 1, "bob", { sdp: "x" });
  const orders = node.orders();
  expect(orders.map(({ order }) => order)).toEqual(["publish", "deliver"]);
  node.meet("n1", { state: "gone" }, 1_000);
  node.orders();
  node.say(alice.session, Kind.offer, 2, "bob", { sdp: "x" }, 1_000); // Nobody to publish it to.
  expect(node.told().map(({ kind }) => kind)).toEqual([Kind.error]);
});
