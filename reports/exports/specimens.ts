// Subjects for tests of the exports: a run that met its budgets with an HPA of every kind of metric, and one without an HPA.

import type { CheckResult, ExportSubject, HpaSubject } from "./subject.ts";

/** Keys in the order in which results keep them, and not people. */
const MANIFEST = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { annotations: { owner: "rtc" }, labels: { team: "rtc" }, name: "nodes" },
  spec: {
    behavior: {
      scaleDown: {
        policies: [{ periodSeconds: 120, type: "Pods", value: 1 }],
        stabilizationWindowSeconds: 600,
        tolerance: "0.15",
      },
      scaleUp: { selectPolicy: "Max", stabilizationWindowSeconds: 0 },
    },
    maxReplicas: 64,
    metrics: [
      {
        pods: {
          metric: { name: "offered_websocket_connections" },
          target: { averageValue: 1_700, type: "AverageValue" },
        },
        type: "Pods",
      },
      {
        pods: {
          metric: { name: "fanout_queue_depth" },
          target: { averageValue: "62500m", type: "AverageValue" },
        },
        type: "Pods",
      },
      {
        external: {
          metric: { name: "join_latency_p95_seconds" },
          target: { type: "Value", value: "2500m" },
        },
        type: "External",
      },
      {
        resource: { name: "cpu", target: { averageUtilization: 65, type: "Utilization" } },
        type: "Resource",
      },
    ],
    minReplicas: 8,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name: "stormglass-node" },
  },
};

export const SPECIMEN_HPA: HpaSubject = {
  manifest: MANIFEST,
  metrics: [
    {
      type: "Pods",
      metric: "offered_websocket_connections",
      labels: [],
      target: "AverageValue",
      amount: "1700",
    },
    {
      type: "Pods",
      metric: "fanout_queue_depth",
      labels: [],
      target: "AverageValue",
      amount: "62.5",
    },
    {
      type: "External",
      metric: "join_latency_p95_seconds",
      labels: [],
      target: "Value",
      amount: "2.5",
    },
    {
      type: "Resource",
      resource: "cpu",
      container: undefined,
      target: "Utilization",
      amount: "65",
    },
  ],
  minReplicas: 8,
  maxReplicas: 64,
  isOfRun: true,
  mostReplicas: 42,
};

/** A budget of a result, with what differs. */
export function checkOf(id: string, metric: string, more: Partial<CheckResult>): CheckResult {
  return {
    id,
    title: "",
    metric,
    window: "run",
    op: "<=",
    unit: "ms",
    limitText: "",
    gate: "every-seed",
    severity: "fail",
    seeds: [],
    verdict: "pass",
    note: "",
    source: { file: "budgets.yaml", line: 1 },
    ...more,
  };
}

const CHECKS: readonly CheckResult[] = [
  checkOf("join-success", "value(join.success.ratio)", { op: ">=", limit: 0.999, unit: "ratio" }),
  checkOf("join-p95", "p95(join.latency)", { limit: 5_000 }),
  checkOf("join-median", "p50(join.latency)", { limit: 1_200, severity: "warn" }),
  checkOf("resume-failures", "value(reconnect.failure.ratio)", { limit: 0.001, unit: "ratio" }),
  checkOf("critical-lost", "value(critical.lost)", { op: "==", limit: 0, unit: "count" }),
];

export const SPECIMEN: ExportSubject = {
  scenario: "join-storm",
  verdict: "pass",
  answer: "Yes, in 3 seeds.",
  runs: [
    { seed: 1, digest: "00000000000000a1" },
    { seed: 2, digest: "00000000000000b2" },
    { seed: 7, digest: "00000000000000c7" },
  ],
  runDigest: "0123456789abcdef",
  command: "stormglass run join-storm --seeds 1,2,7",
  toolVersion: "0.1.0",
  namespace: "calls",
  kubernetes: "1.35",
  prometheusUrl: "http://prometheus.monitoring.svc:9090",
  checks: CHECKS,
  hpa: SPECIMEN_HPA,
  workload: { kind: "StatefulSet", name: "stormglass-node" },
  departure: {
    graceMs: 120_000,
    noticeMs: 5_000,
    maxUnavailable: 2,
    isOfRun: true,
    longestMs: 42_480,
    sessionsKilled: 0,
  },
};
