// How far one reconcile may go: policies with behaviour, a doubling without, and min and max in both.
//
// The arithmetic is the controller's, doubles and their residue included: 10 % up from 100 is 111, because
// 100 × (1 + 10/100) is 110.00000000000001. Anything more exact would give other replica counts than a cluster.

import { replicasAbove } from "./int64.ts";
import type { FilledBehavior, FilledRules, ScalingPolicy } from "./spec.ts";
import { type ScaleEvents, replicasAtStart } from "./scale-events.ts";
import type { PolicyTrace, RateTrace } from "./trace.ts";
import type { ControllerFlags } from "./version.ts";

export type LimitReason =
  "DesiredWithinRange" | "TooFewReplicas" | "TooManyReplicas" | "ScaleUpLimit" | "ScaleDownLimit";

export interface Limited {
  readonly replicas: number;
  readonly reason: LimitReason;
  readonly rate: RateTrace | undefined;
}

export interface Range {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** Without behaviour: at most twice as many per reconcile, and no memory of the last one. */
export function limitedByDoubling(
  stabilized: number,
  specReplicas: number,
  { minReplicas, maxReplicas }: Range,
  { scaleUpLimitFactor, scaleUpLimitLeast }: ControllerFlags,
): Limited {
  const limit = Math.trunc(Math.max(scaleUpLimitFactor * specReplicas, scaleUpLimitLeast));
  const rate = undefined;
  if (stabilized < minReplicas) return { replicas: minReplicas, reason: "TooFewReplicas", rate };
  const isRate = maxReplicas > limit;
  const bound = isRate ? limit : maxReplicas;
  if (stabilized > bound) {
    return { replicas: bound, reason: isRate ? "ScaleUpLimit" : "TooManyReplicas", rate };
  }
  return { replicas: stabilized, reason: "DesiredWithinRange", rate };
}

/** With behaviour. On the way up min is not asked, on the way down max is not. */
export function limitedByPolicies(
  stabilized: number,
  specReplicas: number,
  { minReplicas, maxReplicas }: Range,
  behavior: FilledBehavior,
  events: ScaleEvents,
  nowMs: number,
): Limited {
  if (stabilized > specReplicas) {
    const rate = upLimit(specReplicas, behavior.scaleUp, events, nowMs);
    const limit = Math.max(rate.limit, specReplicas);
    const isRate = maxReplicas > limit;
    const bound = isRate ? limit : maxReplicas;
    if (stabilized > bound) {
      return { replicas: bound, reason: isRate ? "ScaleUpLimit" : "TooManyReplicas", rate };
    }
    return { replicas: stabilized, reason: "DesiredWithinRange", rate };
  }
  if (stabilized < specReplicas) {
    const rate = downLimit(specReplicas, behavior.scaleDown, events, nowMs);
    const limit = Math.min(rate.limit, specReplicas);
    const isRate = minReplicas < limit;
    const bound = isRate ? limit : minReplicas;
    if (stabilized < bound) {
      return { replicas: bound, reason: isRate ? "ScaleDownLimit" : "TooFewReplicas", rate };
    }
    return { replicas: stabilized, reason: "DesiredWithinRange", rate };
  }
  return { replicas: stabilized, reason: "DesiredWithinRange", rate: undefined };
}

export function upLimit(
  specReplicas: number,
  rules: FilledRules,
  events: ScaleEvents,
  nowMs: number,
): RateTrace {
  const limitOf = (start: number, { type, value }: ScalingPolicy): number =>
    type === "Pods" ? start + value : replicasAbove(start * (1 + value / 100));
  return rateOf(
    "up",
    specReplicas,
    rules,
    policyTraces(specReplicas, rules, events, nowMs, limitOf),
  );
}

export function downLimit(
  specReplicas: number,
  rules: FilledRules,
  events: ScaleEvents,
  nowMs: number,
): RateTrace {
  const limitOf = (start: number, { type, value }: ScalingPolicy): number =>
    type === "Pods" ? start - value : Math.trunc(start * (1 - value / 100)) + 0;
  return rateOf(
    "down",
    specReplicas,
    rules,
    policyTraces(specReplicas, rules, events, nowMs, limitOf),
  );
}

function policyTraces(
  specReplicas: number,
  { policies, selectPolicy }: FilledRules,
  events: ScaleEvents,
  nowMs: number,
  limitOf: (startReplicas: number, policy: ScalingPolicy) => number,
): readonly PolicyTrace[] {
  if (selectPolicy === "Disabled") return [];
  return policies.map((policy) => {
    const startReplicas = replicasAtStart(specReplicas, events, policy.periodMs, nowMs);
    return { ...policy, startReplicas, limit: limitOf(startReplicas, policy) };
  });
}

/** Max is the policy that changes most, Min the one that changes least: of limits downward, the greatest. */
function rateOf(
  direction: "up" | "down",
  specReplicas: number,
  { selectPolicy }: FilledRules,
  policies: readonly PolicyTrace[],
): RateTrace {
  const limits = policies.map(({ limit }) => limit);
  const isGreatest = (selectPolicy === "Max") === (direction === "up");
  const chosen = isGreatest ? Math.max(...limits) : Math.min(...limits);
  const limit = limits.length === 0 ? specReplicas : chosen;
  const reason =
    selectPolicy === "Disabled"
      ? `scaling ${direction} is disabled`
      : `${selectPolicy} of ${policies.map(policyText).join(", ")} allows ${limit}`;
  return { direction, selectPolicy, policies, limit, reason };
}

function policyText({ type, value, periodMs, startReplicas, limit }: PolicyTrace): string {
  const amount = type === "Pods" ? `${value} pods` : `${value} %`;
  return `${amount} in ${periodMs / 1_000} s (from ${startReplicas}: ${limit})`;
}
