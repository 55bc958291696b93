// Candidates that no other beats: better in one of margin, node-hours and flaps, and worse in none.

import type { Score } from "./score.ts";

/** Whether `a` is at least as good in all three and better in one. */
export function dominates(a: Score, b: Score): boolean {
  const isAsGood = a.margin >= b.margin && a.nodeHours <= b.nodeHours && a.flaps <= b.flaps;
  return isAsGood && (a.margin > b.margin || a.nodeHours < b.nodeHours || a.flaps < b.flaps);
}

/** The feasible ones that nobody dominates, cheapest first; of equals the first. */
export function paretoSet<One extends { readonly score: Score }>(all: readonly One[]): One[] {
  const feasible = all.filter(({ score }) => score.isFeasible);
  const best = feasible.filter(
    (one, i) =>
      !feasible.some(
        (other, j) =>
          dominates(other.score, one.score) || (j < i && isEqual(other.score, one.score)),
      ),
  );
  return best.sort(
    (a, b) => a.score.nodeHours - b.score.nodeHours || a.score.flaps - b.score.flaps,
  );
}

function isEqual(a: Score, b: Score): boolean {
  return a.margin === b.margin && a.nodeHours === b.nodeHours && a.flaps === b.flaps;
}
