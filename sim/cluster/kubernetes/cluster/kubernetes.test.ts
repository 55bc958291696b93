import { expect, test } from "vitest";
import { Bench, S } from "./cluster-fixture.ts";

test.each(["Deployment", "StatefulSet"] as const)("a %s grows, is updated, and shrinks", (kind) => {
  const bench = new Bench({ kind });
  expect(bench.cluster.counts).toEqual({
    desired: 8,
    current: 8,
    ready: 8,
    pending: 0,
    terminating: 0,
    machines: 12,
  });
  bench.cluster.scaleTo(12);
  bench.runTo(60 * S);
  expect(bench.cluster.counts).toMatchObject({ current: 12, ready: 12 });
  bench.cluster.rollOut();
  bench.runTo(1_000 * S);
  expect(bench.countOf(1)).toBe(12);
  bench.cluster.scaleTo(3);
  bench.runTo(2_000 * S);
  expect(bench.cluster.counts).toMatchObject({ current: 3, ready: 3, terminating: 0 });
});
