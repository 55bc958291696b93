// How much worse a metric may get before anybody should care.
//
// A share of the baseline, but never less than what matters in that unit: 5 % of 3 ms is nothing, and 5 % of 0 is no tolerance at
// all. Of a ratio that should be high the share is of what is missing to 1: 5 % of 99.96 % would allow one join in twenty to fail.

import type { MetricUnit } from "../metrics/catalogue.ts";

/** Which way is worse: up for "lower", down for "higher", away from the target for "equal". */
export type Direction = "lower" | "higher" | "equal";

export interface Tolerance {
  /** Share of the baseline's mean. */
  readonly ratio: number;
  /** In the metric's unit. */
  readonly floor: number;
}

/** Assumed; the notes of benchmark tools take 2 to 10 %. */
export const TOLERANCE_RATIO = 0.05;

/** What matters at least, by unit. Assumed: nobody feels a millisecond, and half a thousandth is half of the tightest budget. */
const FLOORS: Readonly<Record<MetricUnit, number>> = {
  ms: 1,
  ratio: 0.0005,
  bytes: 1_048_576,
  count: 0,
};

export function defaultTolerance(unit: MetricUnit, direction: Direction): Tolerance {
  // What must have one value and no other has no room beside it.
  if (direction === "equal") return { ratio: 0, floor: 0 };
  return { ratio: TOLERANCE_RATIO, floor: FLOORS[unit] };
}

/** In the metric's unit, for a baseline of mean `baseMean`. */
export function allowed(
  { ratio, floor }: Tolerance,
  baseMean: number,
  unit: MetricUnit,
  direction: Direction,
): number {
  const isComplement = unit === "ratio" && direction === "higher" && baseMean <= 1;
  const scale = isComplement ? 1 - baseMean : Math.abs(baseMean);
  return Math.max(ratio * scale, floor);
}
