// The search: which HPA meets the objectives of all scenarios at the least cost?
//
// Successive halving over seeds: many candidates with one seed, the better third with two more, the finalists with all. The
// same seeds for everybody, so that a difference between two candidates is theirs and not luck's. Between the rounds the
// neighbours of the best are tried, and what is clearly infeasible in one scenario is not run in the next.
//
// Then the winner is made as plain as it can be: each change is put back by itself, and a change that nothing speaks for
// goes. What is left of these runs is the evidence for each changed line.
//
// Ask and tell: the generator yields runs and is given their outcomes in the same order; it is a function of its options
// and of the outcomes, so a search that was cut off is resumed by being told again what is known.

import { randomStream, type RandomStream } from "../../engine/random.ts";
import { changesBetween, tidied, type Change } from "./changes.ts";
import { identityOf, type SpecShape } from "./manifest-shape.ts";
import { neighbours } from "./moves.ts";
import { Pool, type Candidate, type Scored, type TuningTrial } from "./pool.ts";
import { compared, costNoise, isAsGood, recommended, type Objective } from "./rank.ts";
import type { TrialOutcome } from "./score.ts";
import { fixedCeiling, sampled, sensible, type TuningSpace } from "./space.ts";

export interface TuningOptions {
  readonly space: TuningSpace;
  /** Order in which scenarios are run: cheap ones first, so that the hopeless are cheap too. */
  readonly scenarioOrder: readonly number[];
  readonly seeds: readonly number[];
  /** Candidates to try, ablations aside. At least 6. */
  readonly trials: number;
  readonly objective: Objective;
  /** Of the sampling. */
  readonly seed: number;
}

export interface TuningAsk {
  /** For people: what this round is for. */
  readonly round: string;
  readonly trials: readonly TuningTrial[];
  /** All there are so far; trials name them by their place. */
  readonly candidates: readonly Candidate[];
}

/** A changed line, and the candidate without it, where that can be: complete, or clearly infeasible after a run or two. */
export interface Evidence {
  readonly change: Change;
  readonly without: Scored | undefined;
}

export interface TuningResult {
  readonly pool: Pool;
  readonly current: Scored;
  readonly fixed: Scored;
  /** Undefined: nothing that was tried meets the objectives. The current one: no change. */
  readonly recommended: Scored | undefined;
  /** The best there is, where nothing is feasible. */
  readonly nearest: Scored;
  readonly evidence: readonly Evidence[];
  /** Complete and feasible ones, best first: for whoever finds that the recommended one does not hold at full size. */
  readonly alternatives: readonly Scored[];
}

export type Tuning = Generator<TuningAsk, TuningResult, readonly TrialOutcome[]>;

/** Margins below this in one scenario: not run in the others. Assumed. */
const HOPELESS_MARGIN = -0.2;
/** Of the candidates: those that theory and chance propose; the rest are neighbours of the best. Assumed. */
const SURVEY_SHARE = 0.5;
const WAVES = 4;
const PARENTS = 3;
const RACE_SEEDS = 3;
const FINALISTS = 4;
/** Where finalists fail with the last seeds, so many at a time take their places, and so many times. Assumed. */
const SUBSTITUTES = 2;
const SUBSTITUTIONS = 8;
/** Rounds of putting changes back. Assumed: enough, since harmless changes go together. */
const SIMPLIFICATIONS = 5;

export function* tuningSearch(options: TuningOptions): Tuning {
  const { space, seeds, objective } = options;
  const pool = new Pool(options.scenarioOrder.length, seeds);
  const random = randomStream(options.seed, "tuning candidates");
  const current = pool.add(space.current.spec, "current");
  const fixed = pool.add(fixedCeiling(space), "fixed ceiling");
  const ranked = (among: readonly Candidate[]): Candidate[] => {
    const own = pool.scored(current);
    const measured = among.filter((one) => pool.isMeasured(one)).map((one) => pool.scored(one));
    return measured.sort((a, b) => compared(a, b, own, objective)).map((one) => one.candidate);
  };
  const first = seeds.slice(0, 1);
  const kept = new Set([current, fixed]);
  const survey = surveyed(pool, options, random);
  yield* run(pool, options, { round: "survey", among: [...kept, ...survey], seeds: first, kept });
  const perWave = Math.max(1, Math.floor((options.trials - survey.length) / WAVES));
  for (let wave = 1; wave <= WAVES; wave++) {
    const parents = ranked(pool.candidates).slice(0, PARENTS);
    const children = childrenOf(pool, parents, perWave, { space, random });
    const round = `neighbours, wave ${wave} of ${WAVES}`;
    yield* run(pool, options, { round, among: children, seeds: first, kept });
  }
  const all = ranked(pool.candidates);
  const third = all.slice(0, Math.max(FINALISTS, Math.ceil(all.length / 3)));
  const raced = seeds.slice(0, RACE_SEEDS);
  yield* run(pool, options, { round: "race", among: [...kept, ...third], seeds: raced, kept });
  const finalists = ranked(third).slice(0, FINALISTS);
  yield* run(pool, options, { round: "final", among: [...kept, ...finalists], seeds, kept });
  for (let turn = 1; turn <= SUBSTITUTIONS; turn++) {
    const next = ahead(pool, ranked(pool.candidates)).slice(0, SUBSTITUTES);
    if (next.length === 0) break;
    yield* run(pool, options, { round: `substitutes, turn ${turn}`, among: next, seeds, kept });
  }
  const winner = yield* simplified(pool, options, current);
  const complete = ranked(pool.candidates.filter((one) => pool.scored(one).isComplete));
  const best = complete.map((one) => pool.scored(one));
  return {
    pool,
    current: pool.scored(current),
    fixed: pool.scored(fixed),
    recommended: winner,
    nearest: best[0] ?? pool.scored(current),
    evidence: winner === undefined ? [] : evidenceOf(pool, current, winner.candidate),
    alternatives: best.filter(({ score }) => score.isFeasible),
  };
}

