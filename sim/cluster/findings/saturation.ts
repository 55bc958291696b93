// A metric that cannot say how much is missing: a full node reports its limit, however many wait outside.
//
// One look multiplies the pods by at most limit ÷ target. Where that is within the tolerance the HPA never adds a pod
// while clients are refused; where it is below 2, it takes many looks.

import type { DecisionRecord } from "../../result.ts";
import { ACTIVE, OFFERED, type ConnectionMetric, type Change, type Evidence } from "./evidence.ts";
import { amount, counted, course, percent, span } from "./words.ts";

/** From this factor on a look doubles, as it would with a metric that knows no limit. */
const QUICK_FACTOR = 2;
/** Fewer steps than these are no crawl. Assumed. */
const CRAWL_STEPS = 2;
/** Fewer looks at full nodes are a moment. Assumed: a minute of the default sync period. */
const STUCK_LOOKS = 4;

export function saturation(evidence: Evidence): readonly string[] {
  const metric = evidence.connectionMetrics.find((known) => known.metric === ACTIVE);
  if (metric === undefined || factorOf(metric, evidence) >= QUICK_FACTOR) return [];
  const full = evidence.decisions.filter((decision) => isFull(decision, metric, evidence));
  const isStep = ({ decision, from, to }: Change): boolean =>
    to > from && full.includes(decision) && decision.trace.winner === metric.name;
  const steps = longestRun(evidence.changes, isStep);
  if (steps.length >= CRAWL_STEPS) return [crawl(steps, metric, evidence)];
  const stuck = full.filter((decision) => isWithinTolerance(decision, metric));
  if (steps.length === 0 && stuck.length >= STUCK_LOOKS) return [never(stuck, metric, evidence)];
  return [];
}

function factorOf({ targetPerPod }: ConnectionMetric, { nodeLimit }: Evidence): number {
  return nodeLimit / targetPerPod;
}

/** Clients wait outside for want of places, and a higher count was allowed. */
function isFull(decision: DecisionRecord, metric: ConnectionMetric, evidence: Evidence): boolean {
  const { specReplicas, trace, atMs } = decision;
  if (specReplicas === undefined || specReplicas >= trace.limits.maxReplicas) return false;
  return evidence.traceOf(decision, metric.name)?.ratio !== undefined && evidence.isShortAt(atMs);
}

/** The longest series of changes that are all so, the first of equals. */
function longestRun(
  changes: readonly Change[],
  isStep: (change: Change) => boolean,
): readonly Change[] {
  let longest: Change[] = [];
  let current: Change[] = [];
  for (const change of changes) {
    if (isStep(change)) current.push(change);
    else current = [];
    if (current.length > longest.length) longest = current;
  }
  return longest;
}

/** At most the replicas that there are, although nobody else asked for more either. */
function isWithinTolerance(
  { trace, specReplicas }: DecisionRecord,
  metric: ConnectionMetric,
): boolean {
  const seen = trace.metrics.find(({ name }) => name === metric.name);
  if (seen?.ratio === undefined || trace.raw === undefined || specReplicas === undefined) {
    return false;
  }
  return seen.ratio <= 1 + seen.toleranceUpRatio && trace.raw <= specReplicas;
}

function never(
  stuck: readonly DecisionRecord[],
  metric: ConnectionMetric,
  evidence: Evidence,
): string {
  const ratios = stuck.map(
    ({ trace }) => trace.metrics.find(({ name }) => name === metric.name)?.ratio ?? 0,
  );
  const ratio = Math.max(...ratios);
  const tolerance = evidence.traceOf(stuck[0]!, metric.name)!.toleranceUpRatio; // Stuck ones have it.
  const waiting = Math.max(...stuck.map(({ atMs }) => evidence.waitingAt(atMs)));
  return (
    `The HPA never scales: ${limitText(evidence)}, so ${metric.metric} came to at most ` +
    `${ratio.toFixed(2)} times its target of ${amount(metric.targetPerPod)}, and up to ` +
    `${(1 + tolerance).toFixed(2)} nothing changes. In ${stuck.length} looks, over ` +
    `${span(stuck.at(-1)!.atMs - stuck[0]!.atMs)}, it left ${stuck[0]!.specReplicas} pods alone while ` +
    `up to ${amount(waiting)} clients waited outside${turnedAway(stuck[0]!.atMs, Infinity, evidence)}. ` +
    advice(evidence)
  );
}

function crawl(steps: readonly Change[], metric: ConnectionMetric, evidence: Evidence): string {
  const first = steps[0]!; // At least CRAWL_STEPS.
  const lastMs = evidence.sampledAtMs.at(-1) ?? 0;
  const endMs = evidence.sampledAtMs.find(
    (atMs) => atMs > steps.at(-1)!.atMs && !evidence.isShortAt(atMs),
  );
  const waiting = Math.max(...steps.map(({ atMs }) => evidence.waitingAt(atMs)));
  const until =
    endMs === undefined
      ? `and ${span(lastMs - first.atMs)} later, at the end, it was not there yet`
      : `and it took ${span(endMs - first.atMs)} until there was room for everybody`;
  const factor = factorOf(metric, evidence).toFixed(2);
  const path = course([first.from, ...steps.map(({ to }) => to)]);
  return (
    `The HPA crawls: ${limitText(evidence)}, so with a target of ${amount(metric.targetPerPod)} one look ` +
    `multiplies the pods by at most ${factor}: ${path}, ${until}. Meanwhile up to ${amount(waiting)} clients ` +
    `waited outside${turnedAway(first.atMs, endMs ?? Infinity, evidence)}. ${advice(evidence)}`
  );
}

function limitText({ nodeLimit, placesPerPod }: Evidence): string {
  const soft =
    placesPerPod < nodeLimit ? ` and takes new rooms up to ${amount(placesPerPod)} booked` : "";
  return `a full node reports at most its limit of ${amount(nodeLimit)}${soft}`;
}

function turnedAway(fromMs: number, toMs: number, evidence: Evidence): string {
  const lastMs = evidence.sampledAtMs.at(-1) ?? 0;
  const times = evidence.addedBetween("join.turnedaway", fromMs, Math.min(toMs, lastMs));
  const gone = evidence.value("join.gaveup");
  const lost = gone === 0 ? "" : ` and ${counted(gone, "client")} gave up`;
  if (times === 0) return lost;
  const share = percent(gone / Math.max(1, evidence.value("join.offered")));
  return ` (${amount(times)} answers of busy)${lost}${gone === 0 ? "" : ` (${share})`}`;
}

function advice({ nodeLimit }: Evidence): string {
  return `Scale on ${OFFERED}, which counts those outside too, or set the target to ${amount(nodeLimit / 2)} or less.`;
}
