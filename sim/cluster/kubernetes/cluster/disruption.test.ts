import { expect, test } from "vitest";
import { Bench, S } from "./cluster-fixture.ts";

const startMs = { dist: "constant" as const, valueMs: 2 * S };
const deletionsOf = (bench: Bench) =>
  bench.cluster.lives
    .filter(({ deletedFor }) => deletedFor === "eviction")
    .map(({ deletedAtMs }) => deletedAtMs! / S)
    .toSorted((a, b) => a - b);

test("[KC16] a drain evicts one pod, and tries the next every 5 s until the budget allows it", () => {
  const machines = { count: 4, podsPerMachine: 4 };
  const bench = new Bench({ replicas: 8, zones: 1, section: { machines, pods: { startMs } } });
  bench.observe = () => expect(bench.cluster.counts.ready).toBeGreaterThanOrEqual(7);
  bench.cluster.drainMachines(1);
  bench.runTo(300 * S);
  // The replacement is ready at 3 s: the budget is of ready pods, not of available ones.
  expect(deletionsOf(bench)).toEqual([0, 5]);
  const replaced = bench.cluster.lives.slice(8);
  expect(replaced.map(({ createdFor }) => createdFor)).toEqual(["replacement", "replacement"]);
  expect(replaced.some(({ machine }) => machine === 0)).toBe(false);
  expect(bench.cluster.counts).toMatchObject({ ready: 8, machines: 4 });
});

test("[KC16] of a StatefulSet the next eviction waits for the drain, too: the name is taken", () => {
  const machines = { count: 4, podsPerMachine: 4 };
  const bench = new Bench({
    kind: "StatefulSet",
    zones: 1,
    section: { machines },
    drainMs: 31 * S,
  });
  bench.cluster.drainMachines(1);
  bench.runTo(300 * S);
  // Gone at 31 s, ready at 36 s, seen at the try of 40 s.
  expect(deletionsOf(bench)).toEqual([0, 40]);
});

test("[KC16] a budget of two lets two go; machines with the most pods are drained first", () => {
  const machines = { count: 4, podsPerMachine: 4 };
  const section = { machines, pods: { startMs }, disruption: { maxUnavailable: 2 } };
  const bench = new Bench({ replicas: 9, zones: 1, section }); // Machine 0 has three pods, the others two.
  bench.cluster.drainMachines(1);
  bench.runTo(300 * S);
  expect(deletionsOf(bench)).toEqual([0, 0, 5]);
  const evicted = bench.cluster.lives.filter(({ deletedFor }) => deletedFor === "eviction");
  expect(evicted.map(({ machine }) => machine)).toEqual([0, 0, 0]);
});

test("[KC16] a budget of none lets a ready pod never go, and slows neither scaling nor an update", () => {
  const section = { disruption: { maxUnavailable: 0 } };
  const bench = new Bench({ replicas: 8, section });
  bench.cluster.drainMachines(12);
  bench.runTo(100 * S);
  expect(deletionsOf(bench)).toEqual([]);
  bench.cluster.scaleTo(3);
  expect(bench.cluster.counts).toMatchObject({ current: 3, terminating: 5 });
  const other = new Bench({ replicas: 8, section });
  other.cluster.rollOut();
  other.runTo(300 * S);
  expect(other.countOf(1)).toBe(8);
});

test("[KC16] a pod that runs nothing yet may always go; one that is unready while enough others are ready", () => {
  const machines = { count: 1, countMax: 2, podsPerMachine: 8 };
  const bench = new Bench({ kind: "StatefulSet", replicas: 4, zones: 1, section: { machines } });
  bench.crash(2);
  bench.cluster.drainMachines(1);
  expect(deletionsOf(bench)).toEqual([0]);
  expect(bench.cluster.podOfSlot(2)!.machine).toBeUndefined(); // The crashed one went, its successor waits.
});

test("[KC17] pods of a lost zone are killed at once, and replaced elsewhere after 300 s", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 9, zones: 3 });
  bench.runTo(10 * S);
  bench.cluster.machinesDied(1);
  expect(bench.log).toEqual(["10 kill 1", "10 kill 4", "10 kill 7"]);
  expect(bench.cluster.counts).toMatchObject({ current: 9, ready: 6, machines: 8 });
  expect(bench.cluster.podViews()[4]).toMatchObject({
    phase: "Unknown",
    ready: "False",
    readyChangedAtMs: 10 * S,
    isDeleted: false,
  });
  bench.runTo(309 * S);
  expect(bench.cluster.counts).toMatchObject({ current: 9, ready: 6 });
  bench.runTo(330 * S);
  expect(bench.cluster.counts).toMatchObject({ current: 9, ready: 9 });
  expect(bench.cluster.lives[4]).toMatchObject({ goneAtMs: 310 * S, sessionsKilled: 100 });
  const replaced = bench.cluster.lives.slice(9);
  expect(replaced.map(({ node, createdFor }) => [node, createdFor])).toEqual([
    [1, "replacement"],
    [4, "replacement"],
    [7, "replacement"],
  ]);
  expect(replaced.map(({ machine }) => machine! % 3)).not.toContain(1);
  expect(bench.cluster.machineMs(310 * S)).toBe(8 * 310 * S + 4 * 10 * S);
});

test("[KC16, KC17] pods that a lost zone took use the budget up: a drain waits for their replacements", () => {
  const bench = new Bench({ replicas: 6, zones: 3 });
  bench.cluster.machinesDied(0);
  bench.runTo(2 * S);
  bench.cluster.drainMachines(1);
  bench.runTo(1_000 * S);
  // Replaced at 300 s and ready at 305 s; tries are at 2 s, 7 s … 307 s. The other evictions are the replacements'.
  expect(deletionsOf(bench)).toEqual([300, 300, 307]);
});

test("[KC17] machines that come after the loss of a zone lie in the others", () => {
  const machines = { count: 3, podsPerMachine: 2, countMax: 8 };
  const bench = new Bench({ replicas: 6, zones: 3, section: { machines } });
  bench.cluster.machinesDied(0);
  bench.runTo(1_000 * S);
  expect(bench.cluster.counts).toMatchObject({ ready: 6, machines: 3 });
  expect(bench.cluster.lives.at(-1)!.machine).toBe(3); // The fourth: of zone 1, since 0 is lost.
});
