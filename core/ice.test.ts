import fc from "fast-check";
import { expect, test } from "vitest";
import { EarlyCandidates, RestartBudget, restartDueAtMs, TrickleBatch } from "./ice.ts";
import { Kind, Message } from "./protocol/message.ts";

function candidates(n: number, id = 0): Message {
  return new Message(Kind.candidate, id, "p_a", "p_b", n, 200, "", undefined);
}

test("[NG6] a burst leaves in one batch, 50 ms after its first candidate", () => {
  const batch = new TrickleBatch<string>();
  expect(batch.dueAtMs).toBe(Infinity);
  batch.gathered("a", 3, 1_000);
  batch.gathered("b", 3, 1_040);

  expect(batch.dueAtMs).toBe(1_050);
  expect(batch.take()).toEqual(["a", "b"]);
  expect(batch.take()).toEqual([]);
  batch.gathered("c", 3, 2_000);
  expect(batch.dueAtMs).toBe(2_050);
});

test("[NG6] a batch of 64 leaves at once, and candidates of an older number are void", () => {
  const batch = new TrickleBatch<number>();
  for (let i = 0; i < 65; i += 1) batch.gathered(i, 1, 10);
  expect(batch.dueAtMs).toBe(10);
  expect(batch.take()).toHaveLength(64);
  expect(batch.dueAtMs).toBe(60);

  batch.gathered(100, 3, 20);
  batch.gathered(101, 1, 21);
  expect(batch.n).toBe(3);
  expect(batch.take()).toEqual([100]);
});

test("[NG7] early candidates wait for their own description, in order", () => {
  const early = new EarlyCandidates();
  const added: number[] = [];
  early.keep(candidates(3, 1), 5, 0);
  early.keep(candidates(5, 2), 5, 1);
  early.keep(candidates(3, 3), 5, 2);
  early.describe(3, 10, (message) => added.push(message.id));

  expect(added).toEqual([1, 3]);
  expect(early.count).toBe(5);
  early.describe(7, 11, (message) => added.push(message.id));
  expect(added).toEqual([1, 3]);
  expect(early.count).toBe(0);
});

test("[NG7] at most 64 candidates wait, the oldest go first, and none longer than 30 s", () => {
  const early = new EarlyCandidates();
  early.keep(candidates(3, 1), 30, 0);
  early.keep(candidates(3, 2), 30, 100);
  expect(early.keep(candidates(3, 3), 10, 200)).toBe(30);
  expect(early.count).toBe(40);
  expect(early.nextDeadlineMs).toBe(30_100);

  expect(early.expire(30_099)).toBe(0);
  expect(early.expire(30_100)).toBe(30);
  const added: number[] = [];
  early.describe(3, 30_150, (message) => added.push(message.id));
  expect(added).toEqual([3]);
  expect(early.nextDeadlineMs).toBe(Infinity);
});

test("[NG7] ends of candidates wait too, and are bounded as well", () => {
  const early = new EarlyCandidates();
  for (let i = 0; i < 100; i += 1) early.keep(candidates(3, i), 0, i);
  const added: number[] = [];
  early.describe(3, 200, (message) => added.push(message.id));

  expect(added).toHaveLength(64);
  expect(added[0]).toBe(36);
});

test("[NG8] ICE restarts when failed, when disconnected for 3 s, or when the SFU changed", () => {
  const due = (["new", "checking", "connected", "completed", "closed"] as const).map((state) => {
    return restartDueAtMs(state, 500, false);
  });

  expect(due).toEqual([Infinity, Infinity, Infinity, Infinity, Infinity]);
  expect(restartDueAtMs("failed", 500, false)).toBe(500);
  expect(restartDueAtMs("disconnected", 500, false)).toBe(3_500);
  expect(restartDueAtMs("connected", 500, true)).toBe(500);
  expect(restartDueAtMs("closed", 500, true)).toBe(Infinity);
});

test("[NG9] a pair restarts once per 5 s and five times in a minute", () => {
  const budget = new RestartBudget();
  const allowed: number[] = [];
  for (let nowMs = 0; nowMs < 130_000; nowMs += 1_000) {
    if (budget.tryRestart(nowMs)) allowed.push(nowMs / 1_000);
  }

  expect(allowed).toEqual([0, 5, 10, 15, 20, 60, 65, 70, 75, 80, 120, 125]);
  expect(budget.nextAtMs).toBe(130_000);
});

test("[NG9] no window of a minute holds a sixth restart, whenever they are asked for", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }), (gapsMs) => {
      const budget = new RestartBudget();
      const allowed: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        if (budget.tryRestart(nowMs)) allowed.push(nowMs);
      }
      allowed.forEach((atMs, i) => {
        if (i > 0) expect(atMs - allowed[i - 1]).toBeGreaterThanOrEqual(5_000);
        if (i >= 5) expect(atMs - allowed[i - 5]).toBeGreaterThanOrEqual(60_000);
      });
    }),
    { seed: 32, numRuns: 100 },
  );
});
