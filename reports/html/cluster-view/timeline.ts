// Under the stage: the run from end to end, with faults and windows, on which the reader goes to and fro.
//
// Two lanes on one axis: sessions (and nodes, where an HPA moves them), and what happens per second. Each lane says its
// largest value and has no further scale: the readout tells the numbers of the moment.

import { formatCount } from "../../format.ts";
import { clock, escaped, px, timeTicks } from "./markup.ts";
import { WIDTH } from "./scene.ts";
import type { FaultSpan, Storm, StormInfo } from "./storm.ts";

const LANE = 46;
const TOP = 20;
const AXIS = TOP + 2 * LANE + 10;
export const TIMELINE_HEIGHT = AXIS + 18;

export function timelineOf(storm: Storm, info: StormInfo): string {
  const { durationMs, streams } = storm;
  const xAt = (ms: number): number => (WIDTH * Math.max(0, Math.min(durationMs, ms))) / durationMs;
  const head = { ...lanesOf(storm) };
  return (
    `<svg class="cv-timeline" viewBox="0 0 ${WIDTH} ${TIMELINE_HEIGHT}" aria-hidden="true">` +
    info.faults.map((fault) => faultBand(fault, xAt)).join("") +
    `<path class="cv-area" d="${area(storm, streams.sessions, head.sessions, 0)}"/>` +
    (head.isScaled
      ? `<path class="cv-line cv-desired" d="${line(storm, streams.desired, head.nodes, 0)}"/>` +
        `<path class="cv-line cv-ready" d="${line(storm, streams.ready, head.nodes, 0)}"/>`
      : "") +
    laneName(
      0,
      `sessions, at most ${formatCount(head.sessions)}${head.isScaled ? ` · nodes ready and asked for, at most ${formatCount(head.nodes)}` : ""}`,
    ) +
    (streams.refusals.some((perSec) => perSec > 0)
      ? `<path class="cv-line cv-refusals" d="${line(storm, streams.refusals, head.perSec, 1)}"/>`
      : "") +
    `<path class="cv-line cv-joins" d="${line(storm, streams.joins, head.perSec, 1)}"/>` +
    `<path class="cv-line cv-returns" d="${line(storm, streams.returns, head.perSec, 1)}"/>` +
    laneName(1, `per second, at most ${formatCount(Math.round(head.perSec))}`) +
    axis(durationMs, xAt) +
    `<line class="cv-playhead" x1="${px(xAt((storm.tellingFrame + 1) * storm.grid.stepMs))}" x2="${px(xAt((storm.tellingFrame + 1) * storm.grid.stepMs))}" y1="${TOP - 6}" y2="${AXIS}"/></svg>`
  );
}

interface Lanes {
  readonly sessions: number;
  readonly nodes: number;
  readonly perSec: number;
  /** Whether the number of nodes is worth a line: somebody changed it. */
  readonly isScaled: boolean;
}

function lanesOf({ streams }: Storm): Lanes {
  const { sessions, ready, desired, joins, returns, refusals } = streams;
  const nodes = Math.max(1, ...ready, ...desired);
  return {
    sessions: Math.max(1, ...sessions),
    nodes,
    perSec: Math.max(1, ...joins, ...returns, ...refusals),
    isScaled: ready.some((count) => count !== ready[0]) || desired.some((n) => n !== desired[0]),
  };
}

function faultBand({ name, fromMs, toMs }: FaultSpan, xAt: (ms: number) => number): string {
  const [from, to] = [xAt(fromMs), xAt(toMs)];
  const isLeft = from > WIDTH * 0.8;
  return (
    `<rect class="cv-fault" x="${px(from)}" y="${TOP - 6}" width="${px(Math.max(1.5, to - from))}" height="${AXIS - TOP + 6}"/>` +
    `<path class="cv-bolt" d="M${px(from)} ${TOP - 16}l-4 7h3l-2 6 6-8h-3l2-5z"/>` +
    `<text class="cv-fault-label" x="${px(isLeft ? from - 8 : from + 8)}" y="${TOP - 8}"${isLeft ? ' text-anchor="end"' : ""}>${escaped(name)}</text>`
  );
}

function laneName(lane: number, text: string): string {
  return `<text class="cv-lane" x="${WIDTH - 4}" y="${TOP + lane * (LANE + 8) + 8}" text-anchor="end">${escaped(text)}</text>`;
}

function points(storm: Storm, values: readonly number[], most: number, lane: number): string[] {
  const { durationMs, grid } = storm;
  const base = TOP + lane * (LANE + 8) + LANE;
  return values.map((value, frame) => {
    const x = (WIDTH * Math.min(durationMs, (frame + 1) * grid.stepMs)) / durationMs;
    return `${px(x)} ${px(base - ((LANE - 18) * value) / most)}`;
  });
}

function line(storm: Storm, values: readonly number[], most: number, lane: number): string {
  return `M${points(storm, values, most, lane).join("L")}`;
}

function area(storm: Storm, values: readonly number[], most: number, lane: number): string {
  const base = TOP + lane * (LANE + 8) + LANE;
  return `M0 ${base}L${points(storm, values, most, lane).join("L")}L${WIDTH} ${base}Z`;
}

function axis(durationMs: number, xAt: (ms: number) => number): string {
  const ticks = timeTicks(durationMs, 12).map((ms) => {
    const x = xAt(ms);
    const anchor = x < 12 ? "start" : x > WIDTH - 24 ? "end" : "middle";
    return (
      `<line class="cv-tick" x1="${px(x)}" x2="${px(x)}" y1="${AXIS - 4}" y2="${AXIS}"/>` +
      `<text class="cv-time" x="${px(x)}" y="${AXIS + 12}" text-anchor="${anchor}">${clock(ms)}</text>`
    );
  });
  return `<line class="cv-axis" x1="0" x2="${WIDTH}" y1="${AXIS}" y2="${AXIS}"/>${ticks.join("")}`;
}
