// One test per target, named by its id. The experiments know nothing of tests; this file does.

import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { experimentFor } from "./experiments.ts";
import { judge, verdictText } from "./judge.ts";
import { type Target, targetsOf } from "./target.ts";

/**
 * Targets that take seconds of simulation each: measured by `npm test`, left out of the quick `npm run check`, which says
 * so. Nothing else differs between the two.
 */
const LONG: readonly string[] = [
  "hash.ring.lamping_veach_v1000",
  "hash.ring.lamping_veach_v1",
  "queue.erlangb.A1700_c1700",
  "queue.mm1.rho90",
  "queue.md1.rho80",
  "queue.mminf.connections",
  "backoff.retrystorm_peak20ms.N10000",
  "reconnect.storm100k.livekit",
  "reconnect.storm100k.centrifuge",
  "placement.naive_vs_sticky.jitsi_n59",
  "placement.naive_vs_sticky.webinar_n59",
  "deploy.rolling_moves.deployment_strict_hrw_n59",
];

/** Whether everything is asked for (`npm test`), or what can be waited for before a commit. */
export const isEverythingAsked = process.env["STORMGLASS_TESTS"] === "all";

/** All targets of the file beside the tests. */
export function allTargets(): readonly Target[] {
  const file = new URL("../data/validation.json", import.meta.url);
  return targetsOf(JSON.parse(readFileSync(file, "utf8")));
}

/** A test for each target of `groups` that has an experiment; says at the end how long each group took. */
export function testTargets(groups: readonly string[]): void {
  const spentMs = new Map(groups.map((group) => [group, 0]));
  for (const target of allTargets()) {
    const experiment = experimentFor(target);
    if (!groups.includes(target.group) || experiment === undefined) continue;
    if (!isEverythingAsked && LONG.includes(target.id)) {
      console.log(`${target.id}: left to npm test, it takes seconds`);
      continue;
    }
    test(target.id, () => {
      const beganMs = performance.now();
      const verdicts = judge(target, experiment(target));
      const groupMs = (spentMs.get(target.group) ?? 0) + performance.now() - beganMs;
      spentMs.set(target.group, groupMs);
      expect(verdicts.filter(({ passed }) => !passed).map(verdictText)).toEqual([]);
    });
  }
  afterAll(() => {
    for (const [group, ms] of spentMs) console.log(`${group}: ${(ms / 1_000).toFixed(1)} s`);
  });
}
