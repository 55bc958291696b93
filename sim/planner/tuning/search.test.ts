import { expect, test } from "vitest";
import fc from "fast-check";
import { hpaManifest } from "../../cluster/kubernetes/hpa/manifest.ts";
import { rulesOf } from "../../cluster/kubernetes/hpa/version.ts";
import { randomStream } from "../../engine/random.ts";
import { scaledManifest, unscaledManifest } from "../scale-model.ts";
import { changesBetween, tidied } from "./changes.ts";
import { identityOf, metricName, type ManifestShape, type SpecShape } from "./manifest-shape.ts";
import { neighbours } from "./moves.ts";
import { dominates, paretoSet } from "./pareto.ts";
import type { TuningTrial } from "./pool.ts";
import type { TrialOutcome } from "./score.ts";
import { tuningSearch, type TuningOptions, type TuningResult } from "./search.ts";
import { fixedCeiling, podsMetric, sampled, sensible, type TuningSpace } from "./space.ts";

const CURRENT: ManifestShape = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "nodes" },
  spec: {
    scaleTargetRef: { kind: "StatefulSet", name: "stormglass-node" },
    minReplicas: 8,
    maxReplicas: 64,
    metrics: [
      podsMetric("active_websocket_connections", 1_700),
      podsMetric("fanout_queue_depth", 250),
    ],
  },
};
const SPACE: TuningSpace = {
  current: CURRENT,
  ceiling: 64,
  nodeCapacity: 2_000,
  grain: 10,
  hasTolerance: true,
  floors: [13, 38, 56],
};
const OPTIONS: TuningOptions = {
  space: SPACE,
  scenarioOrder: [1, 0],
  seeds: [1, 2, 3, 4, 5],
  trials: 36,
  objective: "cost",
  seed: 7,
};

type World = (
  spec: SpecShape,
  trial: TuningTrial,
) => { margin: number; hours: number; flaps: number };

function outcome(margin: number, nodeHours: number, flaps: number): TrialOutcome {
  const gate = { kind: "every-seed" } as const;
  const check = { id: "p99", op: "<=", gate, isRatio: false, value: 1 - margin, limit: 1 } as const;
  return { checks: [check], nodeHours, flaps, isBroken: false };
}

interface Told {
  readonly result: TuningResult;
  readonly asked: readonly string[];
  readonly runs: number;
}

/** Plays a whole search. `journal`: what is known; what is not is added. */
function searched(
  world: World,
  options = OPTIONS,
  journal = new Map<string, TrialOutcome>(),
): Told {
  const search = tuningSearch(options);
  const specs: SpecShape[] = [];
  const asked: string[] = [];
  let runs = 0;
  let step = search.next();
  while (step.done !== true) {
    const { round, trials, candidates } = step.value;
    asked.push(`${round}: ${trials.length}`);
    specs.splice(0, specs.length, ...candidates.map(({ spec }) => spec));
    const outcomes = trials.map((trial) => {
      const key = JSON.stringify(trial);
      const known = journal.get(key);
      if (known !== undefined) return known;
      const { margin, hours, flaps } = world(specs[trial.candidate]!, trial);
      runs++;
      const made = outcome(margin, hours, flaps);
      journal.set(key, made);
      return made;
    });
    step = search.next(outcomes);
  }
  return { result: step.value, asked, runs };
}

/** Feasible from `floor` nodes on; hours grow with the floor. The seed adds a little. */
const needsFloor =
  (floor: number): World =>
  ({ minReplicas = 1, maxReplicas }, { seed }) => {
    const hours = minReplicas + 0.05 * (maxReplicas - minReplicas) + seed / 100;
    return { margin: (minReplicas - floor) / 60, hours, flaps: 0 };
  };

test("[TU19] where the finalists fail with the last seeds, the next best take their places", () => {
  const lateFailure: World = (spec, trial) => {
    const told = needsFloor(37)(spec, trial);
    const isTooTight = trial.seed > 3 && (spec.minReplicas ?? 1) < 48;
    return isTooTight ? { ...told, margin: -0.5 } : told;
  };
  const { result, asked } = searched(lateFailure);
  const floor = result.recommended?.candidate.spec.minReplicas;

  expect(asked.some((round) => round.startsWith("substitutes"))).toBe(true);
  expect(floor).toBeGreaterThanOrEqual(48);
  expect(floor).toBeLessThan(64);
  expect(result.recommended!.score.nodeHours).toBeLessThan(result.fixed.score.nodeHours);
});

