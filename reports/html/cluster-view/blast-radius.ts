// Who was hurt: of all sessions those that were thrown out, and those of them that need not have been.
//
// Two hundred squares are all sessions at the peak. A square that stands for fewer than its share is drawn all the
// same when there is anybody in it: one bystander in 100,000 must not vanish in a rounding.

import type { RunResult } from "../../../sim/result.ts";
import { formatCount, formatPercent } from "../../format.ts";
import { figure, PLOT_WIDTH } from "./figure.ts";
import type { StormFigure } from "./figures.ts";
import { foldedTable, px } from "./markup.ts";

const ACROSS = 50;
const DOWN = 4;
const STEP = PLOT_WIDTH / ACROSS;
const TOP = 4;

interface Group {
  readonly name: string;
  readonly look: string;
  readonly sessions: number;
}

/** Undefined when nobody was thrown out, or the run does not say. */
export function blastRadius({ values }: RunResult): StormFigure | undefined {
  const at = (metric: string): number => Math.round(values[`${metric}@run`] ?? 0);
  const lost = at("disturbed.sessions");
  const all = Math.max(at("sessions.active.max"), lost);
  if (lost === 0) return undefined;
  const bystanders = Math.min(lost, at("blast.sessions"));
  const away = Math.min(lost - bystanders, at("reconnect.failed"));
  const groups: readonly Group[] = [
    { name: "struck and never back", look: "full", sessions: away },
    { name: "struck and back", look: "away", sessions: lost - bystanders - away },
    { name: "bystanders, thrown out as well", look: "hot", sessions: bystanders },
    { name: "untouched", look: "calm", sessions: all - lost },
  ];
  const squares = sharedOut(groups.map(({ sessions }) => sessions));
  const height = TOP + DOWN * STEP;
  let drawn = 0;
  const picture =
    groups
      .map(({ look }, g) => {
        let path = "";
        for (let i = 0; i < squares[g]!; i++, drawn++) {
          const [x, y] = [Math.floor(drawn / DOWN) * STEP, TOP + (drawn % DOWN) * STEP];
          path += `M${px(x + 1)} ${px(y + 1)}h${px(STEP - 3)}v${px(STEP - 3)}h${px(3 - STEP)}z`;
        }
        return path === "" ? "" : `<path class="cv-square-${look}" d="${path}"/>`;
      })
      .join("") + keys(groups, height);
  const says =
    `${formatCount(lost)} of ${formatCount(all)} sessions (${formatPercent(lost / all)}) lost their socket or node; ` +
    `${formatCount(bystanders)} of them were bystanders, on none of the hosts that died, and ${formatCount(at("reconnect.failed"))} did not come back. ` +
    `Media stopped for ${formatCount(at("media.interrupted.sessions"))}.`;
  return figure({
    id: "blast-radius",
    title: "Blast radius",
    height: height + 26,
    picture,
    says,
    table: foldedTable(
      "Blast radius, as a table",
      [
        { title: "sessions", isNumber: false },
        { title: "how many", isNumber: true },
        { title: "share", isNumber: true },
      ],
      groups.map(({ name, sessions }) => [
        name,
        formatCount(sessions),
        formatPercent(sessions / all),
      ]),
    ),
  });
}

/** Squares by group: at least one for each that has somebody, the rest by size; the last group takes what is left. */
export function sharedOut(sizes: readonly number[]): readonly number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const count = ACROSS * DOWN;
  const squares = sizes.map((size) =>
    size === 0 ? 0 : Math.max(1, Math.round((count * size) / all)),
  );
  const surplus = squares.reduce((sum, some) => sum + some, 0) - count;
  const largest = squares.indexOf(Math.max(...squares));
  squares[largest] = squares[largest]! - surplus;
  return squares;
}

function keys(groups: readonly Group[], y: number): string {
  let x = 0;
  return groups
    .filter(({ sessions }) => sessions > 0)
    .map(({ name, look, sessions }) => {
      const text = `${name}: ${formatCount(sessions)}`;
      const key =
        `<rect class="cv-square-${look}" x="${px(x)}" y="${px(y + 9)}" width="11" height="11"/>` +
        `<text x="${px(x + 16)}" y="${px(y + 18)}">${text}</text>`;
      x += 34 + 6.4 * text.length;
      return key;
    })
    .join("");
}
