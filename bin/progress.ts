// How far the runs are: a bar for people, a line every ten seconds for logs, nothing with --quiet.
// Always on stderr; stdout is for results.

import { SingleBar } from "cli-progress";
import { formatCount } from "../reports/format.ts";
import type { Outside } from "./outside.ts";
import type { Progress, Task } from "./task.ts";

const LINE_EVERY_MS = 10_000;

export interface ProgressView {
  update(progress: Progress): void;
  stop(): void;
}

/** Shows the progress of `tasks` until `stop`. */
export function showProgress(
  outside: Outside,
  tasks: readonly Task[],
  isQuiet: boolean,
): ProgressView {
  if (isQuiet || tasks.length === 0) return { update: () => {}, stop: () => {} };
  const state = new Tally(tasks);
  return outside.stderr.isTTY && outside.stderr.stream !== undefined
    ? bar(state, outside.stderr.stream)
    : lines(state, outside);
}

/** What all workers have done so far. */
class Tally {
  readonly totalMs: number;
  readonly #simulatedMs: number[];
  readonly #events: number[];

  constructor(tasks: readonly Task[]) {
    this.totalMs = tasks.reduce((sum, task) => sum + task.scenario.run.durationMs, 0);
    this.#simulatedMs = tasks.map(() => 0);
    this.#events = tasks.map(() => 0);
  }

  update({ index, simulatedMs, eventCount }: Progress): void {
    this.#simulatedMs[index] = simulatedMs;
    this.#events[index] = eventCount;
  }

  get simulatedMs(): number {
    return this.#simulatedMs.reduce((sum, ms) => sum + ms, 0);
  }

  get eventCount(): number {
    return this.#events.reduce((sum, count) => sum + count, 0);
  }
}

function bar(tally: Tally, stream: NodeJS.WriteStream): ProgressView {
  const wide = "{bar} {percentage} %  {sim} of {all} s simulated  {events} events  {eta_formatted}";
  const single = new SingleBar({
    stream,
    format: (stream.columns ?? 80) < 80 ? "{bar} {percentage} %" : wide,
    barsize: 20,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
  });
  const seconds = (ms: number): string => formatCount(Math.round(ms / 1_000));
  const payload = (): object => ({
    sim: seconds(tally.simulatedMs),
    all: seconds(tally.totalMs),
    events: formatCount(tally.eventCount),
  });
  single.start(tally.totalMs, 0, payload());
  return {
    update: (progress) => {
      tally.update(progress);
      single.update(tally.simulatedMs, payload());
    },
    stop: () => single.stop(),
  };
}

function lines(tally: Tally, outside: Outside): ProgressView {
  let lastMs = outside.nowMs();
  return {
    update: (progress) => {
      tally.update(progress);
      if (outside.nowMs() - lastMs < LINE_EVERY_MS) return;
      lastMs = outside.nowMs();
      const percent = Math.floor((100 * tally.simulatedMs) / tally.totalMs);
      outside.stderr.write(`${percent} % simulated, ${formatCount(tally.eventCount)} events\n`);
    },
    stop: () => {},
  };
}
