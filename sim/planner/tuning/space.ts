// What an HPA of the nodes may look like: the choices among which the search draws, and where it begins.
//
// Choices are short lists of round numbers, since a manifest is read by people and since nobody can tell 1,612 from 1,600.
// Targets of connections are shares of what a node can hold. Where the list begins are configurations that theory
// recommends (a floor from the warm-capacity formula, demand as the metric, a slow way down); chance adds what theory forgot.

import type { RandomStream } from "../../engine/random.ts";
import {
  metricName,
  without,
  type ManifestShape,
  type MetricShape,
  type RulesShape,
  type SpecShape,
} from "./manifest-shape.ts";

export interface TuningSpace {
  readonly current: ManifestShape;
  /** The most nodes that any candidate may have. */
  readonly ceiling: number;
  /** Sessions that a node may hold. */
  readonly nodeCapacity: number;
  /** Targets of connections are multiples of this, so that a model of 1:grain has them exactly. */
  readonly grain: number;
  /** Whether this release takes a tolerance per direction. */
  readonly hasTolerance: boolean;
  /** Floors that theory recommends, ascending: warm capacity, admission, the whole peak. */
  readonly floors: readonly number[];
}

export const ACTIVE = "active_websocket_connections";
export const OFFERED = "offered_websocket_connections";
export const QUEUE = "fanout_queue_depth";
export const JOIN_LATENCY = "join_latency_p95_seconds";
export const RECONNECT_FAILURES = "reconnect_failure_ratio";

export const TARGET_SHARES = [0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85] as const;
export const UP_WINDOWS_SEC = [0, 15, 30, 60] as const;
export const DOWN_WINDOWS_SEC = [60, 120, 300, 600, 900, 1_800] as const;
export const TOLERANCES = ["0.02", "0.05", "0.2"] as const;

export const UP_RULES: readonly Pick<RulesShape, "policies" | "selectPolicy">[] = [
  {
    selectPolicy: "Max",
    policies: [
      { type: "Percent", value: 100, periodSeconds: 15 },
      { type: "Pods", value: 16, periodSeconds: 15 },
    ],
  },
  { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  { selectPolicy: "Max", policies: [{ type: "Percent", value: 300, periodSeconds: 15 }] },
  { selectPolicy: "Max", policies: [{ type: "Pods", value: 8, periodSeconds: 30 }] },
];

export const DOWN_RULES: readonly Pick<RulesShape, "policies" | "selectPolicy">[] = [
  { selectPolicy: "Max", policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
  { selectPolicy: "Max", policies: [{ type: "Percent", value: 5, periodSeconds: 60 }] },
  { selectPolicy: "Max", policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] },
  { selectPolicy: "Max", policies: [{ type: "Percent", value: 10, periodSeconds: 60 }] },
];

/** A share of a node's capacity, as a multiple of the grain and at least one of it. */
export function connectionTarget({ nodeCapacity, grain }: TuningSpace, share: number): number {
  return Math.max(grain, Math.floor((share * nodeCapacity) / grain) * grain);
}

export function podsMetric(name: string, averageValue: number): MetricShape {
  const target = { type: "AverageValue", averageValue: String(averageValue) } as const;
  return { type: "Pods", pods: { metric: { name }, target } };
}

export function demandMetric(averageValue: number): MetricShape {
  const target = { type: "AverageValue", averageValue: String(averageValue) } as const;
  return { type: "External", external: { metric: { name: OFFERED }, target } };
}

export function valueMetric(name: string, value: string): MetricShape {
  return { type: "External", external: { metric: { name }, target: { type: "Value", value } } };
}

export function cpuMetric(averageUtilization: number): MetricShape {
  const target = { type: "Utilization", averageUtilization } as const;
  return { type: "Resource", resource: { name: "cpu", target } };
}

export function isConnectionMetric(metric: MetricShape): boolean {
  return metricName(metric) === ACTIVE || metricName(metric) === OFFERED;
}

/** As many nodes as there may be, always: what an autoscaler must beat on cost. */
export function fixedCeiling({ current, ceiling }: TuningSpace): SpecShape {
  const plain = without(current.spec, "behavior");
  return { ...plain, minReplicas: ceiling, maxReplicas: ceiling };
}

/** What theory recommends: small changes of the current manifest first, whole designs after them. */
export function sensible(space: TuningSpace): readonly SpecShape[] {
  const { current, floors, ceiling } = space;
  const slowDown: RulesShape = { stabilizationWindowSeconds: 300, ...DOWN_RULES[0]! };
  const floored = floors.map((floor) => ({
    ...current.spec,
    minReplicas: floor,
    maxReplicas: ceiling,
  }));
  const slow = floored.map((spec) => ({
    ...spec,
    behavior: { ...spec.behavior, scaleDown: slowDown },
  }));
  const designs = floors.flatMap((floor) =>
    [0.5, 0.7, 0.85].map((share, i) => design(space, floor, share, i === 1 ? 1 : 0)),
  );
  // Round robin, so that whoever takes only the first few has some of each.
  const [from, to] = [Math.max(floored.length, designs.length), [floored, designs, slow]];
  return Array.from({ length: from }, (_, i) => to.flatMap((list) => list.slice(i, i + 1))).flat();
}

function design(space: TuningSpace, floor: number, share: number, down: number): SpecShape {
  const others = (space.current.spec.metrics ?? []).filter((metric) => !isConnectionMetric(metric));
  return {
    scaleTargetRef: space.current.spec.scaleTargetRef,
    minReplicas: floor,
    maxReplicas: space.ceiling,
    metrics: [demandMetric(connectionTarget(space, share)), ...others],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, ...UP_RULES[0]! },
      scaleDown: { stabilizationWindowSeconds: 300, ...DOWN_RULES[down]! },
    },
  };
}

