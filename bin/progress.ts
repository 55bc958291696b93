// How far the runs are: a view of each for people, a line every ten seconds for logs, nothing with --quiet.
// Always on stderr; stdout is for results.

import { formatCount } from "../reports/format.ts";
import { liveLines, type LiveRun } from "../reports/live-view.ts";
import type { Outside } from "./outside.ts";
import { isColoured, paintOf } from "./paint.ts";
import type { Progress, Task } from "./task.ts";

const LINE_EVERY_MS = 10_000;
/** Four times a second: seen as moving, and no strain on eyes or on a slow link. */
const DRAW_EVERY_MS = 250;
/** Below it a view says nothing that a line would not. */
const COLUMNS_LEAST = 20;

export interface ProgressView {
  update(progress: Progress): void;
  /** The task of this index is over. */
  done(index: number): void;
  stop(): void;
}

interface ProgressOptions {
  readonly isQuiet: boolean;
  readonly noColor: boolean;
}

/** Shows the progress of `tasks` until `stop`. */
export function showProgress(
  outside: Outside,
  tasks: readonly Task[],
  { isQuiet, noColor }: ProgressOptions,
): ProgressView {
  if (isQuiet || tasks.length === 0) return { update: () => {}, done: () => {}, stop: () => {} };
  const tally = new Tally(tasks);
  const { isTTY, columns } = outside.stderr;
  const canRedraw = isTTY && outside.env.TERM !== "dumb" && columns >= COLUMNS_LEAST;
  return canRedraw ? new LiveView(tally, outside, noColor) : lines(tally, outside);
}

/** What all workers have done so far. */
class Tally {
  readonly tasks: readonly Task[];
  readonly totalMs: number;
  /** By index; undefined before a task begins. */
  readonly latest: (Progress | undefined)[];
  readonly #isDone: boolean[];

  constructor(tasks: readonly Task[]) {
    this.tasks = tasks;
    this.totalMs = tasks.reduce((sum, task) => sum + task.scenario.run.durationMs, 0);
    this.latest = tasks.map(() => undefined);
    this.#isDone = tasks.map(() => false);
  }

  update(progress: Progress): void {
    this.latest[progress.index] = progress;
  }

  done(index: number): void {
    this.#isDone[index] = true;
  }

  get simulatedMs(): number {
    return this.tasks.reduce((sum, { scenario }, i) => {
      const { durationMs } = scenario.run;
      const ownMs = this.#isDone[i] ? durationMs : (this.latest[i]?.simulatedMs ?? 0);
      return sum + Math.min(durationMs, ownMs);
    }, 0);
  }

  get eventCount(): number {
    return this.latest.reduce((sum, progress) => sum + (progress?.eventCount ?? 0), 0);
  }

  get doneCount(): number {
    return this.#isDone.filter((isDone) => isDone).length;
  }

  /** Tasks that have begun and are not over, in their order. */
  get running(): readonly LiveRun[] {
    const isOne = new Set(this.tasks.map(({ scenario }) => scenario)).size === 1;
    return this.tasks.flatMap((task, i) => {
      const progress = this.latest[i];
      if (progress === undefined || this.#isDone[i]) return [];
      return [
        {
          name: nameOf(task, isOne),
          simulatedMs: progress.simulatedMs,
          durationMs: task.scenario.run.durationMs,
          telemetry: progress.telemetry,
          faults: faultsAt(task, progress.simulatedMs),
        },
      ];
    });
  }
}

function nameOf({ scenario, seed, variant }: Task, isOneScenario: boolean): string {
  const where = isOneScenario ? "" : `${scenario.metadata.name} `;
  const without = variant === "full" ? "" : ` ${variant.replace(":", " ")}`;
  return `${where}seed ${seed}${without}`;
}

/** A fault without an end lasts to the end of the run, as in windows. */
function faultsAt({ scenario, variant }: Task, atMs: number): readonly string[] {
  return scenario.faults.flatMap((fault) => {
    const fromMs = "atMs" in fault ? fault.atMs : fault.fromMs;
    const backMs = "restartAfterMs" in fault ? fault.restartAfterMs : undefined;
    const toMs = "toMs" in fault ? fault.toMs : backMs === undefined ? Infinity : fromMs + backMs;
    const isOn = variant !== `without:${fault.name}` && atMs >= fromMs && atMs < toMs;
    return isOn ? [fault.name] : [];
  });
}

/** Redrawn in place; at the end it is gone, and the cursor is where it was. */
class LiveView implements ProgressView {
  readonly #tally: Tally;
  readonly #outside: Outside;
  readonly #noColor: boolean;
  readonly #beganAtMs: number;
  #drawnAtMs = -Infinity;
  /** Lines that stand on the screen. */
  #height = 0;

  constructor(tally: Tally, outside: Outside, noColor: boolean) {
    this.#tally = tally;
    this.#outside = outside;
    this.#noColor = noColor;
    this.#beganAtMs = outside.nowMs();
  }

  update(progress: Progress): void {
    this.#tally.update(progress);
    const nowMs = this.#outside.nowMs();
    if (nowMs - this.#drawnAtMs < DRAW_EVERY_MS) return;
    this.#drawnAtMs = nowMs;
    this.#draw(nowMs - this.#beganAtMs);
  }

  done(index: number): void {
    this.#tally.done(index);
  }

  stop(): void {
    if (this.#drawnAtMs === -Infinity) return;
    this.#outside.stderr.write(`${this.#erased()}\u001b[?25h`);
    this.#height = 0;
  }

  #draw(elapsedMs: number): void {
    const { stderr } = this.#outside;
    const { simulatedMs, totalMs, eventCount, doneCount, running, tasks } = this.#tally;
    const paint = paintOf(isColoured(this.#outside, stderr, this.#noColor));
    const state = {
      runCount: tasks.length,
      doneCount,
      simulatedMs,
      totalMs,
      eventCount,
      elapsedMs,
      running,
    };
    // A character in the last column makes some terminals wrap.
    const drawn = liveLines(state, stderr.columns - 1, paint);
    stderr.write(`\u001b[?25l${this.#erased()}${drawn.map((line) => `${line}\n`).join("")}`);
    this.#height = drawn.length;
  }

  /** Up to the first line, and everything below it away. */
  #erased(): string {
    return this.#height === 0 ? "" : `\u001b[${this.#height}A\r\u001b[J`;
  }
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
    done: (index) => tally.done(index),
    stop: () => {},
  };
}
