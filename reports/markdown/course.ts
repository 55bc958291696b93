// The course of one run in Markdown: its main series as sparklines over one axis of time, and the windows
// under them.

import type { RunResult } from "../../sim/result.ts";
import { formatMs, formatValue, type NumberUnit } from "../format.ts";
import { cut, markdownCode, markdownText } from "./escape.ts";
import type { Section } from "./page.ts";
import { spanLine, sparkline } from "./sparkline.ts";

/** Cells of a line: what a narrow column of a pull request shows without breaking. */
const CELL_COUNT = 48;
const WINDOWS_MAX = 12;

interface Line {
  readonly column: string;
  readonly says: string;
  readonly unit: NumberUnit;
  /** Whether it is worth its place when it never changes. */
  readonly evenIfFlat: boolean;
}

/** In the order in which a storm is read: who comes, who waits, who is in, what it costs. */
const LINES: readonly Line[] = [
  { column: "join.offered", says: "clients that arrive", unit: "count", evenIfFlat: true },
  { column: "join.pending", says: "clients on their way in", unit: "count", evenIfFlat: false },
  { column: "join.turnedaway", says: "told to come back", unit: "count", evenIfFlat: false },
  { column: "sessions.active", says: "sessions", unit: "count", evenIfFlat: true },
  { column: "reconnect.offered", says: "sessions lost", unit: "count", evenIfFlat: false },
  { column: "reconnect.succeeded", says: "sessions back", unit: "count", evenIfFlat: false },
  { column: "replicas.desired", says: "nodes asked for", unit: "count", evenIfFlat: false },
  { column: "replicas.ready", says: "nodes ready", unit: "count", evenIfFlat: false },
  { column: "node.cpu.ratio", says: "busiest node", unit: "ratio", evenIfFlat: true },
  { column: "edge.cpu.ratio", says: "busiest edge", unit: "ratio", evenIfFlat: true },
  { column: "fanout.queue.depth", says: "deliveries waiting", unit: "count", evenIfFlat: false },
  {
    column: "updates.dropped/droppable/fanout",
    says: "updates dropped",
    unit: "count",
    evenIfFlat: false,
  },
];

/** Undefined when the run kept no series. */
export function courseSection(run: RunResult): Section | undefined {
  const { columns, resolutionMs } = run.series;
  const lines = LINES.filter(({ column, evenIfFlat }) => {
    const values = columns[column];
    if (values === undefined || values.length === 0) return false;
    return evenIfFlat || values.some((value) => value !== values[0]);
  });
  if (lines.length === 0) return undefined;
  const rows = lines.map(({ column, says, unit }) => {
    const values = columns[column]!; // Those that are there.
    const most = values.reduce((max, value) => Math.max(max, value), 0);
    const drawn = sparkline(values, CELL_COUNT);
    return `| ${says} | ${markdownCode(drawn)} | ${markdownText(formatValue(most, unit))} |\n`;
  });
  const cells = Math.min(CELL_COUNT, columns[lines[0]!.column]!.length);
  const axis = `over ${formatMs(run.simulatedMs)}, the largest of each part; counts per ${formatMs(resolutionMs)}`;
  return {
    head: `### Seed ${run.seed}\n\n| Series | ${markdownText(axis)} | At most |\n|---|---|--:|\n`,
    items: [...rows, ...windowRows(run, cells)],
    tail: "\n",
    leftOut: (count) => `| … | ${count} more in runs.json | |\n`,
  };
}

/** Named windows; those that every scenario has say nothing. */
function windowRows({ windows, simulatedMs }: RunResult, cells: number): readonly string[] {
  const named = Object.entries(windows).filter(([name]) => name !== "run" && name !== "measured");
  if (!(simulatedMs > 0)) return [];
  const inOrder = named.sort(([a, x], [b, y]) => x.fromMs - y.fromMs || (a < b ? -1 : 1));
  return inOrder.slice(0, WINDOWS_MAX).map(([name, span]) => {
    const drawn = markdownCode(spanLine(span, simulatedMs, cells));
    const when = `${formatMs(span.fromMs)} – ${formatMs(span.toMs)}`;
    return `| window *${markdownText(cut(name, 80))}* | ${drawn} | ${markdownText(when)} |\n`;
  });
}
