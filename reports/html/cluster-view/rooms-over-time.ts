// Rooms that moved and rooms that were torn apart, over time: what placement did to people who sat together.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount, formatPercent } from "../../format.ts";
import { faultMarks, figure, PLOT_WIDTH, timeAxis } from "./figure.ts";
import type { StormFigure } from "./figures.ts";
import { extremes, type FrameGrid, gridOf } from "./frames.ts";
import { clock, foldedTable, px } from "./markup.ts";
import type { StormInfo } from "./storm.ts";

const COLUMNS_MAX = 300;
const TOP = 20;
const LANE = 64;

interface Lane {
  readonly name: string;
  readonly values: readonly number[];
  readonly look: string;
}

/** Undefined when no room moved and none was split. */
export function roomsOverTime(result: RunResult, info: StormInfo): StormFigure | undefined {
  const { columns, resolutionMs } = result.series;
  const rows = columns["rooms.live"]?.length ?? 0;
  if (rows < 2) return undefined;
  const grid = gridOf(rows, resolutionMs, COLUMNS_MAX);
  const moved = extremes(columns["rooms.moved"], grid).map((n) => (n * 1_000) / resolutionMs);
  const split = extremes(columns["rooms.split"], grid);
  const live = extremes(columns["rooms.live"], grid);
  const movedInAll = Math.round(result.values["rooms.moved@run"] ?? 0);
  const splitAtWorst = Math.max(0, ...(columns["rooms.split"] ?? []));
  if (movedInAll === 0 && splitAtWorst === 0) return undefined;
  const lanes: readonly Lane[] = [
    { name: "rooms that live", values: live, look: "live" },
    { name: "rooms that moved to another node, per second", values: moved, look: "moved" },
    { name: "rooms that live on several nodes", values: split, look: "split" },
  ].filter(({ look, values }) => look === "live" || values.some((value) => value > 0));
  const bottom = TOP + lanes.length * LANE;
  const durationMs = grid.frames * grid.stepMs;
  const span = { left: 0, right: PLOT_WIDTH };
  const picture =
    lanes.map((lane, i) => laneOf(lane, TOP + (i + 1) * LANE, grid)).join("") +
    faultMarks(info.faults, durationMs, { ...span, top: TOP, bottom }) +
    timeAxis(durationMs, bottom + 2, span);
  const ratio = result.values["rooms.split.ratio.max@run"] ?? 0;
  const says =
    `Rooms changed their host ${formatCount(movedInAll)} times. ` +
    (splitAtWorst === 0
      ? "No room was split over nodes."
      : `At the worst moment ${formatCount(splitAtWorst)} rooms (${formatPercent(ratio)}) lived on several nodes.`);
  return figure({
    id: "rooms",
    title: "Rooms that moved or were split",
    height: bottom + 24,
    picture,
    says,
    table: tableOf(result, resolutionMs),
  });
}

function laneOf({ name, values, look }: Lane, base: number, grid: FrameGrid): string {
  const most = Math.max(1e-9, ...values);
  const width = PLOT_WIDTH / grid.frames;
  let path = `M0 ${px(base)}`;
  values.forEach((value, frame) => {
    path += `V${px(base - ((LANE - 22) * value) / most)}H${px((frame + 1) * width)}`;
  });
  return (
    `<path class="cv-lane-${look}" d="${path}V${px(base)}Z"/>` +
    `<text class="cv-lane" x="4" y="${px(base - LANE + 14)}">${name}: at most ${formatCount(Math.round(most))}</text>`
  );
}

/** Twelve moments. */
function tableOf(result: RunResult, resolutionMs: number): string {
  const { columns } = result.series;
  const rows = columns["rooms.live"]!.length;
  const every = Math.max(1, Math.ceil(rows / 12));
  const lines: string[][] = [];
  for (let from = 0; from < rows; from += every) {
    const to = Math.min(rows, from + every);
    const moved = (columns["rooms.moved"] ?? []).slice(from, to).reduce((sum, n) => sum + n, 0);
    lines.push([
      `${clock(from * resolutionMs)} – ${clock(to * resolutionMs)}`,
      formatCount(columns["rooms.live"]![to - 1]!),
      formatCount(Math.round(moved)),
      formatCount(Math.max(0, ...(columns["rooms.split"] ?? []).slice(from, to))),
    ]);
  }
  return foldedTable(
    "Rooms over time, as a table",
    [
      { title: "time", isNumber: false },
      { title: "live at its end", isNumber: true },
      { title: "moved", isNumber: true },
      { title: "split at worst", isNumber: true },
    ],
    lines,
  );
}
