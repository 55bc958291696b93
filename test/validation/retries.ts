// Closed forms of retrying: what delays add up to, what retries cost, and bounds that no policy beats.

import { TokenBucket, bucketShape } from "../../core/budgets/token-bucket.ts";
import {
  ablyPolicy,
  decorrelatedPolicy,
  equalJitterPolicy,
  livekitPolicy,
} from "../../core/client/peer-policies.ts";
import {
  type ReconnectPolicy,
  type ReconnectSituation,
  doubledMs,
  fullJitterPolicy,
  stormglassPolicy,
} from "../../core/client/reconnect-policy.ts";
import { RetryBudget } from "../../core/client/retry-budget.ts";
import { randomStream } from "../../sim/engine/random.ts";
import { TIME_US_MAX } from "../../sim/engine/event-queue.ts";
import { type EventHandler, Simulation } from "../../sim/engine/simulation.ts";
import { type Measured, type Target, parameterOf } from "./target.ts";

/** A loss that the whole cluster shares, with nothing asked for by the server. */
export const SHARED_LOSS: ReconnectSituation = {
  attempt: 0,
  isPrivate: false,
  spreadMs: 1_000,
  capMs: 60_000,
  reconnectAfterMs: undefined,
  retryAfterMs: undefined,
};

/** Delays before attempts 0 to `count` - 1 with one and the same draw, ms. */
function delaysMs(policy: ReconnectPolicy, count: number, draw: number, baseMs = 0): number[] {
  const delays: number[] = [];
  let previousDelayMs = baseMs;
  for (let attempt = 0; attempt < count; attempt++) {
    previousDelayMs = policy.delayMs({ ...SHARED_LOSS, attempt, previousDelayMs }, draw);
    delays.push(previousDelayMs);
  }
  return delays;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Every delay is linear in its draw, so the draw 1/2 gives the mean. */
export function meanDelays(target: Target): Measured {
  const baseMs = parameterOf(target, "base") * 1_000;
  const capMs = parameterOf(target, "cap") * 1_000;
  const count = parameterOf(target, "k");
  const meanSec = (policy: ReconnectPolicy): number =>
    sum(delaysMs(policy, count, 0.5, baseMs)) / 1_000;
  const plain = Array.from({ length: count }, (_, attempt) => doubledMs(baseMs, attempt, capMs));
  return {
    values: {
      none: sum(plain) / 1_000,
      full: meanSec(fullJitterPolicy(baseMs, capMs)),
      equal: meanSec(equalJitterPolicy(baseMs, capMs)),
      decorrelated_uncapped: meanSec(decorrelatedPolicy(baseMs, 1e9)),
    },
    by: "computation",
  };
}

/** The largest delay is never reached: it follows from two draws, since delays are linear in them. */
export function livekitTable(): Measured {
  const attempts = 10;
  const least = delaysMs(livekitPolicy, attempts, 0);
  const mean = delaysMs(livekitPolicy, attempts, 0.5);
  return {
    values: {
      base_delays_ms: least,
      give_up_min_ms: sum(least),
      give_up_mean_ms: sum(mean),
      give_up_max_ms: 2 * sum(mean) - sum(least),
    },
    by: "computation",
  };
}

/** The first retry is immediate, which the published formula counts as n = 1: it has no bound here. */
export function ablyBounds(): Measured {
  const [, ...upper] = delaysMs(ablyPolicy, 5, 0);
  const [, ...mean] = delaysMs(ablyPolicy, 5, 0.5);
  return {
    values: {
      upper_bounds_s: [undefined, ...upper.map((ms) => ms / 1_000)],
      mean_factor: sum(mean) / sum(upper),
    },
    by: "computation",
  };
}

/** When the last of `people` gets a token from a bucket that is empty at the beginning, s. */
export function drainSec(people: number, perSec: number): number {
  const bucket = new TokenBucket(bucketShape(perSec, 1, 0));
  bucket.tryTake(1, 0);
  let nowMs = 0;
  for (let i = 0; i < people; i++) {
    nowMs += bucket.retryAfterMs(1, nowMs);
    if (!bucket.tryTake(1, nowMs)) return NaN;
  }
  return nowMs / 1_000;
}

export function flowBound(target: Target): Measured {
  const seconds = drainSec(parameterOf(target, "N"), parameterOf(target, "R_per_s"));
  return { values: { min_seconds: seconds }, by: "computation" };
}

/** Runs whose longest waits are averaged. */
const SPREAD_RUNS = 20;

/** Everybody comes back within W, as our policy has it, and is taken in one after the other. */
export function spreadBacklog(target: Target): Measured {
  const people = parameterOf(target, "N");
  const perSec = 10_000;
  const spreadMs = ((people / perSec) * 1_000) / parameterOf(target, "u");
  let total = 0;
  for (let run = 0; run < SPREAD_RUNS; run++) {
    total += longestWaitMs(people, perSec, spreadMs, randomStream(41, "attempt", run).nextUnit);
  }
  const meanUnits = ((total / SPREAD_RUNS) * perSec) / 1_000;
  return {
    values: {
      mean_max_wait_service_units: meanUnits,
      over_sqrtN: meanUnits / Math.sqrt(people),
    },
    by: "simulation",
  };
}

function longestWaitMs(
  people: number,
  perSec: number,
  spreadMs: number,
  draw: () => number,
): number {
  const sim = new Simulation();
  const bucket = new TokenBucket(bucketShape(perSec, 1, 0));
  const situation = { ...SHARED_LOSS, spreadMs };
  for (let i = 0; i < people; i++) {
    sim.schedule(Math.round(stormglassPolicy.delayMs(situation, draw()) * 1_000), 1, i, 0);
  }
  let longestMs = 0;
  let freeAtMs = 0;
  const server: EventHandler = {
    // First come, first served: who comes now is served when the bucket has paid all before him.
    handle() {
      freeAtMs = Math.max(freeAtMs, sim.nowMs);
      freeAtMs += bucket.retryAfterMs(1, freeAtMs);
      if (!bucket.tryTake(1, freeAtMs)) longestMs = NaN;
      longestMs = Math.max(longestMs, freeAtMs - sim.nowMs);
    },
  };
  sim.run(TIME_US_MAX, server);
  return longestMs;
}

/** A request with up to `retries` retries against calls that fail as told. */
function callsOf(
  retries: number,
  budget: RetryBudget,
  fails: () => boolean,
): {
  readonly calls: number;
  readonly succeeded: boolean;
} {
  for (let calls = 1; ; calls++) {
    if (!fails()) {
      budget.succeeded();
      return { calls, succeeded: true };
    }
    if (calls > retries || !budget.tryRetry()) return { calls, succeeded: false };
  }
}

/**
 * Without a budget: every pattern of outcomes once, in parts of 1/10 or 1/2, so that the mean is exact.
 * With the budget, which is about the long run: failures evenly spread, over whole periods.
 */
export function amplification(target: Target): Measured {
  const retries = parameterOf(target, "retries");
  const failing = Math.round(parameterOf(target, "failure") * 10);
  let patterns = 10;
  for (let i = 0; i < retries; i++) patterns *= 10;
  const plenty = new RetryBudget({ capacity: 1e9, perSuccess: 0 });
  let calls = 0;
  let failures = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let rest = pattern;
    const request = callsOf(retries, plenty, () => {
      const outcome = rest % 10;
      rest = Math.floor(rest / 10);
      return outcome < failing;
    });
    calls += request.calls;
    if (!request.succeeded) failures++;
  }
  return {
    values: {
      load_factor: calls / patterns,
      client_failure: failures / patterns,
      token_bucket_0p1_load_factor: budgetedLoad(retries, failing),
    },
    by: "computation",
  };
}

/** Calls per request with failures `failing` times in ten, over periods of the budget. */
function budgetedLoad(retries: number, failing: number): number {
  const budget = new RetryBudget({ capacity: 10, perSuccess: 0.1 });
  while (budget.tryRetry()); // What a full budget affords once is not the long run.
  let made = 0;
  const fails = (): boolean => {
    made++;
    return Math.floor((made * failing) / 10) > Math.floor(((made - 1) * failing) / 10);
  };
  // The budget's state repeats after 91 requests, 19 requests, or every request: 1,729 are whole periods.
  const requests = 91 * 19;
  for (let warmUp = 0; warmUp < requests; warmUp++) callsOf(retries, budget, fails);
  let calls = 0;
  for (let request = 0; request < requests; request++) {
    calls += callsOf(retries, budget, fails).calls;
  }
  return calls / requests;
}
