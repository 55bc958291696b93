// Confidence intervals of a mean over seeds.

import { deviation, mean } from "d3-array";
import { assert } from "../core/assert.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** 0.975 quantiles for 1 to 30 degrees of freedom. Cited: NIST/SEMATECH e-Handbook, 1.3.6.7.2. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
] as const;
/** Beyond the table: [1 / degrees of freedom, quantile], same source; between them linear. */
const T_975_TAIL = [
  [1 / 30, 2.042],
  [1 / 40, 2.021],
  [1 / 60, 2],
  [1 / 120, 1.98],
  [0, 1.96],
] as const;

/** The 0.975 quantile of Student's t; `degrees` from 1. Off by less than 0.002. */
export function student975(degrees: number): number {
  assert(Number.isInteger(degrees) && degrees >= 1, "degrees of freedom count from 1", degrees);
  if (degrees <= T_975.length) return T_975[degrees - 1]!;
  const inverse = 1 / degrees;
  const index = T_975_TAIL.findIndex(([at]) => at <= inverse);
  const [rightAt, right] = T_975_TAIL[index]!;
  const [leftAt, left] = T_975_TAIL[index - 1]!;
  return right + ((left - right) * (inverse - rightAt)) / (leftAt - rightAt);
}

/** The two-sided 95 % interval of the mean; undefined for fewer than two values. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined;
  const center = mean(values)!;
  const spread = deviation(values)! / Math.sqrt(values.length);
  const half = student975(values.length - 1) * spread;
  return { low: center - half, high: center + half };
}
