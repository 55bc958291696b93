// How good a candidate is: three numbers that cannot be traded for each other.
//
// Margin: of all objectives that can fail, in all scenarios, the one that is nearest to its limit or furthest beyond it; 0
// and more is feasible. Node-hours: summed over scenarios, each its mean over seeds. Flaps: reversals of direction, likewise.
//
// A margin is a share of the room that the limit leaves, so that they can be compared: of 5 s for a latency, of the 0.1 %
// that may fail for a success of 99.9 %. Beyond the limit it is bent to (−1, 0): how much a hopeless candidate is hopeless
// must not hide which one is nearer.

import type { Gate, Operator } from "../../../scenarios/budget.ts";

/** One objective in one run. */
export interface CheckValue {
  readonly id: string;
  readonly op: Operator;
  readonly gate: Gate;
  readonly isRatio: boolean;
  /** Undefined: nothing was measured. */
  readonly value: number | undefined;
  readonly limit: number | undefined;
}

/** What the search needs of one run. */
export interface TrialOutcome {
  /** Those that can fail. */
  readonly checks: readonly CheckValue[];
  readonly nodeHours: number;
  readonly flaps: number;
  /** The run ended early, or broke an invariant: it says nothing good. */
  readonly isBroken: boolean;
}

export interface Score {
  /** (−1, 1]. */
  readonly margin: number;
  readonly isFeasible: boolean;
  /** The objective with that margin, "run-completed" where a run broke; undefined where nothing can fail. */
  readonly worst: { readonly scenario: number; readonly check: string } | undefined;
  /** Infinity where every run of a scenario broke. */
  readonly nodeHours: number;
  readonly flaps: number;
}

/** `outcomes[scenario]` are the runs of one scenario, one per seed; scenarios without runs do not count. */
export function scoreOf(outcomes: readonly (readonly TrialOutcome[])[]): Score {
  let margin = 1;
  let worst: Score["worst"];
  for (const [scenario, runs] of outcomes.entries()) {
    if (runs.some((run) => run.isBroken)) {
      margin = -1;
      worst = { scenario, check: "run-completed" };
      continue;
    }
    for (const check of runs[0]?.checks ?? []) {
      const own = bent(gatedMargin(check.id, runs));
      if (own >= margin && worst !== undefined) continue;
      margin = Math.min(margin, own);
      worst = { scenario, check: check.id };
    }
  }
  return {
    margin,
    isFeasible: margin >= 0,
    worst,
    nodeHours: sum(outcomes.map(costOf)),
    flaps: sum(outcomes.map((runs) => meanOf(runs.map((run) => run.flaps)))),
  };
}

/** Of the runs that did not break: who broke in all of a scenario costs nobody knows what. */
function costOf(runs: readonly TrialOutcome[]): number {
  const whole = runs.filter((run) => !run.isBroken);
  if (whole.length === 0 && runs.length > 0) return Infinity;
  return meanOf(whole.map((run) => run.nodeHours));
}

/** Of all seeds as the gate judges them: the mean where the mean is judged, else the worst that counts. */
function gatedMargin(id: string, runs: readonly TrialOutcome[]): number {
  const own = runs.flatMap((run) => run.checks.filter((check) => check.id === id));
  const margins = own.map(rawMargin).sort((a, b) => a - b);
  const { gate } = own[0]!; // Every run has every check.
  switch (gate.kind) {
    case "every-seed":
      return margins[0]!;
    case "mean-upper-ci":
      return meanOf(margins);
    case "share-of-seeds":
      return margins[Math.min(margins.length - 1, Math.floor((1 - gate.ratio) * margins.length))]!;
  }
}

/**
 * Share of the room that the limit leaves; 0 at the limit, at most 1. Where nothing was measured nothing was too much: an upper
 * limit is met (nobody had to come back, so nobody came back late), and what had to be reached is not.
 */
export function rawMargin(check: CheckValue): number {
  const { op, isRatio, value, limit } = check;
  if (value === undefined || limit === undefined) return isVacuous(check) ? 1 : -1;
  if (op === "==") return value === limit ? 1 : -1 - Math.abs(value - limit);
  const isUpper = op === "<=" || op === "<";
  const slack = isUpper ? limit - value : value - limit;
  const room = isUpper ? limit : isRatio ? 1 - limit : limit;
  // A limit such as 0 that leaves no room is met as well as can be.
  if (slack === 0 && (op === "<=" || op === ">=")) return room > 0 ? 0 : 1;
  if (slack === 0) return -Number.EPSILON;
  return Math.min(1, room > 0 ? slack / room : slack > 0 ? 1 : slack);
}

/** Whether an upper limit had nothing to limit. */
export function isVacuous({ op, value }: Pick<CheckValue, "op" | "value">): boolean {
  return value === undefined && (op === "<=" || op === "<");
}

/** Negative margins bent to (−1, 0), in their order. */
function bent(margin: number): number {
  return margin >= 0 ? margin : margin / (1 - margin);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** 0 of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
