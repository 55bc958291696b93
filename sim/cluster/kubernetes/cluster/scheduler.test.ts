import { expect, test } from "vitest";
import { Bench, S } from "./cluster-fixture.ts";

const always = (valueMs: number) => ({ dist: "constant" as const, valueMs });
const machinesOf = (bench: Bench) => bench.cluster.lives.map(({ machine }) => machine);

test("[KC9] pods spread over zones, then over machines, and each in the zone of its slot", () => {
  const bench = new Bench({ replicas: 9, zones: 3, section: { machines: { count: 6 } } });
  // Machine 0 to 5 lie in zones 0, 1, 2, 0, 1, 2.
  expect(machinesOf(bench)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2]);
  bench.cluster.scaleTo(12);
  bench.runTo(60 * S);
  expect(machinesOf(bench).slice(9)).toEqual([3, 4, 5]);
});

test("[KC9] in whatever order pods get their turn, slot and machine agree on the zone", () => {
  const section = { pods: { schedulingMs: { dist: "uniform" as const, minMs: 0, maxMs: 4 * S } } };
  const bench = new Bench({ replicas: 2, zones: 3, section });
  bench.cluster.scaleTo(24);
  bench.runTo(60 * S);
  const lives = bench.cluster.lives.slice(2);
  const turns = lives.map(({ scheduledAtMs }) => scheduledAtMs!);
  expect(turns).not.toEqual(turns.toSorted((a, b) => a - b));
  expect(lives.map(({ machine }) => machine! % 3)).toEqual(lives.map(({ node }) => node % 3));
});

test("[KC9] a zone without room gives way to the one with the fewest pods", () => {
  const machines = { count: 2, countMax: 2, podsPerMachine: 3 };
  const bench = new Bench({ replicas: 4, zones: 3, section: { machines } });
  // Zone 2 has no machine, and its pod went to zone 0, which has its share then.
  expect(machinesOf(bench)).toEqual([0, 1, 0, 1]);
  expect([0, 1, 2, 3, 4].map((slot) => bench.cluster.zoneOfSlot(slot))).toEqual([
    0,
    1,
    0,
    1,
    undefined,
  ]);
});

test("[KC10] a pod without room waits for a machine: one is ordered for as many as it takes", () => {
  const machines = { count: 2, podsPerMachine: 4, countMax: 20, provisionMs: always(90 * S) };
  const bench = new Bench({ replicas: 8, section: { machines } });
  bench.cluster.scaleTo(13);
  bench.runTo(90 * S);
  expect(bench.cluster.counts).toMatchObject({ pending: 5, ready: 8, machines: 2 });
  bench.runTo(91 * S); // Ordered after 1 s, when the scheduler had looked.
  expect(bench.cluster.counts.machines).toBe(4);
  bench.runTo(120 * S);
  expect(bench.cluster.counts).toMatchObject({ pending: 0, ready: 13 });
  // The new machines pull first: 91 + 10 + 4.
  const lives = bench.cluster.lives.slice(8);
  expect(lives.map(({ scheduledAtMs }) => scheduledAtMs)).toEqual(Array(5).fill(91 * S));
  expect(lives.map(({ readyAtMs }) => readyAtMs)).toEqual(Array(5).fill(105 * S));
  expect(bench.cluster.machineMs(100 * S)).toBe(2 * 100 * S + 2 * 9 * S);
});

test("[KC10] beyond countMax pods wait for a place to come free", () => {
  const machines = { count: 2, podsPerMachine: 2, countMax: 3 };
  const bench = new Bench({
    kind: "StatefulSet",
    replicas: 4,
    section: { machines },
    drainMs: 15 * S,
  });
  bench.cluster.scaleTo(8);
  bench.runTo(300 * S);
  expect(bench.cluster.counts).toMatchObject({ machines: 3, ready: 6, pending: 2 });
  const waiting = bench.slots.filter((slot) => bench.cluster.podOfSlot(slot)!.phase === "Pending");
  expect(waiting).toEqual([6, 7]);
  expect(bench.cluster.podOfSlot(6)!.view([])).toMatchObject({
    ready: undefined,
    startedAtMs: undefined,
  });
});

test("[KC10] a place that comes free goes to the pod that waits for longest", () => {
  const machines = { count: 2, podsPerMachine: 2, countMax: 2 };
  const bench = new Bench({ replicas: 4, section: { machines }, drainMs: 30 * S });
  for (const [atS, replicas] of [
    [0, 3],
    [7, 2],
    [10, 3],
    [12, 4],
  ]) {
    bench.runTo(atS * S);
    bench.cluster.scaleTo(replicas);
  }
  bench.runTo(36 * S);
  expect(bench.cluster.counts).toMatchObject({ ready: 3, pending: 1, terminating: 1 });
  bench.runTo(60 * S);
  const placed = bench.cluster.lives.slice(4).map(({ scheduledAtMs }) => scheduledAtMs);
  expect(placed).toEqual([30 * S, 37 * S]);
});

test("[KC10] the beginning has the machines that it needs, up to countMax", () => {
  const machines = { count: 1, podsPerMachine: 2, countMax: 3 };
  const bench = new Bench({ replicas: 7, section: { machines } });
  expect(bench.cluster.counts).toMatchObject({ machines: 3, ready: 6, pending: 1 });
});

test("[KC11] one pull per machine: pods that come meanwhile wait for it, later ones find the image", () => {
  const machines = {
    count: 4,
    podsPerMachine: 4,
    imagesAtStart: "where-pods-run" as const,
  };
  const bench = new Bench({ replicas: 1, zones: 1, section: { machines } });
  bench.cluster.scaleTo(4); // Machines 1, 2 and 3 are empty.
  bench.runTo(5 * S);
  bench.cluster.scaleTo(6); // Machine 0 has the image, machine 1 pulls it.
  bench.runTo(60 * S);
  bench.cluster.scaleTo(8);
  bench.runTo(120 * S);
  const pulls = bench.cluster.lives.map(({ machine, scheduledAtMs, pulledAtMs }) => [
    machine,
    scheduledAtMs! / S,
    pulledAtMs! / S,
  ]);
  expect(pulls.slice(1)).toEqual([
    [1, 1, 11],
    [2, 1, 11],
    [3, 1, 11],
    [0, 6, 6],
    [1, 6, 11],
    [2, 61, 61],
    [3, 61, 61],
  ]);
});

test("[KC11] a new revision is a new image; a machine pulls one at a time", () => {
  const bench = new Bench({
    replicas: 2,
    zones: 1,
    section: { machines: { count: 1, countMax: 1 } },
  });
  bench.cluster.rollOut();
  bench.runTo(2 * S);
  bench.cluster.rollOut();
  bench.runTo(600 * S);
  const pulled = bench.cluster.lives.slice(2).map(({ pulledAtMs }) => pulledAtMs);
  // The pod of the first update was taken away while it pulled; the pull went on until 11 s.
  expect(pulled).toEqual([undefined, 21 * S, 36 * S]);
});
