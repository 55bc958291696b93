import fc from "fast-check";
import { expect, test } from "vitest";
import { CommittedLoad } from "./committed-load.ts";

test("[PL8] a room counts as what was reserved until more have come", () => {
  const load = new CommittedLoad(600_000);
  load.opened(0, 12, 0);
  load.opened(1, 2, 0);
  expect(load.total).toBe(14);

  load.sized(0, 9);
  load.sized(1, 5);
  expect(load.total).toBe(17);

  load.sized(0, 30);
  expect(load.total).toBe(35);

  load.sized(0, 3);
  expect(load.total).toBe(17);
});

test("[PL8] after its time a reservation is worth nothing, and not a millisecond before", () => {
  const load = new CommittedLoad(600_000);
  load.opened(3, 100, 0);
  load.opened(1, 50, 1_000);
  load.sized(3, 4);
  load.sized(1, 6);
  expect(load.nextDeadlineMs()).toBe(600_000);

  load.deadlinePassed(599_999);
  expect(load.total).toBe(150);
  load.deadlinePassed(600_000);
  expect(load.total).toBe(54);
  expect(load.nextDeadlineMs()).toBe(601_000);

  load.sized(3, 2);
  expect(load.total).toBe(52);
  load.deadlinePassed(700_000);
  expect(load.total).toBe(8);
  expect(load.nextDeadlineMs()).toBe(Infinity);
});

test("[PL8] a closed room counts nothing, and its reservation does not end another's in its slot", () => {
  const load = new CommittedLoad(600_000);
  const inSameSlot = 5 | (1 << 20); // The next generation of slot 5: see core/handles.ts.
  load.opened(5, 40, 0);
  load.closed(5);
  expect(load.total).toBe(0);

  load.opened(inSameSlot, 25, 300_000);
  load.deadlinePassed(600_000);
  expect(load.total).toBe(25);
  load.deadlinePassed(900_000);
  expect(load.total).toBe(0);
});

test("[PL8] a room is counted between its opening and its closing only", () => {
  const load = new CommittedLoad();
  load.opened(2, 4, 0);

  expect(() => load.opened(2, 4, 0)).toThrow("a room opens once");
  expect(() => load.sized(1, 4)).toThrow("while it is open");
  load.closed(2);
  expect(() => load.closed(2)).toThrow("while it is open");
});

test("[PL8] the running sum is the sum, whatever happens in whatever order", () => {
  const step = fc.record({
    room: fc.integer({ min: 0, max: 6 }),
    what: fc.constantFrom("toggle", "size", "wait"),
    count: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const load = new CommittedLoad(1_000);
      const rooms = new Map<number, { actual: number; reserved: number; untilMs: number }>();
      let nowMs = 0;
      for (const { room, what, count } of steps) {
        const open = rooms.get(room);
        if (what === "wait") {
          nowMs += count * 20;
          load.deadlinePassed(nowMs);
        } else if (what === "size" && open !== undefined) {
          open.actual = count;
          load.sized(room, count);
        } else if (what === "toggle" && open !== undefined) {
          rooms.delete(room);
          load.closed(room);
        } else if (what === "toggle") {
          rooms.set(room, { actual: 0, reserved: count, untilMs: nowMs + 1_000 });
          // A slot that is used again has a new generation in its handle; here the number is the slot,
          // and a deadline of the earlier room may come first.
          load.deadlinePassed(nowMs);
          load.opened(room, count, nowMs);
        }
      }
      nowMs += 2_000;
      load.deadlinePassed(nowMs);
      let sum = 0;
      for (const { actual } of rooms.values()) sum += actual;

      expect(load.total).toBe(sum);
    }),
    { seed: 8, numRuns: 200 },
  );
});