/** Of `ranked`: those before the best that is sure, which met the objectives with the seeds that they were given. */
function ahead(pool: Pool, ranked: readonly Candidate[]): readonly Candidate[] {
  const sure = ranked.findIndex((one) => pool.scored(one).isComplete);
  const leading = sure < 0 ? ranked : ranked.slice(0, sure);
  return leading.filter((one) => pool.scored(one).score.isFeasible);
}

/** The result with another of its candidates recommended, and the evidence for that one's changes. */
export function* tuningWith(
  { pool, ...result }: TuningResult,
  winner: Candidate,
  options: TuningOptions,
): Tuning {
  const current = result.current.candidate;
  const among = ablations(pool, current, winner);
  yield* evidenceRuns(pool, options, among);
  const evidence = evidenceOf(pool, current, winner);
  return { ...result, pool, recommended: pool.scored(winner), evidence };
}

/** Theory first, chance for the rest. */
function surveyed(pool: Pool, options: TuningOptions, random: RandomStream): readonly Candidate[] {
  const count = Math.max(4, Math.ceil(options.trials * SURVEY_SHARE));
  const theory = sensible(options.space).slice(0, Math.ceil((count * 2) / 3));
  const found = theory.map((spec) => pool.add(spec, "theory"));
  for (let draw = 0; found.length < count && draw < 4 * count; draw++) {
    const before = pool.candidates.length;
    const candidate = pool.add(sampled(options.space, random), "chance");
    if (pool.candidates.length > before) found.push(candidate);
  }
  return [...new Set(found)];
}

function childrenOf(
  pool: Pool,
  parents: readonly Candidate[],
  count: number,
  around: { readonly space: TuningSpace; readonly random: RandomStream },
): readonly Candidate[] {
  const each = Math.ceil(count / Math.max(1, parents.length));
  return parents.flatMap((parent) => {
    const { isFeasible } = pool.scored(parent).score;
    const halved = withHalvedFloor(pool, parent, around.space);
    const more = each - halved.length;
    const others = neighbours(parent.spec, isFeasible, more, pool.known, around);
    return [...halved, ...others].map((spec) => pool.add(spec, `near ${parent.index}`));
  });
}

/**
 * The floor moves node-hours more than anything else, so it is bisected: between the parent's and the nearest on the other side
 * of feasible, of those that differ in nothing else. None when they are neighbours, or when it is known.
 */
function withHalvedFloor(pool: Pool, parent: Candidate, space: TuningSpace): readonly SpecShape[] {
  const { minReplicas: own = 1, maxReplicas } = parent.spec;
  const rest = identityOf({ ...parent.spec, minReplicas: 1 });
  const { isFeasible } = pool.scored(parent).score;
  const others = pool.candidates
    .filter(({ spec }) => identityOf({ ...spec, minReplicas: 1 }) === rest)
    .filter((one) => pool.scored(one).score.isFeasible !== isFeasible)
    .map(({ spec }) => spec.minReplicas ?? 1);
  const other = isFeasible
    ? Math.max(0, ...others.filter((floor) => floor < own))
    : Math.min(space.ceiling, ...others.filter((floor) => floor > own));
  const minReplicas = isFeasible ? Math.floor((own + other) / 2) : Math.ceil((own + other) / 2);
  const spec = { ...parent.spec, minReplicas, maxReplicas: Math.max(maxReplicas, minReplicas) };
  return minReplicas < 1 || pool.known.has(identityOf(spec)) ? [] : [spec];
}

