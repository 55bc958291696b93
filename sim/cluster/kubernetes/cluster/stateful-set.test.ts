import { expect, test } from "vitest";
import { Bench, S } from "./cluster-fixture.ts";

const names = (bench: Bench) => bench.cluster.podViews().map(({ name }) => name);

test("[KC6] Parallel: all ordinals that are missing come at once, the highest ones go at once", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 3 });
  bench.cluster.scaleTo(6);
  expect(names(bench)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `stormglass-node-${i}`));
  bench.runTo(60 * S);
  bench.cluster.scaleTo(2);
  expect(bench.slots).toEqual([0, 1]);
  const gone = bench.cluster.lives.filter(({ deletedFor }) => deletedFor === "scale-down");
  expect(gone.map(({ node, deletedAtMs }) => [node, deletedAtMs])).toEqual(
    [2, 3, 4, 5].map((node) => [node, 60 * S]),
  );
});

test("[KC6] a name that is terminating comes back when it is gone, not before", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 4, drainMs: 30 * S });
  bench.cluster.scaleTo(2);
  bench.runTo(10 * S);
  bench.cluster.scaleTo(5);
  expect(bench.slots).toEqual([0, 1, 4]); // 2 and 3 are still ending.
  bench.runTo(29 * S);
  expect(bench.slots).toEqual([0, 1, 4]);
  bench.runTo(31 * S);
  expect(bench.slots).toEqual([0, 1, 2, 3, 4]);
  const [third] = bench.cluster.lives.filter(
    ({ node, createdAtMs }) => node === 3 && createdAtMs > 0,
  );
  expect(third).toMatchObject({ createdFor: "scale-up", createdAtMs: 30 * S });
});

test("[KC7] an update goes from the highest ordinal down, each available before the next is taken", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 3 });
  bench.cluster.rollOut();
  bench.observe = () => expect(bench.availableCount).toBeGreaterThanOrEqual(2);
  bench.runTo(600 * S);
  // Drained 20 s; scheduled 1 s, pulled 10 s unless the machine has the image by now, started 4 s, ready for 10 s.
  expect(bench.log).toEqual([
    "0 terminate 2",
    "20 end 2",
    "35 serve 2",
    "45 terminate 1",
    "65 end 1",
    "80 serve 1",
    "90 terminate 0",
    "110 end 0",
    "125 serve 0",
  ]);
  expect(bench.countOf(1)).toBe(3);
});

test("[KC7] an update waits for a pod that it replaced and that is not available", () => {
  const bench = new Bench({
    kind: "StatefulSet",
    replicas: 3,
    section: { pods: { startMs: { dist: "constant", valueMs: 1e9 } } },
  });
  bench.cluster.rollOut();
  bench.runTo(3_600 * S);
  expect([bench.countOf(0), bench.countOf(1)]).toEqual([2, 1]);
  expect(bench.slots).toEqual([0, 1, 2]);
});

test("[KC7] pods that come during an update have the new revision", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 3 });
  bench.cluster.rollOut();
  bench.runTo(1 * S);
  bench.cluster.scaleTo(5);
  expect([3, 4].map((slot) => bench.cluster.podOfSlot(slot)?.revision)).toEqual([1, 1]);
  bench.runTo(600 * S);
  expect(bench.countOf(1)).toBe(5);
});

test("[KC8] a StatefulSet's status counts terminating pods until they are gone", () => {
  const bench = new Bench({ kind: "StatefulSet", replicas: 8, drainMs: 30 * S });
  bench.cluster.scaleTo(5);
  expect([bench.cluster.specReplicas, bench.cluster.statusReplicas]).toEqual([5, 8]);
  expect(bench.cluster.counts).toMatchObject({ current: 5, terminating: 3 });
  bench.runTo(30 * S);
  expect(bench.cluster.statusReplicas).toBe(5);
});
