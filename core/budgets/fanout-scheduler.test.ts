import fc from "fast-check";
import { expect, test } from "vitest";
import { DeliveryClass } from "../protocol/message.ts";
import { FanoutScheduler } from "./fanout-scheduler.ts";

const { critical, coalescable, droppable } = DeliveryClass;

interface Update {
  readonly name: string;
}

function scheduler(quantumDeliveries: number, backlogMax = Infinity): FanoutScheduler<Update> {
  return new FanoutScheduler<Update>({ quantumDeliveries, backlogMax });
}

function served(fanout: FanoutScheduler<Update>, deliveries = Infinity): string[] {
  const names: string[] = [];
  fanout.serve(deliveries, (room, item) => names.push(`${room}:${item.name}`));
  return names;
}

test("[TB6] critical items go first, in the order they came, over all rooms", () => {
  const fanout = scheduler(10);
  fanout.enqueue(3, droppable, 5, "", { name: "speaking" });
  fanout.enqueue(2, critical, 5, "", { name: "offer" });
  fanout.enqueue(3, coalescable, 5, "", { name: "mute" });
  fanout.enqueue(1, critical, 5, "", { name: "joined" });
  fanout.enqueue(2, critical, 5, "", { name: "candidate" });

  expect(served(fanout)).toEqual(["2:offer", "1:joined", "2:candidate", "3:speaking", "3:mute"]);
  expect(fanout.backlogItems).toBe(0);
  expect(fanout.backlogDeliveries).toBe(0);
});

test("[TB7] one noisy room delays the item of another by one round at most", () => {
  const fanout = scheduler(100);
  for (let n = 0; n < 50; n += 1) fanout.enqueue(1, droppable, 90, "", { name: `n${n}` });
  served(fanout, 90);
  fanout.enqueue(2, droppable, 1, "", { name: "small" });
  fanout.enqueue(7, coalescable, 1, "", { name: "smaller" });

  const order = served(fanout, 1_000);
  expect(order.indexOf("2:small")).toBeLessThanOrEqual(2);
  expect(order.indexOf("7:smaller")).toBeLessThanOrEqual(3);
});

test("[TB7] drr.rate_split: shares follow the quanta and not the size of the items", () => {
  const fanout = scheduler(500);
  const costs = [200, 700, 1500];
  const spent = [0, 0, 0];
  for (let room = 0; room < 3; room += 1) {
    fanout.setWeight(room, room + 1);
    for (let n = 0; n < 3; n += 1) {
      fanout.enqueue(room, droppable, costs[room], "", { name: "packet" });
    }
  }
  for (let slice = 0; slice < 3_000; slice += 1) {
    fanout.serve(1_000, (room, item, cost) => {
      spent[room] += cost;
      fanout.enqueue(room, droppable, cost, "", item); // Always backlogged.
    });
  }

  const sum = spent[0] + spent[1] + spent[2];
  expect(Math.abs(spent[0] / sum - 1 / 6)).toBeLessThan(0.005);
  expect(Math.abs(spent[1] / sum - 1 / 3)).toBeLessThan(0.005);
  expect(Math.abs(spent[2] / sum - 1 / 2)).toBeLessThan(0.005);
});

test("[TB7] backlogged rooms never differ by more than a quantum and one largest item", () => {
  const costs = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(costs, { minLength: 2, maxLength: 5 }), fc.nat(200), (rooms, slice) => {
      const fanout = scheduler(64);
      rooms.forEach((items, room) => {
        for (const cost of items) fanout.enqueue(room, droppable, cost, "", { name: "" });
      });
      const left = rooms.map((items) => items.length);
      const spent = rooms.map(() => 0);
      while (left.every((count) => count > 0)) {
        const before = fanout.backlogDeliveries;
        const deliveries = fanout.serve(1 + slice, (room, _item, cost) => {
          left[room] -= 1;
          spent[room] += cost;
        });
        expect(before - fanout.backlogDeliveries).toBe(deliveries);
        if (left.some((count) => count === 0)) return;
        expect(Math.max(...spent) - Math.min(...spent)).toBeLessThanOrEqual(64 + 60 + 60);
      }
    }),
    { seed: 3, numRuns: 100 },
  );
});

test("[TB8] a merged item keeps its place and takes the last value and cost", () => {
  const fanout = scheduler(100);
  expect(fanout.enqueue(1, coalescable, 4, "p_a/mute", { name: "on" })).toBe("queued");
  expect(fanout.enqueue(1, coalescable, 4, "p_b/mute", { name: "b" })).toBe("queued");
  expect(fanout.enqueue(2, coalescable, 9, "p_a/mute", { name: "other room" })).toBe("queued");
  expect(fanout.enqueue(1, coalescable, 5, "p_a/mute", { name: "off" })).toBe("merged");

  expect(fanout.backlogDeliveries).toBe(18);
  expect(fanout.mergedByClass[coalescable]).toBe(1);
  expect(served(fanout)).toEqual(["1:off", "1:b", "2:other room"]);
  expect(fanout.enqueue(1, coalescable, 5, "p_a/mute", { name: "again" })).toBe("queued");
});

