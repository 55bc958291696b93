// Between the search for an HPA and the runs that answer it: which scenario a trial is, and what its summary is worth.
//
// The search thinks of manifests at full size; here they are laid into each scenario, and scaled with it.

import type { Budget } from "../../scenarios/budget.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { scaledDown } from "../../sim/planner/scale-model.ts";
import {
  identityOf,
  recordOf,
  type ManifestShape,
  type SpecShape,
} from "../../sim/planner/tuning/manifest-shape.ts";
import type { TuningTrial } from "../../sim/planner/tuning/pool.ts";
import {
  isVacuous,
  scoreOf,
  type Score,
  type TrialOutcome,
} from "../../sim/planner/tuning/score.ts";
import type { Tuning, TuningAsk, TuningResult } from "../../sim/planner/tuning/search.ts";
import { overall, pairedVariants, type Check, type Verdict } from "../../sim/slo.ts";
import type { CampaignTrial, TrialSummary } from "../campaign.ts";
import { checksOf } from "../trial.ts";

/** A part of `Campaign`. */
export interface Runner {
  run(trials: readonly CampaignTrial[]): Promise<readonly TrialSummary[]>;
}

export interface TunedScenario {
  readonly loaded: LoadedScenario;
  /** The search runs a model of 1:scale. */
  readonly scale: number;
}

/** How a manifest did, with the verdict that the objectives' own gates give. */
export interface Verified {
  readonly score: Score;
  readonly verdict: Verdict;
}

const NODE_HOURS = "value(pod.hours)@run";
const FLAPS = "value(hpa.flaps)@run";

/** What is simulated for a manifest. One value per scenario, manifest and scale: journals know it again by its text. */
export class TuningWorld {
  readonly #scenarios: readonly TunedScenario[];
  readonly #current: ManifestShape;
  readonly #made = new Map<string, Scenario>();

  constructor(scenarios: readonly TunedScenario[], current: ManifestShape) {
    this.#scenarios = scenarios;
    this.#current = current;
  }

  /** The runs of one trial: with all faults, and without each that an objective compares with. */
  trialsOf(spec: SpecShape, trial: TuningTrial, isFull: boolean): readonly CampaignTrial[] {
    const { loaded, scale } = this.#scenarios[trial.scenario]!;
    const scenario = this.#scenarioFor(spec, trial.scenario, isFull ? 1 : scale);
    return ["full", ...pairedVariants(loaded.budgets)].map((variant) => ({
      scenario,
      budgets: loaded.budgets,
      expressions: [NODE_HOURS, FLAPS],
      seed: trial.seed,
      variant,
    }));
  }

  budgetsOf(scenario: number): readonly Budget[] {
    return this.#scenarios[scenario]!.loaded.budgets;
  }

  get scenarioCount(): number {
    return this.#scenarios.length;
  }

  #scenarioFor(spec: SpecShape, index: number, scale: number): Scenario {
    const key = `${index} ${scale} ${identityOf(spec)}`;
    const made =
      this.#made.get(key) ??
      scaledDown(tuned(this.#scenarios[index]!.loaded.scenario, this.#current, spec), scale);
    this.#made.set(key, made);
    return made;
  }
}

/** The scenario under an HPA. A count of nodes that it begins with is one that this HPA could have left behind. */
export function tuned(scenario: Scenario, current: ManifestShape, spec: SpecShape): Scenario {
  const { autoscaling } = scenario;
  const { initialReplicas } = autoscaling;
  const hpa = recordOf({ ...current, spec });
  if (initialReplicas === undefined) return { ...scenario, autoscaling: { ...autoscaling, hpa } };
  const least = Math.max(initialReplicas, spec.minReplicas ?? 1);
  const within = Math.min(least, spec.maxReplicas);
  return { ...scenario, autoscaling: { ...autoscaling, hpa, initialReplicas: within } };
}

/** Plays the whole search. `onAsk` is told each round before it runs. */
export async function searched(
  search: Tuning,
  world: TuningWorld,
  runner: Runner,
  onAsk: (ask: TuningAsk) => void,
): Promise<TuningResult> {
  let step = search.next();
  while (step.done !== true) {
    const ask = step.value;
    onAsk(ask);
    const specOf = (trial: TuningTrial): SpecShape => ask.candidates[trial.candidate]!.spec;
    const asked = ask.trials.map((trial) => world.trialsOf(specOf(trial), trial, false));
    const summaries = await runner.run(asked.flat());
    let at = 0;
    const outcomes = ask.trials.map(({ scenario }, i) => {
      const own = summaries.slice(at, (at += asked[i]!.length));
      return outcomeOf(world.budgetsOf(scenario), own);
    });
    step = search.next(outcomes);
  }
  return step.value;
}

/** Full size, in every scenario, with these seeds. */
export async function verified(
  specs: readonly SpecShape[],
  seeds: readonly number[],
  world: TuningWorld,
  runner: Runner,
): Promise<readonly Verified[]> {
  const scenarios = Array.from({ length: world.scenarioCount }, (_, scenario) => scenario);
  const asked = specs.map((spec, candidate) =>
    scenarios.map((scenario) =>
      seeds.map((seed) => world.trialsOf(spec, { candidate, scenario, seed }, true)),
    ),
  );
  const summaries = await runner.run(asked.flat(3));
  let at = 0;
  return asked.map((bySpec) => {
    const verdicts: Verdict[] = [];
    const outcomes = bySpec.map((bySeed, scenario) => {
      const budgets = world.budgetsOf(scenario);
      const runs = bySeed.map((trials) => summaries.slice(at, (at += trials.length)));
      const isWhole = runs.flat().every((run) => run.endedEarly === undefined);
      verdicts.push(isWhole ? verdictOf(checksOf(budgets, runs.flat())) : "fail");
      return runs.map((run) => outcomeOf(budgets, run));
    });
    return { score: scoreOf(outcomes), verdict: together(verdicts) };
  });
}

/** A seed in which an upper limit had nothing to limit is no doubt: nobody was cut, so nobody had to come back. */
function verdictOf(checks: readonly Check[]): Verdict {
  const isDoubt = (check: Check): boolean =>
    !check.seeds.some(({ value }) => isVacuous({ op: check.op, value })) ||
    check.seeds.some((seed) => seed.value !== undefined && seed.holds !== true);
  return overall(checks.filter((check) => check.verdict !== "inconclusive" || isDoubt(check)));
}

function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

/** `runs`: all variants of one seed, "full" first. */
export function outcomeOf(budgets: readonly Budget[], runs: readonly TrialSummary[]): TrialOutcome {
  const gated = budgets.filter(({ severity }) => severity === "fail");
  const checks = checksOf(gated, runs).map((check, i) => ({
    id: check.id,
    op: check.op,
    gate: gated[i]!.gate,
    isRatio: check.unit === "ratio",
    value: check.seeds[0]?.value,
    limit: check.seeds[0]?.limit,
  }));
  const { values } = runs[0]!;
  const [nodeHours, flaps] = [values[NODE_HOURS], values[FLAPS]];
  const isWhole = runs.every((run) => run.endedEarly === undefined);
  return {
    checks,
    nodeHours: nodeHours ?? 0,
    flaps: flaps ?? 0,
    isBroken: !isWhole || nodeHours === undefined,
  };
}
