// What an autoscaling/v2 HorizontalPodAutoscaler asks for, and what the API fills in where it says nothing.
//
// Shapes and names are the API's; durations are in ms and quantities in thousandths. A behaviour that is present, even
// empty, is filled field by field; one that is absent stays absent and chooses the older path (`legacy.ts`): default
// behaviour and no behaviour are not the same.

export type TargetType = "Utilization" | "AverageValue" | "Value";

/** `type` decides for Object metrics; elsewhere the fields do: `averageValueMilli` wins over the others. */
export interface MetricTarget {
  readonly type?: TargetType;
  /** Percent of the request. */
  readonly averageUtilization?: number;
  readonly averageValueMilli?: bigint;
  readonly valueMilli?: bigint;
}

export type MetricSpec =
  | { readonly type: "Resource"; readonly resource: string; readonly target: MetricTarget }
  | {
      readonly type: "ContainerResource";
      readonly resource: string;
      readonly container: string;
      readonly target: MetricTarget;
    }
  | { readonly type: "Pods"; readonly metric: string; readonly target: MetricTarget }
  | {
      readonly type: "Object";
      readonly metric: string;
      /** Kind of the described object: "Service". */
      readonly objectKind: string;
      readonly target: MetricTarget;
    }
  | { readonly type: "External"; readonly metric: string; readonly target: MetricTarget }
  /** A source type that no controller knows; it fails as a metric, not as a spec. */
  | { readonly type: "Unknown"; readonly source: string };

export type SelectPolicy = "Max" | "Min" | "Disabled";

export interface ScalingPolicy {
  readonly type: "Pods" | "Percent";
  /** Pods, or percent of the pods at the start of the period. Above 0. */
  readonly value: number;
  /** 1 s to 1,800 s. */
  readonly periodMs: number;
}

/** One direction, as it may be written. */
export interface ScalingRules {
  /** 0 to 3,600 s. */
  readonly stabilizationWindowMs?: number;
  readonly selectPolicy?: SelectPolicy;
  readonly policies?: readonly ScalingPolicy[];
  /** Ratio, 0 or more. */
  readonly tolerance?: number;
}

export interface Behavior {
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
}

export interface HpaSpec {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly metrics?: readonly MetricSpec[];
  readonly behavior?: Behavior;
}

export interface FilledRules {
  /** Undefined for scaleDown alone: then the controller's flag counts. */
  readonly stabilizationWindowMs: number | undefined;
  readonly selectPolicy: SelectPolicy;
  readonly policies: readonly ScalingPolicy[];
  /** Undefined: the cluster's tolerance. */
  readonly tolerance: number | undefined;
}

export interface FilledBehavior {
  readonly scaleUp: FilledRules;
  readonly scaleDown: FilledRules;
}

export interface FilledSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly MetricSpec[];
  readonly behavior: FilledBehavior | undefined;
}

/** Cited: autoscaling/v2 defaults. Comments of the API say 60 s; the code says 15 s. */
const DEFAULT_PERIOD_MS = 15_000;
const DEFAULT_PERCENT: ScalingPolicy = {
  type: "Percent",
  value: 100,
  periodMs: DEFAULT_PERIOD_MS,
};
const DEFAULT_PODS: ScalingPolicy = { type: "Pods", value: 4, periodMs: DEFAULT_PERIOD_MS };
/** Cited: autoscaling/v2 defaults. */
const DEFAULT_METRIC: MetricSpec = {
  type: "Resource",
  resource: "cpu",
  target: { type: "Utilization", averageUtilization: 80 },
};

/** The spec as the API server stores it. */
export function filled(spec: HpaSpec): FilledSpec {
  const { minReplicas = 1, maxReplicas, metrics = [], behavior } = spec;
  return {
    minReplicas,
    maxReplicas,
    metrics: metrics.length === 0 ? [DEFAULT_METRIC] : metrics,
    behavior: behavior === undefined ? undefined : filledBehavior(behavior),
  };
}

export function filledBehavior({ scaleUp = {}, scaleDown = {} }: Behavior): FilledBehavior {
  return {
    scaleUp: {
      stabilizationWindowMs: scaleUp.stabilizationWindowMs ?? 0,
      selectPolicy: scaleUp.selectPolicy ?? "Max",
      policies: scaleUp.policies ?? [DEFAULT_PODS, DEFAULT_PERCENT],
      tolerance: scaleUp.tolerance,
    },
    scaleDown: {
      stabilizationWindowMs: scaleDown.stabilizationWindowMs,
      selectPolicy: scaleDown.selectPolicy ?? "Max",
      policies: scaleDown.policies ?? [DEFAULT_PERCENT],
      tolerance: scaleDown.tolerance,
    },
  };
}
