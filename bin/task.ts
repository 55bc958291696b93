// One task of a worker thread: a run, perhaps traced, perhaps done twice; or a trial, of which a summary is kept.

import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { getHeapStatistics } from "node:v8";
import { parentPort } from "node:worker_threads";
import type { Scenario } from "../scenarios/schema.ts";
import { TraceWriter } from "../sim/engine/trace-text.ts";
import { firstDifference, TraceRecorder } from "../sim/engine/trace.ts";
import type { Telemetry } from "../sim/cluster/telemetry.ts";
import type { RunResult } from "../sim/result.ts";
import type { RunInput, Simulate } from "./simulate.ts";
import { summaryOf, type TrialSummary, type TrialTask } from "./trial.ts";

export interface Task {
  /** Position among all tasks; progress messages carry it. */
  readonly index: number;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly variant: string;
  /** Where to write the event log. */
  readonly traceFile: string | undefined;
  /** Whether to run twice and compare. */
  readonly verify: boolean;
}

export interface TaskOutcome {
  readonly result: RunResult;
  /** The first event in which the second run differs, in words; undefined when none does. */
  readonly difference: string | undefined;
}

export interface Progress {
  readonly index: number;
  readonly simulatedMs: number;
  readonly eventCount: number;
  /** How it goes; absent where nobody has looked yet. */
  readonly telemetry?: Telemetry;
}

/** Between two progress messages of one worker: more often than people can read. */
const PROGRESS_EVERY_MS = 100;

/** What a worker file exports by default. */
export function taskRunner(
  simulate: Simulate,
): (task: Task | TrialTask) => TaskOutcome | TrialSummary {
  return (task) => {
    const input: RunInput = {
      scenario: task.scenario,
      seed: task.seed,
      variant: task.variant,
      onProgress: progressSender(task.index),
      heapBytes: heapInUse,
    };
    if ("expressions" in task) return summaryOf(task, simulate(input));
    if (task.verify) return verified(simulate, input);
    if (task.traceFile === undefined) return { result: simulate(input), difference: undefined };
    return { result: traced(simulate, input, task.traceFile), difference: undefined };
  };
}

/** Says at once that the task has begun: the pool must know (workers.ts). */
function progressSender(index: number): NonNullable<RunInput["onProgress"]> {
  let lastMs = performance.now();
  parentPort?.postMessage({ index, simulatedMs: 0, eventCount: 0 } satisfies Progress);
  return (simulatedMs, eventCount, look) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = nowMs;
    const telemetry = look?.();
    const seen = telemetry === undefined ? {} : { telemetry };
    parentPort?.postMessage({ index, simulatedMs, eventCount, ...seen } satisfies Progress);
  };
}

/** Of this thread, typed arrays included. */
function heapInUse(): number {
  const { used_heap_size: heapBytes, external_memory: outsideBytes } = getHeapStatistics();
  return heapBytes + outsideBytes;
}

function traced(simulate: Simulate, input: RunInput, file: string): RunResult {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, "w");
  try {
    const writer = new TraceWriter((piece) => writeSync(descriptor, piece));
    const result = simulate({ ...input, observer: writer });
    writer.end();
    return result;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Checkpoints alone are kept of the first two runs; only when these differ are two more run, which
 * record the block in question. Those may part elsewhere: chance does not repeat itself.
 */
function verified(simulate: Simulate, input: RunInput): TaskOutcome {
  const record = (from: number, to: number): { trace: TraceRecorder; result: RunResult } => {
    const trace = new TraceRecorder({ from, to });
    return { trace, result: simulate({ ...input, observer: trace }) };
  };
  const [a, b] = [record(0, 0), record(0, 0)];
  const isSame = a.result.digest === b.result.digest;
  const block = firstDifference(a.trace, b.trace);
  if (block === undefined && isSame) return { result: a.result, difference: undefined };
  // After the last whole block there is no checkpoint, only the digest of the run.
  const size = a.trace.checkpointEvents;
  const from = block?.index ?? a.trace.checkpoints.length * size;
  const exact = firstDifference(record(from, from + size).trace, record(from, from + size).trace);
  const unseen = `the digests differ, somewhere after event ${from}`;
  return { result: a.result, difference: (exact ?? block)?.text ?? unseen };
}