test("[TB8] critical items never merge, whatever their key", () => {
  const fanout = scheduler(100);
  fanout.enqueue(1, critical, 1, "k", { name: "first" });
  expect(fanout.enqueue(1, critical, 1, "k", { name: "second" })).toBe("queued");

  expect(served(fanout)).toEqual(["1:first", "1:second"]);
});

test("[TB9] over the backlog the oldest droppable goes first, then coalescable, never critical", () => {
  const fanout = scheduler(100, 10);
  fanout.enqueue(1, coalescable, 3, "", { name: "mute" });
  fanout.enqueue(1, droppable, 3, "", { name: "speaking1" });
  fanout.enqueue(2, droppable, 3, "", { name: "speaking2" });

  expect(fanout.enqueue(3, droppable, 3, "", { name: "speaking3" })).toBe("displaced");
  expect(fanout.enqueue(3, coalescable, 8, "", { name: "meta" })).toBe("displaced");
  expect(fanout.enqueue(2, droppable, 3, "", { name: "speaking4" })).toBe("dropped");
  expect(fanout.enqueue(4, critical, 9, "", { name: "joined" })).toBe("displaced");
  expect(fanout.enqueue(4, critical, 9, "", { name: "left" })).toBe("queued");
  expect(fanout.enqueue(4, coalescable, 1, "", { name: "late" })).toBe("dropped");

  expect(Array.from(fanout.droppedByClass)).toEqual([0, 0, 3, 4]);
  expect(fanout.backlogDeliveries).toBe(18);
  expect(served(fanout)).toEqual(["4:joined", "4:left"]);
});

test("[TB6] a slice ends where its deliveries end, but its first item is always served", () => {
  const fanout = scheduler(100);
  fanout.enqueue(1, droppable, 70, "", { name: "a" });
  fanout.enqueue(2, droppable, 40, "", { name: "b" });
  fanout.enqueue(2, critical, 300, "", { name: "c" });

  expect(served(fanout, 100)).toEqual(["2:c"]);
  expect(served(fanout, 100)).toEqual(["1:a"]);
  expect(served(fanout, 0)).toEqual([]);
  expect(served(fanout, 100)).toEqual(["2:b"]);
  expect(served(fanout, 100)).toEqual([]);
});

test("[TB7] an item larger than the quantum is served after enough rounds", () => {
  const fanout = scheduler(10);
  fanout.enqueue(1, droppable, 95, "", { name: "large" });
  for (let n = 0; n < 20; n += 1) fanout.enqueue(2, droppable, 10, "", { name: "small" });

  expect(served(fanout).indexOf("1:large")).toBe(9);
});

test("[TB6] a forgotten room leaves nothing behind and the others untouched", () => {
  const fanout = scheduler(10);
  for (const room of [5, 6, 7]) {
    fanout.enqueue(room, critical, 2, "", { name: "c" });
    fanout.enqueue(room, coalescable, 2, "k", { name: "k" });
    fanout.enqueue(room, droppable, 2, "", { name: "d" });
  }
  fanout.forgetRoom(6);
  fanout.forgetRoom(99);

  expect(fanout.backlogItems).toBe(6);
  expect(fanout.backlogDeliveries).toBe(12);
  expect(served(fanout)).toEqual(["5:c", "7:c", "5:k", "5:d", "7:k", "7:d"]);
});

test("[TB9] the account balances under any sequence of operations", () => {
  const operation = fc.record({
    what: fc.constantFrom("enqueue", "enqueue", "enqueue", "serve", "forget"),
    room: fc.nat(4),
    deliveryClass: fc.constantFrom(critical, coalescable, droppable),
    cost: fc.nat(20),
    key: fc.constantFrom("", "a", "b"),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const fanout = scheduler(16, 60);
      const waiting = new Map<Update, number>();
      let entered = 0;
      let left = 0;
      for (const { what, room, deliveryClass, cost, key } of operations) {
        if (what === "serve") {
          fanout.serve(cost, (_room, item) => {
            waiting.set(item, (waiting.get(item) ?? 0) + 1);
            left += 1;
          });
        } else if (what === "forget") {
          const before = fanout.backlogItems;
          fanout.forgetRoom(room);
          left += before - fanout.backlogItems;
        } else {
          fanout.enqueue(room, deliveryClass, cost, key, { name: "" });
          entered += 1;
        }
        const lost = fanout.droppedByClass[2] + fanout.droppedByClass[3];
        const merged = fanout.mergedByClass[2] + fanout.mergedByClass[3];
        expect(entered).toBe(left + lost + merged + fanout.backlogItems);
        if (fanout.backlogItems === 0) expect(fanout.backlogDeliveries).toBe(0);
      }
      for (const times of waiting.values()) expect(times).toBe(1);
    }),
    { seed: 4, numRuns: 150 },
  );
});
