import fc from "fast-check";
import { expect, test } from "vitest";
import { AdaptiveQueue } from "./adaptive-queue.ts";
import { TIME_US_MAX } from "./event-queue.ts";
import type { EventQueue } from "./event-queue.ts";
import { QuaternaryHeap } from "./quaternary-heap.ts";
import { TimingWheel } from "./timing-wheel.ts";

// One suite, every queue: what is said here is the rule, not a property of one structure.

const QUEUES: [string, () => EventQueue][] = [
  ["heap", () => new QuaternaryHeap()],
  ["wheel", () => new TimingWheel()],
  ["adaptive", () => new AdaptiveQueue()],
  ["adaptive, changing all the time", () => new AdaptiveQueue({ wheelFrom: 24, heapBelow: 8 })],
];

interface Reference {
  readonly atUs: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: object | undefined;
}

/** Obviously right: keeps everything sorted, inserts behind the last event that is not later. */
class SortedQueue {
  readonly events: Reference[] = [];

  push(event: Reference): void {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle].atUs <= event.atUs) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, event);
  }
}

const DELAYS: Record<string, fc.Arbitrary<number>> = {
  ties: fc.nat(3),
  near: fc.nat(1_500),
  "seconds, like a hold model": fc.nat(4_000_000),
  "signalling mix": fc.oneof(
    { weight: 70, arbitrary: fc.integer({ min: 5_000, max: 90_000 }) },
    { weight: 20, arbitrary: fc.integer({ min: 22_500_000, max: 27_500_000 }) },
    { weight: 8, arbitrary: fc.nat(4_000_000) },
    { weight: 2, arbitrary: fc.integer({ min: 285_000_000, max: 315_000_000 }) },
  ),
  "digit boundaries": fc.constantFrom(
    0,
    1,
    ...[0x400, 0x10_0000, 0x4000_0000, 0x8000_0000, 0x100_0000_0000].flatMap((edge) => [
      edge - 1,
      edge,
      edge + 1,
    ]),
  ),
  "far overflow": fc.nat(2_000_000_000_000),
};

type Step =
  | { readonly do: "push"; readonly delayUs: number; readonly withPayload: boolean }
  | { readonly do: "pop" }
  | { readonly do: "popUntil"; readonly aheadUs: number };

function steps(delayUs: fc.Arbitrary<number>): fc.Arbitrary<Step[]> {
  const push = fc.record({
    do: fc.constant("push" as const),
    delayUs,
    withPayload: fc.boolean(),
  });
  const pop = fc.record({ do: fc.constant("pop" as const) });
  const popUntil = fc.record({ do: fc.constant("popUntil" as const), aheadUs: delayUs });
  return fc.array(
    fc.oneof(
      { weight: 5, arbitrary: push },
      { weight: 3, arbitrary: pop },
      { weight: 1, arbitrary: popUntil },
    ),
    { minLength: 20, maxLength: 300 },
  );
}

function play(queue: EventQueue, script: readonly Step[]): void {
  const reference = new SortedQueue();
  let nowUs = 0;
  let serial = 0;
  const expectPopped = (popped: boolean, limitUs: number): void => {
    const first = reference.events[0];
    const due = first !== undefined && first.atUs <= limitUs;
    expect(popped).toBe(due);
    if (due) {
      reference.events.shift();
      const { atUs, kind, a, b, payload } = queue;
      if (atUs !== first.atUs || a !== first.a) expect({ atUs, a }).toEqual(first);
      if (kind !== first.kind || b !== first.b) expect({ kind, b }).toEqual(first);
      expect(payload).toBe(first.payload);
      nowUs = atUs;
    } else if (limitUs < Infinity) nowUs = Math.max(nowUs, limitUs);
  };
  for (const step of script) {
    if (step.do === "push") {
      const event: Reference = {
        atUs: nowUs + step.delayUs,
        kind: (serial * 7) & 255,
        a: serial++,
        b: -serial,
        payload: step.withPayload ? { serial } : undefined,
      };
      reference.push(event);
      queue.push(event.atUs, event.kind, event.a, event.b, event.payload);
    } else if (step.do === "pop") expectPopped(queue.pop(), Infinity);
    else expectPopped(queue.popUntil(nowUs + step.aheadUs), nowUs + step.aheadUs);
    expect(queue.size).toBe(reference.events.length);
  }
  while (reference.events.length > 0) expectPopped(queue.pop(), Infinity);
  expect(queue.pop()).toBe(false);
}

