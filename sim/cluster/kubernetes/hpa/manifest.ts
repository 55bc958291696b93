// From the manifest that a user applies to the spec that the controller works with.
//
// Takes parsed YAML or JSON of kind HorizontalPodAutoscaler, autoscaling/v2, and refuses what the API server would
// refuse, by field. Nothing is filled in here: what a manifest leaves out is a default of the API (`spec.ts`).

import { Field } from "../field.ts";
import { doubleOf, milliOf } from "./quantity.ts";
import type { Behavior, HpaSpec, MetricSpec, MetricTarget, ScalingRules } from "./spec.ts";
import type { ControllerRules } from "./version.ts";

export interface HpaManifest {
  readonly name: string;
  /** What is scaled. */
  readonly targetKind: string;
  readonly targetName: string;
  readonly spec: HpaSpec;
}

/** Cited: validation of autoscaling/v2. */
const WINDOW_MAX_SEC = 3_600;
const PERIOD_MAX_SEC = 1_800;
const INT32_MAX = 2_147_483_647;

/** Throws `FieldError` at the first field that the API server of this release would not take. */
export function hpaManifest(parsed: unknown, rules: ControllerRules): HpaManifest {
  const manifest = new Field("", "", parsed);
  manifest.at("apiVersion").oneOf(["autoscaling/v2"]);
  manifest.at("kind").oneOf(["HorizontalPodAutoscaler"]);
  const written = manifest.at("spec");
  const target = written.at("scaleTargetRef");
  return {
    name: manifest.at("metadata").at("name").text(),
    targetKind: target.at("kind").text(),
    targetName: target.at("name").text(),
    spec: specOf(written, rules),
  };
}

function specOf(written: Field, { gates }: ControllerRules): HpaSpec {
  written.only(["scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior"]);
  const metrics = written.maybe("metrics")?.list().map(metricOf);
  const behavior = written.maybe("behavior");
  const least = written.maybe("minReplicas");
  const minReplicas = least?.within(gates.scaleToZero ? 0 : 1, INT32_MAX) ?? 1;
  const isWhole = ({ type }: MetricSpec): boolean => type === "Object" || type === "External";
  if (least !== undefined && minReplicas === 0 && metrics?.some(isWhole) !== true) {
    throw least.error("must be 1 or more without an Object or External metric");
  }
  const maxReplicas = written.at("maxReplicas").within(Math.max(1, minReplicas), INT32_MAX);
  return {
    minReplicas,
    maxReplicas,
    ...(metrics === undefined ? {} : { metrics }),
    ...(behavior === undefined ? {} : { behavior: behaviorOf(behavior) }),
  };
}

const SOURCES = ["Resource", "ContainerResource", "Pods", "Object", "External"] as const;

function metricOf(metric: Field): MetricSpec {
  const type = metric.at("type").oneOf(SOURCES);
  const source = metric.at(`${type[0].toLowerCase()}${type.slice(1)}`);
  const target = source.at("target").only(["type", "value", "averageValue", "averageUtilization"]);
  switch (type) {
    case "Resource":
      return {
        type,
        resource: source.at("name").text(),
        target: targetOf(target, ["Utilization", "AverageValue"]),
      };
    case "ContainerResource":
      return {
        type,
        resource: source.at("name").text(),
        container: source.at("container").text(),
        target: targetOf(target, ["Utilization", "AverageValue"]),
      };
    case "Pods":
      return { type, metric: metricName(source), target: targetOf(target, ["AverageValue"]) };
    case "Object":
      return {
        type,
        metric: metricName(source),
        objectKind: source.at("describedObject").at("kind").text(),
        target: targetOf(target, ["Value", "AverageValue"]),
      };
    case "External":
      return {
        type,
        metric: metricName(source),
        target: targetOf(target, ["Value", "AverageValue"]),
      };
  }
}

function metricName(source: Field): string {
  return source.at("metric").at("name").text();
}

function targetOf(
  target: Field,
  types: readonly NonNullable<MetricTarget["type"]>[],
): MetricTarget {
  const type = target.at("type").oneOf(types);
  switch (type) {
    case "Utilization": {
      const averageUtilization = target.at("averageUtilization").within(1, INT32_MAX);
      return { type, averageUtilization };
    }
    case "AverageValue":
      return { type, averageValueMilli: milliAt(target.at("averageValue")) };
    case "Value":
      return { type, valueMilli: milliAt(target.at("value")) };
  }
}

/** YAML makes a number of 1700. */
function quantityAt(field: Field): string {
  return typeof field.value === "number" ? String(field.value) : field.text();
}

function milliAt(field: Field): bigint {
  const milli = milliOf(quantityAt(field));
  if (milli === undefined || milli <= 0n) throw field.error("must be a quantity above 0");
  return milli;
}

function behaviorOf(behavior: Field): Behavior {
  behavior.only(["scaleUp", "scaleDown"]);
  const scaleUp = behavior.maybe("scaleUp");
  const scaleDown = behavior.maybe("scaleDown");
  return {
    ...(scaleUp === undefined ? {} : { scaleUp: scalingRulesOf(scaleUp) }),
    ...(scaleDown === undefined ? {} : { scaleDown: scalingRulesOf(scaleDown) }),
  };
}

function scalingRulesOf(rules: Field): ScalingRules {
  rules.only(["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"]);
  const window = rules.maybe("stabilizationWindowSeconds");
  const select = rules.maybe("selectPolicy");
  const policies = rules.maybe("policies");
  const tolerance = rules.maybe("tolerance");
  const listed = policies?.list();
  if (policies !== undefined && listed?.length === 0) throw policies.error("must have a policy");
  return {
    ...(window === undefined
      ? {}
      : { stabilizationWindowMs: window.within(0, WINDOW_MAX_SEC) * 1_000 }),
    ...(select === undefined ? {} : { selectPolicy: select.oneOf(["Max", "Min", "Disabled"]) }),
    ...(tolerance === undefined ? {} : { tolerance: toleranceOf(tolerance) }),
    ...(listed === undefined ? {} : { policies: listed.map(policyOf) }),
  };
}

function policyOf(policy: Field): NonNullable<ScalingRules["policies"]>[number] {
  policy.only(["type", "value", "periodSeconds"]);
  return {
    type: policy.at("type").oneOf(["Pods", "Percent"]),
    value: policy.at("value").within(1, INT32_MAX),
    periodMs: policy.at("periodSeconds").within(1, PERIOD_MAX_SEC) * 1_000,
  };
}

/** The double that the API machinery makes of it. */
function toleranceOf(field: Field): number {
  const ratio = doubleOf(quantityAt(field));
  if (ratio === undefined || ratio < 0) throw field.error("must be a quantity of 0 or more");
  return ratio;
}
