// HPAs that the API server takes and that cannot do what they are for.
//
// A signaling node is full by its sessions, not by its CPU, and a full node refuses: its metric stops at maxConnections
// while the crowd stands outside. So how far a target lies below that limit decides whether and how fast the HPA sees a storm.

import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Position } from "../../scenarios/problem.ts";
import { formatQuantity } from "../../scenarios/quantities.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { positionAt } from "../../scenarios/source-tree.ts";
import { hpaManifest } from "../../sim/cluster/kubernetes/hpa/manifest.ts";
import { filled, type FilledSpec, type MetricSpec } from "../../sim/cluster/kubernetes/hpa/spec.ts";
import { rulesOf, type KubernetesVersion } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { lint, type Lint } from "./rules.ts";

/** Where a field of the manifest stands. */
export type PlaceOf = (path: readonly (string | number)[]) => Position;
export type Manifest = Readonly<Record<string, unknown>>;
type Controller = Scenario["autoscaling"]["controller"];
type Pipeline = Scenario["autoscaling"]["pipeline"];

/** Held sessions of a full node; it stops at maxConnections. */
const HELD = "active_websocket_connections";
/** What a pod, and what the edges as a whole, can be asked for. The same as sim/cluster/managed-nodes.ts answers. */
const OF_PODS = [HELD, "offered_websocket_connections", "fanout_queue_depth"];
const OF_ALL = [HELD, "offered_websocket_connections"].concat([
  "join_latency_p95_seconds",
  "reconnect_failure_ratio",
]);
/** A full node that asks for at most a quarter more crawls: four looks to double. Assumed. */
const CRAWL_RATIO = 1.25;

/** Those of the scenario's HPA; none without one. */
export function scenarioHpaLints({ scenario, tree }: LoadedScenario): readonly Lint[] {
  const { hpa, kubernetesVersion, controller, pipeline } = scenario.autoscaling;
  if (hpa === undefined) return [];
  const placeOf: PlaceOf = (path) => positionAt(tree, ["autoscaling", "hpa", ...path]);
  const spec = specOf(hpa, kubernetesVersion);
  return [
    ...manifestLints(spec, placeOf, controller, pipeline),
    ...targetLints(spec, scenario, placeOf),
    ...floorLints(spec, scenario, placeOf),
  ];
}

/** The spec with the API's defaults. The manifest has been taken. */
export function specOf(manifest: Manifest, kubernetesVersion: string): FilledSpec {
  const rules = rulesOf(kubernetesVersion as KubernetesVersion); // A choice of the schema's.
  return filled(hpaManifest(manifest, rules).spec);
}

/** What can be said of a manifest without knowing its nodes. */
export function manifestLints(
  spec: FilledSpec,
  placeOf: PlaceOf,
  controller: Pick<Controller, "syncPeriodMs">,
  pipeline: Pick<Pipeline, "scrapeEveryMs" | "adapterWindowMs" | "resourceEveryMs">,
): readonly Lint[] {
  const lints: Lint[] = [];
  if (spec.metrics.every(isResource)) {
    const message = "it scales by the use of resources alone, which idle sessions hardly have";
    const advice = `Add a Pods metric of sessions, such as ${HELD}, with a target below what a node takes.`;
    lints.push(lint("hpa-cpu-alone", placeOf(["spec", "metrics"]), message, advice));
  }
  spec.metrics.forEach((metric, i) => {
    const known = metric.type === "Pods" ? OF_PODS : OF_ALL;
    if (!("metric" in metric) || known.includes(metric.metric)) return;
    const message = `nodes report no ${metric.type} metric ${metric.metric}, so the HPA would see an error at every look`;
    const advice = `There are ${known.join(", ")}.`;
    lints.push(lint("hpa-unknown-metric", placeOf(["spec", "metrics", i]), message, advice));
  });
  if (spec.minReplicas === spec.maxReplicas) {
    const message = `minReplicas and maxReplicas are both ${spec.maxReplicas}, so it never scales`;
    lints.push(lint("hpa-fixed", placeOf(["spec", "maxReplicas"]), message, "Leave it a range."));
  }
  return [...lints, ...windowLints(spec, placeOf, controller, pipeline)];
}

function isResource({ type }: MetricSpec): boolean {
  return type === "Resource" || type === "ContainerResource";
}

