// One test per target, named by its id. The experiments know nothing of tests; this file does.

import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { experimentFor } from "./experiments.ts";
import { judge, verdictText } from "./judge.ts";
import { type Target, targetsOf } from "./target.ts";

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
