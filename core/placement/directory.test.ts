import { expect, test } from "vitest";
import { ClusterView } from "../cluster-view.ts";
import { boundedByMean, firstChoice, reserveFor } from "./assignment.ts";
import { beatOf, ranked, requestFor, rooms, viewOf } from "./fixtures.ts";
import { RoomDirectory } from "./directory.ts";
import { homeOf } from "./ranking.ts";

test("[PL7] a new room is given to its home, and spilled in rank order past full promises", () => {
  const view = viewOf(5);
  const [home, second, third] = ranked("standup", view);
  const directory = new RoomDirectory();
  expect(directory.assign(requestFor("standup"), view, home)).toEqual({
    as: "new",
    node: home,
    outrankedBy: 0,
  });

  // 10 more would exceed the soft limit of the first; the second is just full enough.
  const later = new RoomDirectory();
  home.committedLoad = 1_691;
  second.committedLoad = 1_691;
  third.committedLoad = 1_690;
  home.recentAssignments = 0;
  const verdict = later.assign(requestFor("standup"), view, home);
  expect(verdict).toEqual({ as: "new", node: third, outrankedBy: 2 });
});

test("[PL5] what was just assigned counts as load before the next beat says so", () => {
  const view = viewOf(3, { softLimit: 100, committedLoad: 81 });
  const assigned = new Map<string, number>();
  const directory = new RoomDirectory();
  const roomsOfHome = rooms.filter((roomId) => homeOf(roomId, view)?.nodeId === "node-1");
  for (const roomId of roomsOfHome.slice(0, 6)) {
    const { node } = directory.assign(
      requestFor(roomId, { expectedSize: 9 }),
      view,
      view.node("node-1")!,
    );
    assigned.set(node!.nodeId, (assigned.get(node!.nodeId) ?? 0) + 1);
  }

  // 81 + 2 × 9 ≤ 100 on each of three nodes, and not one more.
  expect([...assigned.values()]).toEqual([2, 2, 2]);
  expect(directory.assign(requestFor(roomsOfHome[6]), view, view.node("node-1")!)).toEqual({
    as: "none",
    node: undefined,
    reason: "No capacity available",
  });
});

test("[PL7] rooms go to their joiner's region first, while it has place", () => {
  const view = new ClusterView(6_000);
  for (let i = 0; i < 12; i++) {
    view.beat(beatOf(`node-${i}`, { region: i % 4 === 0 ? "us" : "eu" }), 0);
  }
  for (const roomId of rooms) {
    const home = homeOf(roomId, view)!;
    const verdict = new RoomDirectory().assign(requestFor(roomId, { region: "us" }), view, home);
    expect(verdict.node?.region).toBe("us");
  }

  for (const node of view.serving) if (node.region === "us") node.committedLoad = 1_700;
  const home = homeOf("standup", view)!;
  const abroad = new RoomDirectory().assign(requestFor("standup", { region: "us" }), view, home);
  expect(abroad).toMatchObject({ as: "new", node: { region: "eu" } });
});

test("[PL7] one room reserves at least a place and at most a quarter of a node", () => {
  const reserves = [0, 1, 40, 425, 426, 5_000].map((size) => reserveFor(size, 1_700));

  expect(reserves).toEqual([1, 1, 40, 425, 425, 425]);
});

test("[PL11] joiners of one round trip, and all later ones, go to the same host", () => {
  const view = viewOf(4);
  const [home, second] = ranked("standup", view);
  home.committedLoad = 1_700;
  const directory = new RoomDirectory();
  expect(directory.assign(requestFor("standup"), view, home).node).toBe(second);

  // The home has place again, and the host is over its soft limit: the room stays.
  home.committedLoad = 0;
  second.committedLoad = 1_900;
  for (const nowMs of [1, 20, 900]) {
    const verdict = directory.assign(requestFor("standup", { nowMs }), view, home);
    expect(verdict).toEqual({ as: "host", node: second, outrankedBy: 0 });
  }
  directory.announce("standup", second.nodeId, 1, 3);
  expect(directory.assign(requestFor("standup", { nowMs: 90_000 }), view, home).node).toBe(second);
});

test("[PL11] a host stays a room's host when another node becomes the home", () => {
  const view = viewOf(4);
  const host = view.node("node-2")!;
  const roomId = rooms.find((room) => homeOf(room, view) === host)!;
  const directory = new RoomDirectory();
  view.beat(beatOf("node-7"), 0);
  const newHome = ranked(roomId, view)[0];
  directory.announce(roomId, "node-2", 1, 12);

  expect(directory.assign(requestFor(roomId), view, newHome).node).toBe(host);
});

test("[PL12] a room gets a second host when its host refused, not when it only seems full", () => {
  const view = viewOf(4);
  const [home, second, third] = ranked("all-hands", view);
  const directory = new RoomDirectory();
  directory.announce("all-hands", home.nodeId, 1, 2_000);
  home.activeConnections = 2_000;
  second.committedLoad = 1_695;
  expect(directory.assign(requestFor("all-hands"), view, home)).toMatchObject({
    as: "host",
    node: home,
  });

  const refused = requestFor("all-hands", { refusedBy: [home.nodeId] });
  const verdict = directory.assign(refused, view, home);
  expect(verdict).toEqual({ as: "second", node: third, outrankedBy: 2 });
  expect(directory.hostsOf("all-hands").map((host) => host.nodeId)).toEqual([
    home.nodeId,
    third.nodeId,
  ]);

  // The next joiner who is refused by the first goes to the second, which is no new one.
  expect(directory.assign(refused, view, home)).toMatchObject({ as: "host", node: third });
  expect(directory.assign(requestFor("all-hands"), view, home)).toMatchObject({
    as: "host",
    node: home,
  });
});

