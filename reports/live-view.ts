// How runs go while they go: a head line for all of them, a line for each that runs. What a line has no room for is left out,
// the least telling first; nothing is ever wrapped, since the view is redrawn in place.

import type { Telemetry } from "../sim/cluster/telemetry.ts";
import { formatCount, formatMs } from "./format.ts";
import { visibleLength, type Paint } from "./layout.ts";

/** A run that has begun and is not over. */
export interface LiveRun {
  /** "seed 3", with more where that does not tell it from the others. */
  readonly name: string;
  readonly simulatedMs: number;
  readonly durationMs: number;
  readonly telemetry: Telemetry | undefined;
  /** Names of the faults that are under way. */
  readonly faults: readonly string[];
}

export interface LiveState {
  readonly runCount: number;
  readonly doneCount: number;
  /** Of all runs together. */
  readonly simulatedMs: number;
  readonly totalMs: number;
  readonly eventCount: number;
  /** Wall clock, ms. */
  readonly elapsedMs: number;
  readonly running: readonly LiveRun[];
}

/** Lines of runs: the view stays a glance. */
const RUNS_MAX = 8;
const BAR_WIDTH = 16;
const BAR_WIDTH_LEAST = 4;

/** At most 10 lines, none longer than `width`. */
export function liveLines(state: LiveState, width: number, paint: Paint): readonly string[] {
  const shown = state.running.slice(0, RUNS_MAX);
  const lines = [paint.strong(fitted(headParts(state), width)), ...rows(shown, width, paint)];
  const more = state.running.length - shown.length;
  if (more > 0) lines.push(paint.faint(cut(`  and ${more} more`, width)));
  return lines;
}

function headParts(state: LiveState): readonly string[] {
  const { runCount, doneCount, simulatedMs, totalMs, eventCount, elapsedMs } = state;
  const ratio = totalMs === 0 ? 1 : Math.min(1, simulatedMs / totalMs);
  const left = ratio > 0.02 ? (elapsedMs * (1 - ratio)) / ratio : undefined; // Earlier it is a guess.
  return [
    `${Math.floor(ratio * 100)} %`,
    `${doneCount} of ${runCount} ${runCount === 1 ? "run" : "runs"} done`,
    ...(left === undefined ? [] : [`about ${formatMs(roundedSeconds(left))} left`]),
    `${formatCount(eventCount)} events`,
  ];
}

function roundedSeconds(ms: number): number {
  return Math.max(1_000, Math.round(ms / 1_000) * 1_000);
}

/** As many of the parts, first to last, as fit. */
function fitted(parts: readonly string[], width: number): string {
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}  ${part}`;
    if (visibleLength(longer) > width) break;
    line = longer;
  }
  return line === "" ? cut(parts[0] ?? "", width) : line;
}

function cut(text: string, width: number): string {
  return [...text].slice(0, Math.max(0, width)).join("");
}

/** Cells of a row after its name and bar, the most telling first; each has the same width in all rows. */
function rows(runs: readonly LiveRun[], width: number, paint: Paint): readonly string[] {
  const nameWidth = Math.max(0, ...runs.map(({ name }) => visibleLength(name)));
  const barWidth = Math.min(BAR_WIDTH, width - nameWidth - 4);
  if (barWidth < BAR_WIDTH_LEAST) return runs.map(({ name }) => cut(`  ${name}`, width));
  const cells = runs.map(cellsOf);
  const columns = cells[0] ?? [];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => visibleLength(row[i]!))));
  return runs.map((run, at) => {
    let line = `  ${run.name.padEnd(nameWidth)}  ${bar(run, barWidth)}`;
    for (const [i, text] of cells[at]!.entries()) {
      if (widths[i] === 0) continue; // Nobody has anything to say of it.
      const longer = `${line}  ${text.padStart(widths[i]!)}`;
      if (visibleLength(longer) > width) return line.trimEnd();
      line = longer;
    }
    const faults = run.faults.join(", ");
    const longer = `${line}  ${faults}`;
    const fits = faults !== "" && visibleLength(longer) <= width;
    return fits ? `${line}  ${paint.unsure(faults)}` : line.trimEnd();
  });
}

function bar({ simulatedMs, durationMs }: LiveRun, width: number): string {
  const ratio = durationMs === 0 ? 1 : Math.min(1, simulatedMs / durationMs);
  const full = Math.floor(ratio * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function cellsOf({ simulatedMs, durationMs, telemetry }: LiveRun): readonly string[] {
  const at = formatMs(Math.floor(Math.min(simulatedMs, durationMs) / 1_000) * 1_000);
  if (telemetry === undefined) return [at, "", "", "", ""];
  const { connections, pendingJoins, joinP95Ms, queueDepth } = telemetry;
  const { replicasReady, replicasDesired } = telemetry;
  const p95 = joinP95Ms === undefined ? "" : `join p95 ${formatMs(joinP95Ms)}`;
  return [
    at,
    `${formatCount(connections)} connected`,
    pendingJoins > 0 ? `${formatCount(pendingJoins)} joining` : p95,
    `${replicasReady}/${replicasDesired} nodes`,
    `queue ${formatCount(queueDepth)}`,
  ];
}