/** One candidate by chance. */
export function sampled(space: TuningSpace, random: RandomStream): SpecShape {
  const { current, ceiling } = space;
  const up = picked(UP_RULES, random);
  const down = picked(DOWN_RULES, random);
  const scaleUp = { stabilizationWindowSeconds: picked(UP_WINDOWS_SEC, random), ...up };
  const scaleDown = { stabilizationWindowSeconds: picked(DOWN_WINDOWS_SEC, random), ...down };
  return {
    scaleTargetRef: current.spec.scaleTargetRef,
    minReplicas: floorBetween(space, random),
    maxReplicas: ceiling,
    metrics: sampledMetrics(space, random),
    behavior: {
      scaleUp: withTolerance(space, scaleUp, random),
      scaleDown: withTolerance(space, scaleDown, random),
    },
  };
}

/** Half of the time one that theory recommends, else any. */
function floorBetween({ floors, ceiling }: TuningSpace, random: RandomStream): number {
  const anywhere = 1 + Math.floor(random.nextUnit() * ceiling);
  const isTheory = random.nextUnit() < 0.5 && floors.length > 0;
  return isTheory ? picked(floors, random) : anywhere;
}

function sampledMetrics(space: TuningSpace, random: RandomStream): readonly MetricShape[] {
  const target = connectionTarget(space, picked(TARGET_SHARES, random));
  const queue =
    Math.max(1, Math.floor(picked([100, 250, 500], random) / space.grain)) * space.grain;
  const kinds = [demandMetric(target), podsMetric(OFFERED, target), podsMetric(ACTIVE, target)];
  const extra: readonly MetricShape[] = [
    podsMetric(QUEUE, queue),
    cpuMetric(picked([50, 65, 80], random)),
    valueMetric(JOIN_LATENCY, picked(["1", "2", "3"], random)),
    valueMetric(RECONNECT_FAILURES, picked(["20m", "50m", "100m"], random)),
  ];
  return [picked(kinds, random), ...extra.filter(() => random.nextUnit() < 0.3)];
}

function withTolerance(space: TuningSpace, rules: RulesShape, random: RandomStream): RulesShape {
  const isAsked = random.nextUnit() < 0.3;
  const tolerance = picked(TOLERANCES, random);
  return space.hasTolerance && isAsked ? { ...rules, tolerance } : rules;
}

export function picked<Choice>(choices: readonly Choice[], random: RandomStream): Choice {
  return choices[Math.floor(random.nextUnit() * choices.length)]!; // A unit is below 1.
}
