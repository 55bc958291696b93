// The edges of the latency histograms: one on each limit that a budget names, so that "the share within the limit" is
// read off without interpolation.

/** s. Limits of scenarios/budgets: 0.5 (critical messages), 5 and 10 (joins p95 and p99, resumes p99); the others divide the range. */
export const JOIN_SECONDS_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30,
];
