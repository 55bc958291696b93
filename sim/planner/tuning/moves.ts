// Steps from one HPA to its neighbours: one thing is changed at a time.
//
// A candidate that meets the objectives is tried cheaper, one that does not is tried safer; a step aside changes what has
// no such order. So the search slides along the border between the two, where the best ones are.

import type { RandomStream } from "../../engine/random.ts";
import {
  type Direction,
  identityOf,
  metricName,
  sourceOf,
  withTarget,
  type MetricShape,
  type RulesShape,
  type SpecShape,
} from "./manifest-shape.ts";
import {
  ACTIVE,
  cpuMetric,
  demandMetric,
  DOWN_RULES,
  DOWN_WINDOWS_SEC,
  isConnectionMetric,
  JOIN_LATENCY,
  picked,
  podsMetric,
  QUEUE,
  RECONNECT_FAILURES,
  TOLERANCES,
  UP_RULES,
  UP_WINDOWS_SEC,
  valueMetric,
  type TuningSpace,
} from "./space.ts";

type Move = (spec: SpecShape, space: TuningSpace, random: RandomStream) => SpecShape;

/** Draws before the neighbourhood counts as used up. */
const DRAWS_PER_NEIGHBOUR = 8;

/** Up to `count` different neighbours of `spec` that are not among `known` (identities), which they are added to. */
export function neighbours(
  spec: SpecShape,
  isFeasible: boolean,
  count: number,
  known: Set<string>,
  { space, random }: { readonly space: TuningSpace; readonly random: RandomStream },
): readonly SpecShape[] {
  const found: SpecShape[] = [];
  for (let draw = 0; draw < count * DRAWS_PER_NEIGHBOUR && found.length < count; draw++) {
    const isAside = random.nextUnit() < 0.3;
    const moves = isAside ? ASIDE : isFeasible ? CHEAPER : SAFER;
    const moved = picked(moves, random)(spec, space, random);
    const identity = identityOf(moved);
    if (known.has(identity)) continue;
    known.add(identity);
    found.push(moved);
  }
  return found;
}

const CHEAPER: readonly Move[] = [
  (spec, space) => withFloor(spec, space, floorOf(spec) - 1),
  (spec, space) => withFloor(spec, space, Math.floor(floorOf(spec) * 0.95)),
  (spec, space) => withFloor(spec, space, Math.floor(floorOf(spec) * 0.85)),
  (spec, space) => withFloor(spec, space, Math.floor(floorOf(spec) * 0.6)),
  (spec, space) => withTargets(spec, space, 1.15),
  (spec, space, random) => withCeiling(spec, space, picked([0.8, 0.9, 0.95], random)),
  (spec, _, random) =>
    withRules(spec, "scaleDown", {
      stabilizationWindowSeconds: picked(DOWN_WINDOWS_SEC.slice(0, 3), random),
    }),
  (spec, _, random) => withRules(spec, "scaleDown", picked(DOWN_RULES.slice(1), random)),
];

const SAFER: readonly Move[] = [
  (spec, space) => withFloor(spec, space, floorOf(spec) + 1),
  (spec, space) => withFloor(spec, space, Math.ceil(floorOf(spec) * 1.1)),
  (spec, space) => withFloor(spec, space, Math.ceil(floorOf(spec) * 1.3)),
  (spec, space, random) => withFloor(spec, space, picked(space.floors, random)),
  (spec, space) => withTargets(spec, space, 0.8),
  (spec, space) => ({ ...spec, maxReplicas: space.ceiling }),
  (spec, space) => onDemand(spec, space),
  (spec, _, random) => withRules(spec, "scaleDown", picked(DOWN_RULES.slice(0, 2), random)),
  (spec) => withRules(spec, "scaleUp", { stabilizationWindowSeconds: 0, ...UP_RULES[0]! }),
];

