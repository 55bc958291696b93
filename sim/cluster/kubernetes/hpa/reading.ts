// What the metrics APIs answered for one metric of the spec.
//
// One reading per metric, in the order of the filled spec. An API that fails and an API that answers with nothing are
// both failures of the metric, with a reason; a pod that is not in an answer is a missing pod and no failure.

import { wrap64 } from "./int64.ts";
import type { RequestedOf, Sample, Samples } from "./pods.ts";

/** One pod in an answer of the resource metrics API. */
export interface PodUsage {
  readonly pod: string;
  readonly atMs: number;
  readonly windowMs: number;
  /** By container; undefined where the container is reported without the resource. */
  readonly containersMilli: ReadonlyMap<string, bigint | undefined>;
}

export type MetricReading =
  /** Resource and ContainerResource: of the resource that the metric names. */
  | { readonly kind: "usages"; readonly usages: readonly PodUsage[] }
  /** Pods. */
  | { readonly kind: "samples"; readonly samples: Samples }
  /** Object. */
  | { readonly kind: "value"; readonly valueMilli: bigint }
  /** External: one value per series. */
  | { readonly kind: "series"; readonly valuesMilli: readonly bigint[] }
  | { readonly kind: "failed"; readonly error: string };

export interface Failed {
  readonly error: string;
}

const API = { usages: "resource", samples: "custom", value: "custom", series: "external" } as const;

/** The reading if it is one of `kind`, or why there is none. */
export function expected<Kind extends keyof typeof API>(
  reading: MetricReading | undefined,
  kind: Kind,
): Extract<MetricReading, { readonly kind: Kind }> | Failed {
  if (reading?.kind === "failed") {
    return { error: `unable to fetch metrics from ${API[kind]} metrics API: ${reading.error}` };
  }
  if (reading === undefined || reading.kind !== kind || isEmpty(reading)) {
    return { error: `no metrics returned from ${API[kind]} metrics API` };
  }
  return reading as Extract<MetricReading, { readonly kind: Kind }>; // Its kind was just compared.
}

function isEmpty(reading: MetricReading): boolean {
  if (reading.kind === "usages") return reading.usages.length === 0;
  if (reading.kind === "samples") return reading.samples.size === 0;
  return reading.kind === "series" && reading.valuesMilli.length === 0;
}

/** Per pod: the sum over its containers, or the one container's own. A pod of which a part is missing is not there. */
export function samplesOf(usages: readonly PodUsage[], { container }: RequestedOf): Samples {
  const samples = new Map<string, Sample>();
  for (const { pod, atMs, windowMs, containersMilli } of usages) {
    const valueMilli =
      container === undefined ? podSum(containersMilli) : containersMilli.get(container);
    if (valueMilli !== undefined) samples.set(pod, { valueMilli, atMs, windowMs });
  }
  return samples;
}

function podSum(containers: PodUsage["containersMilli"]): bigint | undefined {
  if (containers.size === 0) return undefined;
  let sum = 0n;
  for (const used of containers.values()) {
    if (used === undefined) return undefined;
    sum = wrap64(sum + used);
  }
  return sum;
}
