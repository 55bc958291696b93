// One number for several scenarios: each is searched by itself, and the safest of their answers must hold in all of them.
//
// Usually one scenario decides, and the others only confirm. Where one fails at the common value although it held at a less
// safe one of its own, its search goes on beyond that value, and the common answer with it.
//
// Where it is known who decides, only that scenario leads the search; the others follow, and are run at its answer alone. One
// that fails there leads too from then on.

import { assert } from "../../core/assert.ts";
import type { Standing } from "./standing.ts";
import { CapacitySearch, type Ask, type SearchOptions } from "./capacity-search.ts";

export interface PlanAsk extends Ask {
  /** Place of the scenario among those that were given. */
  readonly scenario: number;
}

export class CapacityPlan {
  readonly searches: readonly CapacitySearch[];
  readonly #options: readonly SearchOptions[];
  readonly #leads: boolean[];

  /** All with the same goal and room. `leads`: which of them are searched by themselves, at least one; by default all. */
  constructor(scenarios: readonly SearchOptions[], leads = scenarios.map(() => true)) {
    assert(leads.includes(true), "somebody leads a search");
    this.#options = scenarios;
    this.#leads = [...leads];
    this.searches = scenarios.map((options) => new CapacitySearch(options));
  }

  /** What to run next, at most one value per scenario; empty when all is known. */
  asks(): readonly PlanAsk[] {
    const own = this.searches.flatMap((search, scenario): PlanAsk[] => {
      const ask = this.#leads[scenario] === true ? search.ask() : undefined;
      return ask === undefined ? [] : [{ ...ask, scenario }];
    });
    const value = own.length > 0 ? undefined : this.#common();
    if (value === undefined) return own;
    return this.searches.flatMap((search, scenario): PlanAsk[] => {
      const { seeds } = this.#options[scenario]!;
      const had = search.tried.find((tried) => tried.value === value)?.seeds ?? 0;
      return had < seeds ? [{ scenario, value, seeds }] : [];
    });
  }

  tell({ scenario, value, seeds }: PlanAsk, standing: Standing): void {
    this.searches[scenario]!.tell(value, seeds, standing);
    if (standing === "fails") this.#leads[scenario] = true;
  }

  get isDone(): boolean {
    return this.asks().length === 0;
  }

  /** The value that holds in every scenario with all seeds; undefined while unknown, and when there is none. */
  get answer(): number | undefined {
    return this.isDone ? this.#common() : undefined;
  }

  /** The safest of the leaders' answers; undefined unless each has one. */
  #common(): number | undefined {
    const leaders = this.searches.filter((_, scenario) => this.#leads[scenario]);
    const answers = leaders.map((search) => search.answer);
    if (answers.includes(undefined)) return undefined;
    const known = answers as readonly number[];
    return this.#options[0]!.goal === "least" ? Math.max(...known) : Math.min(...known);
  }
}
