// Runs on worker threads. One run is one thread; results come back in the order of the tasks, so that
// the number of threads never changes a byte of the output.
//
// A thread is only ever ended once its task has begun: Node 20 aborts the whole process when a thread is
// ended while it still loads its modules.

import { Piscina } from "piscina";
import type { Progress, Task, TaskOutcome } from "./task.ts";

export interface PoolOptions {
  /** URL of a module whose default export does a `Task`. */
  readonly workerFile: string;
  readonly jobs: number;
  /** Of one worker, bytes; above it the worker ends and the run counts as stopped. */
  readonly heapBytes: number;
  /** Ends running tasks and begins no more. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export type Outcome =
  | { readonly kind: "done"; readonly outcome: TaskOutcome }
  /** The worker needed more memory than it may have. */
  | { readonly kind: "out of memory" }
  /** Not begun, or ended by the signal. */
  | { readonly kind: "interrupted" };

/** The outcome of each task, in order. Throws what a task throws: that is a bug. */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<Outcome[]> {
  const batch = new Batch(tasks, options);
  try {
    return await batch.run();
  } finally {
    await batch.close();
  }
}

class Batch {
  readonly #tasks: readonly Task[];
  readonly #lanes: number;
  readonly #pool: Piscina;
  readonly #stopSignal: AbortSignal;
  readonly #end = new AbortController();
  readonly #outcomes: Outcome[];
  readonly #running = new Set<number>();
  readonly #begun = new Set<number>();
  #next = 0;
  #isStopping = false;
  #bug: Error | undefined;

  constructor(tasks: readonly Task[], options: PoolOptions) {
    this.#tasks = tasks;
    this.#lanes = Math.max(1, Math.min(options.jobs, tasks.length));
    this.#outcomes = tasks.map(() => ({ kind: "interrupted" }));
    this.#pool = new Piscina({
      filename: options.workerFile,
      minThreads: this.#lanes,
      maxThreads: this.#lanes,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(options.heapBytes / 1_048_576) },
    });
    this.#pool.on("message", (progress: Progress) => {
      this.#begun.add(progress.index);
      if (this.#isStopping) this.#endWhenBegun();
      else options.onProgress(progress);
    });
    this.#stopSignal = options.signal;
    this.#stopSignal.addEventListener("abort", this.#stop);
    if (this.#stopSignal.aborted) this.#stop();
  }

  /** As many tasks at once as there are threads, so that each running task has one. */
  async run(): Promise<Outcome[]> {
    await Promise.all(Array.from({ length: this.#lanes }, () => this.#lane()));
    if (this.#bug !== undefined) throw this.#bug;
    return this.#outcomes;
  }

  async close(): Promise<void> {
    this.#stopSignal.removeEventListener("abort", this.#stop);
    await this.#pool.destroy();
  }

  async #lane(): Promise<void> {
    while (!this.#isStopping && this.#next < this.#tasks.length) {
      const index = this.#next++;
      this.#running.add(index);
      this.#outcomes[index] = await this.#outcomeOf(this.#tasks[index]!);
      this.#running.delete(index);
      if (this.#isStopping) this.#endWhenBegun();
    }
  }

  async #outcomeOf(task: Task): Promise<Outcome> {
    try {
      const outcome = (await this.#pool.run(task, { signal: this.#end.signal })) as TaskOutcome;
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
