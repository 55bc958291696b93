// What differs between two HPAs, setting by setting, and each setting put back by itself.
//
// A line of a manifest earns its place by what happens without it. Where the whole behaviour of one direction is new, its
// parts are put back one by one, to what the API fills in.

import { RULES, ruleText, wordsOf, type Rule } from "./spec-words.ts";
import {
  metricKey,
  metricName,
  without,
  type Direction,
  type MetricShape,
  type RulesShape,
  type SpecShape,
} from "./manifest-shape.ts";

export interface Change {
  /** "minReplicas", "metric External offered_websocket_connections", "scaleDown.policies" … */
  readonly setting: string;
  /** In words of the manifest; undefined where there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The changed spec with this one setting as it was; undefined where that would leave no metric. */
  readonly putBack: SpecShape | undefined;
}

/** In the order of a manifest. */
export function changesBetween(before: SpecShape, after: SpecShape): readonly Change[] {
  return [
    ...limitChanges(before, after),
    ...metricChanges(before.metrics ?? [], after),
    ...(["scaleUp", "scaleDown"] as const).flatMap((direction) =>
      ruleChanges(before, after, direction),
    ),
  ];
}

function limitChanges(before: SpecShape, after: SpecShape): readonly Change[] {
  const [floors, ceilings] = [
    [before.minReplicas ?? 1, after.minReplicas ?? 1],
    [before.maxReplicas, after.maxReplicas],
  ] as const;
  const changes: Change[] = [];
  if (floors[0] !== floors[1]) {
    const minReplicas = Math.min(floors[0], after.maxReplicas);
    const putBack = { ...after, minReplicas };
    changes.push({ setting: "minReplicas", ...texts(...floors), putBack });
  }
  if (ceilings[0] !== ceilings[1]) {
    const maxReplicas = Math.max(ceilings[0], floors[1]);
    const putBack = maxReplicas === after.maxReplicas ? undefined : { ...after, maxReplicas };
    changes.push({ setting: "maxReplicas", ...texts(...ceilings), putBack });
  }
  return changes;
}

function texts(before: number, after: number): Pick<Change, "before" | "after"> {
  return { before: String(before), after: String(after) };
}

/** A metric that became another of the same kind (who asks for connections) is one change, not two. */
function metricChanges(before: readonly MetricShape[], after: SpecShape): readonly Change[] {
  const now = after.metrics ?? [];
  const counterpart = (metric: MetricShape, others: readonly MetricShape[]) =>
    others.find((other) => metricKey(other) === metricKey(metric)) ??
    others.find(
      (other) => familyOf(other) === familyOf(metric) && familyOf(other) !== metricName(other),
    );
  const put = (metrics: readonly MetricShape[]): SpecShape | undefined =>
    metrics.length === 0 ? undefined : { ...after, metrics };
  const changed = now.flatMap((metric): Change[] => {
    const old = counterpart(metric, before);
    const [is, was] = [wordsOf(metric), old && wordsOf(old)];
    if (is === was) return [];
    const others = now.filter((one) => one !== metric);
    const putBack =
      old === undefined ? put(others) : put(now.map((one) => (one === metric ? old : one)));
    return [{ setting: `metric ${metricKey(metric)}`, before: was, after: is, putBack }];
  });
  const gone = before
    .filter((metric) => counterpart(metric, now) === undefined)
    .map((metric) => ({
      setting: `metric ${metricKey(metric)}`,
      before: wordsOf(metric),
      after: undefined,
      putBack: put([...now, metric]),
    }));
  return [...changed, ...gone];
}

function familyOf(metric: MetricShape): string {
  return metricName(metric).replace(/^(active|offered)_/, "any ");
}

function ruleChanges(before: SpecShape, after: SpecShape, direction: Direction): readonly Change[] {
  const [was, is] = [before.behavior?.[direction] ?? {}, after.behavior?.[direction] ?? {}];
  return RULES.flatMap((rule): Change[] => {
    const [old, now] = [ruleText(was, rule, direction), ruleText(is, rule, direction)];
    if (old === now) return [];
    const behavior = { ...after.behavior, [direction]: back(is, was, rule) };
    const putBack = tidied(before, { ...after, behavior });
    return [{ setting: `${direction}.${rule}`, before: old, after: now, putBack }];
  });
}

function back(is: RulesShape, was: RulesShape, rule: Rule): RulesShape {
  const kept: RulesShape = without(is, rule);
  if (rule !== "policies") return rule in was ? { ...kept, [rule]: was[rule] } : kept;
  const rest: RulesShape = without(kept, "selectPolicy");
  return {
    ...rest,
    ...(was.selectPolicy === undefined ? {} : { selectPolicy: was.selectPolicy }),
    ...(was.policies === undefined ? {} : { policies: was.policies }),
  };
}

/** Without the rules that only say what the API fills in, unless they stood there before; and without what is then empty. */
export function tidied(before: SpecShape, after: SpecShape): SpecShape {
  if (after.behavior === undefined) return after;
  const sides = (["scaleUp", "scaleDown"] as const).flatMap((direction) => {
    const [was, is] = [before.behavior?.[direction], after.behavior?.[direction]];
    if (is === undefined) return [];
    const idle = RULES.filter(
      (rule) =>
        was?.[rule] === undefined &&
        ruleText(is, rule, direction) === ruleText(was ?? {}, rule, direction),
    );
    const rules = idle.reduce((left, rule) => back(left, was ?? {}, rule), is);
    return Object.keys(rules).length === 0 && was === undefined
      ? []
      : [[direction, rules] as const];
  });
  const isEmpty = sides.length === 0 && before.behavior === undefined;
  const behavior = Object.fromEntries(sides);
  return isEmpty ? without(after, "behavior") : { ...after, behavior };
}
