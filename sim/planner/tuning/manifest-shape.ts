// The HorizontalPodAutoscaler as plain JSON: what a manifest looks like before the controller reads it.
//
// The search changes manifests, not the controller's own form, so that whatever it recommends can be applied as it is, and
// what it does not understand (labels, metrics of another team) stays as it was.

export type PolicyShape = {
  readonly type: "Pods" | "Percent";
  readonly value: number;
  readonly periodSeconds: number;
};

export interface RulesShape {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: "Max" | "Min" | "Disabled";
  readonly policies?: readonly PolicyShape[];
  /** A quantity. */
  readonly tolerance?: string | number;
}

export interface TargetShape {
  readonly type: "Utilization" | "AverageValue" | "Value";
  readonly averageUtilization?: number;
  /** Quantities. */
  readonly averageValue?: string | number;
  readonly value?: string | number;
}

interface Source {
  /** Resource and ContainerResource. */
  readonly name?: string;
  readonly container?: string;
  /** Pods, Object, External. */
  readonly metric?: { readonly name: string };
  readonly describedObject?: object;
  readonly target: TargetShape;
}

export interface MetricShape {
  readonly type: "Resource" | "ContainerResource" | "Pods" | "Object" | "External";
  readonly resource?: Source;
  readonly containerResource?: Source;
  readonly pods?: Source;
  readonly object?: Source;
  readonly external?: Source;
}

export type Direction = "scaleUp" | "scaleDown";

export interface SpecShape {
  readonly scaleTargetRef: object;
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly metrics?: readonly MetricShape[];
  readonly behavior?: Readonly<Partial<Record<Direction, RulesShape>>>;
}

export interface ManifestShape {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: SpecShape;
}

/** `manifest` must be one that `hpaManifest` takes: then it has this shape. */
export function shapeOf(manifest: Readonly<Record<string, unknown>>): ManifestShape {
  return manifest as unknown as ManifestShape;
}

/** What the manifest's reader wants: the same, as a record. */
export function recordOf(manifest: ManifestShape): Readonly<Record<string, unknown>> {
  return manifest as unknown as Readonly<Record<string, unknown>>;
}

const SOURCE_KEYS = {
  Resource: "resource",
  ContainerResource: "containerResource",
  Pods: "pods",
  Object: "object",
  External: "external",
} as const;

export function sourceOf(metric: MetricShape): Source {
  return metric[SOURCE_KEYS[metric.type]]!; // There by the manifest's reader.
}

/** The name alone: "cpu", "active_websocket_connections". */
export function metricName(metric: MetricShape): string {
  const { name, metric: named } = sourceOf(metric);
  return named?.name ?? name ?? "";
}

/** One per metric of a manifest: "Pods active_websocket_connections". */
export function metricKey(metric: MetricShape): string {
  return `${metric.type} ${metricName(metric)}`;
}

export function withTarget(metric: MetricShape, target: TargetShape): MetricShape {
  const key = SOURCE_KEYS[metric.type];
  return { ...metric, [key]: { ...sourceOf(metric), target } };
}

/** The same without one field. */
export function without<Shape extends object, Key extends keyof Shape>(
  shape: Shape,
  key: Key,
): Omit<Shape, Key> {
  const copy: Partial<Shape> = { ...shape };
  delete copy[key];
  return copy as Omit<Shape, Key>; // All fields but the one.
}

/** Text that two manifests share exactly when they ask for the same. */
export function identityOf(spec: SpecShape): string {
  return JSON.stringify(sorted(spec));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
