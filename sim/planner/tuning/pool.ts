// The candidates of a search, and what their runs said.

import { identityOf, type SpecShape } from "./manifest-shape.ts";
import { scoreOf, type Score, type TrialOutcome } from "./score.ts";

/** One run that is asked for. Numbers are places in the lists of candidates and scenarios. */
export interface TuningTrial {
  readonly candidate: number;
  readonly scenario: number;
  readonly seed: number;
}

export interface Candidate {
  readonly index: number;
  /** Where it comes from, for people: "current", "fixed ceiling", "theory", "chance", "near 7" … */
  readonly origin: string;
  readonly spec: SpecShape;
}

export interface Scored {
  readonly candidate: Candidate;
  readonly score: Score;
  /** Runs with every seed, in every scenario. */
  readonly isComplete: boolean;
}

export class Pool {
  readonly scenarioCount: number;
  readonly seeds: readonly number[];
  readonly candidates: Candidate[] = [];
  /** Identities of all candidates. */
  readonly known = new Set<string>();
  readonly #byIdentity = new Map<string, Candidate>();
  /** By candidate, scenario: seed → outcome. */
  readonly #outcomes: Map<number, TrialOutcome>[][] = [];
  runCount = 0;

  constructor(scenarioCount: number, seeds: readonly number[]) {
    this.scenarioCount = scenarioCount;
    this.seeds = seeds;
  }

  /** The candidate with this spec; a new one unless it is there already. */
  add(spec: SpecShape, origin: string): Candidate {
    const identity = identityOf(spec);
    const before = this.#byIdentity.get(identity);
    if (before !== undefined) return before;
    const candidate = { index: this.candidates.length, origin, spec };
    this.known.add(identity);
    this.#byIdentity.set(identity, candidate);
    this.candidates.push(candidate);
    this.#outcomes.push(Array.from({ length: this.scenarioCount }, () => new Map()));
    return candidate;
  }

  /** The runs that these candidates still need in one scenario. */
  missing(
    candidates: readonly Candidate[],
    scenario: number,
    seeds: readonly number[],
  ): readonly TuningTrial[] {
    return candidates.flatMap(({ index }) =>
      seeds
        .filter((seed) => !this.#outcomes[index]![scenario]!.has(seed))
        .map((seed) => ({ candidate: index, scenario, seed })),
    );
  }

  told({ candidate, scenario, seed }: TuningTrial, outcome: TrialOutcome): void {
    this.#outcomes[candidate]![scenario]!.set(seed, outcome);
    this.runCount++;
  }

  /** By the runs that it has. */
  scored(candidate: Candidate): Scored {
    const outcomes = this.#outcomes[candidate.index]!;
    const isComplete = outcomes.every((runs) => this.seeds.every((seed) => runs.has(seed)));
    // In the order of the seeds: sums must not depend on which run was told first.
    const inOrder = outcomes.map((runs) => this.seeds.flatMap((seed) => runs.get(seed) ?? []));
    return { candidate, score: scoreOf(inOrder), isComplete };
  }

  /** Node-hours of one seed over all scenarios; undefined where a run is missing. */
  nodeHoursOf({ index }: Candidate, seed: number): number | undefined {
    let hours = 0;
    for (const runs of this.#outcomes[index]!) {
      const outcome = runs.get(seed);
      if (outcome === undefined) return undefined;
      hours += outcome.nodeHours;
    }
    return hours;
  }

  /** Whether it has a run in every scenario: what it costs is known. */
  isMeasured({ index }: Candidate): boolean {
    return this.#outcomes[index]!.every((runs) => runs.size > 0);
  }
}
