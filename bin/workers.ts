// Runs on worker threads. One run is one thread; results come back in the order of the tasks, so that
// the number of threads never changes a byte of the output.

import { Piscina } from "piscina";
import type { Progress, Task, TaskOutcome } from "./task.ts";

export interface PoolOptions {
  /** URL of a module whose default export does a `Task`. */
  readonly workerFile: string;
  readonly jobs: number;
  /** Of one worker, bytes; above it the worker ends and the run counts as stopped. */
  readonly heapBytes: number;
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
  const threads = Math.max(1, Math.min(options.jobs, tasks.length));
  const pool = new Piscina({
    filename: options.workerFile,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(options.heapBytes / 1_048_576) },
  });
  pool.on("message", options.onProgress);
  try {
    return await Promise.all(tasks.map((task) => outcomeOf(pool, task, options.signal)));
  } finally {
    await pool.destroy();
  }
}

async function outcomeOf(pool: Piscina, task: Task, signal: AbortSignal): Promise<Outcome> {
  try {
    const outcome = (await pool.run(task, { signal })) as TaskOutcome;
    return { kind: "done", outcome };
  } catch (error) {
    if (signal.aborted) return { kind: "interrupted" };
    if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY") {
      return { kind: "out of memory" };
    }
    const run = `${task.scenario.metadata.name}, seed ${task.seed}, ${task.variant}`;
    throw new Error(`${run}: ${(error as Error).message}`, { cause: error });
  }
}
