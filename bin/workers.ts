// Runs on worker threads. One run is one thread; results come back in the order of the tasks, so that
// the number of threads never changes a byte of the output.
//
// A thread is only ever ended once its task has begun: Node 20 aborts the whole process when a thread is
// ended while it still loads its modules. So each lane begins its thread with its first task, and begins no
// other by itself when that one died.

import { Piscina } from "piscina";
import type { Progress, Task, TaskOutcome } from "./task.ts";
import type { TrialSummary, TrialTask } from "./trial.ts";

export interface PoolOptions {
  /** URL of a module whose default export does a `Task` or a `TrialTask`. */
  readonly workerFile: string;
  readonly jobs: number;
  /** Of one worker, bytes; above it the worker ends and the run counts as stopped. */
  readonly heapBytes: number;
  /** Ends running tasks and begins no more. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Hears of each task of `runTasks` that is over, by its `index`. */
  readonly onDone?: (index: number) => void;
}

export type OutcomeOf<Answer> =
  | { readonly kind: "done"; readonly outcome: Answer }
  /** The worker needed more memory than it may have. */
  | { readonly kind: "out of memory" }
  /** Not begun, or ended by the signal. */
  | { readonly kind: "interrupted" };
export type Outcome = OutcomeOf<TaskOutcome>;

/** The outcome of each task, in order. Throws what a task throws: that is a bug. */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<Outcome[]> {
  const pool = new WorkerPool(options);
  try {
    const outcomes: Outcome[] = tasks.map(() => ({ kind: "interrupted" }));
    await pool.run(tasks, (place, outcome) => {
      outcomes[place] = outcome;
      options.onDone?.(tasks[place]!.index);
    });
    return outcomes;
  } finally {
    await pool.close();
  }
}

type AnswerOf<Asked> = Asked extends TrialTask ? TrialSummary : TaskOutcome;

/** Threads that live until `close`, over as many batches as are run. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #lanes: Piscina[] = [];
  readonly #end = new AbortController();
  /** By `index` of the task: it must differ between all tasks of a pool that run at one time. */
  readonly #running = new Set<number>();
  readonly #begun = new Set<number>();
  #isStopping = false;
  #bug: Error | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /**
   * Does the tasks, as many at once as there are lanes, and tells the outcome of each by its place among them as soon as it
   * has one. One batch at a time. Throws what a task throws, when the others that run are over.
   */
  async run<Asked extends Task | TrialTask>(
    tasks: readonly Asked[],
    onOutcome: (place: number, outcome: OutcomeOf<AnswerOf<Asked>>) => void,
  ): Promise<void> {
    let next = 0;
    const work = async (lane: number): Promise<void> => {
      while (!this.#isStopping && next < tasks.length) {
        const place = next++;
        const task = tasks[place]!;
        this.#begun.delete(task.index);
        this.#running.add(task.index);
        const outcome = await this.#outcomeOf(lane, task);
        this.#running.delete(task.index);
        onOutcome(place, outcome as OutcomeOf<AnswerOf<Asked>>);
        if (this.#isStopping) this.#endWhenBegun();
      }
    };
    const lanes = Math.max(1, Math.min(this.#options.jobs, tasks.length));
    await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
    if (this.#bug !== undefined) throw this.#bug;
  }

  async close(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#stop);
    await Promise.all(this.#lanes.map((lane) => lane.destroy()));
  }

  /** A pool of one thread, so that each task that runs has one, and no thread loads without a task. */
  #laneAt(lane: number): Piscina {
    const { workerFile, heapBytes, onProgress } = this.#options;
    const there = this.#lanes[lane];
    if (there !== undefined) return there;
    const made = new Piscina({
      filename: workerFile,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / 1_048_576) },
    });
    made.on("message", (progress: Progress) => {
      this.#begun.add(progress.index);
      if (this.#isStopping) this.#endWhenBegun();
      else onProgress(progress);
    });
    this.#lanes[lane] = made;
    return made;
  }

  async #outcomeOf(lane: number, task: Task | TrialTask): Promise<OutcomeOf<unknown>> {
    try {
      const outcome = await this.#laneAt(lane).run(task, { signal: this.#end.signal });
      return { kind: "done", outcome };
    } catch (error) {
      if (this.#end.signal.aborted) return { kind: "interrupted" };
      if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY") {
        return { kind: "out of memory" };
      }
      const run = `${task.scenario.metadata.name}, seed ${task.seed}, ${task.variant}`;
      this.#bug ??= new Error(`${run}: ${(error as Error).message}`, { cause: error });
      this.#stop();
      return { kind: "interrupted" };
    }
  }

  readonly #stop = (): void => {
    this.#isStopping = true;
    this.#endWhenBegun();
  };

  #endWhenBegun(): void {
    if ([...this.#running].every((index) => this.#begun.has(index))) this.#end.abort();
  }
}
