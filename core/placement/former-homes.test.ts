import { expect, test } from "vitest";
import { type NodeRecord } from "../cluster-view.ts";
import { beatOf, ranked, requestFor, rooms, viewOf } from "./fixtures.ts";
import { RoomDirectory } from "./directory.ts";
import { homeOf } from "./ranking.ts";

test("[PL13] a new home asks the winner of before, and founds the room when that one knows nothing", () => {
  const view = viewOf(5, { activeConnections: 100 });
  const former = view.serving;
  view.beat(beatOf("newcomer"), 1_000);
  const self = view.node("newcomer")!;
  const directory = new RoomDirectory({ graceMs: 5_000 });
  directory.membersChanged(former, view, self, 1_000);
  const own = rooms.filter((roomId) => homeOf(roomId, view) === self);
  expect(own.length).toBeGreaterThan(40);
  for (const roomId of own) {
    const second = ranked(roomId, view)[1];
    const request = requestFor(roomId, { nowMs: 5_999 });
    expect(directory.assign(request, view, self)).toMatchObject({ as: "ask", node: second });
  }

  const refused = requestFor(own[0], { nowMs: 1_100, refusedBy: [ranked(own[0], view)[1].nodeId] });
  expect(directory.assign(refused, view, self)).toMatchObject({ as: "new", node: self });
  const afterGrace = requestFor(own[1], { nowMs: 6_000 });
  expect(directory.assign(afterGrace, view, self)).toMatchObject({ as: "new", node: self });
  directory.announce(own[2], "node-0", 1, 3);
  const known = requestFor(own[2], { nowMs: 1_200 });
  expect(directory.assign(known, view, self)).toMatchObject({
    as: "host",
    node: { nodeId: "node-0" },
  });
});

test("[PL13] of several that come at once each asks one who was there before them", () => {
  const view = viewOf(4, { activeConnections: 100 });
  const elders = view.serving;
  for (const nodeId of ["new-1", "new-2", "new-3", "new-4"]) view.beat(beatOf(nodeId), 0);
  const self = view.node("new-3")!;
  const directory = new RoomDirectory();
  directory.membersChanged([], view, self, 0);
  for (const roomId of rooms.filter((room) => homeOf(room, view) === self)) {
    const first = ranked(roomId, view).find((node) => elders.includes(node));
    expect(directory.assign(requestFor(roomId), view, self)).toMatchObject({
      as: "ask",
      node: first,
    });
  }
});

test("[PL13] after a cold start nobody is asked", () => {
  const view = viewOf(4);
  const self = view.node("node-2")!;
  const directory = new RoomDirectory();
  directory.membersChanged([], view, self, 0);
  for (const roomId of rooms.filter((room) => homeOf(room, view) === self)) {
    expect(directory.assign(requestFor(roomId), view, self).as).toBe("new");
  }
});

test("[PL13] orphans are given a node at once, and all of one room the same, though a former home might know more", () => {
  const view = viewOf(5, { activeConnections: 100 });
  const former = view.serving;
  view.beat(beatOf("newcomer"), 1_000);
  const self = view.node("newcomer")!;
  const directory = new RoomDirectory({ graceMs: 5_000 });
  directory.membersChanged(former, view, self, 1_000);
  const own = rooms.filter((roomId) => homeOf(roomId, view) === self);
  for (const roomId of own) {
    const lost = ranked(roomId, view)[1].nodeId;
    const orphans = requestFor(roomId, { nowMs: 1_100, refusedBy: [lost], isOrphan: true });
    expect(directory.assign(orphans, view, self)).toMatchObject({ as: "new", node: self });
    directory.announce(roomId, lost, 1, 3); // The host that drains says that it had the room: too late to matter.
    const joiner = requestFor(roomId, { nowMs: 1_200, refusedBy: [lost] });
    for (const request of [orphans, joiner]) {
      expect(directory.assign(request, view, self)).toMatchObject({ as: "host", node: self });
    }
  }
});

