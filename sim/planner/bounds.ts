// What arithmetic says before anything is run: how many nodes, clients or joins a second cannot do.
//
// A bound is only given where it is certain: a gated check asks for (nearly) everybody to be let in, and nobody leaves.
// It says nothing of rooms that do not fit, of storms or of CPU: for these there are the runs.

import type { Budget } from "../../scenarios/budget.ts";
import type { Scenario } from "../../scenarios/schema.ts";

export interface Bound {
  /** A value that cannot hold. */
  readonly value: number;
  /** Why, as the end of the sentence "54 cannot hold: …". */
  readonly why: string;
}

/** Shares are decimal and doubles are not: 99.9 % of 6,000 is no more than 5,994. */
const ROUNDING = 1e-6;

/** The most nodes that are too few, for whichever reason asks for most; undefined where nothing is certain. */
export function nodesTooFew(scenario: Scenario, budgets: readonly Budget[]): Bound | undefined {
  const share = shareAsked(scenario, budgets);
  if (share === undefined) return undefined;
  const { clients } = scenario;
  const { maxConnections, admission } = scenario.cluster.nodes;
  const needed = Math.ceil(clients.total * share - ROUNDING);
  const bySeats = Math.ceil(needed / maxConnections) - 1;
  const timeMs = arrivalMs(scenario);
  const byAdmission = Math.ceil(needed / admittedBy(admission.perSec, admission.burst, timeMs)) - 1;
  if (Math.max(bySeats, byAdmission) < 1) return undefined;
  if (bySeats >= byAdmission) {
    const why = `${needed} clients must be in, and a node seats ${maxConnections}`;
    return { value: bySeats, why };
  }
  const why = `${needed} clients must be let in within ${timeMs / 1_000} s, and a node admits ${admission.perSec} a second`;
  return { value: byAdmission, why };
}

/** The fewest clients that are too many for the scenario's nodes. */
export function clientsTooMany(scenario: Scenario, budgets: readonly Budget[]): Bound | undefined {
  const share = shareAsked(scenario, budgets);
  if (share === undefined) return undefined;
  const { count, maxConnections } = scenario.cluster.nodes;
  const why = `${count} nodes seat ${count * maxConnections}, and ${share * 100} % of the clients must be in`;
  return { value: Math.floor((count * maxConnections) / share) + 1, why };
}

/** The share of the clients that must be in at one time; undefined where no check says so. */
function shareAsked({ clients }: Scenario, budgets: readonly Budget[]): number | undefined {
  if (Number.isFinite(clients.leaves.meanDurationMs)) return undefined;
  const shares = budgets.flatMap(({ metric, op, limit, window, severity, gate }) =>
    metric.text === "value(join.success.ratio)" &&
    (op === ">=" || op === ">") &&
    limit.kind === "absolute" &&
    (window === "run" || window === "measured") &&
    severity === "fail" &&
    gate.kind === "every-seed"
      ? [limit.value]
      : [],
  );
  return shares.length === 0 ? undefined : Math.max(...shares);
}

/** From the first arrival until the last who arrived loses patience, or the run ends, ms. */
function arrivalMs({ clients, run }: Scenario): number {
  const firstMs = Math.min(...clients.arrivals.map(({ fromMs }) => fromMs));
  const lastMs = Math.max(...clients.arrivals.map(({ fromMs, overMs }) => fromMs + overMs));
  return Math.min(lastMs + clients.patienceMs, run.durationMs) - firstMs;
}

function admittedBy(perSec: number, burst: number, timeMs: number): number {
  return burst + (perSec * timeMs) / 1_000;
}
