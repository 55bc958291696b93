// The autoscaler: the HPA that is simulated, the controller manager that runs it, and the way of its metrics.

import Type from "typebox";
import { distribution } from "./distribution.ts";
import { choice, count, duration, manifest, ratio } from "./fields.ts";

/** Releases whose HPA controller is simulated. The simulator has the same list; a test compares them. */
export const HPA_VERSIONS = ["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"] as const;

const Controller = Type.Object(
  {
    syncPeriodMs: duration("the controller looks at an HPA this often", {
      default: "15s",
      least: 1_000,
      source: "cited: kube-controller-manager --horizontal-pod-autoscaler-sync-period",
    }),
    reconcileMs: distribution("a reconcile takes this long, and the next begins a period later", {
      default: { dist: "lognormal", median: "30ms", p99: "150ms" },
      source: "assumed: a few queries of metrics APIs",
    }),
    toleranceRatio: ratio("around a ratio of 1 within which nothing changes", {
      default: "10%",
      source: "cited: --horizontal-pod-autoscaler-tolerance",
    }),
    downscaleStabilizationMs: duration("highest proposal of this time counts on the way down", {
      default: "5m",
      source: "cited: --horizontal-pod-autoscaler-downscale-stabilization",
    }),
    cpuInitializationPeriodMs: duration("CPU of a pod this young may be its start", {
      default: "5m",
      source: "cited: --horizontal-pod-autoscaler-cpu-initialization-period",
    }),
    initialReadinessDelayMs: duration("a pod unready since so soon after its start is starting", {
      default: "30s",
      source: "cited: --horizontal-pod-autoscaler-initial-readiness-delay",
    }),
  },
  { description: "flags of the controller manager" },
);

const Pipeline = Type.Object(
  {
    scrapeEveryMs: duration("Prometheus asks each pod this often, at a phase of the pod's own", {
      default: "15s",
      least: 1_000,
      source: "cited: 15 to 30 s are usual (hpa-notes §5); the shorter one",
    }),
    lookbackMs: duration("a series without a sample for this long is gone", {
      default: "5m",
      source: "cited: Prometheus --query.lookback-delta",
    }),
    adapterWindowMs: duration("the adapter's query averages over this; 0s: the last sample", {
      default: "0s",
      source: "assumed: a gauge such as connections needs no average",
    }),
    relistEveryMs: duration("the adapter learns new names of metrics this often", {
      default: "10m",
      source: "cited: prometheus-adapter --metrics-relist-interval",
    }),
    resourceEveryMs: duration("metrics-server measures CPU over windows of this length", {
      default: "15s",
      least: 1_000,
      source: "cited: metric-resolution of its Helm chart; the binary's default is 60 s",
    }),
  },
  { description: "how a metric gets from a pod to the controller" },
);

export const Autoscaling = Type.Object(
  {
    hpa: manifest(
      "the HorizontalPodAutoscaler (autoscaling/v2) of the nodes: a file, the manifest, or its spec; absent: none",
    ),
    kubernetesVersion: choice(HPA_VERSIONS, "release of the controller", {
      default: "1.35",
      source: "assumed: the newest that most managed clusters offer",
    }),
    initialReplicas: Type.Optional(
      count("nodes at the beginning; absent: minReplicas of the HPA", { least: 1 }),
    ),
    controller: Controller,
    pipeline: Pipeline,
  },
  { description: "how the number of nodes follows the load" },
);