test("[PL13] the heir of a draining home asks it, the heir of a dead one does not", () => {
  const view = viewOf(4, { activeConnections: 50 });
  const former = view.serving;
  const [leaver, self] = ranked("standup", view);
  view.beat(beatOf(leaver.nodeId, { state: "draining" }), 0);
  const directory = new RoomDirectory();
  directory.membersChanged(former, view, self, 0);
  const request = requestFor("standup", { nowMs: 100 });
  expect(directory.assign(request, view, self)).toMatchObject({ as: "ask", node: leaver });

  view.markGone(leaver.nodeId, 1);
  expect(directory.assign(request, view, self)).toMatchObject({ as: "new", node: self });
});

test("[PL13] who is not the home and knows nothing says who is; who knows the host says that", () => {
  const view = viewOf(4);
  const [home, second, third] = ranked("standup", view);
  const directory = new RoomDirectory();
  expect(directory.assign(requestFor("standup"), view, second)).toMatchObject({
    as: "elsewhere",
    node: home,
  });

  directory.announce("standup", third.nodeId, 1, 5);
  expect(directory.assign(requestFor("standup"), view, second)).toMatchObject({
    as: "host",
    node: third,
  });
});

test("[PL13] a former home keeps what it knows for the grace time, then forgets what is not its own", () => {
  const view = viewOf(4);
  const former = view.serving;
  const self = view.node("node-1")!;
  const own = rooms.filter((roomId) => homeOf(roomId, view) === self);
  const directory = new RoomDirectory({ graceMs: 5_000 });
  for (const roomId of own) directory.announce(roomId, "node-1", 1, 2);
  view.beat(beatOf("node-8"), 1_000);
  directory.membersChanged(former, view, self, 1_000);
  const kept = own.filter((roomId) => homeOf(roomId, view) === self);
  expect(kept.length).toBeLessThan(own.length);

  directory.deadlinePassed(5_999, view, self);
  expect(directory.roomCount).toBe(own.length);
  expect(directory.nextDeadlineMs()).toBe(6_000);
  directory.deadlinePassed(6_000, view, self);
  expect(directory.roomCount).toBe(kept.length);
});

/** Moves per room while 12 nodes are replaced one by one, a new one before each old one drains. */
function rollingRestartMoves(generationOfNew: number): number {
  const view = viewOf(12, { generation: 1 });
  const directory = new RoomDirectory(); // One for all: what is asked here is where rooms go.
  const assign = (roomId: string, refusedBy: readonly string[]): NodeRecord => {
    const home = homeOf(roomId, view)!;
    const request = requestFor(roomId, { refusedBy });
    const { node } = directory.assign(request, view, home);
    directory.announce(roomId, node!.nodeId, 1, 1);
    return node!;
  };
  const hosts = new Map(rooms.map((roomId) => [roomId, assign(roomId, [])]));
  let moves = 0;
  for (let i = 0; i < 12; i++) {
    const leaver = view.node(`node-${i}`)!;
    view.beat(beatOf(`next-${i}`, { generation: generationOfNew }), 0);
    view.beat(beatOf(leaver.nodeId, { state: "draining", generation: 1 }), 0);
    for (const node of view.serving) {
      node.committedLoad = 0;
      node.recentAssignments = 0;
    }
    for (const [roomId, host] of hosts) {
      if (host !== leaver) continue;
      hosts.set(roomId, assign(roomId, [leaver.nodeId]));
      moves++;
    }
    view.markGone(leaver.nodeId, 1);
  }
  return moves / rooms.length;
}

test("[PL16] a rolling restart moves each room once when the new nodes tell their release", () => {
  expect(rollingRestartMoves(2)).toBe(1);
  expect(rollingRestartMoves(1)).toBeGreaterThan(1.3); // Closed form for random places: e - 1.
});
