// Rows of the kinds behaviors, stabilization and normalize: what comes after a proposal, piece by piece.

import { stabilizedBothWays, stabilizedDown } from "../hpa/history.ts";
import { downLimit, limitedByDoubling, limitedByPolicies, upLimit } from "../hpa/limits.ts";
import { ableReasonOf } from "../hpa/normalize.ts";
import { type ScaleEvents, changedWithin, withEvent } from "../hpa/scale-events.ts";
import { type FilledRules, filledBehavior } from "../hpa/spec.ts";
import { DEFAULT_FLAGS } from "../hpa/version.ts";
import type { Field } from "../field.ts";
import { behaviorOf, eventsOf, recommendationsOf, scalingRulesOf } from "./parts.ts";
import type { Got } from "./verdict.ts";

type Rows = Readonly<Record<string, (input: Field) => Got>>;

export const BEHAVIOR_ROWS: Rows = {
  convertWithBehaviorRate: (input) => {
    const behavior = input.maybe("behavior");
    const { replicas, reason } = limitedByPolicies(
      input.at("desiredReplicas").whole(),
      input.at("currentReplicas").count(),
      rangeOf(input),
      filledBehavior(behavior === undefined ? {} : behaviorOf(behavior)),
      bothEvents(input),
      0,
    );
    return { replicas, reason };
  },
  scaleUpLimit: (input) => limitOf(input, "scaleUp"),
  scaleDownLimit: (input) => limitOf(input, "scaleDown"),
  storeScaleEvent,
};

export const STABILIZATION_ROWS: Rows = {
  legacy: (input) => {
    const raw = input.at("desiredReplicas").whole();
    const history = recommendationsOf(input.at("recommendations"));
    const windowMs = input.at("downscaleStabilizationSeconds").ms();
    return stabilizedGot(raw, Infinity, stabilizedDown(history, raw, windowMs, 0));
  },
  withBehaviors: (input) => {
    const raw = input.at("desiredReplicas").whole();
    const specReplicas = input.at("currentReplicas").count();
    const history = recommendationsOf(input.at("recommendations"));
    const windows = {
      upMs: input.maybe("scaleUpWindowSeconds")?.ms() ?? 0,
      downMs: input.maybe("scaleDownWindowSeconds")?.ms() ?? DEFAULT_FLAGS.downscaleStabilizationMs,
    };
    const stabilized = stabilizedBothWays(history, { raw, specReplicas }, windows, 0);
    return stabilizedGot(raw, specReplicas, stabilized);
  },
};

export const NORMALIZE_ROWS: Rows = {
  convertWithRules: (input) => {
    const flags = {
      ...DEFAULT_FLAGS,
      scaleUpLimitFactor: input.maybe("scaleUpLimitFactor")?.number() ?? 2,
      scaleUpLimitLeast: input.maybe("scaleUpLimitMinimum")?.number() ?? 4,
    };
    const desired = input.at("desiredReplicas").whole();
    const current = input.at("currentReplicas").count();
    const { replicas, reason } = limitedByDoubling(desired, current, rangeOf(input), flags);
    return { replicas, reason };
  },
};

function rangeOf(input: Field) {
  return {
    minReplicas: input.at("minReplicas").count(),
    maxReplicas: input.at("maxReplicas").count(),
  };
}

function bothEvents(input: Field): ScaleEvents {
  return {
    ups: eventsOf(input.maybe("scaleUpEvents")),
    downs: eventsOf(input.maybe("scaleDownEvents")),
  };
}

function rulesOf(rules: Field, direction: "scaleUp" | "scaleDown"): FilledRules {
  return filledBehavior({ [direction]: scalingRulesOf(rules) })[direction];
}

function limitOf(input: Field, direction: "scaleUp" | "scaleDown"): Got {
  const current = input.at("currentReplicas").count();
  const rules = rulesOf(input.at("rules"), direction);
  const limit = direction === "scaleUp" ? upLimit : downLimit;
  return { limit: limit(current, rules, bothEvents(input), 0).limit };
}

/** The row holds for each of its directions; where they differ, both answers are given. */
function storeScaleEvent(input: Field): Got {
  const directions = (input.maybe("directions")?.list() ?? []).map((one) =>
    one.oneOf(["up", "down"]),
  );
  const answers = (directions.length === 0 ? (["up", "down"] as const) : directions).map((one) =>
    storedIn(input, one === "up" ? "scaleUp" : "scaleDown"),
  );
  const [first] = answers;
  const areSame = answers.every((one) => JSON.stringify(one) === JSON.stringify(first));
  return areSame ? first : { byDirection: answers };
}

function storedIn(input: Field, direction: "scaleUp" | "scaleDown"): Got {
  const before = eventsOf(input.maybe("prevEvents"));
  const rules = input.maybe("rules");
  const periodMs = input.maybe("sumPeriodSeconds")?.ms() ?? 0;
  const change = input.at("replicaChange").whole();
  const after =
    rules === undefined ? before : withEvent(before, change, rulesOf(rules, direction), 0);
  return {
    sumBefore: changedWithin(before, periodMs, 0),
    eventsAfter: after.map((event) => ({ change: event.change, outdated: event.isOutdated })),
  };
}

function stabilizedGot(
  raw: number,
  specReplicas: number,
  { replicas, history }: ReturnType<typeof stabilizedDown>,
): Got {
  return {
    stabilized: replicas,
    reason: ableReasonOf(raw, replicas, specReplicas),
    historyLength: history.length,
    historyAfter: history.map((entry) => entry.replicas),
  };
}
