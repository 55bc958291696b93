// From what the search and the verification found to the report that people read.

import {
  formatHours,
  type TuneFigures,
  type TuneReport,
  type TuneRow,
} from "../../reports/tune.ts";
import { formatPercent } from "../../reports/format.ts";
import { manifestYaml } from "../../reports/manifests/manifest-yaml.ts";
import { unifiedDiff } from "../../reports/manifests/unified-diff.ts";
import type { ManifestShape } from "../../sim/planner/tuning/manifest-shape.ts";
import { paretoSet } from "../../sim/planner/tuning/pareto.ts";
import type { Candidate, Scored } from "../../sim/planner/tuning/pool.ts";
import { NOISE_FLAPS, NOISE_MARGIN, NOISE_RATIO } from "../../sim/planner/tuning/rank.ts";
import type { Score } from "../../sim/planner/tuning/score.ts";
import type { TuningResult } from "../../sim/planner/tuning/search.ts";
import { summaryOf } from "../../sim/planner/tuning/spec-words.ts";
import { trapsOf } from "../../sim/planner/tuning/traps.ts";
import type { Verified } from "./tuning-world.ts";
import type { TunedScenario } from "./tuning-world.ts";

export interface Tuned {
  readonly result: TuningResult;
  /** By place of the candidate. */
  readonly verified: ReadonlyMap<number, Verified>;
  /** Manifests that were recommended by the model and failed at full size. */
  readonly refuted: readonly Candidate[];
}

export interface TuneSubject {
  readonly scenarios: readonly TunedScenario[];
  readonly current: ManifestShape;
  /** Where the current manifest comes from. */
  readonly currentFrom: string;
  readonly kubernetes: string;
  readonly ceiling: number;
  readonly seeds: readonly number[];
  readonly verifySeeds: readonly number[];
  readonly pricePodHour: number | undefined;
  /** Runs that were simulated now, and those that the journal knew. */
  readonly counts: { readonly run: number; readonly reused: number };
  readonly command: string;
  readonly watchCommand: string;
  readonly manifestFile: string;
}

export function tuneReport(tuned: Tuned, subject: TuneSubject): TuneReport {
  const { result } = tuned;
  const { current, fixed, recommended } = result;
  const rows = [
    rowOf("current", current, tuned, subject),
    ...(recommended === undefined || isOneOf(recommended, [current, fixed])
      ? []
      : [rowOf("recommended", recommended, tuned, subject)]),
    rowOf("fixed ceiling", fixed, tuned, subject),
  ];
  const complete = result.pool.candidates.map((one) => result.pool.scored(one));
  const pareto = paretoSet(complete.filter(({ isComplete }) => isComplete));
  const outcome = outcomeOf(tuned);
  return {
    question: `Which HPA meets the objectives of ${namesOf(subject)} at the least cost?`,
    answer: answerOf(tuned, subject, outcome),
    outcome,
    rows,
    diff: recommended === undefined ? "" : diffOf(recommended.candidate, subject),
    evidence: result.evidence.map(({ change, without }) => ({
      setting: change.setting,
      before: change.before,
      after: change.after,
      // What was given up before it was run everywhere has no cost.
      without: without && {
        ...figuresOf(without.score, subject),
        ...(without.isComplete ? {} : { nodeHours: Infinity, cost: undefined }),
      },
    })),
    reference: recommended && figuresOf(recommended.score, subject),
    pareto: pareto.map((one) => rowOf(`no. ${one.candidate.index}`, one, tuned, subject)),
    traps: trapLines(recommended ?? current, subject),
    searched: searchedLines(tuned, subject),
    next: nextOf(tuned, subject),
  };
}

function isOneOf({ candidate }: Scored, others: readonly Scored[]): boolean {
  return others.some((other) => other.candidate === candidate);
}

