import { expect, test } from "vitest";
import { stormglassPolicy } from "../client/reconnect-policy.ts";
import { EdgeBench } from "./edge-bench.ts";

function closes(edge: EdgeBench): { connection: number; code: number }[] {
  return edge.orders("close").map(({ connection, code }) => ({ connection, code }));
}

function edgeBeat(edgeId: string, admitPerSec: number) {
  return {
    type: "edge-beat",
    beat: { edgeId, incarnation: 1, connections: 0, admitPerSec, serving: true },
  } as const;
}

test("[DO4] an edge that drains closes its sockets at the pace of the others, and lets nobody in", () => {
  const edge = new EdgeBench({ authTimeoutMs: 60_000 });
  edge.core.heard(edgeBeat("e1", 1), 0);
  edge.core.heard(edgeBeat("e2", 1), 0);
  const sockets = [0, 1, 2, 3].map(() => edge.core.opened(0));
  edge.outbox.take();
  edge.core.drainAsked(1_000, 30_000);
  expect(edge.orders("publish").at(-1)).toMatchObject({ message: { beat: { serving: false } } });
  expect(edge.core.knocked("", 1_000)).toBe("busy");
  // Two others admit one per second each: four sockets take 2 s.
  const closedAt: number[] = [];
  for (let nowMs = 1_000; nowMs <= 3_100; nowMs += 100) {
    edge.core.deadlinePassed(nowMs);
    for (const { code } of closes(edge)) {
      expect(code).toBe(4210);
      closedAt.push(nowMs);
    }
  }
  expect(closedAt).toEqual([1_000, 1_500, 2_000, 2_500]);
  expect(sockets).toHaveLength(4);
  expect(edge.core.isDrained).toBe(true);
});

test("[DO4] a drain ends within its time, also for sockets whose upgrade was under way", () => {
  const edge = new EdgeBench({ authTimeoutMs: 60_000 });
  edge.core.heard(edgeBeat("e1", 0.01), 0);
  edge.core.opened(0);
  edge.core.opened(0);
  edge.core.drainAsked(0, 2_000);
  const late = edge.core.opened(100);
  edge.outbox.take();
  edge.core.deadlinePassed(1_999);
  expect(edge.core.isDrained).toBe(false);
  edge.core.deadlinePassed(2_000);
  expect(edge.core.isDrained).toBe(true);
  expect(closes(edge)).toContainEqual({ connection: late, code: 4210 });
});

test("[DO4] a drain that is cancelled closes nobody more", () => {
  const edge = new EdgeBench({ authTimeoutMs: 60_000 });
  edge.core.heard(edgeBeat("e1", 1), 0);
  for (let i = 0; i < 3; i++) edge.core.opened(0);
  edge.core.drainAsked(0, 30_000);
  edge.core.deadlinePassed(0);
  edge.core.drainCancelled(500);
  expect(edge.orders("publish").at(-1)).toMatchObject({ message: { beat: { serving: true } } });
  edge.core.deadlinePassed(4_000);
  expect(edge.core.connections.handles.count).toBe(2);
  expect(edge.core.knocked("", 4_000)).toBe("welcome");
});

test("[DO5] who is closed with 4210 dials again within half a second, whatever W is", () => {
  const loss = {
    attempt: 0,
    isPrivate: false,
    spreadMs: 60_000,
    capMs: 60_000,
    reconnectAfterMs: undefined,
    retryAfterMs: undefined,
  };
  expect(stormglassPolicy.delayMs({ ...loss, closeCode: 4210 }, 0.5)).toBe(250);
  expect(stormglassPolicy.delayMs({ ...loss, closeCode: 4101 }, 0.5)).toBe(30_000);
});
