// Flapping: the count goes up and down and up again, and each way down cuts sessions.

import type { Change, Evidence } from "./evidence.ts";
import { amount, counted, course, span } from "./words.ts";

/** A turn of direction within this time after the last change is a flap; later it is the day's course. Assumed. */
const WITHIN_MS = 15 * 60_000;
/** One turn is a peak that passed. */
const FLAPS_LEAST = 2;

export function flapping(evidence: Evidence): readonly string[] {
  const { changes } = evidence;
  const turns = changes.filter((change, i) => i > 0 && isTurn(changes[i - 1]!, change));
  if (turns.length < FLAPS_LEAST) return [];
  const first = changes[changes.indexOf(turns[0]!) - 1]!; // A turn has one before it.
  const last = turns.at(-1)!; // There are at least two.
  const within = changes.slice(changes.indexOf(first), changes.indexOf(last) + 1);
  const counts = [first.from, ...within.map(({ to }) => to)];
  const low = Math.min(...counts);
  const high = Math.max(...counts);
  const cut = evidence.pods
    .filter((pod) => pod.deletedFor === "scale-down")
    .reduce((sum, pod) => sum + pod.sessionsAtDelete, 0);
  const windowMs = Math.ceil((1.5 * period(turns)) / 60_000) * 60_000;
  return [
    `The count flaps: ${counted(turns.length, "reversal")} in ${span(last.atMs - first.atMs)} (${course(counts)}), ` +
      `${high - low} pods between ${low} and ${high}, and ${amount(cut)} sessions were cut on the ways down. ` +
      `A behavior.scaleDown.stabilizationWindowSeconds of ${Math.min(3_600, windowMs / 1_000)} would keep the ` +
      `highest count over a whole swing; a policy of one pod a minute makes the swing small.`,
  ];
}

function isTurn(before: Change, after: Change): boolean {
  const isUp = (change: Change): boolean => change.to > change.from;
  return isUp(before) !== isUp(after) && after.atMs - before.atMs <= WITHIN_MS;
}

/** From one turn to the next but one, on average, ms: a whole swing. */
function period(turns: readonly Change[]): number {
  return (2 * (turns.at(-1)!.atMs - turns[0]!.atMs)) / (turns.length - 1); // At least two.
}
