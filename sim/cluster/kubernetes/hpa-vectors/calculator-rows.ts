// Rows of the kind replicaCalculator: one metric, and the building blocks of one.

import { plainInteger } from "../hpa/int64.ts";
import { type Proposal, type Question, proposalOf } from "../hpa/metric.ts";
import { type PodView, groupPods, requestsOf } from "../hpa/pods.ts";
import type { Failed, MetricReading } from "../hpa/reading.ts";
import type { MetricSpec, MetricTarget } from "../hpa/spec.ts";
import { perPodUsage } from "../hpa/whole.ts";
import type { Field } from "../field.ts";
import { podsOf, rulesIn, sampleOf, samplesIn, tolerancesIn, usagesOf } from "./parts.ts";
import type { Got } from "./verdict.ts";

export const CALCULATOR_ROWS: Readonly<Record<string, (input: Field) => Got>> = {
  resourceUtilization,
  pods,
  objectValue: (input) => ofObject(input, "Value"),
  objectAverageValue: (input) => ofObject(input, "AverageValue"),
  externalValue: (input) => ofExternal(input, "Value"),
  externalAverageValue: (input) => ofExternal(input, "AverageValue"),
  groupPods: groups,
  podRequests: requests,
  perPodUsage: (input) => ({
    usage: plainInteger(perPodUsage(input.at("usage").milli(), input.at("statusReplicas").count())),
  }),
};

function resourceUtilization(input: Field): Got {
  const resource = input.at("resource").text();
  const container = containerOf(input);
  const target = { averageUtilization: input.at("targetUtilization").whole() };
  const metric: MetricSpec =
    container === undefined
      ? { type: "Resource", resource, target }
      : { type: "ContainerResource", resource, container, target };
  const usages = usagesOf(input.at("podMetrics"));
  const specReplicas = input.at("currentReplicas").count();
  const asked = questionOf(input, podsOf(input, { resources: [resource] }), { specReplicas });
  const outcome = proposalOf(metric, { kind: "usages", usages }, asked);
  if ("error" in outcome) return { ...failed(outcome), utilization: 0, rawAverage: 0 };
  if (outcome.groups === undefined) return {}; // Resource metrics are per pod.
  const { utilizationPercent, averageMilli } = outcome;
  return {
    ...answered(outcome),
    utilization: utilizationPercent,
    rawAverage: plainInteger(averageMilli),
  };
}

function containerOf(input: Field): string | undefined {
  const container = input.maybe("container")?.text();
  return container === "" ? undefined : container;
}

function pods(input: Field): Got {
  const target = { averageValueMilli: input.at("targetAverageMilli").milli() };
  const samples = samplesIn(input.at("podMetrics"));
  const specReplicas = input.at("currentReplicas").count();
  const asked = questionOf(input, podsOf(input, { resources: [] }), { specReplicas });
  return told({ type: "Pods", metric: "m", target }, { kind: "samples", samples }, asked);
}

function ofObject(input: Field, type: "Value" | "AverageValue"): Got {
  const reading = { kind: "value", valueMilli: input.at("metricMilli").milli() } as const;
  const metric: MetricSpec = {
    type: "Object",
    metric: "m",
    objectKind: "Service",
    target: targetOf(input, type),
  };
  return told(metric, reading, wholeQuestion(input, type));
}

function ofExternal(input: Field, type: "Value" | "AverageValue"): Got {
  const valuesMilli = input
    .at("samplesMilli")
    .list()
    .map((sample) => sample.milli());
  const metric: MetricSpec = { type: "External", metric: "m", target: targetOf(input, type) };
  return told(metric, { kind: "series", valuesMilli }, wholeQuestion(input, type));
}

function targetOf(input: Field, type: "Value" | "AverageValue"): MetricTarget {
  return type === "Value"
    ? { type, valueMilli: input.at("targetMilli").milli() }
    : { type, averageValueMilli: input.at("targetAverageMilli").milli() };
}

/** A Value target asks for the spec and the pods, an AverageValue for the status alone. */
function wholeQuestion(input: Field, type: "Value" | "AverageValue"): Question {
  if (type === "Value") {
    const specReplicas = input.at("specReplicas").count();
    return questionOf(input, podsOf(input, { resources: [] }), { specReplicas });
  }
  const statusReplicas = input.at("statusReplicas").count();
  return questionOf(input, [], { specReplicas: statusReplicas, statusReplicas });
}

interface Counts {
  readonly specReplicas: number;
  readonly statusReplicas?: number;
}

function questionOf(
  input: Field,
  podViews: readonly PodView[],
  { specReplicas, statusReplicas = specReplicas }: Counts,
): Question {
  return {
    specReplicas,
    statusReplicas,
    pods: podViews,
    tolerances: tolerancesIn(input),
    rules: rulesIn(input),
    nowMs: 0,
  };
}

function told(metric: MetricSpec, reading: MetricReading, asked: Question): Got {
  const outcome = proposalOf(metric, reading, asked);
  if ("error" in outcome) return { ...failed(outcome), usage: 0 };
  const usage = outcome.groups === undefined ? outcome.usageMilli : outcome.averageMilli;
  return { ...answered(outcome), usage: plainInteger(usage) };
}

function failed({ error }: Failed): Got {
  return { replicas: 0, error };
}

function answered({ replicas }: Proposal): Got {
  return { replicas, error: null };
}

function groups(input: Field): Got {
  const samples = new Map(
    input
      .at("metrics")
      .entries()
      .map(([pod, sample]) => [pod, sampleOf(sample)]),
  );
  const found = groupPods(
    podsOf(input, { resources: [] }),
    samples,
    input.at("resource").text(),
    rulesIn(input),
    0,
  );
  return {
    readyPodCount: found.readyCount,
    unready: [...found.unready].sort(),
    missing: [...found.missing].sort(),
    ignored: [...found.ignored].sort(),
  };
}

function requests(input: Field): Got {
  const resource = input.at("resource").text();
  const of = { resource, container: containerOf(input) };
  const found = requestsOf(
    podsOf(input, { resources: [resource], isBare: true }),
    of,
    rulesIn(input),
  );
  if ("error" in found) return { requests: {}, error: found.error };
  const entries = [...found].map(([pod, milli]) => [pod, plainInteger(milli)] as const);
  return { requests: Object.fromEntries(entries), error: null };
}
