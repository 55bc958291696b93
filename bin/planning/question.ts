// What `plan` may be asked for, and how a number becomes a scenario.
//
// A value is applied as settings before the scenario is loaded, as a user would with --set: windows, phases and everything
// else that follows from it is computed anew.

import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { nodeAt } from "../../scenarios/source-tree.ts";
import { clientsTooMany, nodesTooFew, type Bound } from "../../sim/planner/bounds.ts";

export const VARIABLES = ["replicas", "clients", "joins-per-sec"] as const;
export type Variable = (typeof VARIABLES)[number];

/** "least": fewer would not do. "most": more would not. */
export const GOAL: Readonly<Record<Variable, "least" | "most">> = {
  replicas: "least",
  clients: "most",
  "joins-per-sec": "most",
};

/** What it is for a scenario as written. */
export function ownValue(variable: Variable, { cluster, clients }: Scenario): number {
  switch (variable) {
    case "replicas":
      return cluster.nodes.count;
    case "clients":
      return clients.total;
    case "joins-per-sec":
      return Math.max(1, Math.round(Math.max(...clients.arrivals.map(ratePerSec))));
  }
}

/** What arithmetic excludes before anything is run. */
export function boundOf(variable: Variable, { scenario, budgets }: LoadedScenario) {
  if (variable === "replicas") return nodesTooFew(scenario, budgets);
  return variable === "clients" ? clientsTooMany(scenario, budgets) : undefined;
}

export type { Bound };

/** `--set` texts that give the scenario this value. */
export function settingsFor(
  variable: Variable,
  value: number,
  loaded: LoadedScenario,
): readonly string[] {
  switch (variable) {
    case "replicas":
      return [`cluster.nodes.count=${value}`];
    case "clients":
      return clientSettings(value, loaded);
    case "joins-per-sec":
      return rateSettings(value, loaded.scenario);
  }
}

/** Phases with a number of their own in proportion; shares and the rest follow the total. */
function clientSettings(total: number, { scenario, tree }: LoadedScenario): readonly string[] {
  const { clients } = scenario;
  const isNumber = clients.arrivals.map((_, i) => {
    const written = nodeAt(tree, ["clients", "arrivals", i, "clients"]);
    return written?.kind === "scalar" && written.value !== "rest";
  });
  const numbered = clients.arrivals.filter((_, i) => isNumber[i]);
  let left = total;
  const phases = numbered.map(({ phase, clients: own }, i) => {
    // Where every phase has a number, the last takes what rounding leaves.
    const isLast = i === clients.arrivals.length - 1;
    const share = isLast ? left : Math.round((own * total) / clients.total);
    left -= share;
    return `clients.arrivals.${phase}.clients=${share}`;
  });
  return [`clients.total=${total}`, ...phases];
}

/** The steepest phase gets the rate, the others keep their proportion to it; what comes after them stays as long as it was. */
function rateSettings(perSec: number, { clients, run }: Scenario): readonly string[] {
  const own = Math.max(...clients.arrivals.map(ratePerSec));
  const factor = own / perSec;
  const endMs = (stretch: number): number =>
    Math.max(...clients.arrivals.map(({ fromMs, overMs }) => fromMs + overMs * stretch));
  const longerMs = Math.round(endMs(factor) - endMs(1));
  return [
    ...clients.arrivals.map(
      ({ phase, overMs }) =>
        `clients.arrivals.${phase}.over=${Math.max(1, Math.round(overMs * factor))}ms`,
    ),
    ...(longerMs > 0 ? [`run.duration=${run.durationMs + longerMs}ms`] : []),
  ];
}

function ratePerSec({ clients, overMs }: Scenario["clients"]["arrivals"][number]): number {
  return (clients * 1_000) / overMs;
}
