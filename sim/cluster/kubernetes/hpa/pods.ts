// Which pods count in a per-pod metric.
//
// Readiness matters for the resource cpu alone: a pod that just starts burns CPU that says nothing of its load. For
// memory and for every custom metric a pod counts as soon as it is not pending and has a sample.

import { wrap64 } from "./int64.ts";
import type { ControllerRules } from "./version.ts";

export interface ContainerView {
  readonly name: string;
  /** By resource, in thousandths; a resource without a request is not there. */
  readonly requestsMilli: ReadonlyMap<string, bigint>;
}

export interface InitContainerView extends ContainerView {
  /** A sidecar: an init container that is restarted for ever. */
  readonly isRestartable: boolean;
}

export interface PodView {
  readonly name: string;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  /** Whether it has a deletion timestamp. */
  readonly isDeleted: boolean;
  /** Status of its Ready condition; undefined without one. */
  readonly ready: "True" | "False" | "Unknown" | undefined;
  /** When that status last changed. */
  readonly readyChangedAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly containers: readonly ContainerView[];
  readonly initContainers: readonly InitContainerView[];
  /** Requests of the pod as a whole, by resource. */
  readonly podRequestsMilli: ReadonlyMap<string, bigint>;
}

export interface Sample {
  readonly valueMilli: bigint;
  readonly atMs: number;
  /** What the value was averaged over. */
  readonly windowMs: number;
}

/** By pod name. */
export type Samples = ReadonlyMap<string, Sample>;

export interface PodGroups {
  readonly readyCount: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
}

/** `resource` is undefined for metrics that are no resource. */
export function groupPods(
  pods: readonly PodView[],
  samples: Samples,
  resource: string | undefined,
  rules: ControllerRules,
  nowMs: number,
): PodGroups {
  let readyCount = 0;
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  for (const pod of pods) {
    const sample = samples.get(pod.name);
    if (isIgnored(pod, rules)) ignored.add(pod.name);
    else if (pod.phase === "Pending") unready.add(pod.name);
    else if (sample === undefined) missing.add(pod.name);
    else if (resource === "cpu" && isStarting(pod, sample, rules, nowMs)) unready.add(pod.name);
    else readyCount += 1;
  }
  return { readyCount, unready, missing, ignored };
}

function isIgnored({ isDeleted, phase }: PodView, { ignoresSucceededPods }: ControllerRules) {
  return isDeleted || phase === "Failed" || (phase === "Succeeded" && ignoresSucceededPods);
}

/** Equality counts for neither side: strictly before, strictly after. */
function isStarting(pod: PodView, sample: Sample, { flags }: ControllerRules, nowMs: number) {
  const { ready, startedAtMs } = pod;
  if (ready === undefined || startedAtMs === undefined) return true;
  const changedAtMs = pod.readyChangedAtMs ?? -Infinity;
  if (startedAtMs + flags.cpuInitializationPeriodMs > nowMs) {
    return ready === "False" || sample.atMs < changedAtMs + sample.windowMs; // Sampled before it was ready.
  }
  // An old pod that lost its readiness later still counts.
  return ready === "False" && startedAtMs + flags.initialReadinessDelayMs > changedAtMs;
}

/** The pods that a Value target multiplies with. */
export function readyRunningCount(pods: readonly PodView[]): number {
  return pods.filter(({ phase, ready }) => phase === "Running" && ready === "True").length;
}

export interface RequestedOf {
  readonly resource: string;
  /** Undefined: of the whole pod. */
  readonly container: string | undefined;
}

/** By pod name, of every pod, ignored ones included; or what is missing. */
export function requestsOf(
  pods: readonly PodView[],
  of: RequestedOf,
  { gates }: ControllerRules,
): ReadonlyMap<string, bigint> | { readonly error: string } {
  const requests = new Map<string, bigint>();
  for (const pod of pods) {
    const whole = pod.podRequestsMilli.get(of.resource);
    const isWhole = gates.podLevelResources && of.container === undefined && whole !== undefined;
    const request = isWhole ? whole : containersRequest(pod, of);
    if (typeof request !== "bigint") return request;
    requests.set(pod.name, request);
  }
  return requests;
}

function containersRequest(
  pod: PodView,
  { resource, container }: RequestedOf,
): bigint | { readonly error: string } {
  const sidecars = pod.initContainers.filter(({ isRestartable }) => isRestartable);
  const all = [...pod.containers, ...sidecars];
  const asked = container === undefined ? all : all.filter(({ name }) => name === container);
  if (container !== undefined && asked.length === 0) {
    return { error: `container ${container} not found in Pod ${pod.name}` };
  }
  let sum = 0n;
  for (const { name, requestsMilli } of asked) {
    const request = requestsMilli.get(resource);
    if (request === undefined) {
      return { error: `missing request for ${resource} in container ${name} of Pod ${pod.name}` };
    }
    sum = wrap64(sum + request);
  }
  return sum;
}
