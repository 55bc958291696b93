// What decided a look of the HPA, in one word, and whether that was any news.
//
// Of all steps the last one that changed the count has decided: a limit over a policy, a policy over a window, a window over
// the metric that asked for the most.

import type { DecisionRecord } from "../sim/result.ts";

/** A, B … for the metrics of the spec, in its order. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + (index % 26));
}

/**
 * "A": the metric; "A within": its tolerance; "A guessed": guesses for pods that are missing or not ready turned it; "tolerance":
 * that of all metrics; "window", "policy", "step" (what one step may add
 * without behavior), "max", "min"; "failed", "unwritten", "off", "no scale".
 */
export function decidedBy({ trace, error, rescaled, specReplicas }: DecisionRecord): string {
  switch (trace.mode) {
    case "no scale":
      return "no scale";
    case "disabled":
      return "off";
    case "above max":
      return "max";
    case "below min":
      return "min";
    case "metrics":
      break;
  }
  const { raw, final, stabilization, limits, rate } = trace;
  if (raw === undefined) return "failed";
  if (!rescaled && error !== undefined && final !== specReplicas) return "unwritten";
  if (stabilization !== undefined && stabilization.stabilized !== final) {
    if (limits.reason === "TooManyReplicas") return "max";
    if (limits.reason === "TooFewReplicas") return "min";
    return rate === undefined ? "step" : "policy";
  }
  if (stabilization !== undefined && stabilization.stabilized !== raw) return "window";
  return winnerOf(trace, specReplicas);
}

function winnerOf(
  { metrics, winner, raw }: DecisionRecord["trace"],
  specReplicas?: number,
): string {
  const asked = metrics.filter(({ proposal }) => proposal !== undefined);
  if (asked.every(isWithin)) return "tolerance";
  const index = metrics.findIndex(({ name, proposal }) => name === winner && proposal === raw);
  const letter = letterOf(Math.max(0, index));
  const metric = metrics[index];
  if (metric === undefined || raw !== specReplicas) return letter;
  if (isWithin(metric)) return `${letter} within`;
  return metric.correctedRatio === undefined ? letter : `${letter} guessed`;
}

function isWithin(metric: DecisionRecord["trace"]["metrics"][number]): boolean {
  const { correctedRatio, ratio, toleranceDownRatio, toleranceUpRatio } = metric;
  const counted = correctedRatio ?? ratio ?? NaN;
  return 1 - toleranceDownRatio <= counted && counted <= 1 + toleranceUpRatio;
}

/** Whether it rescaled, or was decided by something else or under other conditions than the look before it. */
export function isChange(record: DecisionRecord, before: DecisionRecord | undefined): boolean {
  if (before === undefined || record.rescaled) return true;
  return statusOf(record) !== statusOf(before);
}

function statusOf(record: DecisionRecord): string {
  // Of warnings the reason alone: their messages carry numbers.
  const remarks = record.remarks.map((remark) =>
    remark.replace(/^([A-Za-z]+: [A-Za-z]+).*$/, "$1"),
  );
  const failed = record.trace.metrics.map(({ error }) => (error === undefined ? "" : "failed"));
  return [decidedBy(record), ...failed, ...remarks].join("|");
}