test("[TU1] the search finds the cheapest floor that meets the objectives, and it beats the fixed ceiling", () => {
  for (const floor of [21, 37, 50]) {
    const { result } = searched(needsFloor(floor));
    const { recommended, fixed } = result;

    expect(result.current.score.isFeasible).toBe(false);
    expect(recommended?.candidate.spec.minReplicas).toBeGreaterThanOrEqual(floor);
    expect(recommended?.candidate.spec.minReplicas).toBeLessThanOrEqual(floor + 4);
    expect(recommended!.score.nodeHours).toBeLessThan(fixed.score.nodeHours);
  }
});

test("[TU2] the current manifest is recommended when nothing is better by more than noise", () => {
  const world: World = (spec) => {
    const isCurrent = identityOf(spec) === identityOf(CURRENT.spec);
    const { minReplicas = 1 } = spec;
    return { margin: 0.2, hours: isCurrent ? 10 : minReplicas < 8 ? 9.9 : 11, flaps: 0 };
  };
  const { result } = searched(world);

  expect(result.recommended?.candidate.origin).toBe("current");
  expect(result.evidence).toEqual([]);
});

test("[TU2] nothing is recommended when nothing meets the objectives, and the nearest is named", () => {
  const { result } = searched(needsFloor(200));

  expect(result.recommended).toBeUndefined();
  expect(result.nearest.candidate.spec.minReplicas).toBe(64);
});

test("[TU3] more flaps than the current manifest has are not bought with cost", () => {
  const world: World = (spec, trial) => {
    const isQuick = spec.behavior?.scaleDown?.policies?.[0]?.value !== 1;
    const isChanged = spec.behavior !== undefined;
    const { hours } = needsFloor(8)(spec, trial);
    const isCheap = isChanged && isQuick;
    return { margin: 0.1, hours: isCheap ? hours / 4 : hours, flaps: isCheap ? 3 : 0 };
  };
  const { result } = searched(world);

  expect(result.recommended?.score.flaps).toBe(0);
});

test("[TU4] each changed line has its evidence, and a line that does nothing is not changed", () => {
  // Only the floor and the metric matter.
  const world: World = (spec, trial) => {
    const isDemand = spec.metrics?.some((one) => metricName(one).startsWith("offered")) === true;
    const { margin, hours } = needsFloor(38)(spec, trial);
    return { margin: isDemand ? margin : margin - 1, hours, flaps: 0 };
  };
  const { recommended, evidence, pool } = searched(world).result;
  const changes = changesBetween(CURRENT.spec, recommended!.candidate.spec);

  expect(changes.map(({ setting }) => setting.split(" ")[0])).toEqual(["minReplicas", "metric"]);
  expect(evidence.map(({ without }) => without?.score.isFeasible)).toEqual([false, false]);
  expect(evidence.every(({ without }) => without!.score.margin < 0)).toBe(true);
  expect(pool.runCount).toBeGreaterThan(100);
});

