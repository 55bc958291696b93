// Which experiment answers which target, and which targets nobody answers, and why.
//
// An experiment takes a target and returns what it measured, by running the engine and the core. Every
// target of the groups below is in one of the two tables; a test holds that nothing is forgotten.

import { connectionCount, littlesLaw } from "./connections.ts";
import { contention, contentionFigure } from "./contention.ts";
import {
  defaults,
  doubling,
  integerTruncation,
  policyOfAMinute,
  ratio,
  saturatedMetric,
  scaleDownCliff,
  toleranceBoundary,
  unreadyPods,
} from "./autoscaling.ts";
import { criticalGain, warmPods } from "./delayed-loop.ts";
import { loadSpread, maxLoad, ringShares, smhasherVerification } from "./hashing.ts";
import { committedLoad, naiveAndSticky } from "./meetings.ts";
import {
  boundedLoads,
  newestReleaseFirst,
  overflow,
  randomSticky,
  strictDeployment,
  strictStatefulSet,
} from "./placement.ts";
import { erlangB, md1, mg1, mm1, mmc } from "./queues.ts";
import {
  ablyBounds,
  amplification,
  flowBound,
  livekitTable,
  meanDelays,
  spreadBacklog,
} from "./retries.ts";
import { reconnectStorm, retryPeaks } from "./storms.ts";
import {
  burstBound,
  lastValueWins,
  poissonDrop,
  roundRobinShares,
  shapingDelay,
} from "./token-buckets.ts";
import type { Measured, Target } from "./target.ts";

export type Experiment = (target: Target) => Measured;

export const GROUPS = [
  "queueing",
  "token_bucket",
  "hashing",
  "bounded_loads",
  "backoff",
  "hpa",
] as const;

/** By the beginning of the target's id; the longest that fits counts. */
const EXPERIMENTS: readonly (readonly [string, Experiment])[] = [
  ["queue.mm1.", mm1],
  ["queue.mmc.", mmc],
  ["queue.md1.", md1],
  ["queue.mg1.", mg1],
  ["queue.erlangb.", erlangB],
  ["queue.little.", littlesLaw],
  ["queue.mminf.", connectionCount],
  ["tb.burst_bound.", burstBound],
  ["tb.poisson_drop.", poissonDrop],
  ["tb.shaping_delay", shapingDelay],
  ["coalesce.lvw.", lastValueWins],
  ["drr.rate_split", roundRobinShares],
  ["hash.murmur3_x86_32.", smhasherVerification],
  ["hash.ring.lamping_veach_", ringShares],
  ["hash.maxload.", maxLoad],
  ["hash.loadcv.", loadSpread],
  ["hash.bounded.golden_", boundedLoads],
  ["bounded.overflow_lb.", overflow],
  ["deploy.rolling_moves.deployment_strict_hrw", strictDeployment],
  ["deploy.rolling_moves.statefulset_strict_hrw", strictStatefulSet],
  ["deploy.rolling_moves.independent_random_sticky", randomSticky],
  ["deploy.rolling_moves.drain_aware_new_generation_only", newestReleaseFirst],
  ["placement.naive_vs_sticky.", naiveAndSticky],
  ["placement.committed_load", committedLoad],
  ["backoff.aws_occ.", contention],
  ["backoff.aws_occ.third_party_figure", contentionFigure],
  ["backoff.retrystorm_peak20ms.", retryPeaks],
  ["backoff.lower_bound.", flowBound],
  ["backoff.uniform_spread_backlog.", spreadBacklog],
  ["backoff.full_jitter_mean_delay", meanDelays],
  ["backoff.policy.livekit_client", livekitTable],
  ["backoff.policy.ably", ablyBounds],
  ["retry.amplification.", amplification],
  ["reconnect.storm100k.", reconnectStorm],
  ["hpa.ratio.basic", ratio],
  ["hpa.tolerance.boundary", toleranceBoundary],
  ["hpa.defaults", defaults],
  ["hpa.doubling.", doubling],
  ["hpa.policy_60s", policyOfAMinute],
  ["hpa.saturated_metric.", saturatedMetric],
  ["hpa.unready_rebalance", unreadyPods],
  ["hpa.scaledown.default_cliff", scaleDownCliff],
  ["hpa.cpu.integer_truncation", integerTruncation],
  ["control.", criticalGain],
  ["warm.", warmPods],
];

/** Target → why nothing here answers it. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "queue.erlangb.inverse_15lines_1pct":
    "the inverse to four digits is a formula; what the engine blocks at a load is measured instead",
  "codel.drop_schedule_100ms": "queues here have deadlines and limits, not CoDel",
  "hash.hrw.tie_probability_n8": "too rare to see; the order of equal scores is a unit test (PL6)",
  "hash.hrw.tie_probability_n59": "too rare to see; the order of equal scores is a unit test (PL6)",
  "hash.hrw.tie_probability_n1000":
    "too rare to see; the order of equal scores is a unit test (PL6)",
  "hash.jump.vectors": "jump hashing is not built: nodes leave in any order",
  "hash.weighted_hrw.shares": "weights are not built: limits of the nodes do their work",
  "bounded.overflow_lb.l156.25_c1.1":
    "holds of the mean only: golden_n64_m10000_c1.1 of the same shape, which is met, lies below it",
  "retry.layers_3x5": "there are no layers that each retry",
  "retry.aws_sdk_quota": "that quota is another client's; ours is RetryBudget",
  "reconnect.discord_identify.s100_mc1": "identify buckets are not built: slots are",
  "reconnect.discord_identify.s2000_mc16": "identify buckets are not built: slots are",
};

export function experimentFor(target: Target): Experiment | undefined {
  if (LEFT_OUT[target.id] !== undefined) return undefined;
  let found: readonly [string, Experiment] | undefined;
  for (const entry of EXPERIMENTS) {
    if (!target.id.startsWith(entry[0])) continue;
    if (found === undefined || entry[0].length > found[0].length) found = entry;
  }
  return found?.[1];
}
