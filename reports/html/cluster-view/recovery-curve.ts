// The share of thrown-out sessions that are back, over the time since each of them was lost.
//
// Beside it the fastest that admission allows: N sessions at R a second, less the burst that passes at once. A curve on
// that line is bound by admission; far to its right it is the clients' waits that cost time.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount, formatMs, formatPercent } from "../../format.ts";
import { figure, PLOT_WIDTH, timeAxis } from "./figure.ts";
import type { FigureInfo, StormFigure } from "./figures.ts";
import { foldedTable, px } from "./markup.ts";
import { gridOf } from "./frames.ts";
import { hostsOf } from "./hosts.ts";
import {
  type AdmittedResumes,
  admittedResumes,
  type Returned,
  returnedBy,
  returnsOf,
} from "./recovery-times.ts";

const LEFT = 44;
const RIGHT = PLOT_WIDTH - 4;
const TOP = 22;
const BOTTOM = 222;
const MARKS = [0.5, 0.9, 0.99] as const;
/** Steps of the curve that are drawn: more are not seen. */
const STEPS_MAX = 400;

/** Undefined when nobody was thrown out, or the run kept no times of it. */
export function recoveryCurve(result: RunResult, info: FigureInfo): StormFigure | undefined {
  const counts = result.histograms["reconnect.time@run"];
  const lost = result.values["reconnect.offered@run"] ?? 0;
  if (counts === undefined || counts.count === 0 || lost === 0) return undefined;
  const steps = returnsOf(counts);
  const resumes = resumesOf(result, info);
  const bound = resumes && boundMs(lost, resumes);
  const spanMs = 1.06 * Math.max(counts.max, bound ?? 0, 1);
  const xAt = (ms: number): number => LEFT + ((RIGHT - LEFT) * ms) / spanMs;
  const yAt = (share: number): number => BOTTOM - (BOTTOM - TOP) * share;
  const marks = MARKS.map((share) => ({ share, atMs: returnedBy(steps, lost, share) }));
  const picture =
    grid(yAt) +
    (bound === undefined ? "" : boundLine(bound, resumes!.burst / lost, { xAt, yAt })) +
    `<path class="cv-line cv-returns cv-strong" d="${curve(steps, lost, { xAt, yAt })}"/>` +
    marks.map((mark, i) => markOf(mark, i, { xAt, yAt })).join("") +
    timeAxis(spanMs, BOTTOM, { left: LEFT, right: RIGHT });
  const told = marks
    .filter(({ atMs }) => atMs !== undefined)
    .map(({ share, atMs }) => `${formatPercent(share)} within ${formatMs(atMs!)}`);
  const back = Math.min(lost, counts.count);
  const bounded =
    bound === undefined
      ? ""
      : ` Admission alone (${formatCount(resumes!.perSec)} a second) would take ${formatMs(bound)}.`;
  const says = `${formatCount(back)} of ${formatCount(lost)} lost sessions came back: ${told.join(", ")}.${bounded}`;
  return figure({
    id: "recovery",
    title: "How fast lost sessions came back",
    height: BOTTOM + 24,
    picture,
    says,
    table: tableOf(steps, lost),
  });
}

interface Scales {
  readonly xAt: (ms: number) => number;
  readonly yAt: (share: number) => number;
}

/** What the hosts let in that were up when most sessions were lost. */
function resumesOf(result: RunResult, { admission }: FigureInfo): AdmittedResumes | undefined {
  const losses = result.series.columns["reconnect.offered"];
  if (admission === undefined || losses === undefined) return undefined;
  const worst = losses.indexOf(Math.max(...losses));
  const grid = gridOf(losses.length, result.series.resolutionMs, Infinity);
  const up = (role: "node" | "edge"): number =>
    hostsOf(result, role, grid).states.filter((states) => states[worst] === "up").length;
  return admittedResumes(admission, { edges: up("edge"), nodes: up("node") });
}

/** N over R: how long admission takes for all of them at the least, ms. */
function boundMs(lost: number, { perSec, burst }: AdmittedResumes): number {
  return (1_000 * Math.max(0, lost - burst)) / perSec;
}

function grid(yAt: Scales["yAt"]): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map(
      (share) =>
        `<line class="cv-tick" x1="${LEFT}" x2="${RIGHT}" y1="${px(yAt(share))}" y2="${px(yAt(share))}"/>` +
        `<text x="${LEFT - 6}" y="${px(yAt(share) + 4)}" text-anchor="end">${share * 100} %</text>`,
    )
    .join("");
}

function boundLine(bound: number, burstShare: number, { xAt, yAt }: Scales): string {
  const atOnce = Math.min(1, burstShare);
  const isLeft = xAt(bound) > RIGHT - 160;
  return (
    `<path class="cv-line cv-bound" d="M${px(xAt(0))} ${px(yAt(0))}V${px(yAt(atOnce))}L${px(xAt(bound))} ${px(yAt(1))}H${px(RIGHT)}"/>` +
    `<text class="cv-lane" x="${px(xAt(bound) + (isLeft ? -6 : 6))}" y="${TOP - 8}"${isLeft ? ' text-anchor="end"' : ""}>admission alone: N ÷ R = ${formatMs(bound)}</text>`
  );
}

function curve(steps: readonly Returned[], lost: number, { xAt, yAt }: Scales): string {
  const every = Math.max(1, Math.ceil(steps.length / STEPS_MAX));
  let path = `M${px(xAt(0))} ${px(yAt(0))}`;
  steps.forEach(({ afterMs, sessions }, i) => {
    if (i % every !== 0 && i !== steps.length - 1) return;
    path += `H${px(xAt(afterMs))}V${px(yAt(Math.min(1, sessions / lost)))}`;
  });
  return `${path}H${px(RIGHT)}`;
}

function markOf(
  { share, atMs }: { readonly share: number; readonly atMs: number | undefined },
  i: number,
  { xAt, yAt }: Scales,
): string {
  if (atMs === undefined) return "";
  const [x, y] = [xAt(atMs), yAt(share)];
  // Marks near the top would write over each other: the middle one stands left of the curve, the last one below it.
  const isLeft = x > RIGHT - 110 || (i === 1 && x > LEFT + 120);
  const textY = y + (i < 2 ? 4 : 26);
  return (
    `<circle class="cv-mark" cx="${px(x)}" cy="${px(y)}" r="4"/>` +
    `<line class="cv-mark-line" x1="${px(x)}" x2="${px(x)}" y1="${px(y)}" y2="${BOTTOM}"/>` +
    `<text class="cv-mark-text" x="${px(isLeft ? x - 9 : x + 9)}" y="${px(textY)}"${isLeft ? ' text-anchor="end"' : ""}>${share * 100} % · ${formatMs(atMs)}</text>`
  );
}

function tableOf(steps: readonly Returned[], lost: number): string {
  const shares = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
  return foldedTable(
    "How fast lost sessions came back, as a table",
    [
      { title: "share of the lost sessions", isNumber: true },
      { title: "back within", isNumber: true },
    ],
    shares.map((share) => {
      const atMs = returnedBy(steps, lost, share);
      return [formatPercent(share), atMs === undefined ? "never" : formatMs(atMs)];
    }),
  );
}
