// The dead band around a ratio of 1 in which nothing changes.
//
// The form matters at its edge: |1 − 1.1| is 0.10000000000000009, so the older test scales at exactly 1.1 and the newer
// does not. Which of two tolerances counts follows the side of 1 that the ratio lies on, not the decision in the end.

import type { FilledBehavior } from "./spec.ts";
import type { ControllerRules } from "./version.ts";

export interface Tolerances {
  readonly downRatio: number;
  readonly upRatio: number;
  readonly form: "distance" | "band";
}

export function tolerancesOf(
  behavior: FilledBehavior | undefined,
  { flags, gates, toleranceForm }: ControllerRules,
): Tolerances {
  const own = gates.configurableTolerance ? behavior : undefined;
  return {
    downRatio: own?.scaleDown.tolerance ?? flags.tolerance,
    upRatio: own?.scaleUp.tolerance ?? flags.tolerance,
    form: toleranceForm,
  };
}

/** False for NaN and for infinity, whatever the tolerance. */
export function isWithin({ downRatio, upRatio, form }: Tolerances, ratio: number): boolean {
  if (form === "distance") return Math.abs(1 - ratio) <= upRatio; // One value in releases of this form.
  return 1 - downRatio <= ratio && ratio <= 1 + upRatio;
}

/** "0.9 … 1.1", as a reader compares it with a ratio. */
export function bandText({ downRatio, upRatio }: Tolerances): string {
  return `${short(1 - downRatio)} … ${short(1 + upRatio)}`;
}

/** Enough digits to tell a ratio from the edge of its band; of no replicas there is none. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "none";
  return String(Number(value.toPrecision(6)));
}
