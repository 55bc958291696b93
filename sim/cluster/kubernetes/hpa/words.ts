// A decision in one sentence, with the numbers that made it.

import type { Normalized } from "./normalize.ts";
import type { DecisionTrace, Mode } from "./trace.ts";

/** Texts of events, for the shortcuts; the API's own. */
export const RESCALE_REASON: Readonly<Record<"above max" | "below min", string>> = {
  "above max": "Current number of replicas above Spec.MaxReplicas",
  "below min": "Current number of replicas below Spec.MinReplicas",
};

/** Why the scale is to be written, as the event says it. */
export function rescaleReason(
  mode: Mode,
  winner: string | undefined,
  raw: number,
  specReplicas: number,
): string {
  if (mode === "above max" || mode === "below min") return RESCALE_REASON[mode];
  if (raw > specReplicas) return `${winner} above target`;
  return raw < specReplicas ? "All metrics below target" : "";
}

const LIMIT_TEXTS: Readonly<Record<string, string>> = {
  TooFewReplicas: "the desired count is below minReplicas",
  TooManyReplicas: "the desired count is above maxReplicas",
  ScaleUpLimit: "the desired count is above what one step up allows",
  ScaleDownLimit: "the desired count is below what one step down allows",
  DesiredWithinRange: "the desired count is within the limits",
};
export const limitText = (reason: string): string => LIMIT_TEXTS[reason];

const ABLE_TEXTS: Readonly<Record<Normalized["ableReason"], string>> = {
  ReadyForNewScale: "no recent proposal holds back the newest",
  ScaleUpStabilized: "lower proposals of the scale-up window hold back the newest",
  ScaleDownStabilized: "higher proposals of the scale-down window hold back the newest",
};
export const ableText = (reason: Normalized["ableReason"]): string => ABLE_TEXTS[reason];

export interface Outcome {
  readonly trace: DecisionTrace;
  readonly specReplicas: number;
  readonly rescaled: boolean;
  readonly error: string | undefined;
}

export function decisionText({ trace, specReplicas, rescaled, error }: Outcome): string {
  const { mode, final, raw } = trace;
  const head = headText(specReplicas, final, rescaled);
  switch (mode) {
    case "no scale":
      return `the scale cannot be read: ${error}`;
    case "disabled":
      return "0 replicas: switched off until the scale is set above 0";
    case "above max":
      return `${head}: above maxReplicas, no metric was asked`;
    case "below min":
      return `${head}: below minReplicas, no metric was asked`;
    case "metrics":
      if (raw === undefined) return `${specReplicas} stay: ${blockText(trace, error)}`;
      return `${head}: ${[winnerText(trace), ...changes(trace)].join("; ")}${failText(error, rescaled, final, specReplicas)}`;
  }
}

function headText(from: number, to: number, rescaled: boolean): string {
  if (from === to) return `${from} stay`;
  return rescaled ? `${from} → ${to}` : `${from} stay, ${to} could not be written`;
}

function blockText({ metrics }: DecisionTrace, error: string | undefined): string {
  const failed = metrics.filter((metric) => metric.error !== undefined);
  if (failed.length === 0) return error ?? "no proposal";
  const told = failed.map(({ reason }) => reason).join("; ");
  if (failed.length === metrics.length) return told;
  return `the other metrics ask for less, which is not done while one fails (${told})`;
}

function winnerText({ metrics, winner, raw }: DecisionTrace): string {
  const best = metrics.find(({ name, proposal }) => name === winner && proposal === raw);
  return best?.reason ?? `${raw}`;
}

function changes({ raw, stabilization, rate, limits, final }: DecisionTrace): readonly string[] {
  const texts: string[] = [];
  if (stabilization !== undefined && stabilization.stabilized !== raw) {
    texts.push(stabilization.reason);
  }
  if (stabilization !== undefined && stabilization.stabilized !== final) {
    const { reason = "", minReplicas, maxReplicas } = limits;
    if (reason === "TooFewReplicas") texts.push(`minReplicas ${minReplicas}`);
    else if (reason === "TooManyReplicas") texts.push(`maxReplicas ${maxReplicas}`);
    else texts.push(rate?.reason ?? `one step up goes to ${final} at most`);
  }
  return texts;
}

function failText(
  error: string | undefined,
  rescaled: boolean,
  final: number,
  specReplicas: number,
): string {
  if (error === undefined || (!rescaled && final !== specReplicas)) return "";
  return ` (a metric failed: ${error})`;
}
