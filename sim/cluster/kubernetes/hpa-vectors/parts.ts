// The parts that rows of several kinds share: pods, samples, rules of behaviour, events, the controller's settings.
//
// Instants are relative to a now of 0. What the layout lets a row leave out is null here too; what it cannot do without is
// asked for.

import type { Recommendation } from "../hpa/history.ts";
import type { InitContainerView, PodView, Sample, Samples } from "../hpa/pods.ts";
import type { PodUsage } from "../hpa/reading.ts";
import type { ScaleEvent } from "../hpa/scale-events.ts";
import type { Behavior, ScalingRules } from "../hpa/spec.ts";
import type { Tolerances } from "../hpa/tolerance.ts";
import { type ControllerRules, DEFAULT_FLAGS, type Settings, rulesOf } from "../hpa/version.ts";
import type { Field } from "../field.ts";

/** The release that the vectors were taken from. */
export const VECTORS_VERSION = "1.37";
const PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const;
/** Of a Pods metric that names none. Cited: the controller's metrics client. */
const DEFAULT_WINDOW_MS = 60_000;

/** Pods as rows give them when only their requests matter: without phase and readiness. */
export interface PodForm {
  /** Those that the row's requests are of. */
  readonly resources: readonly string[];
  readonly isBare?: boolean;
}

export function podsOf(input: Field, form: PodForm): readonly PodView[] {
  return input
    .at("pods")
    .list()
    .map((pod) => podOf(pod, form));
}

function podOf(pod: Field, { resources, isBare = false }: PodForm): PodView {
  const requests = (field: Field | undefined): ReadonlyMap<string, bigint> =>
    field === undefined ? new Map() : new Map(resources.map((name) => [name, field.milli()]));
  const containers = (name: string): readonly InitContainerView[] =>
    (pod.maybe(name)?.list() ?? []).map((container) => ({
      name: container.at("name").text(),
      requestsMilli: requests(container.maybe("requestMilli")),
      isRestartable: container.maybe("restartable")?.flag() ?? false,
    }));
  return {
    name: pod.at("name").text(),
    phase: isBare ? "Running" : pod.at("phase").oneOf(PHASES),
    isDeleted: pod.maybe("deleted")?.flag() ?? false,
    ready: readyOf(pod.maybe("ready")),
    readyChangedAtMs: pod.maybe("readyTransition")?.ms(),
    startedAtMs: pod.maybe("startTime")?.ms(),
    containers: containers("containers"),
    initContainers: containers("initContainers"),
    podRequestsMilli: requests(pod.maybe("podLevelRequestMilli")),
  };
}

function readyOf(ready: Field | undefined): PodView["ready"] {
  if (ready === undefined) return undefined;
  if (ready.value === "Unknown") return "Unknown";
  return ready.flag() ? "True" : "False";
}

export function usagesOf(list: Field): readonly PodUsage[] {
  return list.list().map((one) => ({
    pod: one.at("pod").text(),
    atMs: one.at("time").ms(),
    windowMs: one.maybe("window")?.ms() ?? DEFAULT_WINDOW_MS,
    containersMilli: new Map(
      one
        .at("containers")
        .entries()
        .map(([name, used]) => [name, used.value === null ? undefined : used.milli()]),
    ),
  }));
}

/** A list of entries that name their pod. */
export function samplesIn(list: Field): Samples {
  return new Map(list.list().map((one) => [one.at("pod").text(), sampleOf(one)]));
}

export function sampleOf(one: Field): Sample {
  return {
    valueMilli: one.at("value").milli(),
    atMs: one.at("time").ms(),
    windowMs: one.maybe("window")?.ms() ?? DEFAULT_WINDOW_MS,
  };
}

export function tolerancesIn(input: Field): Tolerances {
  const tolerances = input.at("tolerances");
  return {
    downRatio: tolerances.at("down").number(),
    upRatio: tolerances.at("up").number(),
    form: "band",
  };
}

/** `config` and `gates` of a row; what it leaves out has its default. */
export function rulesIn(input: Field): ControllerRules {
  return rulesOf(VECTORS_VERSION, settingsOf(input));
}

export function settingsOf(input: Field): Settings {
  const config = input.maybe("config");
  const flags = {
    ...DEFAULT_FLAGS,
    ...present({
      tolerance: config?.maybe("tolerance")?.number(),
      downscaleStabilizationMs: config?.maybe("downscaleStabilizationSeconds")?.ms(),
      cpuInitializationPeriodMs: config?.maybe("cpuInitializationPeriod")?.ms(),
      initialReadinessDelayMs: config?.maybe("initialReadinessDelay")?.ms(),
      scaleUpLimitFactor: config?.maybe("scaleUpLimitFactor")?.number(),
      scaleUpLimitLeast: config?.maybe("scaleUpLimitMinimum")?.number(),
    }),
  };
  const gates = input.maybe("gates");
  return {
    flags,
    gates: present({
      configurableTolerance: gates?.maybe("HPAConfigurableTolerance")?.flag(),
      scaleToZero: gates?.maybe("HPAScaleToZero")?.flag(),
      podLevelResources: (
        gates?.maybe("PodLevelResources") ?? input.maybe("podLevelResourcesGate")
      )?.flag(),
    }),
  };
}

/** Without the fields that are undefined. */
export function present<T extends object>(
  fields: T,
): { readonly [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

export function behaviorOf(behavior: Field): Behavior {
  const scaleUp = behavior.maybe("scaleUp");
  const scaleDown = behavior.maybe("scaleDown");
  return {
    ...(scaleUp === undefined ? {} : { scaleUp: scalingRulesOf(scaleUp) }),
    ...(scaleDown === undefined ? {} : { scaleDown: scalingRulesOf(scaleDown) }),
  };
}

export function scalingRulesOf(rules: Field): ScalingRules {
  return present({
    stabilizationWindowMs: rules.maybe("stabilizationWindowSeconds")?.ms(),
    selectPolicy: rules.maybe("selectPolicy")?.oneOf(["Max", "Min", "Disabled"]),
    tolerance: rules.maybe("tolerance")?.number(),
    policies: rules
      .maybe("policies")
      ?.list()
      .map((policy) => ({
        type: policy.at("type").oneOf(["Pods", "Percent"]),
        value: policy.at("value").whole(),
        periodMs: policy.at("periodSeconds").ms(),
      })),
  });
}

/** An absent list is empty. */
export function eventsOf(list: Field | undefined): readonly ScaleEvent[] {
  return (list?.list() ?? []).map((event) => ({
    change: event.at("change").whole(),
    atMs: 0 - event.at("age").ms(),
    isOutdated: event.maybe("outdated")?.flag() ?? false,
  }));
}

export function recommendationsOf(list: Field): readonly Recommendation[] {
  return list.list().map((entry) => ({
    replicas: entry.at("replicas").whole(),
    atMs: 0 - entry.at("age").ms(),
  }));
}
