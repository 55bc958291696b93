// Load per host over time: a row for each, a colour for how full.
//
// Neighbours of one colour are one shape, and all shapes of a colour are one path: 60 nodes over 240 steps stay below
// 100 KB. Of hosts that are more than rows fit, each row shows the fullest of a few, and says so.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount } from "../../format.ts";
import { faultMarks, figure, PLOT_WIDTH, timeAxis } from "./figure.ts";
import type { StormFigure } from "./figures.ts";
import { type FrameGrid, gridOf } from "./frames.ts";
import { type Hosts, hostsOf, type HostState } from "./hosts.ts";
import { clock, foldedTable, px } from "./markup.ts";
import { levelOf } from "./scene.ts";
import type { StormInfo } from "./storm.ts";

const COLUMNS_MAX = 240;
const ROWS_MAX = 80;
const LEFT = 44;

export function nodeStrip(result: RunResult, info: StormInfo): StormFigure | undefined {
  return strip(result, info, "node", info.maxConnections);
}

export function edgeStrip(result: RunResult, info: StormInfo): StormFigure | undefined {
  return strip(result, info, "edge", undefined);
}

function strip(
  result: RunResult,
  info: StormInfo,
  role: "node" | "edge",
  limit: number | undefined,
): StormFigure | undefined {
  const rows = result.series.columns["sessions.active"]?.length ?? 0;
  if (rows < 2) return undefined;
  const grid = gridOf(rows, result.series.resolutionMs, COLUMNS_MAX);
  const hosts = hostsOf(result, role, grid);
  if (hosts.names.length === 0) return undefined;
  const full = limit ?? Math.max(1, ...hosts.loads.flat());
  const bands = bandsOf(hosts, grid);
  const rowHeight = Math.max(4, Math.min(18, 420 / bands.length));
  const top = info.faults.length > 0 ? 18 : 2;
  const bottom = top + rowHeight * bands.length;
  const durationMs = grid.frames * grid.stepMs;
  const span = { left: LEFT, right: PLOT_WIDTH };
  const picture =
    cellsOf(bands, { full, role, top, rowHeight, columnWidth: (PLOT_WIDTH - LEFT) / grid.frames }) +
    namesOf(bands, top, rowHeight) +
    faultMarks(info.faults, durationMs, { ...span, top, bottom }) +
    timeAxis(durationMs, bottom + 3, span);
  const peak = peakOf(hosts, grid);
  const title = role === "node" ? "Load of each node over time" : "Sockets of each edge over time";
  const group =
    bands.length < hosts.names.length
      ? ` Each row is the fullest of ${Math.ceil(hosts.names.length / bands.length)}.`
      : "";
  const says =
    role === "node"
      ? `The fullest node, ${peak.name}, had ${formatCount(peak.load)} of ${formatCount(full)} sessions at ${clock(peak.atMs)}. Blue fills up, orange is 90 % and more, red is full, hatched is down, blank is not there.${group}`
      : `The fullest edge, ${peak.name}, had ${formatCount(peak.load)} sockets at ${clock(peak.atMs)}. Dark is as many as that, hatched is down.${group}`;
  return figure({
    id: `load-of-${role}s`,
    title,
    height: bottom + 24,
    picture,
    says,
    table: tableOf(hosts, grid, title),
  });
}

interface Band {
  readonly name: string;
  readonly loads: readonly number[];
  readonly states: readonly HostState[];
}

function bandsOf(hosts: Hosts, grid: FrameGrid): readonly Band[] {
  const size = Math.ceil(hosts.names.length / ROWS_MAX);
  const bands: Band[] = [];
  for (let from = 0; from < hosts.names.length; from += size) {
    const some = hosts.names.slice(from, from + size).map((_, i) => from + i);
    const fullest = Array.from({ length: grid.frames }, (_, frame) =>
      some.reduce((best, host) =>
        hosts.loads[host]![frame]! > hosts.loads[best]![frame]! ? host : best,
      ),
    );
    bands.push({
      name: size === 1 ? hosts.names[from]! : `${hosts.names[from]!}…`,
      loads: fullest.map((host, frame) => hosts.loads[host]![frame]!),
      states: fullest.map((host, frame) => hosts.states[host]![frame]!),
    });
  }
  return bands;
}

interface CellSize {
  readonly full: number;
  readonly role: "node" | "edge";
  readonly top: number;
  readonly rowHeight: number;
  readonly columnWidth: number;
}

function cellsOf(
  bands: readonly Band[],
  { full, role, top, rowHeight, columnWidth }: CellSize,
): string {
  const paths = new Map<string, string[]>();
  bands.forEach(({ loads, states }, row) => {
    // A row's sample is taken at its end: it is what the next column begins with.
    const looks = loads.map((_, column) => {
      const frame = Math.max(0, column - 1);
      const [load, state] = [loads[frame]!, states[frame]!];
      if (state === "absent" || state === "starting" || state === "down") return state;
      return `l${levelOf(load / full, role)}`;
    });
    for (let from = 0; from < looks.length;) {
      let to = from + 1;
      while (to < looks.length && looks[to] === looks[from]) to++;
      const [x, width] = [LEFT + from * columnWidth, (to - from) * columnWidth];
      const shape = `M${px(x)} ${px(top + row * rowHeight)}h${px(width)}v${px(rowHeight - 1)}h${px(-width)}z`;
      if (looks[from] !== "absent") {
        const known = paths.get(looks[from]!);
        if (known === undefined) paths.set(looks[from]!, [shape]);
        else known.push(shape);
      }
      from = to;
    }
  });
  return [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([look, shapes]) =>
        `<g class="cv-${look}"><path class="cv-fill" d="${shapes.join("")}"/></g>`,
    )
    .join("");
}

function namesOf(bands: readonly Band[], top: number, rowHeight: number): string {
  const every = Math.max(1, Math.ceil(12 / rowHeight));
  return bands
    .map(({ name }, row) =>
      row % every === 0
        ? `<text x="${LEFT - 6}" y="${px(top + (row + 0.5) * rowHeight + 3)}" text-anchor="end">${name}</text>`
        : "",
    )
    .join("");
}

interface Peak {
  readonly name: string;
  readonly load: number;
  readonly atMs: number;
}

function peakOf(hosts: Hosts, grid: FrameGrid): Peak {
  let best: Peak = { name: hosts.names[0]!, load: -1, atMs: 0 };
  hosts.loads.forEach((loads, host) =>
    loads.forEach((load, frame) => {
      if (load > best.load)
        best = { name: hosts.names[host]!, load, atMs: (frame + 1) * grid.stepMs };
    }),
  );
  return { ...best, load: Math.round(best.load) };
}

function tableOf(hosts: Hosts, grid: FrameGrid, title: string): string {
  const columns = ["greatest", "at", "at the end", "down for"];
  const rows = hosts.names.map((name, host) => {
    const loads = hosts.loads[host]!;
    const greatest = Math.max(...loads);
    const down = hosts.states[host]!.filter((state) => state === "down").length;
    return [
      name,
      formatCount(Math.round(greatest)),
      clock((loads.indexOf(greatest) + 1) * grid.stepMs),
      formatCount(Math.round(loads.at(-1)!)),
      down === 0 ? "" : clock(down * grid.stepMs),
    ];
  });
  return foldedTable(
    `${title}, as a table`,
    [
      { title: hosts.role, isNumber: false },
      ...columns.map((column) => ({ title: column, isNumber: true })),
    ],
    rows,
  );
}
