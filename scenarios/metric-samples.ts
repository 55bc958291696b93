// Metric samples: what somebody saw of his own pods, look by look, so that an HPA can be asked what it would have done.
//
// A look says as much as is known: every pod with its values, or an average or a total and how many pods there were.
// Whether the replicas are those that were there or follow what the HPA decides is the question's, not the data's: an average
// that was seen with eight pods means something else with sixteen, a total does not.

import Type, { type TSchema } from "typebox";
import { InputError, type Position, type Problem } from "./problem.ts";
import { parseQuantity } from "./quantities.ts";
import {
  KUBERNETES_QUANTITY,
  type FieldSchema,
  count,
  duration,
  flag,
  text,
} from "./schema/fields.ts";
import { nodeAt, parseSource, type SourceNode, toPlain } from "./source-tree.ts";
import { byPosition, Validator } from "./validate.ts";
import { writtenSchema } from "./written.ts";

/** As Kubernetes writes quantities: 1700, "250m", "1.5k", "64Mi". From 0 on. */
type Quantity = string;

export interface SampledPod {
  readonly name: string | undefined;
  readonly isReady: boolean;
  readonly isPending: boolean;
  readonly isDeleted: boolean;
  /** When it started and when its readiness last changed; undefined: long ago. */
  readonly startedAtMs: number | undefined;
  readonly readySinceMs: number | undefined;
  /** By name of the metric; cpu and memory are the resources. */
  readonly values: ReadonlyMap<string, Quantity>;
}

/** A metric without its pods. */
export type SampledMetric =
  | { readonly kind: "average"; readonly quantity: Quantity }
  | { readonly kind: "total"; readonly quantity: Quantity }
  | { readonly kind: "failed"; readonly error: string };

export interface SampledLook {
  readonly atMs: number;
  /** Undefined: those of the look before, or with `follow` what was decided then. */
  readonly replicas: number | undefined;
  /** Undefined: as many as there are pods. */
  readonly statusReplicas: number | undefined;
  /** Undefined: there are `podCount` pods with samples and `pendingCount` without. */
  readonly pods: readonly SampledPod[] | undefined;
  /** Pods with samples; undefined: all replicas that are not pending. */
  readonly podCount: number | undefined;
  readonly pendingCount: number;
  readonly metrics: ReadonlyMap<string, SampledMetric>;
}

export interface MetricSamples {
  readonly name: string;
  readonly title: string;
  readonly follow: boolean;
  /** Of one pod, by resource. */
  readonly requests: ReadonlyMap<string, Quantity>;
  /** In the order of time; the first says how many replicas there are. */
  readonly looks: readonly SampledLook[];
}

/** The same for a plain number. */
const NUMBER_MAX = 1e15;
const quantity = (description: string): FieldSchema => ({
  type: ["number", "string"],
  minimum: 0,
  maximum: NUMBER_MAX,
  pattern: KUBERNETES_QUANTITY,
  description,
});
const byName = (of: FieldSchema, description: string) =>
  Type.Optional(
    Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: "object",
      additionalProperties: of,
      description,
    }),
  );

const Pod = Type.Object({
  name: Type.Optional(text("name of the pod; absent: by its place in the list")),
  ready: flag("whether its Ready condition is True", { default: true, source: "assumed" }),
  pending: flag("whether its phase is Pending", { default: false, source: "assumed" }),
  deleted: flag("whether it is being deleted", { default: false, source: "assumed" }),
  started: Type.Optional(text("when it started, such as 45s; absent: long ago")),
  readySince: Type.Optional(text("when its readiness last changed; absent: long ago")),
  values: byName(
    quantity("a number, or a quantity such as 250m"),
    "by name of the metric; cpu in cores and memory in bytes are the resources",
  ),
});

const METRIC: FieldSchema = {
  type: "object",
  properties: {
    average: quantity("of one pod"),
    total: quantity("of all pods, or the whole value of an Object or External metric"),
    error: { type: "string", description: "why the metric could not be had" },
  },
  additionalProperties: false,
};

const Look = Type.Object({
  atMs: duration("when the controller looks"),
  replicas: Type.Optional(count("spec of the scale; absent: as before, or as decided")),
  statusReplicas: Type.Optional(count("status of the scale; absent: the pods that there are")),
  pods: Type.Optional(Type.Array(Pod, { description: "every pod by itself" })),
  podCount: Type.Optional(count("instead of `pods`: pods that have samples")),
  pendingCount: Type.Optional(count("instead of `pods`: pods that are Pending")),
  metrics: byName(
    METRIC,
    "by name of the metric: an average, a total or an error; pods have their own values",
  ),
});

export const MetricSamplesFile: TSchema = Type.Object({
  apiVersion: Type.Literal("stormglass/v1"),
  kind: Type.Literal("MetricSamples"),
  metadata: Type.Object({ name: text("short name"), title: Type.Optional(text("what was seen")) }),
  follow: flag("whether the replicas of a look are what the look before decided", {
    default: false,
    source: "assumed: what was seen was seen with the replicas of then",
  }),
  requests: byName(quantity("of one pod"), "requests by resource, such as cpu: 500m"),
  looks: Type.Array(Look, { minItems: 1, description: "in the order of time" }),
});

const validator = new Validator(writtenSchema(MetricSamplesFile as unknown as FieldSchema));

