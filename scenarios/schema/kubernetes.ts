// What runs the nodes where something adds, replaces or evicts them: pods, machines, disruptions.
//
// It counts only where the scenario has an HPA or a fault that needs it; else the nodes are there, and stay.

import Type from "typebox";
import { distribution } from "./distribution.ts";
import { choice, count, duration, ratio } from "./fields.ts";

const Workload = Type.Object(
  {
    kind: choice(["auto", "Deployment", "StatefulSet"], "what owns the pods", {
      default: "auto",
      source:
        "assumed: what the HPA's scaleTargetRef names; without one the StatefulSet that deploy/ ships",
    }),
    maxSurgeRatio: ratio("Deployment: pods above the count during an update, rounded up", {
      default: "25%",
      source: "cited: default of apps/v1",
    }),
    maxUnavailableRatio: ratio("Deployment: pods that may be missing meanwhile, rounded down", {
      default: "25%",
      source: "cited: default of apps/v1",
    }),
    minReadyMs: duration("a pod counts as available when it was ready for this long", {
      default: "10s",
      source: "cited: deploy/kubernetes/base/node.yaml",
    }),
  },
  { description: "the Deployment or StatefulSet of the nodes" },
);

const Pods = Type.Object(
  {
    cpuRequestMilli: count("CPU request, thousandths of a core; utilization is a share of it", {
      default: 500,
      least: 1,
      source: "cited: deploy/kubernetes/base/node.yaml",
    }),
    schedulingMs: distribution("from the creation of a pod to its machine", {
      default: { dist: "lognormal", median: "300ms", p99: "2s" },
      source: "assumed: within the 5 s of Kubernetes' start-up objective",
    }),
    imagePullMs: distribution("pulling the image on a machine that does not have it", {
      default: { dist: "lognormal", median: "12s", p99: "45s" },
      source: "assumed: 10 to 60 s (hpa-notes §5)",
    }),
    startMs: distribution("from the start of the container until the node serves", {
      default: { dist: "lognormal", median: "1500ms", p99: "5s" },
      source: "measured: 1.3 s until `serve` is ready (docs/performance.md); the tail is assumed",
    }),
    readinessDelayMs: duration("first readiness probe after the start of the container", {
      default: "0s",
      source: "cited: deploy/kubernetes/base/node.yaml",
    }),
    readinessEveryMs: duration("period of the readiness probe", {
      default: "2s",
      least: 100,
      source: "cited: deploy/kubernetes/base/node.yaml",
    }),
    drainNoticeMs: duration("a node that was told to stop waits this long before it drains", {
      default: "0s",
      source: "cited: drain.notice of the server",
    }),
    graceMs: duration("a pod that is still there this long after its deletion is killed", {
      default: "90s",
      source: "cited: terminationGracePeriodSeconds of deploy/kubernetes/base/node.yaml",
    }),
    restartBackoffMs: duration("a container that crashed begins again after this", {
      default: "1s",
      source: "assumed: the first restart is quick; the kubelet doubles 10 s from the second on",
    }),
  },
  { description: "the life of one pod" },
);

const Machines = Type.Object(
  {
    count: count("machines at the beginning", {
      default: 100,
      least: 1,
      source: "assumed: there is room, so that the HPA alone decides",
    }),
    countMax: count("machines that the provisioner may have in all", {
      default: 200,
      least: 1,
      source: "assumed",
    }),
    podsPerMachine: count("nodes that one machine takes", {
      default: 4,
      least: 1,
      source: "assumed: machines of four cores",
    }),
    provisionMs: distribution("a new machine takes this long to come", {
      default: { dist: "lognormal", median: "90s", p99: "300s" },
      source: "assumed: 1 to 5 min (hpa-notes §5)",
    }),
    imagesAtStart: choice(
      ["everywhere", "where-pods-run"],
      "machines that have the image at first",
      {
        default: "where-pods-run",
        source: "assumed: nobody pulled it ahead",
      },
    ),
  },
  { description: "the machines that pods run on" },
);

export const KubernetesSection = Type.Object(
  {
    workload: Workload,
    pods: Pods,
    machines: Machines,
    disruption: Type.Object(
      {
        maxUnavailable: count("pods that evictions may take at one time", {
          default: 1,
          source: "cited: PodDisruptionBudget of deploy/kubernetes/base/node.yaml",
        }),
      },
      { description: "PodDisruptionBudget: of evictions alone, never of scaling" },
    ),
  },
  { description: "pods and machines of the nodes" },
);
