// The still pictures of a run: drawn when the report is written, each with a sentence and a table.
//
// They use the styles of the cluster view (style.ts), which the page includes once for both.

import type { RunResult } from "../../../sim/result.ts";
import { blastRadius } from "./blast-radius.ts";
import { edgeStrip, nodeStrip } from "./load-strip.ts";
import { placementShift } from "./placement-shift.ts";
import { recoveryCurve } from "./recovery-curve.ts";
import { roomsOverTime } from "./rooms-over-time.ts";
import type { Admission } from "./recovery-times.ts";
import type { StormInfo } from "./storm.ts";

export interface StormFigure {
  /** "load-of-nodes" and so on: fit for an anchor. */
  readonly id: string;
  readonly title: string;
  /** A figure element with its picture, a sentence that says what is in it, and a table. */
  readonly html: string;
}

export type FigureInfo = StormInfo & {
  /** Where known: what bounds the recovery from below. */
  readonly admission?: Admission | undefined;
};

/** Those that have something to show, in the order in which a reader asks. */
export function stormFigures(result: RunResult, info: FigureInfo): readonly StormFigure[] {
  const figures = [
    nodeStrip(result, info),
    edgeStrip(result, info),
    recoveryCurve(result, info),
    blastRadius(result),
    placementShift(result, info),
    roomsOverTime(result, info),
  ];
  return figures.filter((figure) => figure !== undefined);
}
