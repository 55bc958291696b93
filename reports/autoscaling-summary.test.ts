import { expect, test } from "vitest";
import type { DecisionRecord } from "../sim/result.ts";
import { autoscalingSummary } from "./autoscaling-summary.ts";

const MINUTE_MS = 60_000;

/** The HPA's looks: minute, replicas that it read, replicas that it left; undefined is unreadable. */
function summaryOf(looks: readonly (readonly [number, number | undefined, number | undefined])[]) {
  const decisions = looks.map(
    ([minute, specReplicas, replicas]) =>
      ({
        atMs: minute * MINUTE_MS,
        specReplicas,
        replicas,
        rescaled: specReplicas !== replicas,
      }) as DecisionRecord,
  );
  const how = { manifest: {}, kubernetesVersion: "1.34", workloadKind: "Deployment" } as const;
  return autoscalingSummary({ ...how, decisions, pods: [] });
}

test("[OU5] the path of the replicas has the first that was read and every change", () => {
  const { replicas, rescales } = summaryOf([
    [0, 8, 8],
    [1, 8, 16],
    [2, 16, 16],
    [3, undefined, undefined],
    [4, 20, 20], // Somebody else scaled.
    [5, 20, 18],
  ]);

  expect(replicas.map(({ atMs, replicas: n }) => [atMs / MINUTE_MS, n])).toEqual([
    [0, 8],
    [1, 16],
    [4, 20],
    [5, 18],
  ]);
  expect(rescales).toBe(2);
});

test("[OU5] a flap turns within 15 minutes; a turn later, or more of the same, is none", () => {
  const flaps = (...looks: Parameters<typeof summaryOf>[0]): number => summaryOf(looks).flaps;

  expect(flaps([0, 8, 16], [15, 16, 8])).toBe(1);
  expect(flaps([0, 8, 16], [15.25, 16, 8])).toBe(0);
  expect(flaps([0, 8, 16], [1, 16, 32], [2, 32, 64])).toBe(0);
  expect(flaps([0, 8, 16], [5, 16, 8], [10, 8, 16], [40, 16, 8])).toBe(2);
  expect(flaps()).toBe(0);
});
