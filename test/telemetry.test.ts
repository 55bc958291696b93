// A look at a run changes nothing of it, and sees what the result says in the end.

import { expect, test } from "vitest";
import { run } from "../sim/run.ts";
import type { Telemetry } from "../sim/cluster/telemetry.ts";
import { builtinScenario } from "./scenarios.ts";

test("[TV6] a run that is looked at is the same run, and the looks are those of its series", () => {
  const scenario = builtinScenario("node-death", ["clients.total=300", "cluster.nodes.count=3"]);
  const looks: (readonly [number, Telemetry])[] = [];
  const input = { scenario, seed: 1, variant: "full" };
  const seen = run({
    ...input,
    onProgress: (atMs, _events, look) => {
      if (atMs % 1_000 === 0) looks.push([atMs, look!()]);
    },
  });

  expect(seen).toEqual(run(input));
  expect(looks.length).toBeGreaterThan(100);
  const beforeFault = looks.find(([atMs]) => atMs === 59_000)![1];
  expect(beforeFault).toMatchObject({
    connections: 300,
    pendingJoins: 0,
    replicasReady: 3,
    replicasDesired: 3,
  });
  expect(looks.find(([atMs]) => atMs === 61_000)![1].replicasReady).toBe(2);
  const last = looks.findLast(([atMs]) => atMs <= scenario.run.durationMs)![1];
  const joins = seen.histograms["join.latency@run"]!;
  expect(last.joinP95Ms).toBeGreaterThan(joins.min);
  expect(last.joinP95Ms).toBeLessThanOrEqual(joins.max * 1.001);
});
