// Connections do not move to new pods: after a scale-up the average is fine and the old pods are as full as before.
//
// New pods take new arrivals only, so the imbalance decays as people leave: with stays of mean S, like e^(−t/S).

import type { PodLife } from "../../result.ts";
import { type Change, type Evidence, meanOf, quantileOfSorted } from "./evidence.ts";
import { amount, counted, span } from "./words.ts";

/** How long the new pods must have been ready. Assumed: some minutes of arrivals would have filled them. */
const SETTLED_MS = 60_000;
/** The fullest pod over the mean from which the average hides something. Assumed. */
const UNEVEN = 1.4;
/** Of the old pods' limit: below it nobody is hot. Assumed. */
const HOT_RATIO = 0.6;

export function sticky(evidence: Evidence): readonly string[] {
  const up = evidence.changes.filter(({ from, to }) => to > from);
  const worst = up.map((change) => unevenAfter(change, evidence)).filter(isThere);
  if (worst.length === 0) return [];
  const found = worst.reduce((a, b) => (b.later.ratio > a.later.ratio ? b : a));
  return [sentence(found, evidence)];
}

interface Look {
  readonly atMs: number;
  readonly mean: number;
  readonly max: number;
  readonly p95: number;
  /** Fullest over mean. */
  readonly ratio: number;
}

interface Uneven {
  readonly change: Change;
  readonly fresh: number;
  readonly soon: Look;
  readonly later: Look;
}

/** The pods as they were when the new ones were ready, and at the end of that count; undefined when all is even. */
function unevenAfter(change: Change, evidence: Evidence): Uneven | undefined {
  const { atMs, from, to } = change;
  const endMs = evidence.sampledAtMs.at(-1) ?? 0;
  const nextMs = evidence.changes.find((other) => other.atMs > atMs)?.atMs ?? endMs;
  const made = evidence.pods.filter(
    (pod) => pod.createdFor === "scale-up" && pod.createdAtMs >= atMs && pod.createdAtMs < nextMs,
  );
  const readyMs = Math.max(...made.map((pod) => pod.readyAtMs ?? Infinity));
  if (to <= from || made.length === 0 || readyMs + SETTLED_MS > nextMs) return undefined;
  const later = lookAt(evidence, nextMs);
  const old = evidence.readyPodsAt(nextMs).filter((pod) => !made.includes(pod));
  const oldMean = meanOf(evidence.loadsAt(old, nextMs));
  const freshMean = meanOf(evidence.loadsAt(made.filter(isReady), nextMs));
  const isUneven = later.ratio >= UNEVEN && freshMean < oldMean / 2;
  if (!isUneven || later.max < HOT_RATIO * evidence.nodeLimit) return undefined;
  return { change, fresh: made.length, soon: lookAt(evidence, readyMs), later };
}

function lookAt(evidence: Evidence, atMs: number): Look {
  const loads = evidence.loadsAt(evidence.readyPodsAt(atMs), atMs);
  const mean = meanOf(loads);
  const max = loads.at(-1) ?? 0;
  const ratio = mean === 0 ? 1 : max / mean;
  return { atMs, mean, max, p95: quantileOfSorted(loads, 0.95), ratio };
}

function sentence({ change, fresh, soon, later }: Uneven, evidence: Evidence): string {
  const { meanDurationMs } = evidence.scenario.clients.leaves;
  const decay =
    meanDurationMs === Infinity
      ? "nobody leaves here, so it stays so"
      : `with stays of ${span(meanDurationMs)} on average it halves in ${span(Math.LN2 * meanDurationMs)}`;
  return (
    `Connections stay where they are: ${span(later.atMs - soon.atMs)} after the ${counted(fresh, "new pod")} ` +
    `of ${change.from} → ${change.to} were ready, the fullest pod held ${amount(later.max)} sessions (p95 ` +
    `${amount(later.p95)}) and the HPA's average was ${amount(later.mean)}: ${later.ratio.toFixed(1)} times ` +
    `the mean, ${soon.ratio.toFixed(1)} times when they came; ${decay}. Watch the fullest pod beside the ` +
    `average, scale before nodes are full, and drain 1–2 % a minute of the fullest if it must go faster.`
  );
}

function isReady(pod: PodLife): boolean {
  return pod.readyAtMs !== undefined;
}

function isThere(found: Uneven | undefined): found is Uneven {
  return found !== undefined;
}
