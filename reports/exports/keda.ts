// A KEDA ScaledObject that does what the HPA does.
//
// KEDA makes an HPA of External metrics, so Pods metrics become sums over the pods, divided by the replicas of the status:
// pods that terminate are still in the sum. What KEDA leaves open by default (0 replicas, no fallback) is written out.

import { behaviorFor } from "./hpa.ts";
import { annotationsOf, headOf } from "./provenance.ts";
import { podSumQuery, wholeQuery } from "./scaling-sources.ts";
import { namespaceScope } from "./server-metrics.ts";
import type { ExportSubject, Exported, HpaSubject, ScalingMetric } from "./subject.ts";
import { type Remark, yamlText } from "./yaml-text.ts";

/** Failures in a row before the fallback. Assumed: a restart of Prometheus is no reason yet. */
const FAILURES = 3;
/** KEDA's own defaults, written so that they can be spoken of. Cited: ScaledObject of KEDA 2.19. */
const POLLING_S = 30;
const COOLDOWN_S = 300;

interface Trigger {
  readonly type: string;
  readonly name?: string;
  readonly metricType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export function kedaExport(subject: ExportSubject, hpa: HpaSubject): Exported {
  const remarks: Remark[] = [];
  const warnings: string[] = [];
  const at = ["spec", "advanced", "horizontalPodAutoscalerConfig", "behavior"];
  const spec = hpa.manifest["spec"] as Readonly<Record<string, unknown>>;
  const behavior = behaviorFor(subject.kubernetes, spec["behavior"], remarks, warnings, at);
  const triggers = triggersOf(subject, hpa, remarks, warnings);
  const hasPrometheus = triggers.some(({ type }) => type === "prometheus");
  const replicas = Math.max(hpa.mostReplicas ?? hpa.minReplicas, 1);
  const object = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: {
      name: String((hpa.manifest["metadata"] as { name?: unknown }).name),
      namespace: subject.namespace,
      annotations: annotationsOf(subject),
    },
    spec: {
      scaleTargetRef: spec["scaleTargetRef"],
      pollingInterval: POLLING_S,
      cooldownPeriod: COOLDOWN_S,
      minReplicaCount: hpa.minReplicas,
      maxReplicaCount: hpa.maxReplicas,
      ...(hasPrometheus
        ? {
            fallback: { failureThreshold: FAILURES, replicas, behavior: "currentReplicasIfHigher" },
          }
        : {}),
      ...(behavior === undefined
        ? {}
        : { advanced: { horizontalPodAutoscalerConfig: { behavior } } }),
      triggers,
    },
  };
  remarks.push(...specRemarks(hpa, hasPrometheus));
  const what =
    "KEDA ScaledObject, instead of hpa.yaml and never beside it: KEDA makes an HPA of its own. kubectl apply -f keda-scaledobject.yaml";
  const text = yamlText(object, headOf(subject, what), remarks);
  return { files: [{ name: "keda-scaledobject.yaml", text }], warnings };
}

function specRemarks(hpa: HpaSubject, hasPrometheus: boolean): readonly Remark[] {
  const remarks: Remark[] = [
    {
      path: ["spec", "pollingInterval"],
      text: "Both count only between 0 and 1 replicas. From 1 on the HPA asks at its own sync period, 15 s by default, unless a trigger has useCachedMetrics.",
    },
    {
      path: ["spec", "minReplicaCount"],
      text: "KEDA's default is 0, which would end every call when the last metric is 0.",
    },
  ];
  if (hasPrometheus) {
    const why =
      hpa.mostReplicas === undefined
        ? "minReplicas, for want of a run with this HPA"
        : "the most that this HPA asked for in the runs";
    remarks.push({
      path: ["spec", "fallback"],
      text: `Without an answer from Prometheus the count stays, and is at least this: ${why}. It is not counted for cpu and memory.`,
    });
  }
  return remarks;
}

function triggersOf(
  subject: ExportSubject,
  hpa: HpaSubject,
  remarks: Remark[],
  warnings: string[],
): readonly Trigger[] {
  return hpa.metrics.map((metric, i) => {
    if (!("metric" in metric)) return resourceTrigger(metric);
    const { trigger, isKnown } = prometheusTrigger(subject, metric);
    if (metric.type === "Pods") {
      const text =
        "A sum over the pods, divided by the replicas of the status. Pods that terminate are in the sum until they are gone; the HPA's Pods metric forgets them at once.";
      const isFirst = hpa.metrics.findIndex((one) => one.type === "Pods") === i;
      if (isFirst) remarks.push({ path: ["spec", "triggers", i], text });
    }
    if (!isKnown) {
      const text = `${metric.metric} is none of the server's metrics: its query is yours to write.`;
      remarks.push({ path: ["spec", "triggers", i], text });
      warnings.push(text);
    }
    return trigger;
  });
}

function resourceTrigger(metric: Extract<ScalingMetric, { resource: string }>): Trigger {
  return {
    type: metric.resource,
    metricType: metric.target,
    metadata: {
      value: metric.amount,
      ...(metric.container === undefined ? {} : { containerName: metric.container }),
    },
  };
}

function prometheusTrigger(
  subject: ExportSubject,
  metric: Extract<ScalingMetric, { metric: string }>,
): { readonly trigger: Trigger; readonly isKnown: boolean } {
  const asked = metric.labels.map(([label, value]) => `${label}="${value}"`);
  const scope = [namespaceScope(subject.namespace), ...asked].join(",");
  const known =
    metric.type === "Pods" ? podSumQuery(metric.metric, scope) : wholeQuery(metric.metric, scope);
  const trigger = {
    type: "prometheus",
    name: `${metric.type.toLowerCase()}-${metric.metric.replaceAll("_", "-")}`,
    metricType: metric.target,
    metadata: {
      serverAddress: subject.prometheusUrl,
      query: known ?? `sum(${metric.metric}{${scope}})`,
      threshold: metric.amount,
      // An answer without a value is a failure, not a 0 that scales down.
      ignoreNullValues: "false",
    },
  };
  return { trigger, isKnown: known !== undefined };
}