interface Round {
  readonly round: string;
  readonly among: readonly Candidate[];
  readonly seeds: readonly number[];
  /** Run in every scenario, however bad. */
  readonly kept: ReadonlySet<Candidate>;
}

/** Runs what is missing, scenario by scenario; who is hopeless in one is spared the next. */
function* run(
  pool: Pool,
  { scenarioOrder }: TuningOptions,
  { round, among, seeds, kept }: Round,
): Generator<TuningAsk, void, readonly TrialOutcome[]> {
  let alive = [...new Set(among)];
  for (const scenario of scenarioOrder) {
    const trials = pool.missing(alive, scenario, seeds);
    if (trials.length > 0) {
      const outcomes = yield { round, trials, candidates: pool.candidates };
      for (const [i, trial] of trials.entries()) pool.told(trial, outcomes[i]!);
    }
    alive = worthwhile(pool, alive, kept);
  }
}

/** Those that are not hopeless, or where all are, the better half. */
function worthwhile(
  pool: Pool,
  alive: readonly Candidate[],
  kept: ReadonlySet<Candidate>,
): Candidate[] {
  const others = alive.filter((one) => !kept.has(one));
  const margin = (one: Candidate): number => pool.scored(one).score.margin;
  const hopeful = others.filter((one) => margin(one) >= HOPELESS_MARGIN);
  const byMargin = [...others].sort((a, b) => margin(b) - margin(a) || a.index - b.index);
  const chosen = hopeful.length > 0 ? hopeful : byMargin.slice(0, Math.ceil(others.length / 2));
  return alive.filter((one) => kept.has(one) || chosen.includes(one));
}

/**
 * Puts back what does no good, by itself and then together, until every change that is left does some. The winner, with all
 * its changes put back one by one.
 */
function* simplified(
  pool: Pool,
  options: TuningOptions,
  current: Candidate,
): Generator<TuningAsk, Scored | undefined, readonly TrialOutcome[]> {
  const { objective } = options;
  let winner = recommended(pool, current, objective);
  for (let turn = 1; winner !== undefined; turn++) {
    yield* evidenceRuns(pool, options, ablations(pool, current, winner.candidate));
    if (turn === SIMPLIFICATIONS) return winner;
    yield* evidenceRuns(pool, options, [plainer(pool, options, current, winner)]);
    const next = recommended(pool, current, objective);
    if (next?.candidate === winner.candidate) return winner;
    winner = next;
  }
  return winner;
}

/** One seed says what is hopeless; the rest is run with all. */
function* evidenceRuns(
  pool: Pool,
  options: TuningOptions,
  among: readonly Candidate[],
): Generator<TuningAsk, void, readonly TrialOutcome[]> {
  const { seeds } = options;
  const round = { round: "evidence", kept: new Set<Candidate>() };
  yield* run(pool, options, { ...round, among, seeds: seeds.slice(0, 1) });
  const hopeful = among.filter((one) => pool.scored(one).score.margin >= HOPELESS_MARGIN);
  yield* run(pool, options, { ...round, among: hopeful, seeds });
}

function ablations(pool: Pool, current: Candidate, winner: Candidate): readonly Candidate[] {
  const changes = changesBetween(current.spec, winner.spec);
  return changes.flatMap(({ putBack }) =>
    putBack === undefined ? [] : [pool.add(putBack, `without a change of ${winner.index}`)],
  );
}

/** The winner without all the changes of which none is missed by itself. */
function plainer(
  pool: Pool,
  { objective }: TuningOptions,
  current: Candidate,
  winner: Scored,
): Candidate {
  const { spec, index } = winner.candidate;
  const harmless = changesBetween(current.spec, spec).filter(
    ({ putBack }) =>
      putBack !== undefined &&
      isAsGood(pool, pool.scored(pool.add(putBack, "")), winner, current, objective),
  );
  const plain = harmless.reduce((left, { setting }) => {
    const rest = changesBetween(current.spec, left);
    return rest.find((change) => change.setting === setting)?.putBack ?? left;
  }, spec);
  return pool.add(tidied(current.spec, plain), `plainer than ${index}`);
}

function evidenceOf(pool: Pool, current: Candidate, winner: Candidate): readonly Evidence[] {
  return changesBetween(current.spec, winner.spec).map((change) => {
    const { putBack } = change;
    const without =
      putBack && pool.scored(pool.add(putBack, `without a change of ${winner.index}`));
    return { change, without };
  });
}

/** Node-hours that the noise of these seeds explains, for the report. */
export function noiseBetween({ pool, current }: TuningResult, one: Scored): number {
  return costNoise(pool, one.candidate, current.candidate);
}
