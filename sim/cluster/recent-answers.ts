// What the edges' own histograms would tell Prometheus: how long joins took lately, and how many resumes failed.
//
// An autoscaler sees the server's metrics, not the clients' patience: a join is timed from its frame to its answer, and who was told to come
// back later is not in it until he does. The buckets are the server's, since a quantile of a Prometheus histogram is no better than they are.

/** Upper edges, s. Cited: live/operations/buckets.ts, which a test compares. */
export const JOIN_SECONDS_EDGES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30,
];
/** Range of the rate in the adapter's query. Assumed: four scrapes of 15 s, the least that a rate should have. */
const RANGE_MS = 60_000;
const SLICE_MS = 5_000;
const SLICES = RANGE_MS / SLICE_MS;
const COLUMNS = JOIN_SECONDS_EDGES.length + 3;
const ABOVE = JOIN_SECONDS_EDGES.length;
const ASKED = ABOVE + 1;
const FAILED = ABOVE + 2;

export class RecentAnswers {
  readonly #counts = new Float64Array(SLICES * COLUMNS);
  /** Number of the slice that each row holds. */
  readonly #sliceOf = new Float64Array(SLICES).fill(-1);

  joinTook(ms: number, nowMs: number): void {
    const seconds = ms / 1_000;
    let bucket = 0;
    while (bucket < ABOVE && seconds > JOIN_SECONDS_EDGES[bucket]!) bucket++;
    this.#add(bucket, nowMs);
  }

  resumeAsked(nowMs: number): void {
    this.#add(ASKED, nowMs);
  }

  resumeFailed(nowMs: number): void {
    this.#add(FAILED, nowMs);
  }

  /** As `histogram_quantile` computes it; undefined when nobody joined lately. */
  joinQuantileSeconds(q: number, nowMs: number): number | undefined {
    const counts = this.#sums(nowMs);
    let total = 0;
    for (let bucket = 0; bucket <= ABOVE; bucket++) total += counts[bucket]!;
    if (total === 0) return undefined;
    const rank = q * total;
    let below = 0;
    for (let bucket = 0; bucket < ABOVE; bucket++) {
      const inBucket = counts[bucket]!;
      if (below + inBucket >= rank && inBucket > 0) {
        const low = bucket === 0 ? 0 : JOIN_SECONDS_EDGES[bucket - 1]!;
        return low + (JOIN_SECONDS_EDGES[bucket]! - low) * ((rank - below) / inBucket);
      }
      below += inBucket;
    }
    return JOIN_SECONDS_EDGES[ABOVE - 1]; // Beyond the last edge nothing is known.
  }

  /** Undefined when nobody asked to resume lately. */
  resumeFailureRatio(nowMs: number): number | undefined {
    const counts = this.#sums(nowMs);
    return counts[ASKED] === 0 ? undefined : counts[FAILED]! / counts[ASKED]!;
  }

  #add(column: number, nowMs: number): void {
    const slice = Math.floor(nowMs / SLICE_MS);
    const row = slice % SLICES;
    if (this.#sliceOf[row] !== slice) {
      this.#sliceOf[row] = slice;
      this.#counts.fill(0, row * COLUMNS, (row + 1) * COLUMNS);
    }
    this.#counts[row * COLUMNS + column]!++;
  }

  #sums(nowMs: number): Float64Array {
    const sums = new Float64Array(COLUMNS);
    const now = Math.floor(nowMs / SLICE_MS);
    for (let row = 0; row < SLICES; row++) {
      if (this.#sliceOf[row]! < 0 || this.#sliceOf[row]! <= now - SLICES) continue;
      for (let column = 0; column < COLUMNS; column++) {
        sums[column]! += this.#counts[row * COLUMNS + column]!;
      }
    }
    return sums;
  }
}