function namesOf({ scenarios }: TuneSubject): string {
  const names = scenarios.map(({ loaded }) => loaded.scenario.metadata.name);
  const last = names.at(-1)!;
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

function rowOf(name: string, one: Scored, { verified }: Tuned, subject: TuneSubject): TuneRow {
  const own = verified.get(one.candidate.index);
  return {
    name,
    summary: summaryOf(one.candidate.spec),
    searched: figuresOf(one.score, subject),
    verified: own && { ...figuresOf(own.score, subject), verdict: own.verdict },
  };
}

function figuresOf(score: Score, { scenarios, pricePodHour }: TuneSubject): TuneFigures {
  const { margin, isFeasible, worst, nodeHours, flaps } = score;
  const name = worst && scenarios[worst.scenario]!.loaded.scenario.metadata.name;
  return {
    margin,
    nearest:
      worst === undefined ? "" : `${worst.check}${scenarios.length === 1 ? "" : ` of ${name}`}`,
    verdict: isFeasible ? "pass" : "fail",
    nodeHours,
    flaps,
    cost: pricePodHour === undefined ? undefined : nodeHours * pricePodHour,
  };
}

function outcomeOf({ result, verified }: Tuned): TuneReport["outcome"] {
  const { recommended, current } = result;
  if (recommended === undefined) return "nothing found";
  const proof = verified.get(recommended.candidate.index);
  if (proof !== undefined && proof.verdict !== "pass") return "not confirmed";
  return recommended.candidate === current.candidate ? "no change" : "change";
}

function answerOf(tuned: Tuned, subject: TuneSubject, outcome: TuneReport["outcome"]): string {
  const { result, verified } = tuned;
  const { recommended, nearest, fixed, current } = result;
  if (recommended === undefined) {
    const { nearest: check, margin } = figuresOf(nearest.score, subject);
    return `None of ${result.pool.candidates.length} manifests meets the objectives; ${summaryOf(nearest.candidate.spec)} comes nearest and misses ${check} (margin ${percent(margin)}). Nodes alone do not mend this: look at edges, admission and limits, or raise --ceiling.`;
  }
  const proof = verified.get(recommended.candidate.index);
  const hours = (one: Scored): number =>
    verified.get(one.candidate.index)?.score.nodeHours ?? one.score.nodeHours;
  const saved = 1 - hours(recommended) / hours(fixed);
  const cost = `${formatHours(hours(recommended))} node-hours, ${savedText(saved)} a fixed ceiling of ${subject.ceiling}`;
  const count = subject.verifySeeds.length;
  const seeds = `${count} ${count === 1 ? "seed" : "seeds"} that the search did not see`;
  if (outcome === "not confirmed") {
    const check = proof === undefined ? "" : figuresOf(proof.score, subject).nearest;
    const word = proof?.verdict === "fail" ? "is missed" : "cannot be told apart from its limit";
    return `Not confirmed: ${summaryOf(recommended.candidate.spec)} meets the objectives in the model, but at full size ${check} ${word} with ${seeds}.`;
  }
  const proven = proof === undefined ? "in the search" : `with ${seeds}`;
  if (outcome === "no change") {
    return `No change: the current manifest meets all objectives ${proven}, for ${cost}, and nothing that was tried is better by more than noise.`;
  }
  const before = current.score.isFeasible
    ? `the current one needs ${formatHours(hours(current))}`
    : `the current one misses ${figuresOf(current.score, subject).nearest}`;
  return `Change it: ${summaryOf(recommended.candidate.spec)} meets all objectives ${proven}, for ${cost}; ${before}.`;
}

function savedText(saved: number): string {
  if (Math.abs(saved) < 0.0005) return "as much as";
  return saved > 0 ? `${percent(saved)} less than` : `${percent(-saved)} more than`;
}

function percent(ratio: number): string {
  return formatPercent(Number(ratio.toPrecision(3)));
}

export function recommendedText({ spec }: Candidate, subject: TuneSubject, comment = ""): string {
  return manifestYaml({ ...subject.current, spec }, comment);
}

function diffOf({ spec }: Candidate, subject: TuneSubject): string {
  return unifiedDiff(manifestYaml(subject.current), manifestYaml({ ...subject.current, spec }), {
    before: subject.currentFrom,
    after: subject.manifestFile,
  });
}

/** Of the current manifest, each sentence once, and whether the recommended one still walks into it. */
function trapLines({ candidate }: Scored, subject: TuneSubject): TuneReport["traps"] {
  return subject.scenarios.flatMap(({ loaded: { scenario } }) => {
    const left = trapsOf({ ...subject.current, spec: candidate.spec }, scenario);
    return trapsOf(subject.current, scenario).map(({ id, text }) => ({
      text: `${scenario.metadata.name}: ${text}`,
      isGone: !left.some((trap) => trap.id === id),
    }));
  });
}

function searchedLines({ result, refuted }: Tuned, subject: TuneSubject): readonly string[] {
  const { pool } = result;
  const complete = pool.candidates.filter((one) => pool.scored(one).isComplete).length;
  const dropped = pool.candidates.filter((one) => !pool.isMeasured(one)).length;
  const scales = subject.scenarios.map(
    ({ loaded, scale }) => `${loaded.scenario.metadata.name} at 1:${scale}`,
  );
  const lines = [
    `${pool.candidates.length} manifests in ${pool.runCount} trials of the search: targets, metrics, floor, ceiling up to ${subject.ceiling}, windows, policies, tolerances as Kubernetes ${subject.kubernetes} takes them. ${complete} have all seeds, ${dropped} were dropped as clearly infeasible before they were run in every scenario.`,
    `${scales.join(", ")}; search with ${seedsText(subject.seeds)}. Verified at 1:1 with ${seedsText(subject.verifySeeds)}. ${subject.counts.run} simulations were run now, ${subject.counts.reused} answers were known.`,
    `A gain below ${NOISE_RATIO * 100} % of node-hours (or twice its standard error), ${NOISE_MARGIN} of margin or ${NOISE_FLAPS} flaps counts as noise.`,
    "Node-hours are of the simulated time of all scenarios together: weigh the scenarios by how often they happen before you take them for a bill.",
  ];
  const failed = refuted.map(
    ({ index, spec }) =>
      `No. ${index} met the objectives in the model but not at full size: ${summaryOf(spec)}.`,
  );
  return [...lines, ...failed];
}

function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0]!, seeds.at(-1)!];
  if (seeds.length === 1) return `seed ${first}`;
  const isRange = seeds.length > 2 && seeds.every((seed, i) => seed === first + i);
  return isRange ? `seeds ${first} to ${last}` : `seeds ${seeds.join(", ")}`;
}

function nextOf({ result }: Tuned, subject: TuneSubject): TuneReport["next"] {
  const { recommended, current } = result;
  const next: [string, string][] = [["The same again", subject.command]];
  if (recommended === undefined || recommended.candidate === current.candidate) return next;
  next.unshift(["Apply it", `kubectl apply -f ${subject.manifestFile}`]);
  next.unshift(["Watch it work", subject.watchCommand]);
  return next;
}
