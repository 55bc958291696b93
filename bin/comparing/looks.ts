// Looking again with more seeds: 10, then 20, then 40, until the seeds can tell.
//
// How often one may look is settled before the first look, because each look spends its part of alpha. More seeds need both sides
// to be run by this program; where the base's scenario is not at hand there is one look, with all of alpha.

import type { ComparisonDocument } from "../../reports/comparison-document.ts";
import type { Tolerance } from "../../sim/compare/tolerance.ts";
import type { Campaign } from "../campaign.ts";
import { compared, unreproduced } from "./compared.ts";
import { inputChange } from "./input-changes.ts";
import { runSeeds, type Side } from "./side.ts";

export interface LookOptions {
  readonly alpha: number;
  readonly tolerances: ReadonlyMap<string, Tolerance>;
  /** Seeds of the last look. */
  readonly seedsMost: number;
  /** Told before more seeds are run. */
  readonly onLook: (seeds: number) => void;
}

/** Numbers of seeds that are looked at. */
const LOOKS = [10, 20, 40] as const;

/** The looks after one at `first` seeds. */
export function furtherLooks(first: number, most: number): readonly number[] {
  return LOOKS.filter((count) => count > first && count <= most);
}

/** Runs the candidate, whose `runs` are still missing, with the base's seeds and more. Throws `CampaignInterrupted`. */
export async function look(
  campaign: Campaign,
  base: Side,
  candidate: Side,
  options: LookOptions,
): Promise<ComparisonDocument> {
  const change = inputChange(base.inputs, candidate.inputs);
  const grown = base.inputs.resolved;
  const notes: string[] = [];
  let [before, after] = [base, candidate];
  // Another simulator saw other events: what it said of the base is worth nothing beside these runs.
  if (change.isModelChange && grown !== undefined) {
    notes.push("model change: the base was run again by this simulator");
    const seeds = base.runs.map(({ seed }) => seed);
    before = { ...base, ...(await runSeeds(campaign, grown, candidate.metrics, seeds)) };
  }
  after = await more(
    campaign,
    after,
    before.runs.map(({ seed }) => seed),
  );
  const counts = grown === undefined ? [] : furtherLooks(before.runs.length, options.seedsMost);
  if (grown === undefined)
    notes.push("the base's scenario is not at hand: no more seeds can be run of it");
  const looks = counts.length + 1;
  for (let number = 1; ; number++) {
    const { alpha, tolerances } = options;
    const isSettled = number === looks;
    const document = compared(before, after, {
      alpha,
      looks,
      look: number,
      tolerances,
      change,
      notes,
    });
    const isBroken = unreproduced(before, after, change).length > 0 || after.stopped.length > 0;
    if (document.verdict !== "inconclusive" || isSettled || isBroken) return document;
    const count = counts[number - 1]!;
    options.onLook(count);
    const seeds = moreSeeds(before, count);
    before = await more(campaign, { ...before, metrics: candidate.metrics }, seeds);
    after = await more(campaign, after, seeds);
  }
}

/** Those that follow the greatest so far, up to `count` in all. */
function moreSeeds({ runs }: Side, count: number): readonly number[] {
  const greatest = runs.reduce((most, { seed }) => Math.max(most, seed), -1);
  return Array.from({ length: count - runs.length }, (_, i) => greatest + 1 + i);
}

async function more(campaign: Campaign, side: Side, seeds: readonly number[]): Promise<Side> {
  const { runs, stopped } = await runSeeds(campaign, side.inputs.resolved!, side.metrics, seeds);
  return { ...side, runs: [...side.runs, ...runs], stopped: [...side.stopped, ...stopped] };
}
