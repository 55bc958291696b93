// What an HPA walks into in a scenario, from the two alone: no run is needed to see it.
//
// Each is a sentence with this scenario's numbers. Source of the arithmetic: the HPA's own rules (SPEC, HP), and the
// warm-capacity formula (warm-floor.ts).

import type { Scenario } from "../../../scenarios/schema.ts";
import {
  metricName,
  sourceOf,
  type ManifestShape,
  type MetricShape,
  type SpecShape,
} from "./manifest-shape.ts";
import { ACTIVE } from "./space.ts";
import { arrivalsWithin, leadTimeOf, nodesFor, warmFloor } from "./warm-floor.ts";

export interface Trap {
  readonly id:
    | "saturated-metric"
    | "low-ceiling"
    | "outrun-by-arrivals"
    | "scale-down-cliff"
    | "blind-to-connections";
  readonly text: string;
}

/** Steps after which a crawl is told no further. */
const STEPS_MAX = 20;

export function trapsOf(manifest: ManifestShape, scenario: Scenario): readonly Trap[] {
  const { spec } = manifest;
  return [
    ...saturation(spec, scenario),
    ...lowCeiling(spec, scenario),
    ...outrun(spec, scenario),
    ...cliff(spec, scenario),
    ...blindness(spec),
  ];
}

/** A full node reports what it let in, and no more. */
function saturation(spec: SpecShape, scenario: Scenario): readonly Trap[] {
  const metric = spec.metrics?.find((one) => one.type === "Pods" && metricName(one) === ACTIVE);
  const target = metric === undefined ? NaN : Number(sourceOf(metric).target.averageValue);
  const { maxConnections } = scenario.cluster.nodes;
  const floor = spec.minReplicas ?? 1;
  const needed = Math.ceil(scenario.clients.total / maxConnections);
  const ratio = maxConnections / target;
  if (!(ratio < 2) || floor >= needed || hasDemand(spec)) return [];
  const written = spec.behavior?.scaleUp?.tolerance;
  const own = written === undefined ? NaN : Number(written);
  const tolerance = Number.isNaN(own) ? scenario.autoscaling.controller.toleranceRatio : own;
  const seen = `A full node reports ${maxConnections} connections, ${rounded(ratio)} of the target of ${target}`;
  if (ratio <= 1 + tolerance) {
    const text = `${seen}: within the tolerance of ${rounded(tolerance * 100)} %, so these ${floor} nodes never become more, however many people wait.`;
    return [{ id: "saturated-metric", text }];
  }
  const path = crawl(floor, needed, ratio);
  const seconds = ((path.length - 2) * scenario.autoscaling.controller.syncPeriodMs) / 1_000;
  const text = `${seen}, so nodes grow by that factor at most: ${path.join(", ")}; ${rounded(seconds)} s after the first look at best, more while new nodes are not ready.`;
  return [{ id: "saturated-metric", text }];
}

function crawl(floor: number, needed: number, ratio: number): readonly number[] {
  const path = [floor];
  while (path.at(-1)! < needed && path.length <= STEPS_MAX) {
    path.push(Math.ceil(path.at(-1)! * ratio - 1e-9));
  }
  return path;
}

function lowCeiling(spec: SpecShape, scenario: Scenario): readonly Trap[] {
  const { total } = scenario.clients;
  const { maxConnections } = scenario.cluster.nodes;
  const room = spec.maxReplicas * maxConnections;
  if (room >= total) return [];
  const text = `maxReplicas ${spec.maxReplicas} has room for ${room} of ${total} people: at ${maxConnections} a node they need ${Math.ceil(total / maxConnections)}.`;
  return [{ id: "low-ceiling", text }];
}

function outrun(spec: SpecShape, scenario: Scenario): readonly Trap[] {
  const floor = Math.max(spec.minReplicas ?? 1, scenario.autoscaling.initialReplicas ?? 1);
  const needed = warmFloor(scenario);
  if (floor >= needed) return [];
  const { totalMs } = leadTimeOf(scenario);
  const people = Math.round(arrivalsWithin(scenario, totalMs));
  const text = `Up to ${people} people arrive within the ${rounded(totalMs / 1_000)} s from load to a node that serves; they need ${needed} nodes, and the floor is ${floor}.`;
  return [{ id: "outrun-by-arrivals", text }];
}

function cliff(spec: SpecShape, scenario: Scenario): readonly Trap[] {
  const down = spec.behavior?.scaleDown;
  if (down?.policies !== undefined || down?.selectPolicy === "Disabled") return [];
  const from = Math.min(spec.maxReplicas, nodesFor(scenario, scenario.clients.total));
  const floor = spec.minReplicas ?? 1;
  if (from <= floor) return [];
  const text = `Scaling down has no policy, so the default counts, 100 % in 15 s: ${from - floor} of ${from} nodes may go at once, with everybody on them.`;
  return [{ id: "scale-down-cliff", text }];
}

function blindness(spec: SpecShape): readonly Trap[] {
  const metrics = spec.metrics ?? [];
  const isOfResource = ({ type }: MetricShape): boolean => /Resource$/.test(type);
  if (!metrics.every(isOfResource) || spec.minReplicas === spec.maxReplicas) return [];
  const text = "CPU and memory alone are blind to idle connections: a node can be full and calm.";
  return [{ id: "blind-to-connections", text }];
}

function hasDemand(spec: SpecShape): boolean {
  return spec.metrics?.some((metric) => metricName(metric).startsWith("offered_")) === true;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
