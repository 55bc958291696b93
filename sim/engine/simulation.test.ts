import { expect, test } from "vitest";
import { AdaptiveQueue } from "./adaptive-queue.ts";
import type { EventQueue } from "./event-queue.ts";
import { QuaternaryHeap } from "./quaternary-heap.ts";
import { Simulation } from "./simulation.ts";
import type { EventHandler } from "./simulation.ts";
import { TimingWheel } from "./timing-wheel.ts";

/** Writes down what happens, and lets kind 1 schedule a child. */
class Journal implements EventHandler {
  readonly lines: string[] = [];
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  handle(kind: number, a: number, b: number): void {
    this.lines.push(`${this.#simulation.nowUs}:${kind}:${a}:${b}`);
    if (kind === 1) this.#simulation.schedule(0, 2, a, b);
    if (kind === 3) this.#simulation.stop();
  }
}

/** A world that branches, dies out and starts anew: handles decide what follows. */
class Branching implements EventHandler {
  readonly #simulation: Simulation;
  seen = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  handle(kind: number, a: number, b: number): void {
    this.seen++;
    const mixed = Math.imul(a ^ (b << 3), 0x9e3779b1) ^ kind;
    const children = this.#simulation.pendingCount < 300 ? 2 : (mixed >>> 7) % 3;
    for (let child = 0; child < children; child++) {
      const delayUs = (mixed >>> (3 * child)) % (child === 0 ? 5_000 : 3_000_000);
      this.#simulation.schedule(delayUs, (mixed + child) & 7, mixed ^ child, this.seen);
    }
  }
}

function digestOf(queue: EventQueue, eventsMax = 30_000): string {
  const simulation = new Simulation(queue);
  for (let i = 0; i < 200; i++) simulation.at(i * 50, i & 7, i, -i);
  expect(simulation.run(1e12, new Branching(simulation), { eventsMax })).toBe("events");
  return simulation.digest();
}

test("[EV4] time is that of the event, and children of this microsecond come before the next", () => {
  const simulation = new Simulation();
  const journal = new Journal(simulation);
  simulation.at(30, 4, 30, 0);
  simulation.at(10, 1, 10, 1);
  simulation.at(10, 4, 10, 2);
  simulation.schedule(20, 1, 20, 0);

  expect(simulation.run(29, journal)).toBe("until");
  expect(simulation.nowUs).toBe(29);
  expect(simulation.nowMs).toBe(0.029);
  expect(journal.lines).toEqual(["10:1:10:1", "10:4:10:2", "10:2:10:1", "20:1:20:0", "20:2:20:0"]);

  simulation.schedule(0, 4, 29, 0);
  expect(simulation.run(1_000, journal)).toBe("empty");
  expect(journal.lines.slice(5)).toEqual(["29:4:29:0", "30:4:30:0"]);
  expect(simulation.nowUs).toBe(1_000);
  expect(simulation.eventCount).toBe(7);
});

test("[EV4] a run ends early when it is stopped or has had enough events, and can go on", () => {
  const simulation = new Simulation();
  const journal = new Journal(simulation);
  for (let i = 1; i <= 9; i++) simulation.at(i * 100, i === 5 ? 3 : 4, i, 0);

  expect(simulation.run(10_000, journal, { eventsMax: 3 })).toBe("events");
  expect([simulation.nowUs, simulation.eventCount]).toEqual([300, 3]);
  expect(simulation.run(10_000, journal)).toBe("stopped");
  expect([simulation.nowUs, simulation.eventCount]).toEqual([500, 5]);
  expect(simulation.run(Infinity, journal)).toBe("empty");
  expect([simulation.nowUs, simulation.eventCount]).toEqual([900, 9]);
});

test("[EV2] delays and instants are whole microseconds and not in the past", () => {
  const simulation = new Simulation();
  simulation.run(500, new Journal(simulation));
  expect(() => simulation.schedule(-1, 0, 0, 0)).toThrow("whole microseconds");
  expect(() => simulation.schedule(0.5, 0, 0, 0)).toThrow("whole microseconds");
  expect(() => simulation.at(600.25, 0, 0, 0)).toThrow("whole microseconds");
  expect(() => simulation.at(499, 0, 0, 0)).toThrow("not before the current time");
});

test("[EV4] a payload reaches its event, and only its own", () => {
  const simulation = new Simulation();
  const offer = { sdp: "offer" };
  const seen: (object | undefined)[] = [];
  simulation.at(5, 0, 0, 0);
  simulation.at(5, 0, 0, 0, offer);
  simulation.at(5, 0, 0, 0);
  simulation.run(9, { handle: (_kind, _a, _b, payload) => void seen.push(payload) });
  expect(seen).toEqual([undefined, offer, undefined]);
  expect(seen[1]).toBe(offer);
});

test("[EV5] heap, wheel and adaptive queue give the same digest, again and again", () => {
  const digests = [
    new QuaternaryHeap(),
    new TimingWheel(),
    new AdaptiveQueue(),
    new AdaptiveQueue({ wheelFrom: 250, heapBelow: 200 }),
    new TimingWheel(),
  ].map((queue) => digestOf(queue));
  expect(new Set(digests)).toEqual(new Set(["75bc5661e2e8a2bb"]));
});

test("[EV5] the digest tells events apart by time, kind, handles, order and number", () => {
  const digestOfEvents = (...events: [number, number, number, number][]): string => {
    const simulation = new Simulation();
    for (const event of events) simulation.at(...event);
    simulation.run(Infinity, { handle: () => {} });
    return simulation.digest();
  };
  const digests = [
    digestOfEvents(),
    digestOfEvents([0, 0, 0, 0]),
    digestOfEvents([0, 0, 0, 0], [0, 0, 0, 0]),
    digestOfEvents([1, 0, 0, 0]),
    digestOfEvents([0x1_0000_0000, 0, 0, 0]),
    digestOfEvents([0, 1, 0, 0]),
    digestOfEvents([0, 0, 1, 0]),
    digestOfEvents([0, 0, 0, 1]),
    digestOfEvents([0, 0, 0, -1]),
    digestOfEvents([5, 0, 1, 2], [5, 0, 2, 1]),
    digestOfEvents([5, 0, 2, 1], [5, 0, 1, 2]),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/);
});

test("[EV6] an observer sees every event before its handler and changes nothing", () => {
  const run = (isObserved: boolean): [string, string[]] => {
    const simulation = new Simulation();
    const lines: string[] = [];
    if (isObserved) {
      simulation.observe({
        eventSeen: (index, atUs, kind, a, b) =>
          void lines.push(`${index} ${atUs} ${kind} ${a} ${b}`),
      });
    }
    const handler = new Journal(simulation);
    simulation.at(7, 1, 3, 4);
    simulation.at(8, 4, 5, 6);
    simulation.run(100, handler);
    return [simulation.digest(), lines];
  };
  const [digest, lines] = run(true);
  expect(lines).toEqual(["0 7 1 3 4", "1 7 2 3 4", "2 8 4 5 6"]);
  expect(run(false)).toEqual([digest, []]);
});
