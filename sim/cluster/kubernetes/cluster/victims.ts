// Which pods of a ReplicaSet go first when it shrinks.
//
// The order of its controller: a pod that serves nobody before one that might, then one whose machine has more of its
// kind, then the one that serves for a shorter time. Ages count by powers of two (KEP-2185): among pods of about one age
// chance decides, else each scale-down would take the pods of the last scale-up and leave the spread uneven.

import type { Pod } from "./pod.ts";

const PHASES = { Pending: 0, Unknown: 1, Running: 2 } as const;
/** What the API keeps of an instant. Cited: metav1.Time. */
const SECOND_MS = 1_000;
const NS_PER_MS = 1_000_000;

/** First victim first. `related`: the pods that count for crowded machines, those of all revisions. */
export function victimsFirst(
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): readonly Pod[] {
  const crowds = new Map<number | undefined, number>();
  for (const { machine } of related) {
    crowds.set(machine?.number, (crowds.get(machine?.number) ?? 0) + 1);
  }
  const crowd = ({ machine }: Pod): number => crowds.get(machine?.number) ?? 0;
  return [...pods].sort(
    (a, b) =>
      Number(a.machine !== undefined) - Number(b.machine !== undefined) ||
      PHASES[a.phase] - PHASES[b.phase] ||
      Number(a.isReady) - Number(b.isReady) ||
      crowd(b) - crowd(a) ||
      (a.isReady ? readyOrder(a, b, nowMs) : youthOrder(a, b, nowMs)) ||
      a.uid - b.uid ||
      a.number - b.number,
  );
}

/**
 * Of two ready pods. The controller looks at restarts and at the time of creation, too, if both were ready in one and the
 * same second; then its order has no ends, so here the UID decides there as well.
 */
function readyOrder(a: Pod, b: Pod, nowMs: number): number {
  return (
    sinceRank(a.readyChangedAtMs ?? nowMs, nowMs) - sinceRank(b.readyChangedAtMs ?? nowMs, nowMs)
  );
}

function youthOrder(a: Pod, b: Pod, nowMs: number): number {
  const restarts = b.restartCount - a.restartCount;
  return restarts || sinceRank(a.createdAtMs, nowMs) - sinceRank(b.createdAtMs, nowMs);
}

function sinceRank(atMs: number, nowMs: number): number {
  return ageRank(nowMs - Math.floor(atMs / SECOND_MS) * SECOND_MS);
}

/** floor(log2(age in ns)), and -1 for what is not older than now. Halving is exact, Math.log2 need not be. */
export function ageRank(ageMs: number): number {
  let rank = -1;
  for (let rest = ageMs * NS_PER_MS; rest >= 1; rest /= 2) rank += 1;
  return rank;
}