for (const [name, create] of QUEUES) {
  for (const [workload, delayUs] of Object.entries(DELAYS)) {
    test(`[EV1] ${name}: events leave by time, then by insertion (${workload})`, () => {
      fc.assert(
        fc.property(steps(delayUs), (script) => play(create(), script)),
        { seed: 1, numRuns: 60 },
      );
    });
  }

  test(`[EV1] ${name}: a hundred thousand events in one microsecond leave first come, first out`, () => {
    const queue = create();
    for (let i = 0; i < 100_000; i++)
      queue.push(i % 2 === 0 ? 777_777 : 777_778, 1, i, 0, undefined);
    for (let i = 0; i < 100_000; i += 2) {
      queue.pop();
      if (queue.a !== i) expect(queue.a).toBe(i);
    }
    expect(queue.size).toBe(50_000);
    for (let i = 1; i < 100_000; i += 2) {
      queue.pop();
      if (queue.a !== i) expect(queue.a).toBe(i);
    }
    expect(queue.size).toBe(0);
  });

  test(`[EV1] ${name}: an event pushed for the current microsecond leaves after those already there`, () => {
    const queue = create();
    queue.push(50, 0, 1, 0, undefined);
    queue.push(50, 0, 2, 0, undefined);
    queue.push(51, 0, 4, 0, undefined);
    expect(queue.pop()).toBe(true);
    queue.push(50, 0, 3, 0, undefined);
    const order: number[] = [];
    while (queue.pop()) order.push(queue.a);
    expect(order).toEqual([2, 3, 4]);
  });

  test(`[EV2] ${name}: nothing is pushed into the past`, () => {
    const queue = create();
    queue.push(2_000, 0, 0, 0, undefined);
    queue.push(9_000_000, 0, 0, 0, undefined);
    queue.pop();
    expect(() => queue.push(1_999, 0, 0, 0, undefined)).toThrow("not before the current time");
    expect(queue.popUntil(5_000_000)).toBe(false);
    expect(() => queue.push(4_999_999, 0, 0, 0, undefined)).toThrow("not before the current time");
    queue.push(5_000_000, 0, 7, 0, undefined);
    queue.pop();
    expect(queue.a).toBe(7);
    expect(() => queue.push(NaN, 0, 0, 0, undefined)).toThrow("not before the current time");
  });

  test(`[EV2] ${name}: kinds, handles and times keep their full range`, () => {
    const queue = create();
    queue.push(TIME_US_MAX - 1, 255, -2_147_483_648, 2_147_483_647, undefined);
    queue.push(3, 0, 2_147_483_647, -1, undefined);
    queue.pop();
    expect([queue.atUs, queue.kind, queue.a, queue.b]).toEqual([3, 0, 2_147_483_647, -1]);
    queue.pop();
    expect([queue.atUs, queue.kind]).toEqual([TIME_US_MAX - 1, 255]);
    expect([queue.a, queue.b]).toEqual([-2_147_483_648, 2_147_483_647]);
  });
}

test("[EV3] a queue changes from heap to wheel and back, and keeps the event it has just handed out", () => {
  const queue = new AdaptiveQueue({ wheelFrom: 100, heapBelow: 10 });
  queue.push(1, 9, 5, 6, queue);
  queue.pop();
  for (let i = 0; i < 100; i++) queue.push(1_000 - i, 1, i, 0, undefined);
  expect(queue.structure).toBe("wheel");
  expect([queue.atUs, queue.kind, queue.a, queue.b]).toEqual([1, 9, 5, 6]);
  expect(queue.payload).toBe(queue);
  for (let i = 99; i >= 8; i--) {
    expect(queue.pop()).toBe(true);
    expect(queue.a).toBe(i);
  }
  expect(queue.structure).toBe("heap");
  expect(queue.size).toBe(8);
});

test("[EV1] all queues agree on a long hold model with the signalling mix", () => {
  const queues = QUEUES.map(([, create]) => create());
  let state = 1;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 0x1_0000_0000;
  };
  const delay = (): number => {
    const u = draw();
    if (u < 0.7) return Math.floor(5_000 + 80_000 * draw());
    if (u < 0.9) return Math.floor(25_000_000 * (0.9 + 0.2 * draw()));
    return Math.floor((u < 0.98 ? 4_000_000 : 3_000_000_000) * draw());
  };
  for (let i = 0; i < 12_000; i++) {
    const atUs = delay();
    for (const queue of queues) queue.push(atUs, i & 255, i, ~i, undefined);
  }
  for (let i = 0; i < 40_000; i++) {
    const first = queues[0];
    for (const queue of queues) queue.pop();
    for (const queue of queues) {
      if (queue.atUs !== first.atUs || queue.a !== first.a) expect.unreachable("queues differ");
    }
    if (i % 5 === 4) continue; // Shrinks, so that the adaptive queue goes back.
    const atUs = first.atUs + delay();
    for (const queue of queues) queue.push(atUs, first.kind, first.a, first.b, undefined);
  }
  expect(new Set(queues.map((queue) => queue.size)).size).toBe(1);
});
