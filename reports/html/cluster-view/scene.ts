// The stage: a sky of people who wait, a row of edges, a field of nodes. Drawn once, for one frame.
//
// A cell is a glass: it fills with load, and its colour says the same once more, for eyes that see one better than
// the other. The script only changes classes and heights of what stands here, so the page without it is a picture.

import { formatCount } from "../../format.ts";
import type { HostState } from "./hosts.ts";
import { escaped, px } from "./markup.ts";
import type { Storm } from "./storm.ts";

export const WIDTH = 960;
const SKY_HEIGHT = 92;
/** Between edges and nodes: where sessions fly that lost their node. */
const GAP_HEIGHT = 58;
/** Colours of load: 0 … 8 of the ramp, 9 from nine tenths on, 10 when full. */
const LEVELS = 10;

export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Scene {
  readonly height: number;
  readonly edges: readonly Cell[];
  readonly nodes: readonly Cell[];
  readonly svg: string;
}

export function sceneOf(storm: Storm, label: string): Scene {
  const edges = rowsOfCells(storm.edges.names.length, {
    top: SKY_HEIGHT + 20,
    widthMax: 128,
    heightMax: 34,
    room: 84,
  });
  const edgesEnd = bottom(edges, SKY_HEIGHT);
  const nodes = rowsOfCells(storm.nodes.names.length, {
    top: edgesEnd + GAP_HEIGHT,
    widthMax: 150,
    heightMax: 62,
    room: 264,
  });
  const height = bottom(nodes, edgesEnd) + 6;
  const frame = storm.tellingFrame;
  const cells = (hosts: Storm["nodes"], at: readonly Cell[], full: number): string =>
    hosts.names
      .map((name, i) =>
        cell(at[i]!, {
          name,
          role: hosts.role,
          state: hosts.states[i]![frame]!,
          share: hosts.loads[i]![frame]! / full,
          load: hosts.loads[i]![frame]!,
          busy: hosts.busy?.[i]![frame] ?? 0,
        }),
      )
      .join("");
  const svg =
    `<svg class="cv-scene" viewBox="0 0 ${WIDTH} ${px(height)}" role="img" aria-label="${escaped(label)}">` +
    '<defs><pattern id="cv-hatch" width="6" height="6" patternUnits="userSpaceOnUse">' +
    '<path class="cv-hatching" d="M-1 7 7 -1M-1 1 1 -1M5 7 7 5"/></pattern></defs>' +
    `<rect class="cv-sky" x="0" y="0" width="${WIDTH}" height="${SKY_HEIGHT}" rx="8"/>` +
    '<text class="cv-outside" x="14" y="24">outside, on their way in</text>' +
    `<text class="cv-fault-name" x="${WIDTH - 14}" y="24" text-anchor="end"></text>` +
    layerName("edges", edges, 6) +
    `<g class="cv-edges">${cells(storm.edges, edges, storm.edgeFull)}</g>` +
    layerName("nodes", nodes, 6) +
    `<g class="cv-nodes">${cells(storm.nodes, nodes, storm.nodeFull)}</g></svg>`;
  return { height, edges, nodes, svg };
}

function layerName(name: string, cells: readonly Cell[], above: number): string {
  const first = cells[0];
  if (first === undefined) return "";
  return `<text class="cv-layer" x="${px(first.x)}" y="${px(first.y - above)}">${name}</text>`;
}

function bottom(cells: readonly Cell[], otherwise: number): number {
  const last = cells.at(-1);
  return last === undefined ? otherwise : last.y + last.height;
}

interface Room {
  readonly top: number;
  readonly widthMax: number;
  readonly heightMax: number;
  /** Height for all rows. */
  readonly room: number;
}

/** `count` cells in as few rows as make the largest cells, centred. */
function rowsOfCells(count: number, { top, widthMax, heightMax, room }: Room): readonly Cell[] {
  if (count === 0) return [];
  let best = { rows: 1, columns: count, width: 0, height: 0, gap: 0 };
  for (let rows = 1; rows <= Math.min(count, 40); rows++) {
    const columns = Math.ceil(count / rows);
    const gap = Math.min(8, Math.max(2, 160 / columns));
    const width = Math.min(widthMax, (WIDTH - gap * (columns - 1)) / columns);
    const height = Math.min(heightMax, width * 0.7, (room - gap * (rows - 1)) / rows);
    // A row less is worth a little: rows that differ by a cell look torn.
    if (width * height > best.width * best.height * 1.05)
      best = { rows, columns, width, height, gap };
  }
  const { columns, width, height, gap } = best;
  const left = (WIDTH - columns * width - (columns - 1) * gap) / 2;
  return Array.from({ length: count }, (_, i) => {
    return {
      x: left + (i % columns) * (width + gap),
      y: top + Math.floor(i / columns) * (height + gap),
      width,
      height,
    };
  });
}

/** The number of a load's colour. */
export function levelOf(share: number, role: "node" | "edge"): number {
  // An edge has no limit of its own: "full" is the most that one had, and no alarm.
  const most = role === "edge" ? 8 : LEVELS;
  return Math.max(0, Math.min(most, Math.floor(share * 10 + 0.02)));
}

function cell(
  { x, y, width, height }: Cell,
  host: {
    name: string;
    role: "node" | "edge";
    state: HostState;
    share: number;
    load: number;
    busy: number;
  },
): string {
  const isThere = host.state === "up" || host.state === "draining";
  const share = isThere ? Math.min(1, Math.max(0, host.share)) : 0;
  const fill = height * share;
  const radius = px(Math.min(5, height / 5));
  const isRoomy = width >= 36 && height >= 22;
  const texts = isRoomy
    ? `<text class="cv-name" x="${px(width / 2)}" y="${px(height / 2 - 2)}">${host.name}</text>` +
      `<text class="cv-share" x="${px(width / 2)}" y="${px(height / 2 + 11)}">${shareText(host, share)}</text>`
    : "";
  return (
    `<g class="cv-cell cv-${host.state} cv-l${levelOf(share, host.role)}" transform="translate(${px(x)} ${px(y)})">` +
    `<title>${host.name}</title>` +
    `<rect class="cv-glass" width="${px(width)}" height="${px(height)}" rx="${radius}"/>` +
    `<rect class="cv-fill" y="${px(height - fill)}" width="${px(width)}" height="${px(fill)}" rx="${radius}"/>` +
    `<rect class="cv-busy" x="0" y="${px(height - 3)}" width="${px(width * Math.min(1, isThere ? host.busy : 0))}" height="3" rx="1.5"/>` +
    `<rect class="cv-rim" width="${px(width)}" height="${px(height)}" rx="${radius}"/>${texts}</g>`
  );
}

/** A node's share of its limit; an edge has none, so its sockets. */
function shareText(
  { role, state, load }: { role: string; state: HostState; load: number },
  share: number,
): string {
  if (state === "absent") return "";
  if (state !== "up" && state !== "draining") return state;
  return role === "edge" ? formatCount(Math.round(load)) : `${Math.round(share * 100)} %`;
}
