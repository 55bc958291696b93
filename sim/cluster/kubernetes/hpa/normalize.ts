// From a raw proposal to the count that is asked for: first the windows, then how far one reconcile may go.
//
// KEP-853 draws the two the other way round; the controller does it in this order.

import { type Stabilized, type Windows, stabilizedBothWays, stabilizedDown } from "./history.ts";
import type { HpaMemory } from "./decision.ts";
import { type LimitReason, limitedByDoubling, limitedByPolicies } from "./limits.ts";
import type { FilledSpec } from "./spec.ts";
import type { RateTrace, StabilizationTrace } from "./trace.ts";
import type { ControllerFlags } from "./version.ts";

export type AbleReason = "ReadyForNewScale" | "ScaleUpStabilized" | "ScaleDownStabilized";

export interface Normalized {
  readonly replicas: number;
  readonly recommendations: Stabilized["history"];
  readonly ableReason: AbleReason;
  readonly limitReason: LimitReason;
  /** Whether a limit changed the stabilized count. */
  readonly isLimited: boolean;
  readonly stabilization: StabilizationTrace;
  readonly rate: RateTrace | undefined;
}

export function normalized(
  raw: number,
  specReplicas: number,
  spec: FilledSpec,
  { recommendations = [], events }: HpaMemory,
  flags: ControllerFlags,
  nowMs: number,
): Normalized {
  const { behavior } = spec;
  const downMs = behavior?.scaleDown.stabilizationWindowMs ?? flags.downscaleStabilizationMs;
  const upMs = behavior?.scaleUp.stabilizationWindowMs ?? 0;
  const stabilized =
    behavior === undefined
      ? stabilizedDown(recommendations, raw, downMs, nowMs)
      : stabilizedBothWays(recommendations, { raw, specReplicas }, { upMs, downMs }, nowMs);
  const { replicas } = stabilized;
  const limited =
    behavior === undefined
      ? limitedByDoubling(replicas, specReplicas, spec, flags)
      : limitedByPolicies(replicas, specReplicas, spec, behavior, events, nowMs);
  const ableReason = ableReasonOf(raw, replicas, behavior === undefined ? Infinity : specReplicas);
  return {
    replicas: limited.replicas,
    recommendations: stabilized.history,
    ableReason,
    limitReason: limited.reason,
    isLimited: limited.replicas !== replicas,
    stabilization: {
      upWindowMs: behavior === undefined ? undefined : upMs,
      downWindowMs: downMs,
      low: stabilized.low,
      high: stabilized.high,
      stabilized: replicas,
      reason: stabilizationText(raw, stabilized, ableReason, { upMs, downMs }),
    },
    rate: limited.rate,
  };
}

/** The direction is that of the raw proposal against the replicas there are. */
export function ableReasonOf(raw: number, stabilized: number, specReplicas: number): AbleReason {
  if (stabilized === raw) return "ReadyForNewScale";
  return raw >= specReplicas ? "ScaleUpStabilized" : "ScaleDownStabilized";
}

function stabilizationText(
  raw: number,
  { replicas, low, high }: Stabilized,
  reason: AbleReason,
  { upMs, downMs }: Windows,
): string {
  if (reason === "ReadyForNewScale") return `no earlier proposal holds ${raw} back`;
  const held = `${replicas} instead of ${raw}`;
  if (reason === "ScaleUpStabilized") {
    return `${held}: the least proposal of the last ${upMs / 1_000} s was ${low}`;
  }
  return `${held}: the greatest proposal of the last ${downMs / 1_000} s was ${high}`;
}
