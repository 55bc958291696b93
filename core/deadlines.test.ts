import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineQueue, GroupedDeadlines } from "./deadlines.ts";

test("a queue hands out what is due, in order, and nothing earlier", () => {
  const queue = new DeadlineQueue();
  for (let i = 0; i < 200; i++) queue.push(i, 10 * i);
  expect(queue.nextMs).toBe(0);
  expect([queue.take(5), queue.take(5)]).toEqual([0, -1]);
  for (let i = 1; i < 200; i++) expect(queue.take(10 * i)).toBe(i);
  expect([queue.size, queue.nextMs]).toEqual([0, Infinity]);
});

test("grouped deadlines come earliest first, whatever the order in which they were put in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (deadlines) => {
      const grouped = new GroupedDeadlines();
      deadlines.forEach((deadlineMs, handle) => grouped.push(handle, deadlineMs));
      const taken: number[] = [];
      for (let nowMs = 0; nowMs < 10; nowMs++) {
        expect(grouped.nextMs).toBe(Math.min(Infinity, ...deadlines.filter((ms) => ms >= nowMs)));
        for (let who = grouped.take(nowMs); who >= 0; who = grouped.take(nowMs)) {
          expect(deadlines[who]).toBe(nowMs);
          taken.push(who);
        }
      }
      expect(taken.toSorted((a, b) => a - b)).toEqual(deadlines.map((_, i) => i));
    }),
    { seed: 5, numRuns: 100 },
  );
});
