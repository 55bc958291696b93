// Where sessions were before the first fault, and where they are when it is over: node by node.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount } from "../../format.ts";
import { figure, PLOT_WIDTH } from "./figure.ts";
import type { StormFigure } from "./figures.ts";
import { clock, foldedTable, px } from "./markup.ts";
import type { StormInfo } from "./storm.ts";

const TOP = 24;
const BASE = 170;
/** More nodes than this are more bars than one can see. */
const NODES_MAX = 120;

/** Undefined without a fault, or when the run kept no loads of nodes. */
export function placementShift(result: RunResult, info: StormInfo): StormFigure | undefined {
  const [fault] = [...info.faults].sort((a, b) => a.fromMs - b.fromMs);
  const { columns, resolutionMs } = result.series;
  const numbers = Object.keys(columns)
    .filter((name) => name.startsWith("node.load/n"))
    .map((name) => Number(name.slice("node.load/n".length)))
    .sort((a, b) => a - b);
  if (fault === undefined || numbers.length === 0) return undefined;
  const rows = columns[`node.load/n${numbers[0]!}`]!.length;
  // A row ends with a sample; one that is taken in the instant of the fault has already seen it.
  const before = Math.max(0, Math.ceil(fault.fromMs / resolutionMs) - 2);
  const after = rows - 1;
  if (before >= after) return undefined;
  const all = numbers.map((number) => {
    const column = columns[`node.load/n${number}`]!;
    return { name: `n${number}`, before: column[before] ?? 0, after: column[after] ?? 0 };
  });
  const shown = all.slice(0, NODES_MAX);
  const most = Math.max(1, ...shown.flatMap((one) => [one.before, one.after]));
  const [beforeAt, afterAt] = [clock((before + 1) * resolutionMs), clock(rows * resolutionMs)];
  const moved = all.reduce((sum, one) => sum + Math.max(0, one.before - one.after), 0);
  const rooms = Math.round(result.values["rooms.moved@run"] ?? 0);
  const says =
    `Outlined at ${beforeAt}, before ${fault.name}; filled at ${afterAt}, the end. ` +
    `${formatCount(Math.round(moved))} sessions fewer on the nodes that lost some, and ${formatCount(rooms)} rooms changed their host in the run.` +
    (all.length > shown.length
      ? ` The first ${shown.length} of ${all.length} nodes are drawn.`
      : "");
  return figure({
    id: "placement",
    title: "Sessions by node, before and after",
    height: BASE + 20,
    picture: bars(shown, most),
    says,
    table: foldedTable(
      "Sessions by node, as a table",
      [
        { title: "node", isNumber: false },
        { title: `at ${beforeAt}`, isNumber: true },
        { title: `at ${afterAt}`, isNumber: true },
        { title: "change", isNumber: true },
      ],
      all.map(({ name, before: was, after: is }) => [
        name,
        formatCount(Math.round(was)),
        formatCount(Math.round(is)),
        formatCount(Math.round(is - was)),
      ]),
    ),
  });
}

interface Shift {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

function bars(shifts: readonly Shift[], most: number): string {
  const step = PLOT_WIDTH / shifts.length;
  const width = Math.min(48, step * 0.72);
  const every = Math.max(1, Math.ceil(28 / step));
  const tall = (sessions: number): number => ((BASE - TOP) * sessions) / most;
  return shifts
    .map(({ name, before, after }, i) => {
      const x = i * step + (step - width) / 2;
      const change = Math.round(after - before);
      const isTold = step > 44 && change !== 0;
      const top = BASE - tall(Math.max(before, after));
      const label =
        i % every === 0
          ? `<text x="${px(x + width / 2)}" y="${BASE + 14}" text-anchor="middle">${name}</text>`
          : "";
      return (
        `<rect class="cv-after" x="${px(x)}" y="${px(BASE - tall(after))}" width="${px(width)}" height="${px(tall(after))}"/>` +
        `<rect class="cv-before" x="${px(x)}" y="${px(BASE - tall(before))}" width="${px(width)}" height="${px(tall(before))}"/>` +
        label +
        (isTold
          ? `<text x="${px(x + width / 2)}" y="${px(top - 5)}" text-anchor="middle">${change > 0 ? "+" : ""}${formatCount(change)}</text>`
          : "")
      );
    })
    .join("");
}
