import { expect, test } from "vitest";
import { ClusterView } from "../cluster-view.ts";
import { homeOf } from "./ranking.ts";
import { ReannouncementPlan } from "./reannouncement.ts";
import { beatOf } from "./fixtures.ts";

const rooms = Array.from({ length: 600 }, (_, i) => `room-${i}`);

function viewOf(nodeCount: number): ClusterView {
  const view = new ClusterView(6_000);
  for (let i = 0; i < nodeCount; i++) view.beat(beatOf(`node-${i}`), 0);
  return view;
}

function planOf(view: ClusterView, batchSize: number): ReannouncementPlan {
  const plan = new ReannouncementPlan({ batchSize, intervalMs: 100 });
  for (const roomId of rooms) plan.announced(roomId, homeOf(roomId, view)!);
  return plan;
}

/** Every batch until the round is over: when it was due, and the rooms. */
function round(plan: ReannouncementPlan, view: ClusterView): (readonly [number, string[]])[] {
  const batches: (readonly [number, string[]])[] = [];
  while (plan.nextDeadlineMs() < Infinity) {
    const atMs = plan.nextDeadlineMs();
    expect(plan.due(atMs - 1, view)).toEqual([]);
    const batch = plan.due(atMs, view);
    for (const { roomId, home } of batch) expect(home).toBe(homeOf(roomId, view));
    batches.push([atMs, batch.map(({ roomId }) => roomId)]);
  }
  return batches;
}

test("[PL14] after a change the rooms whose home moved are announced, in paced batches, each once", () => {
  const view = viewOf(6);
  const plan = planOf(view, 20);
  expect(plan.nextDeadlineMs()).toBe(Infinity);
  view.beat(beatOf("node-9"), 2_000);
  plan.membersChanged(2_000);
  const batches = round(plan, view);

  const moved = rooms.filter((roomId) => homeOf(roomId, view)?.nodeId === "node-9");
  expect(batches.flatMap(([, roomIds]) => roomIds)).toEqual(moved);
  expect(batches.every(([, roomIds]) => roomIds.length <= 20)).toBe(true);
  expect(batches.map(([atMs]) => atMs)).toEqual(batches.map((_, i) => 2_000 + i * 100));
  expect(batches.length).toBeGreaterThan(3);

  plan.membersChanged(9_000);
  expect(round(plan, view).flatMap(([, roomIds]) => roomIds)).toEqual([]);
});

test("[PL14] a second change during the round keeps the pace and misses no room", () => {
  const view = viewOf(6);
  const plan = planOf(view, 10);
  const told = new Map<string, string>();
  view.beat(beatOf("node-9"), 0);
  plan.membersChanged(0);
  for (const { roomId, home } of plan.due(0, view)) told.set(roomId, home.nodeId);
  view.markGone("node-2", 1);
  plan.membersChanged(30);
  expect(plan.due(99, view)).toEqual([]);
  for (let atMs = plan.nextDeadlineMs(); atMs < Infinity; atMs = plan.nextDeadlineMs()) {
    for (const { roomId, home } of plan.due(atMs, view)) told.set(roomId, home.nodeId);
  }

  const before = viewOf(6);
  for (const roomId of rooms) {
    const known = told.get(roomId) ?? homeOf(roomId, before)?.nodeId;
    expect(known).toBe(homeOf(roomId, view)?.nodeId);
  }
});

test("[PL14] a home that was restarted is told again, since it has forgotten", () => {
  const view = viewOf(4);
  const plan = planOf(view, 1_000);
  view.beat(beatOf("node-1", { incarnation: 2 }), 0);
  plan.membersChanged(0);
  const again = round(plan, view).flatMap(([, roomIds]) => roomIds);

  expect(again).toEqual(rooms.filter((roomId) => homeOf(roomId, view)?.nodeId === "node-1"));
});

test("[PL14] a room that closed is announced no more, and its home is named to be told so", () => {
  const view = viewOf(4);
  const plan = planOf(view, 1_000);
  const closed = rooms.filter((_, i) => i % 2 === 0);
  for (const roomId of closed) expect(plan.closed(roomId)).toBe(homeOf(roomId, view)?.nodeId);
  expect(plan.closed("never-opened")).toBeUndefined();
  expect(plan.roomCount).toBe(300);
  view.markGone("node-0", 1);
  plan.membersChanged(0);
  const told = round(plan, view).flatMap(([, roomIds]) => roomIds);

  expect(told.length).toBeGreaterThan(40);
  expect(told.some((roomId) => closed.includes(roomId))).toBe(false);
});