/** What a file of samples says. Throws `InputError` with every problem of it. */
export function parseMetricSamples(file: string, content: string): MetricSamples {
  const { root, problems } = parseSource(file, content);
  if (root === undefined) throw new InputError(problems);
  const found: Problem[] = [...validator.check(root)];
  const list = nodeAt(root, ["looks"]);
  const items = list?.kind === "list" ? list.items : [];
  found.push(...items.flatMap((item, i) => lookProblems(item, items[i - 1], i)));
  if (found.length > 0) throw new InputError(found.sort(byPosition));
  const written = toPlain(root) as WrittenSamples;
  return {
    name: written.metadata.name,
    title: written.metadata.title ?? "",
    follow: written.follow ?? false,
    requests: quantitiesOf(written.requests),
    looks: written.looks.map(lookOf),
  };
}

/** What the schema cannot say. */
function lookProblems(
  look: SourceNode,
  before: SourceNode | undefined,
  index: number,
): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = (at: Position, rule: string): void => {
    problems.push({ at, message: `looks[${index}].${rule}` });
  };
  const has = (key: string): boolean => nodeAt(look, [key]) !== undefined;
  const [atMs, beforeMs] = [timeOf(look), before && timeOf(before)];
  if (atMs !== undefined && beforeMs !== undefined && atMs <= beforeMs) {
    refuse(nodeAt(look, ["at"])!.at, "at must be later than that of the look before"); // It has a time.
  }
  if (index === 0 && !has("replicas")) refuse(look.at, "replicas must be given");
  for (const key of ["podCount", "pendingCount"]) {
    if (has("pods") && has(key))
      refuse(nodeAt(look, [key])!.at, `${key} must not stand beside pods`);
  }
  const metrics = nodeAt(look, ["metrics"]);
  for (const [name, { node }] of metrics?.kind === "map" ? metrics.entries : []) {
    if (node.kind === "map" && node.entries.size !== 1) {
      refuse(node.at, `metrics.${name} must have one of average, total, error`);
    }
  }
  const pods = nodeAt(look, ["pods"]);
  for (const [i, pod] of pods?.kind === "list" ? pods.items.entries() : []) {
    for (const key of ["started", "readySince"]) {
      const node = nodeAt(pod, [key]);
      if (node !== undefined && instantOf(node) === undefined) {
        refuse(node.at, `pods[${i}].${key} must be a time with a unit, such as 45s or -2m`);
      }
    }
  }
  return problems;
}

function timeOf(look: SourceNode): number | undefined {
  const at = nodeAt(look, ["at"]);
  return at?.kind === "scalar" ? parseQuantity("duration", at.value) : undefined;
}

/** A pod may have started before the first look. */
function instantOf(node: SourceNode): number | undefined {
  return node.kind === "scalar" ? instant(node.value) : undefined;
}

function instant(written: unknown): number | undefined {
  const [, sign, amount] = /^(-?)(.*)$/.exec(String(written))!; // Matches any text of one line.
  const ms = parseQuantity("duration", amount);
  return ms !== undefined && sign === "-" ? -ms : ms;
}

/** The file as the schema has let it pass. */
interface WrittenSamples {
  readonly metadata: { readonly name: string; readonly title?: string };
  readonly follow?: boolean;
  readonly requests?: Readonly<Record<string, unknown>>;
  readonly looks: readonly WrittenLook[];
}
interface WrittenLook {
  readonly at: string;
  readonly replicas?: unknown;
  readonly statusReplicas?: unknown;
  readonly pods?: readonly WrittenPod[];
  readonly podCount?: unknown;
  readonly pendingCount?: unknown;
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
interface WrittenPod {
  readonly name?: string;
  readonly ready?: boolean;
  readonly pending?: boolean;
  readonly deleted?: boolean;
  readonly started?: string;
  readonly readySince?: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

function lookOf(look: WrittenLook): SampledLook {
  const metrics = Object.entries(look.metrics ?? {});
  return {
    atMs: parseQuantity("duration", look.at)!, // The schema has checked its form.
    replicas: parseQuantity("count", look.replicas),
    statusReplicas: parseQuantity("count", look.statusReplicas),
    pods: look.pods?.map(podOf),
    podCount: parseQuantity("count", look.podCount),
    pendingCount: parseQuantity("count", look.pendingCount) ?? 0,
    metrics: new Map(metrics.map(([name, metric]) => [name, metricOf(metric)])),
  };
}

function podOf(pod: WrittenPod): SampledPod {
  return {
    name: pod.name,
    isReady: pod.ready ?? true,
    isPending: pod.pending ?? false,
    isDeleted: pod.deleted ?? false,
    startedAtMs: instant(pod.started),
    readySinceMs: instant(pod.readySince),
    values: quantitiesOf(pod.values),
  };
}

function metricOf({ average, total, error }: Readonly<Record<string, unknown>>): SampledMetric {
  if (average !== undefined) return { kind: "average", quantity: String(average) };
  if (total !== undefined) return { kind: "total", quantity: String(total) };
  return { kind: "failed", error: String(error) };
}

function quantitiesOf(written: Readonly<Record<string, unknown>> = {}) {
  return new Map(Object.entries(written).map(([name, value]) => [name, String(value)]));
}
