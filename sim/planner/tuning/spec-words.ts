// An HPA in words: one setting, or all of it in a line.

import {
  metricKey,
  metricName,
  sourceOf,
  type Direction,
  type MetricShape,
  type RulesShape,
  type SpecShape,
  type TargetShape,
} from "./manifest-shape.ts";

/** "External offered_websocket_connections AverageValue 1400". */
export function wordsOf(metric: MetricShape): string {
  const { target } = sourceOf(metric);
  return `${metricKey(metric)} ${target.type} ${targetText(target)}`;
}

export function targetText({ averageUtilization, averageValue, value }: TargetShape): string {
  if (averageUtilization !== undefined) return `${averageUtilization} %`;
  return String(averageValue ?? value ?? "");
}

export type Rule = Exclude<keyof RulesShape, "selectPolicy">;
export const RULES: readonly Rule[] = ["stabilizationWindowSeconds", "policies", "tolerance"];

/** Cited: defaults of autoscaling/v2. Of scaleDown's window the cluster's flag counts. */
const DEFAULT_TEXTS: Readonly<Record<Direction, Readonly<Partial<Record<Rule, string>>>>> = {
  scaleUp: { stabilizationWindowSeconds: "0", policies: "Max of 100 % or 4 pods in 15 s" },
  scaleDown: { policies: "Max of 100 % in 15 s" },
};

/** Undefined where neither the manifest nor the API says anything. */
export function ruleText(rules: RulesShape, rule: Rule, direction: Direction): string | undefined {
  if (rule !== "policies") {
    const value = rules[rule];
    return value === undefined ? DEFAULT_TEXTS[direction][rule] : String(value);
  }
  const { policies, selectPolicy = "Max" } = rules;
  if (selectPolicy === "Disabled") return "Disabled";
  if (policies === undefined) return DEFAULT_TEXTS[direction].policies;
  const words = policies.map(({ type, value, periodSeconds }) =>
    type === "Percent" ? `${value} % in ${periodSeconds} s` : `${value} pods in ${periodSeconds} s`,
  );
  return `${selectPolicy} of ${words.join(" or ")}`;
}

/** "52 to 64 nodes; offered_websocket_connections 1400 (External), cpu 65 %; down: 300 s, Max of 1 pods in 60 s". */
export function summaryOf({ minReplicas = 1, maxReplicas, metrics, behavior }: SpecShape): string {
  const nodes = minReplicas === maxReplicas ? `${maxReplicas}` : `${minReplicas} to ${maxReplicas}`;
  const isPlain = (type: MetricShape["type"]): boolean => type === "Pods" || type === "Resource";
  const targets = (metrics ?? []).map((metric) => {
    const text = `${metricName(metric)} ${targetText(sourceOf(metric).target)}`;
    return isPlain(metric.type) ? text : `${text} (${metric.type})`;
  });
  const directions = (["scaleUp", "scaleDown"] as const).flatMap((direction) => {
    const rules = behavior?.[direction];
    if (rules === undefined) return [];
    const texts = RULES.flatMap((rule) => {
      const text = rule in rules ? ruleText(rules, rule, direction) : undefined;
      if (text === undefined) return [];
      return [
        { stabilizationWindowSeconds: `${text} s`, tolerance: `tolerance ${text}`, policies: text }[
          rule
        ],
      ];
    });
    return texts.length === 0
      ? []
      : [`${direction === "scaleUp" ? "up" : "down"}: ${texts.join(", ")}`];
  });
  return [`${nodes} nodes`, targets.join(", ") || "cpu 80 %", ...directions].join("; ");
}
