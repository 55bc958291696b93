// The still pictures of a run: drawn when the report is written, each with a sentence and a table.
//
// They use the styles of the cluster view (style.ts), which the page includes once for both.

import type { RunResult } from "../../../sim/result.ts";
import { blastRadius } from "./blast-radius.ts";
import { edgeStrip, nodeStrip } from "./load-strip.ts";
import { placementShift } from "./placement-shift.ts";
import { recoveryCurve } from "./recovery-curve.ts";
import { roomsOverTime } from "./rooms-over-time.ts";
import type { StormInfo } from "./storm.ts";

export interface StormFigure {
  /** "load-of-nodes" and so on: fit for an anchor. */
  readonly id: string;
  readonly title: string;
  /** A figure element with its picture, a sentence that says what is in it, and a table. */
  readonly html: string;
}

export interface AdmittedResumes {
  /** Resumes that edges and the nodes that are left let in, per second. Above 0. */
  readonly perSec: number;
  /** Those that pass at once. */
  readonly burst: number;
}

export type FigureInfo = StormInfo & {
  /** Where known: what bounds the recovery from below. */
  readonly resumes?: AdmittedResumes | undefined;
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

/** The part of a scenario that says how fast sessions may come back. */
export interface Admission {
  readonly edges: {
    readonly count: number;
    readonly admission: { readonly resumesPerSec: number; readonly burst: number };
  };
  readonly nodes: {
    readonly count: number;
    readonly admission: { readonly perSec: number; readonly burst: number };
  };
}

/** What a cluster that has lost `lost` nodes lets in, whichever of edges and nodes is slower; undefined without hosts. */
export function admittedResumes(
  { edges, nodes }: Admission,
  lost: number,
): AdmittedResumes | undefined {
  const left = nodes.count - lost;
  if (left < 1 || edges.count < 1) return undefined;
  const ways = [
    {
      perSec: edges.count * edges.admission.resumesPerSec,
      burst: edges.count * edges.admission.burst,
    },
    { perSec: left * nodes.admission.perSec, burst: left * nodes.admission.burst },
  ];
  return ways[1]!.perSec < ways[0]!.perSec ? ways[1] : ways[0];
}
