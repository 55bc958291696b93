// Rows of the kind controller: one whole reconcile.

import type { Condition } from "../hpa/conditions.ts";
import { HpaController, type HpaOptions } from "../hpa/controller.ts";
import type { Decision, Observation } from "../hpa/decision.ts";
import type { MetricReading } from "../hpa/reading.ts";
import type { HpaSpec, MetricSpec, MetricTarget } from "../hpa/spec.ts";
import type { Field } from "../field.ts";
import {
  VECTORS_VERSION,
  behaviorOf,
  eventsOf,
  podsOf,
  present,
  recommendationsOf,
  samplesIn,
  settingsOf,
  usagesOf,
} from "./parts.ts";
import type { Got } from "./verdict.ts";

const FAILURES = [
  "selectorMissing",
  "selectorUnparsable",
  "selectorAmbiguous",
  "metricsApis",
  "externalApi",
  "getScale",
  "updateScale",
  "updateScaleConflictOnce",
] as const;
type Failure = (typeof FAILURES)[number];

export function reconcileRow(input: Field): Got {
  const spec = specOf(input);
  const controller = new HpaController(spec, VECTORS_VERSION, optionsOf(input));
  return gotOf(controller.tick(0, observationOf(input, controller.spec.metrics)), controller);
}

function specOf(input: Field): HpaSpec {
  const behavior = input.maybe("behavior");
  return {
    minReplicas: input.maybe("minReplicas")?.count() ?? 1,
    maxReplicas: input.at("maxReplicas").count(),
    metrics: input.at("metrics").list().map(metricOf),
    ...(behavior === undefined ? {} : { behavior: behaviorOf(behavior) }),
  };
}

function metricOf(field: Field): MetricSpec {
  const type = field.at("type").text();
  const named = (name: string): string => field.at(name).text();
  switch (type) {
    case "Resource":
      return { type, resource: named("resource"), target: targetOf(field) };
    case "ContainerResource":
      return {
        type,
        resource: named("resource"),
        container: named("container"),
        target: targetOf(field),
      };
    case "Pods":
    case "External":
      return { type, metric: named("metric"), target: targetOf(field) };
    case "Object":
      return {
        type,
        metric: named("metric"),
        objectKind: field.maybe("objectKind")?.text() ?? "Object",
        target: targetOf(field),
      };
    default:
      return { type: "Unknown", source: type };
  }
}

function targetOf(metric: Field): MetricTarget {
  const target = metric.maybe("target");
  return present({
    type: target?.maybe("type")?.oneOf(["Utilization", "AverageValue", "Value"]),
    averageUtilization: target?.maybe("averageUtilization")?.whole(),
    averageValueMilli: target?.maybe("averageValueMilli")?.milli(),
    valueMilli: target?.maybe("valueMilli")?.milli(),
  });
}

function optionsOf(input: Field): HpaOptions {
  const recommendations = input.maybe("recommendations");
  const specReplicas = input.at("specReplicas").count();
  return {
    ...settingsOf(input),
    memory: {
      recommendations: recommendations && recommendationsOf(recommendations),
      events: {
        ups: eventsOf(input.maybe("scaleUpEvents")),
        downs: eventsOf(input.maybe("scaleDownEvents")),
      },
    },
    status: {
      currentReplicas: specReplicas,
      desiredReplicas: specReplicas, // As an HPA that has settled has.
      conditions: (input.maybe("initialConditions")?.list() ?? []).map(conditionOf),
    },
  };
}

function conditionOf(triple: Field): Condition {
  const parts = triple.list();
  if (parts.length !== 3) throw triple.error("must be [type, status, reason]");
  const [type, status, reason] = parts;
  return {
    type: type.oneOf(["AbleToScale", "ScalingActive", "ScalingLimited", "ScaledToZero"]),
    status: status.oneOf(["True", "False", "Unknown"]),
    reason: reason.text(),
    message: "",
    changedAtMs: 0,
  };
}

function observationOf(input: Field, metrics: readonly MetricSpec[]): Observation {
  const failures = (input.maybe("failures")?.list() ?? []).map((one) => one.oneOf(FAILURES));
  const fails = (failure: Failure): boolean => failures.includes(failure);
  const resources = metrics.flatMap((metric) => ("resource" in metric ? [metric.resource] : []));
  const scale = {
    specReplicas: input.at("specReplicas").count(),
    statusReplicas: input.at("statusReplicas").count(),
  };
  return {
    scale: fails("getScale") ? { error: "the scale cannot be read" } : scale,
    selector: selectorOf(fails),
    pods: podsOf(input, { resources }),
    metrics: metrics.map((metric) => readingOf(metric, input, fails)),
    scaleWrite: fails("updateScale")
      ? "fails"
      : fails("updateScaleConflictOnce")
        ? "conflicts once"
        : "succeeds",
  };
}

function selectorOf(fails: (failure: Failure) => boolean): NonNullable<Observation["selector"]> {
  if (fails("selectorMissing")) return "missing";
  if (fails("selectorUnparsable")) return "unparsable";
  return fails("selectorAmbiguous") ? "ambiguous" : "valid";
}

function readingOf(
  { type }: MetricSpec,
  input: Field,
  fails: (failure: Failure) => boolean,
): MetricReading | undefined {
  if (fails("metricsApis") || (type === "External" && fails("externalApi"))) {
    return { kind: "failed", error: "the API is down" };
  }
  const listed = input.at("data").maybe(LISTS[type] ?? "");
  if (listed === undefined) return undefined;
  switch (type) {
    case "Pods":
      return { kind: "samples", samples: samplesIn(listed) };
    case "Object":
      return { kind: "value", valueMilli: listed.milli() };
    case "External":
      return { kind: "series", valuesMilli: listed.list().map((sample) => sample.milli()) };
    default:
      return { kind: "usages", usages: usagesOf(listed) };
  }
}

/** Where the answer for a type of metric stands. */
const LISTS: Readonly<Partial<Record<MetricSpec["type"], string>>> = {
  Resource: "cpuPodMetrics",
  ContainerResource: "cpuPodMetrics",
  Pods: "podsMetric",
  Object: "objectMetricMilli",
  External: "externalSamplesMilli",
};

function gotOf(decision: Decision, { memory }: HpaController): Got {
  const { status, rescaled, error, events, trace } = decision;
  const cpu = trace.metrics.find(({ utilizationPercent }) => utilizationPercent !== undefined);
  return {
    desiredReplicas: status.desiredReplicas,
    currentReplicas: status.currentReplicas,
    rescaled,
    error: error ?? null,
    conditions: status.conditions.map(({ type, status: is, reason }) => [type, is, reason]),
    cpuUtilization: cpu?.utilizationPercent ?? null,
    event: events.map(({ reason, message }) => ({ reason, message })),
    historyAfter: (memory.recommendations ?? []).map(({ replicas }) => replicas),
    historyLength: memory.recommendations?.length ?? 0,
  };
}
