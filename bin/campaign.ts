// Many trials for a search: on threads, each at most once, resumed where an earlier search was interrupted.
//
// A search asks for a batch, learns what came of it, and asks for the next; the threads live through all of them. What is in
// the journal is not run again, so that the same command goes on where it was stopped, and variants share their runs.

import { Journal } from "./journal.ts";
import type { Outside } from "./outside.ts";
import {
  summaryWithoutMemory,
  type CampaignTrial,
  type TrialSummary,
  type TrialTask,
} from "./trial.ts";
import { WorkerPool, type OutcomeOf } from "./workers.ts";

export type { CampaignTrial, TrialSummary } from "./trial.ts";

export interface CampaignOptions {
  readonly jobs: number;
  /** Where finished trials are kept; without one an interruption loses them. */
  readonly journalFile: string | undefined;
  /** Whether to forget what the journal has. */
  readonly isFresh?: boolean;
  /** Ends what runs; `run` then throws `CampaignInterrupted`. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CampaignProgress) => void;
}

/** Of the batch that runs now. */
export interface CampaignProgress {
  /** Trials of it that are run, without those that were known. */
  readonly trials: number;
  readonly trialsDone: number;
  /** Simulated time, ms: so far, and of the whole batch. */
  readonly simulatedMs: number;
  readonly simulatedMsAll: number;
  /** What runs at this moment, in the order in which it began. */
  readonly running: readonly CampaignTrial[];
}

/** The signal came before the batch was done; what is done is in the journal. */
export class CampaignInterrupted extends Error {
  override readonly name = "CampaignInterrupted";
}

export class Campaign {
  readonly #options: CampaignOptions;
  readonly #workerFile: string;
  readonly #journal: Journal;
  #pool: WorkerPool | undefined;
  #heapBytes = 0;
  #nextIndex = 0;
  #batch: Batch | undefined;
  #run = 0;
  #reused = 0;

  /** `workerFile`: URL of the module that does trials (worker.ts). */
  constructor(outside: Outside, workerFile: string, options: CampaignOptions) {
    const { journalFile, isFresh } = options;
    if (isFresh === true && journalFile !== undefined) outside.remove(journalFile);
    this.#options = options;
    this.#workerFile = workerFile;
    // A test's worker is another simulator.
    const worker = workerFile.split("/").at(-1)!;
    const program = `${outside.version} ${outside.programDigest()} ${worker}`;
    this.#journal = new Journal(outside, journalFile, program);
  }

  /** Trials run by this campaign, and those that it took from its journal (each time they were asked for). */
  get counts(): { readonly run: number; readonly reused: number } {
    return { run: this.#run, reused: this.#reused };
  }

  /** Trials that the journal had when the campaign began, and since. */
  get known(): number {
    return this.#journal.size;
  }

  /**
   * What came of each trial, in order. Equal trials are run once. Throws `CampaignInterrupted` after the signal, and what a
   * run throws, which is a bug.
   */
  async run(trials: readonly CampaignTrial[]): Promise<readonly TrialSummary[]> {
    const keys = trials.map((trial) => this.#journal.keyOf(trial));
    const missing = new Map<string, TrialTask>();
    trials.forEach((trial, i) => {
      const key = keys[i]!;
      if (this.#journal.find(key) === undefined && !missing.has(key)) {
        missing.set(key, taskOf(trial, this.#nextIndex++));
      }
    });
    this.#reused += trials.length - missing.size;
    if (missing.size > 0) await this.#runMissing([...missing.keys()], [...missing.values()]);
    return keys.map((key) => this.#journal.find(key)!);
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool?.close();
    this.#pool = undefined;
  }

  async #runMissing(keys: readonly string[], tasks: readonly TrialTask[]): Promise<void> {
    const pool = await this.#poolFor(tasks);
    const batch = new Batch(tasks);
    this.#batch = batch;
    this.#options.onProgress?.(batch.progress());
    let isInterrupted = this.#options.signal.aborted;
    await pool.run(tasks, (place, outcome: OutcomeOf<TrialSummary>) => {
      const task = tasks[place]!;
      if (outcome.kind === "interrupted") {
        isInterrupted = true;
        return;
      }
      this.#run++;
      const summary = outcome.kind === "done" ? outcome.outcome : summaryWithoutMemory(task);
      this.#journal.keep(keys[place]!, summary);
      batch.ended(task);
      this.#options.onProgress?.(batch.progress());
    });
    // Tasks that no lane had begun have no outcome at all.
    if (isInterrupted || this.#options.signal.aborted) throw new CampaignInterrupted();
  }

  /** The heap of a thread is given when it is made: for a greedier scenario there are new ones. */
  async #poolFor(tasks: readonly TrialTask[]): Promise<WorkerPool> {
    const heapBytes = Math.max(...tasks.map(({ scenario }) => scenario.run.limits.heapBytes));
    if (heapBytes > this.#heapBytes) await this.close();
    this.#heapBytes = Math.max(heapBytes, this.#heapBytes);
    this.#pool ??= new WorkerPool({
      workerFile: this.#workerFile,
      jobs: this.#options.jobs,
      heapBytes: this.#heapBytes,
      signal: this.#options.signal,
      onProgress: ({ index, simulatedMs }) => {
        this.#batch?.advanced(index, simulatedMs);
        if (this.#batch !== undefined) this.#options.onProgress?.(this.#batch.progress());
      },
    });
    return this.#pool;
  }
}

/** Workers copy what they are given: nothing but the fields of a task. */
function taskOf(trial: CampaignTrial, index: number): TrialTask {
  const { scenario, budgets, expressions, seed, variant } = trial;
  return { index, scenario, budgets, expressions, seed, variant };
}

/** How far the trials of one batch are. */
class Batch {
  readonly #tasks: ReadonlyMap<number, TrialTask>;
  readonly #allMs: number;
  readonly #running = new Map<number, number>();
  readonly #ended = new Set<number>();
  #doneMs = 0;
  #done = 0;

  constructor(tasks: readonly TrialTask[]) {
    this.#tasks = new Map(tasks.map((task) => [task.index, task]));
    this.#allMs = tasks.reduce((sum, task) => sum + task.scenario.run.durationMs, 0);
  }

  /** What a thread said of a trial may come after its outcome: the two take different ways. */
  advanced(index: number, simulatedMs: number): void {
    if (this.#tasks.has(index) && !this.#ended.has(index)) this.#running.set(index, simulatedMs);
  }

  ended(task: TrialTask): void {
    this.#running.delete(task.index);
    this.#ended.add(task.index);
    this.#doneMs += task.scenario.run.durationMs;
    this.#done++;
  }

  progress(): CampaignProgress {
    let simulatedMs = this.#doneMs;
    for (const ms of this.#running.values()) simulatedMs += ms;
    return {
      trials: this.#tasks.size,
      trialsDone: this.#done,
      simulatedMs,
      simulatedMsAll: this.#allMs,
      running: [...this.#running.keys()].map((index) => this.#tasks.get(index)!),
    };
  }
}