test("[PL12] for its second host a live room may use the places above the soft limit", () => {
  const view = viewOf(3, { committedLoad: 1_800, activeConnections: 1_800 });
  const [home, second, third] = ranked("all-hands", view);
  second.activeConnections = 2_000;
  const directory = new RoomDirectory();
  expect(directory.assign(requestFor("new-room"), view, homeOf("new-room", view)!).as).toBe("none");

  directory.announce("all-hands", home.nodeId, 1, 1_800);
  const request = requestFor("all-hands", { refusedBy: [home.nodeId] });
  expect(directory.assign(request, view, home)).toMatchObject({ as: "second", node: third });

  const orphan = requestFor("of-a-dead-node", { isOrphan: true });
  expect(new RoomDirectory().assign(orphan, view, homeOf("of-a-dead-node", view)!).as).toBe("new");
});

test("[PL12] the sticky registry refuses the joiners of a full host", () => {
  const view = viewOf(4);
  const [home] = ranked("all-hands", view);
  const directory = new RoomDirectory({ rule: firstChoice });
  directory.announce("all-hands", home.nodeId, 1, 2_000);
  const request = requestFor("all-hands", { refusedBy: [home.nodeId] });

  expect(directory.assign(request, view, home).as).toBe("none");
});

test("[PL9] the bounded rule gives a node at most 1.25 times the mean of current loads", () => {
  const view = viewOf(4, { activeConnections: 100 });
  const [home, second, third] = ranked("standup", view);
  home.activeConnections = 140;
  second.activeConnections = 139;
  third.activeConnections = 20;
  // ⌈1.25 × (140 + 139 + 20 + 100 + 1) / 4⌉ = 125.
  const verdict = new RoomDirectory({ rule: boundedByMean }).assign(
    requestFor("standup"),
    view,
    home,
  );

  expect(verdict).toEqual({ as: "new", node: third, outrankedBy: 2 });
});

test("[PL12] a draining node is given no new room, keeps those it has, and they move once it refuses", () => {
  const view = viewOf(6);
  view.beat(beatOf("node-3", { state: "draining" }), 0);
  for (const roomId of rooms) {
    const verdict = new RoomDirectory().assign(requestFor(roomId), view, homeOf(roomId, view)!);
    expect(verdict.node?.nodeId).not.toBe("node-3");
  }

  const home = homeOf("standup", view)!;
  const directory = new RoomDirectory();
  directory.announce("standup", "node-3", 1, 8);
  expect(directory.assign(requestFor("standup"), view, home)).toMatchObject({
    as: "host",
    node: { nodeId: "node-3" },
  });
  const refused = requestFor("standup", { refusedBy: ["node-3"] });
  expect(directory.assign(refused, view, home)).toMatchObject({ as: "moved", node: home });

  // From now on everybody follows, also who has not been refused.
  expect(directory.assign(requestFor("standup"), view, home)).toMatchObject({
    as: "host",
    node: home,
  });
});

test("[PL15] an assignment lapses when nobody announces the room, not a millisecond before", () => {
  const view = viewOf(4);
  const [home] = ranked("standup", view);
  const directory = new RoomDirectory({ confirmMs: 5_000 });
  directory.assign(requestFor("standup", { nowMs: 100 }), view, home);
  const other = rooms.find((roomId) => homeOf(roomId, view) === home)!;
  directory.assign(requestFor(other, { nowMs: 300 }), view, home);
  directory.announce(other, home.nodeId, 1, 1);
  expect(directory.nextDeadlineMs()).toBe(5_100);

  directory.deadlinePassed(5_099, view, home);
  expect(directory.hostsOf("standup")).toHaveLength(1);
  directory.deadlinePassed(5_100, view, home);
  expect(directory.hostsOf("standup")).toEqual([]);

  directory.deadlinePassed(5_300, view, home);
  expect(directory.hostsOf(other)).toHaveLength(1);
  expect(directory.nextDeadlineMs()).toBe(Infinity);
});

test("[PL15] a lapsed assignment binds nobody, also before the deadline was noticed", () => {
  const view = viewOf(4);
  const [home, second] = ranked("standup", view);
  home.committedLoad = 1_700;
  const directory = new RoomDirectory({ confirmMs: 5_000 });
  expect(directory.assign(requestFor("standup"), view, home).node).toBe(second);
  home.committedLoad = 0;

  const inTime = requestFor("standup", { nowMs: 4_999 });
  expect(directory.assign(inTime, view, home)).toMatchObject({ as: "host", node: second });
  const late = requestFor("standup", { nowMs: 5_000 });
  expect(directory.assign(late, view, home)).toMatchObject({ as: "new", node: home });
});

test("[PL15] the rooms of a node that is gone or restarted are forgotten, also if nobody said so", () => {
  const view = viewOf(5);
  const [home, second, third] = ranked("standup", view);
  const directory = new RoomDirectory();
  directory.announce("standup", second.nodeId, 1, 4);
  directory.announce("retro", second.nodeId, 1, 5);
  directory.announce("retro", third.nodeId, 1, 5);
  directory.announce("planning", third.nodeId, 1, 6);
  expect(directory.nodeGone(second.nodeId)).toEqual(["standup", "retro"]);
  expect(directory.hostsOf("retro").map((host) => host.nodeId)).toEqual([third.nodeId]);
  expect(directory.roomCount).toBe(2);

  directory.announce("standup", third.nodeId, 1, 4);
  view.beat(beatOf(third.nodeId, { incarnation: 2 }), 10);
  expect(directory.assign(requestFor("standup"), view, home)).toMatchObject({ as: "new" });
  expect(directory.announce("standup", third.nodeId, 3, 4)).toBe(true);
  expect(directory.announce("standup", third.nodeId, 2, 9)).toBe(false);
});
