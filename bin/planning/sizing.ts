// One question put to the scenarios: the search asks, threads run, the checks judge, the search learns.

import type { LoadedScenario } from "../../scenarios/loader.ts";
import { CapacityPlan, type PlanAsk } from "../../sim/planner/capacity-plan.ts";
import type { SearchOptions } from "../../sim/planner/capacity-search.ts";
import { standingOf, type Standing } from "../../sim/planner/standing.ts";
import { pairedVariants, type Check } from "../../sim/slo.ts";
import type { Campaign } from "../campaign.ts";
import { checksOf, type CampaignTrial, type TrialSummary } from "../trial.ts";

/** A scenario of the question. */
export interface Sized {
  readonly name: string;
  readonly search: SearchOptions;
  /** Whether it is searched by itself; else it is only run where the others have their answer. */
  readonly leads: boolean;
  /** All of them; a search uses the first so many. */
  readonly seeds: readonly number[];
  /** The scenario with this value. Throws `InputError` where it cannot have it. */
  readonly at: (value: number) => LoadedScenario;
}

/** What was seen of one value of one scenario. */
export interface Candidate {
  readonly value: number;
  readonly seeds: readonly number[];
  readonly standing: Standing;
  readonly checks: readonly Check[];
  /** Trials that ended early. */
  readonly unfinished: readonly TrialSummary[];
  /** Of the scenario itself, without its pairs; in the order of the seeds. */
  readonly runs: readonly TrialSummary[];
}

/** Measured of every trial, for headroom. */
export const BUSIEST = {
  nodeCpuRatio: "max(node.cpu.ratio)@run",
  edgeCpuRatio: "max(edge.cpu.ratio)@run",
  nodeMemoryBytes: "max(node.memory.bytes)@run",
  edgeMemoryBytes: "max(edge.memory.bytes)@run",
} as const;

export class Sizing {
  readonly plan: CapacityPlan;
  readonly scenarios: readonly Sized[];
  readonly #campaign: Campaign;
  readonly #candidates: readonly Map<number, Candidate>[];

  constructor(campaign: Campaign, scenarios: readonly Sized[]) {
    this.scenarios = scenarios;
    this.plan = new CapacityPlan(
      scenarios.map(({ search }) => search),
      scenarios.map(({ leads }) => leads),
    );
    this.#campaign = campaign;
    this.#candidates = scenarios.map(() => new Map());
  }

  /** Until the answer is there. `onAsk` hears what is run next. Throws what the campaign throws. */
  async solve(onAsk: (asks: readonly PlanAsk[]) => void): Promise<void> {
    for (let asks = this.plan.asks(); asks.length > 0; asks = this.plan.asks()) {
      onAsk(asks);
      const loaded = asks.map(({ scenario, value }) => this.scenarios[scenario]!.at(value));
      const trials = asks.map((ask, i) => this.#trialsOf(ask, loaded[i]!));
      const summaries = await this.#campaign.run(trials.flat());
      let next = 0;
      asks.forEach((ask, i) => {
        const own = summaries.slice(next, (next += trials[i]!.length));
        const candidate = this.#judged(ask, loaded[i]!, own);
        this.#candidates[ask.scenario]!.set(ask.value, candidate);
        this.plan.tell(ask, candidate.standing);
      });
    }
  }

  /** What was seen of a scenario, by value, ascending. */
  candidates(scenario: number): readonly Candidate[] {
    return [...this.#candidates[scenario]!.values()].sort((a, b) => a.value - b.value);
  }

  #trialsOf(ask: PlanAsk, { scenario, budgets }: LoadedScenario): CampaignTrial[] {
    const seeds = this.scenarios[ask.scenario]!.seeds.slice(0, ask.seeds);
    const expressions = Object.values(BUSIEST);
    return seeds.flatMap((seed) =>
      ["full", ...pairedVariants(budgets)].map((variant) => ({
        scenario,
        budgets,
        expressions,
        seed,
        variant,
      })),
    );
  }

  #judged(ask: PlanAsk, loaded: LoadedScenario, trials: readonly TrialSummary[]): Candidate {
    const { seeds } = this.scenarios[ask.scenario]!;
    const checks = checksOf(loaded.budgets, trials);
    const unfinished = trials.filter(({ endedEarly }) => endedEarly !== undefined);
    return {
      value: ask.value,
      seeds: seeds.slice(0, ask.seeds),
      standing: standingOf(checks, unfinished.length, ask.seeds === seeds.length),
      checks,
      unfinished,
      runs: trials.filter(({ variant }) => variant === "full"),
    };
  }
}
