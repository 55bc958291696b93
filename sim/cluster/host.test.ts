import { expect, test } from "vitest";
import { Simulation, type EventHandler } from "../engine/simulation.ts";
import { Histogram } from "../metrics/histogram.ts";
import { Host } from "./host.ts";
import { EventKind } from "./kinds.ts";

const COSTS = { gcPauseUs: 0, gcEveryUs: 1e12, baseProcessBytes: 0 };
const FACT = EventKind.nodeReceives;

/** Notes when each fact has its turn and when its order leaves; a fact costs what it says. */
class NotingHost extends Host {
  readonly notes: [fact: number, turnMs: number, departsUs: number][] = [];
  readonly deadlinesMs: number[] = [];
  dueMs = Infinity;

  protected override perform(_kind: number, a: number, costUs: number): void {
    this.charge(costUs);
    this.notes.push([a, this.nowMs, this.departsUs]);
  }

  protected override deadlinePassed(): void {
    this.charge(100);
    this.deadlinesMs.push(this.nowMs);
    this.dueMs = Infinity;
  }

  protected override nextDeadlineMs(): number {
    return this.dueMs;
  }
}

function setUp(costs = COSTS): { sim: Simulation; host: NotingHost; play: (ms: number) => void } {
  const sim = new Simulation();
  const host = new NotingHost(0, "host", sim, costs, new Histogram());
  const handler: EventHandler = {
    handle(kind, a, b, payload) {
      if (kind === EventKind.hostTurn) host.turn();
      else if (kind === EventKind.hostWakes) host.wake();
      else host.arrive(kind, a, b, payload);
    },
  };
  return { sim, host, play: (ms) => sim.run(ms * 1_000, handler) };
}

test("[WD9] facts are served first come, first served, and their orders leave when they are paid for", () => {
  const { sim, host, play } = setUp();
  sim.at(1_000, FACT, 1, 300);
  sim.at(1_100, FACT, 2, 5_000); // Waits 200 µs: handled ahead, on the host's own clock.
  sim.at(1_200, FACT, 3, 50); // Waits more than a millisecond: has an event of its own.
  sim.at(9_000, FACT, 4, 10);
  play(20);
  expect(host.notes).toEqual([
    [1, 1, 1_300],
    [2, 1.3, 6_300],
    [3, 6.3, 6_350],
    [4, 9, 9_010],
  ]);
});

test("[WD9] a busy host is late with its deadlines, an idle one is not", () => {
  const { sim, host, play } = setUp();
  host.dueMs = 5;
  sim.at(4_000, FACT, 1, 30_000);
  play(50);
  expect(host.deadlinesMs).toEqual([34]);
  host.dueMs = 60.0004; // Between two microseconds: not before it.
  host.start();
  play(100);
  expect(host.deadlinesMs).toEqual([34, 60.001]);
});

test("[WD9] a crash takes what had not had its turn", () => {
  const { sim, host, play } = setUp();
  sim.at(1_000, FACT, 1, 10_000);
  sim.at(2_000, FACT, 2, 10);
  play(5);
  host.crash();
  play(50);
  expect(host.notes.map(([fact]) => fact)).toEqual([1]);
});

test("[WD9] computing costs a pause of the collector now and then", () => {
  const { sim, host, play } = setUp({ gcPauseUs: 4_000, gcEveryUs: 1_000, baseProcessBytes: 0 });
  sim.at(0, FACT, 1, 600);
  sim.at(600, FACT, 2, 600); // Ends the first millisecond of computing.
  sim.at(1_200, FACT, 3, 100);
  play(50);
  expect(host.notes.map(([, turnMs]) => turnMs)).toEqual([0, 0.6, 5.2]);
  expect(host.busyUs).toBe(600 + 4_600 + 100);
});
