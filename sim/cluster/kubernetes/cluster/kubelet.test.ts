import { expect, test } from "vitest";
import { Bench, S } from "./cluster-fixture.ts";
import { backoffMs } from "./kubelet.ts";

const always = (valueMs: number) => ({ dist: "constant" as const, valueMs });

test.each([
  { startMs: 4 * S, delayMs: 0, readyS: 5 },
  { startMs: 4_001, delayMs: 0, readyS: 7 },
  { startMs: 1 * S, delayMs: 5 * S, readyS: 6 },
  { startMs: 6 * S, delayMs: 5 * S, readyS: 8 },
  { startMs: 0, delayMs: 0, readyS: 1 },
])(
  "[KC12] serving $startMs ms after its start, first probed at $delayMs ms, ready at $readyS s",
  ({ startMs, delayMs, readyS }) => {
    const section = { pods: { startMs: always(startMs), readinessDelayMs: delayMs } };
    const bench = new Bench({ replicas: 1, section });
    bench.cluster.scaleTo(2); // Scheduled at 1 s; probed every 2 s from then on.
    bench.runTo(60 * S);
    const life = bench.cluster.lives[1];
    expect([life.servedAtMs, life.readyAtMs]).toEqual([1 * S + startMs, readyS * S]);
  },
);

test("[KC12, KC19] what the autoscaler sees of a pod on its way", () => {
  const bench = new Bench({
    replicas: 1,
    section: { machines: { imagesAtStart: "where-pods-run" } },
  });
  bench.cluster.scaleTo(2);
  const view = () => {
    const { phase, ready, readyChangedAtMs, startedAtMs } = bench.cluster.podViews()[1];
    return [phase, ready, readyChangedAtMs, startedAtMs];
  };
  expect(view()).toEqual(["Pending", undefined, undefined, undefined]);
  bench.runTo(2 * S); // Pulling.
  expect(view()).toEqual(["Pending", "False", 1 * S, 1 * S]);
  bench.runTo(12 * S); // Starting.
  expect(view()).toEqual(["Running", "False", 1 * S, 1 * S]);
  bench.runTo(60 * S);
  expect(view()).toEqual(["Running", "True", 15 * S, 1 * S]);
  bench.cluster.scaleTo(1);
  const [deleted] = bench.cluster.podViews().filter(({ isDeleted }) => isDeleted);
  expect([deleted.phase, deleted.ready, deleted.readyChangedAtMs]).toEqual([
    "Running",
    "False",
    60 * S,
  ]);
});

test("[KC19] views name containers with their CPU request", () => {
  const bench = new Bench({ replicas: 2, section: { pods: { cpuRequestMilli: 750 } } });
  const [{ containers, initContainers, podRequestsMilli }] = bench.cluster.podViews();
  expect(containers.map(({ requestsMilli }) => [...requestsMilli])).toEqual([[["cpu", 750n]]]);
  expect([initContainers.length, podRequestsMilli.size]).toEqual([0, 0]);
});

test.each([
  { crash: 1, delayS: 1 },
  { crash: 2, delayS: 10 },
  { crash: 3, delayS: 20 },
  { crash: 6, delayS: 160 },
  { crash: 7, delayS: 300 },
  { crash: 40, delayS: 300 },
])("[KC13] crash $crash in a row waits for $delayS s", ({ crash, delayS }) => {
  expect(backoffMs(crash, 1 * S)).toBe(delayS * S);
});

test("[KC13] a process that crashed is started again in its pod; after ten good minutes all is forgiven", () => {
  const bench = new Bench({ replicas: 3 });
  const pod = bench.cluster.podOfSlot(1)!;
  bench.crash(1);
  expect([pod.phase, pod.isReady, pod.isAvailable]).toEqual(["Running", false, false]);
  bench.runTo(60 * S);
  bench.crash(1);
  bench.runTo(670 * S); // Restarted at 70 s.
  bench.crash(1);
  bench.runTo(700 * S);
  expect(bench.log).toEqual([
    "0 crash 1",
    "5 serve 1",
    "60 crash 1",
    "74 serve 1",
    "670 crash 1",
    "675 serve 1",
  ]);
  expect([pod.restartCount, pod.isReady, bench.cluster.lives.length]).toEqual([3, true, 3]);
});

test("[KC13] a restart makes older alarms of the container void", () => {
  const bench = new Bench({ replicas: 1 });
  bench.cluster.scaleTo(2);
  bench.runTo(7 * S); // Ready at 5 s, to be available at 15 s.
  bench.crash(1); // Serves again at 12 s, available at 22 s.
  bench.runTo(16 * S);
  expect(bench.cluster.podOfSlot(1)).toMatchObject({ isReady: true, isAvailable: false });
  bench.runTo(22 * S);
  expect(bench.cluster.podOfSlot(1)!.isAvailable).toBe(true);
});

test("[KC14] told to stop after the notice, killed at the end of the grace with what it still had", () => {
  const section = { pods: { drainNoticeMs: 5 * S, graceMs: 40 * S } };
  const sessions = (slot: number) => 100 + slot;
  const bench = new Bench({ kind: "StatefulSet", drainMs: Infinity, section, sessions });
  bench.cluster.scaleTo(6);
  bench.runTo(100 * S);
  expect(bench.log).toEqual(["5 terminate 7", "5 terminate 6", "40 kill 7", "40 kill 6"]);
  expect(bench.cluster.lives[7]).toMatchObject({
    deletedAtMs: 0,
    goneAtMs: 40 * S,
    deletedFor: "scale-down",
    sessionsAtDelete: 107,
    sessionsKilled: 107,
  });
});

test("[KC14] a process that ends earlier takes its pod with it, and loses nobody", () => {
  const bench = new Bench({ replicas: 8, drainMs: 20 * S });
  bench.cluster.scaleTo(7);
  bench.runTo(200 * S);
  const gone = bench.cluster.lives.filter(({ goneAtMs }) => goneAtMs !== undefined);
  expect(gone).toHaveLength(1);
  expect(gone[0]).toMatchObject({ goneAtMs: 20 * S, sessionsAtDelete: 100, sessionsKilled: 0 });
  expect(bench.log.filter((line) => line.includes("kill"))).toEqual([]);
});

test("[KC14] a terminating process that crashes is not started again", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 3, drainMs: Infinity });
  bench.cluster.scaleTo(2);
  bench.runTo(10 * S);
  bench.crash(2);
  expect(bench.cluster.counts).toMatchObject({ current: 2, terminating: 0 });
  bench.runTo(300 * S);
  expect(bench.log).toEqual(["0 terminate 2", "10 crash 2"]);
});

test("[KC15] a pod that nobody was served by is gone at once, wherever it was on its way", () => {
  for (const atMs of [0, 500, 2 * S, 12 * S]) {
    const machines = { imagesAtStart: "where-pods-run" as const };
    const bench = new Bench({ replicas: 2, section: { machines } });
    bench.cluster.scaleTo(5);
    bench.runTo(atMs);
    bench.cluster.scaleTo(2);
    expect(bench.cluster.counts).toMatchObject({ current: 2, terminating: 0, pending: 0 });
    bench.runTo(300 * S);
    expect(bench.log).toEqual([]);
    expect(bench.cluster.lives[4]).toMatchObject({ deletedAtMs: atMs, goneAtMs: atMs });
  }
});
