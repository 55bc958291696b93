// Whether a candidate is good enough, from the checks of the seeds that were run.
//
// Before all seeds are there, "fails" is said only of what the others cannot mend: a check that every seed must meet and one
// missed, or one that all seeds miss by a margin. What is merely near its limit stays open until all seeds have run.

import { overall, type Check, type SeedValue, type Verdict } from "../slo.ts";

export type Standing =
  /** Or cannot be said to hold although all seeds have run. */
  | "fails"
  /** Too near to a limit to tell by these seeds. */
  | "open"
  /** All gated checks pass; with less than all seeds: nothing speaks against it. */
  | "good";

/** A miss by this share of the limit is clear. Assumed: several times what seeds differ by in the builtin scenarios. */
const CLEAR_RATIO = 0.1;

/**
 * `checks` of the runs so far; `unfinished`: runs that ended early, who never hold; `isAll`: whether all seeds have run.
 */
export function standingOf(checks: readonly Check[], unfinished: number, isAll: boolean): Standing {
  if (unfinished > 0) return "fails";
  if (isAll) return overall(checks) === "pass" ? "good" : "fails";
  const parts = checks.filter(isGated).map(soFar);
  if (parts.includes("fails")) return "fails";
  return parts.includes("open") ? "open" : "good";
}

/** One verdict for reports: "stopped" where a run ended early. */
export function verdictOf(checks: readonly Check[], unfinished: number): Verdict | "stopped" {
  return unfinished > 0 ? "stopped" : overall(checks);
}

/** Seeds whose gated checks all hold; a seed that measured nothing for one of them does not. */
export function heldSeeds(checks: readonly Check[], seeds: readonly number[]): number {
  const gated = checks.filter(isGated);
  return seeds.filter((seed) =>
    gated.every((check) => check.seeds.some((one) => one.seed === seed && one.holds === true)),
  ).length;
}

/** Checks that seeds of this candidate miss, those of the most seeds first, then those that miss by the most. */
export function brokenChecks(
  checks: readonly Check[],
): readonly { readonly check: Check; readonly seeds: number }[] {
  return checks
    .filter(isGated)
    .map((check) => ({ check, seeds: check.seeds.filter((seed) => seed.holds === false).length }))
    .filter(({ check, seeds }) => seeds > 0 || check.verdict !== "pass")
    .sort((a, b) => b.seeds - a.seeds || (a.check.margin ?? 0) - (b.check.margin ?? 0));
}

function isGated(check: Check): boolean {
  return check.severity === "fail";
}

function soFar(check: Check): Standing {
  const { seeds, gate } = check;
  const missed = seeds.filter((seed) => seed.holds === false);
  if (gate === "every-seed" && missed.length > 0) return "fails";
  if (seeds.some((seed) => seed.holds === undefined)) return "open";
  if (missed.length === 0) return "good";
  return missed.length === seeds.length && missed.every(isClear) ? "fails" : "open";
}

function isClear({ value, limit }: SeedValue): boolean {
  if (value === undefined || limit === undefined) return false;
  return Math.abs(value - limit) >= CLEAR_RATIO * Math.abs(limit);
}