function windowLints(
  { metrics, behavior }: FilledSpec,
  placeOf: PlaceOf,
  { syncPeriodMs }: Pick<Controller, "syncPeriodMs">,
  { scrapeEveryMs, adapterWindowMs, resourceEveryMs }: Parameters<typeof manifestLints>[3],
): readonly Lint[] {
  const windowMs = behavior?.scaleDown.stabilizationWindowMs;
  if (windowMs === undefined || behavior?.scaleDown.selectPolicy === "Disabled") return [];
  const ways = metrics.map((metric) =>
    isResource(metric) ? 2 * resourceEveryMs : scrapeEveryMs + adapterWindowMs,
  );
  const wayMs = Math.max(...ways) + syncPeriodMs;
  if (windowMs >= wayMs) return [];
  const at = placeOf(["spec", "behavior", "scaleDown", "stabilizationWindowSeconds"]);
  const message = `the scale-down window (${formatQuantity("duration", windowMs)}) is shorter than the way of a metric to the controller (up to ${formatQuantity("duration", wayMs)}): one old sample takes nodes away`;
  const advice = "Make it several times as long; 300 s is the default.";
  return [lint("hpa-window-short", at, message, advice)];
}

interface Target {
  /** Of a node, sessions. */
  readonly value: number;
  readonly at: Position;
}

function heldTarget({ metrics }: FilledSpec, placeOf: PlaceOf): Target | undefined {
  const index = metrics.findIndex((metric) => metric.type === "Pods" && metric.metric === HELD);
  const metric = metrics[index];
  if (metric?.type !== "Pods" || metric.target.averageValueMilli === undefined) return undefined;
  const at = placeOf(["spec", "metrics", index, "pods", "target", "averageValue"]);
  return { value: Number(metric.target.averageValueMilli) / 1_000, at };
}

function targetLints(spec: FilledSpec, scenario: Scenario, placeOf: PlaceOf): readonly Lint[] {
  const target = heldTarget(spec, placeOf);
  if (target === undefined) return [];
  const { maxConnections } = scenario.cluster.nodes;
  const tolerance =
    spec.behavior?.scaleUp.tolerance ?? scenario.autoscaling.controller.toleranceRatio;
  const ratio = maxConnections / target.value;
  const full = `a full node reports ${maxConnections} at most, ${Number(ratio.toPrecision(3))} times the target of ${target.value}`;
  const belowMax = Math.floor(maxConnections / (1 + tolerance) / 1.15);
  if (ratio <= 1 + tolerance) {
    const message = `${full}, within the tolerance of ${Number(tolerance.toPrecision(3))}: the HPA never adds a node for it`;
    const advice = `Set the target to ${belowMax} or less, or scale by offered_websocket_connections.`;
    return [lint("hpa-target-saturates", target.at, message, advice)];
  }
  const hasOther = spec.metrics.some(
    (metric) => "metric" in metric && metric.metric === "offered_websocket_connections",
  );
  if (ratio >= CRAWL_RATIO || hasOther) return [];
  const message = `${full}: in a storm each look adds no more than that share, and the crowd stands outside meanwhile`;
  const advice = "Lower the target, add offered_websocket_connections, or raise minReplicas.";
  return [lint("hpa-target-crawls", target.at, message, advice)];
}

/** The floor with as many sessions as do not make the HPA add a node, and one zone less. */
function floorLints(spec: FilledSpec, scenario: Scenario, placeOf: PlaceOf): readonly Lint[] {
  const { zones, maxConnections } = scenario.cluster.nodes;
  const { minReplicas } = spec;
  const at = placeOf(["spec", "minReplicas"]);
  const lost = Math.ceil(minReplicas / zones);
  const left = minReplicas - lost;
  if (left <= 0) {
    const message = `at its floor of ${minReplicas} the HPA leaves no node when a zone is lost`;
    const advice = `Set minReplicas to ${Math.max(2, zones)} or more.`;
    return zones < 2 ? [] : [lint("hpa-floor-of-one-zone", at, message, advice)];
  }
  const target = heldTarget(spec, placeOf);
  if (target === undefined || minReplicas * target.value <= left * maxConnections) return [];
  const most = Math.floor((left * maxConnections) / minReplicas);
  const message = `at its floor of ${minReplicas}, and at its target of ${target.value}, the HPA holds ${minReplicas * target.value} sessions; without one of ${zones} zones there is room for ${left * maxConnections}`;
  const advice = `A target of ${most}, or a floor above what the sessions need, keeps that room.`;
  return [lint("hpa-floor-zone-loss", at, message, advice)];
}