test("[TU4] rules that say what the API fills in are left out, and those that stood there stay", () => {
  const idle = {
    scaleUp: { stabilizationWindowSeconds: 0 },
    scaleDown: { policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  } as const;
  const spec = { ...CURRENT.spec, behavior: idle };
  const down = { ...idle, scaleDown: { stabilizationWindowSeconds: 300, ...idle.scaleDown } };

  expect(identityOf(tidied(CURRENT.spec, spec))).toBe(identityOf(CURRENT.spec));
  expect(tidied(CURRENT.spec, { ...spec, behavior: down }).behavior).toEqual({
    scaleDown: { stabilizationWindowSeconds: 300 },
  });
  expect(tidied(spec, spec)).toEqual(spec);
});

test("[TU5] many candidates have one seed, few have all, and the hopeless are not run again", () => {
  const { result, asked } = searched(needsFloor(37));
  const complete = result.pool.candidates.filter((one) => result.pool.scored(one).isComplete);
  const unmeasured = result.pool.candidates.filter((one) => !result.pool.isMeasured(one));

  expect(result.pool.candidates.length).toBeGreaterThan(30);
  expect(complete.length).toBeLessThan(result.pool.candidates.length / 2);
  expect(unmeasured.length).toBeGreaterThan(3);
  expect(asked[0]).toMatch(/^survey: /);
  expect(asked.some((round) => round.startsWith("race: "))).toBe(true);
});

test("[TU6] equal options and outcomes are an equal search; other seeds try other candidates", () => {
  const identities = ({ result }: Told) =>
    result.pool.candidates.map(({ spec }) => identityOf(spec));
  const [one, same, other] = [OPTIONS, OPTIONS, { ...OPTIONS, seed: 8 }].map((options) =>
    searched(needsFloor(37), options),
  );

  expect(identities(one!)).toEqual(identities(same!));
  expect(one!.asked).toEqual(same!.asked);
  expect(identities(one!)).not.toEqual(identities(other!));
});

test("[TU6] a search that is told again what is known asks for the rest alone", () => {
  const whole = searched(needsFloor(37));
  const journal = new Map<string, TrialOutcome>();
  searched(needsFloor(37), OPTIONS, journal);
  const kept = new Map([...journal].slice(0, 60));
  const resumed = searched(needsFloor(37), OPTIONS, kept);

  expect(resumed.runs).toBe(whole.runs - 60);
  expect(resumed.result.recommended?.candidate).toEqual(whole.result.recommended?.candidate);
});

test("[TU7] no member of the Pareto set is dominated, and every feasible candidate outside is", () => {
  const score = fc.record({
    margin: fc.integer({ min: -3, max: 3 }).map((tenths) => tenths / 10),
    nodeHours: fc.integer({ min: 1, max: 6 }),
    flaps: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(score, { maxLength: 25 }), (drawn) => {
      const all = drawn.map((one, index) => ({
        index,
        score: { ...one, isFeasible: one.margin >= 0, worst: undefined },
      }));
      const set = paretoSet(all);
      const feasible = all.filter((one) => one.score.isFeasible);

      expect(set.every((a) => !feasible.some((b) => dominates(b.score, a.score)))).toBe(true);
      const covers = (a: (typeof all)[number], b: (typeof all)[number]): boolean =>
        dominates(a.score, b.score) || JSON.stringify(a.score) === JSON.stringify(b.score);
      expect(feasible.every((b) => set.some((a) => covers(a, b)))).toBe(true);
    }),
    { seed: 20_260_101, numRuns: 200 },
  );
});

test("[TU8] whatever the search can make is taken by the API server, and is exact at 1:grain", () => {
  const check = (spec: SpecShape, space: TuningSpace): void => {
    const manifest = { ...CURRENT, spec };
    const rules = rulesOf(space.hasTolerance ? "1.35" : "1.32");
    const read = hpaManifest(manifest, rules).spec;
    expect(read.maxReplicas).toBeLessThanOrEqual(space.ceiling);
    expect(unscaledManifest(scaledManifest(manifest, space.grain), space.grain)).toEqual(manifest);
    expect(hpaManifest(scaledManifest(manifest, space.grain), rules).spec.metrics).toHaveLength(
      read.metrics?.length ?? 0,
    );
    const hasOwn = /"tolerance"/.test(JSON.stringify(spec));
    if (!space.hasTolerance) expect(hasOwn).toBe(false);
  };
  for (let seed = 0; seed < 60; seed++) {
    const space = { ...SPACE, hasTolerance: seed % 2 === 0, grain: [1, 10, 20][seed % 3]! };
    const random = randomStream(seed, "test");
    for (const spec of [...sensible(space), fixedCeiling(space)]) check(spec, space);
    let spec = sampled(space, random);
    for (let step = 0; step < 10; step++) {
      check(spec, space);
      for (const change of changesBetween(CURRENT.spec, spec)) {
        if (change.putBack !== undefined) check(change.putBack, space);
      }
      spec = neighbours(spec, step % 2 === 0, 1, new Set(), { space, random })[0] ?? spec;
    }
  }
});