const ASIDE: readonly Move[] = [
  (spec, space) => onDemand(spec, space),
  (spec, space, random) => withoutOrWith(spec, extraMetric(space, random)),
  (spec, _, random) => withRules(spec, "scaleUp", picked(UP_RULES, random)),
  (spec, _, random) => withRules(spec, "scaleDown", picked(DOWN_RULES, random)),
  (spec, _, random) =>
    withRules(spec, "scaleUp", { stabilizationWindowSeconds: picked(UP_WINDOWS_SEC, random) }),
  (spec, _, random) =>
    withRules(spec, "scaleDown", { stabilizationWindowSeconds: picked(DOWN_WINDOWS_SEC, random) }),
  (spec, space, random) => {
    const direction = picked(["scaleUp", "scaleDown"] as const, random);
    const tolerance = picked(TOLERANCES, random);
    return space.hasTolerance ? withRules(spec, direction, { tolerance }) : spec;
  },
];

function floorOf({ minReplicas = 1 }: SpecShape): number {
  return minReplicas;
}

function withFloor(spec: SpecShape, space: TuningSpace, floor: number): SpecShape {
  const minReplicas = Math.max(1, Math.min(floor, space.ceiling));
  return { ...spec, minReplicas, maxReplicas: Math.max(spec.maxReplicas, minReplicas) };
}

function withCeiling(spec: SpecShape, { ceiling }: TuningSpace, share: number): SpecShape {
  const most = Math.min(ceiling, Math.floor(spec.maxReplicas * share));
  return { ...spec, maxReplicas: Math.max(floorOf(spec), most) };
}

/** Targets of connections, within (0, capacity]. */
function withTargets(spec: SpecShape, space: TuningSpace, factor: number): SpecShape {
  const { grain, nodeCapacity } = space;
  const metrics = spec.metrics?.map((metric) => {
    const { target } = sourceOf(metric);
    const value = Number(target.averageValue); // NaN where a suffix is written: left as it is.
    if (!isConnectionMetric(metric) || !Number.isFinite(value)) return metric;
    const most = Math.min(nodeCapacity, value * factor);
    const averageValue = String(Math.max(grain, Math.floor(most / grain) * grain));
    return withTarget(metric, { ...target, averageValue });
  });
  return metrics === undefined ? spec : { ...spec, metrics };
}

function withRules(spec: SpecShape, direction: Direction, rules: RulesShape): SpecShape {
  const before = spec.behavior?.[direction];
  return { ...spec, behavior: { ...spec.behavior, [direction]: { ...before, ...rules } } };
}

/** Connections by what is asked for instead of what was let in. */
function onDemand(spec: SpecShape, space: TuningSpace): SpecShape {
  const metrics = spec.metrics ?? [];
  const at = metrics.findIndex((metric) => metricName(metric) === ACTIVE);
  const others = metrics.filter((metric) => !isConnectionMetric(metric));
  const written = at < 0 ? NaN : Number(sourceOf(metrics[at]!).target.averageValue);
  const { grain, nodeCapacity } = space;
  const fallback = Math.floor((0.7 * nodeCapacity) / grain) * grain;
  const asked = Number.isFinite(written) ? Math.floor(written / grain) * grain : fallback;
  return { ...spec, metrics: [demandMetric(Math.max(grain, asked)), ...others] };
}

function extraMetric(space: TuningSpace, random: RandomStream): MetricShape {
  const { grain } = space;
  return picked(
    [
      podsMetric(QUEUE, Math.max(1, Math.floor(250 / grain)) * grain),
      cpuMetric(picked([50, 65, 80], random)),
      valueMetric(JOIN_LATENCY, picked(["1", "2", "3"], random)),
      valueMetric(RECONNECT_FAILURES, "50m"),
    ],
    random,
  );
}

/** Without the metric if it is there and is not the last, else with it. */
function withoutOrWith(spec: SpecShape, metric: MetricShape): SpecShape {
  const metrics = spec.metrics ?? [];
  const others = metrics.filter((one) => metricName(one) !== metricName(metric));
  const isThere = others.length < metrics.length;
  if (isThere && others.length === 0) return spec;
  return { ...spec, metrics: isThere ? others : [...metrics, metric] };
}
