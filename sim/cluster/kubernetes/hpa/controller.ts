// The controller of one HorizontalPodAutoscaler: one reconcile per tick, in the order of the real one.
//
// It knows no clock and no cluster. Whoever calls it brings what the APIs would have answered and does what the decision
// says; when to call (sync period, its phase and its jitter, at once after an edit) is the caller's, and the rules of the
// release say which.

import { type Combined, combined } from "./combine.ts";
import type { Decision, HpaMemory, HpaStatus, Observation, Scale } from "./decision.ts";
import { Reconcile } from "./reconcile.ts";
import { type Normalized, normalized } from "./normalize.ts";
import { NO_EVENTS, type ScaleEvents, withEvent } from "./scale-events.ts";
import { type FilledSpec, type HpaSpec, filled } from "./spec.ts";
import { tolerancesOf } from "./tolerance.ts";
import type { Mode } from "./trace.ts";
import { type ControllerRules, type KubernetesVersion, type Settings, rulesOf } from "./version.ts";
import { ableText, limitText, rescaleReason } from "./words.ts";
import { isOwnZero, leavesZero, rememberedZero } from "./zero.ts";

export interface HpaOptions extends Settings {
  /** Default: never seen before. */
  readonly memory?: Partial<HpaMemory>;
  /** Default: a new HPA. */
  readonly status?: Partial<HpaStatus>;
}

const NEVER_SEEN: HpaMemory = { recommendations: undefined, events: NO_EVENTS };
const NEW_STATUS: HpaStatus = {
  currentReplicas: undefined,
  desiredReplicas: undefined,
  lastScaleAtMs: undefined,
  conditions: [],
  currentMetrics: [],
};
const SELECTOR_FAULTS = {
  missing: ["InvalidSelector", "SelectorRequired", "the scale target has no selector"],
  unparsable: ["InvalidSelector", "InvalidSelector", "the selector of the target is malformed"],
  ambiguous: ["AmbiguousSelector", "AmbiguousSelector", "the selector's pods have a further HPA"],
} as const;

export class HpaController {
  readonly rules: ControllerRules;
  #spec: FilledSpec;
  #memory: HpaMemory;
  #status: HpaStatus;

  constructor(spec: HpaSpec, version: KubernetesVersion, options: HpaOptions = {}) {
    this.rules = rulesOf(version, options);
    this.#spec = filled(spec);
    this.#memory = { ...NEVER_SEEN, ...options.memory };
    this.#status = { ...NEW_STATUS, ...options.status };
  }

  /** As the API server stores it. Observations give one reading for each of its metrics. */
  get spec(): FilledSpec {
    return this.#spec;
  }

  get status(): HpaStatus {
    return this.#status;
  }

  get memory(): HpaMemory {
    return this.#memory;
  }

  /** History and events stay. */
  specChanged(spec: HpaSpec): void {
    this.#spec = filled(spec);
  }

  /** The controller manager restarted, or another became leader: what it remembered is lost, the status is not. */
  restarted(): void {
    this.#memory = NEVER_SEEN;
  }

  /** One reconcile. */
  tick(nowMs: number, observation: Observation): Decision {
    const { scale } = observation;
    const reconcile = new Reconcile(nowMs, this.#spec, this.#status);
    if ("error" in scale) {
      reconcile.says("AbleToScale", "False", "FailedGetScale", "the scale cannot be read");
      reconcile.warns("FailedGetScale", scale.error);
      return this.#done(reconcile.failed(scale.error));
    }
    reconcile.scaleWasRead(scale);
    const seed = { replicas: scale.specReplicas, atMs: nowMs };
    const { recommendations = [seed] } = this.#memory;
    this.#memory = { ...this.#memory, recommendations };
    const mode = this.#modeOf(scale, reconcile);
    reconcile.mode = mode;
    switch (mode) {
      case "disabled":
        reconcile.says("ScalingActive", "False", "ScalingDisabled", "the target has 0 replicas");
        if (!this.rules.gates.scaleToZero && this.rules.keepsScaledToZero) reconcile.forgetsZero();
        return this.#done(reconcile.unchanged(0));
      case "above max":
        return this.#write(reconcile, scale, this.#spec.maxReplicas, observation);
      case "below min":
        return this.#write(reconcile, scale, this.#spec.minReplicas, observation);
      default:
        return this.#byMetrics(reconcile, scale, observation);
    }
  }

  #modeOf({ specReplicas }: Scale, { conditions }: Reconcile): Mode {
    const { minReplicas, maxReplicas } = this.#spec;
    if (specReplicas === 0 && leavesZero(this.#spec, conditions, this.rules)) return "metrics";
    if (specReplicas === 0 && (minReplicas !== 0 || this.rules.keepsScaledToZero)) {
      return "disabled";
    }
    if (specReplicas > maxReplicas) return "above max";
    return specReplicas < minReplicas ? "below min" : "metrics";
  }

  #byMetrics(reconcile: Reconcile, scale: Scale, observation: Observation): Decision {
    const { selector = "valid" } = observation;
    if (selector !== "valid") {
      const [reason, event, message] = SELECTOR_FAULTS[selector];
      reconcile.says("ScalingActive", "False", reason, message);
      reconcile.warns(event, message);
      reconcile.warns("FailedComputeMetricsReplicas", message);
      return this.#done(reconcile.failed(message));
    }
    const found = combined(this.#spec.metrics, observation.metrics, {
      ...scale,
      pods: observation.pods,
      tolerances: tolerancesOf(this.#spec.behavior, this.rules),
      rules: this.rules,
      nowMs: reconcile.nowMs,
    });
    reconcile.metricsWereRead(found);
    if (found.raw === undefined) return this.#done(reconcile.failed(found.failures[0].error));
    return this.#byProposal(reconcile, scale, { ...found, raw: found.raw }, observation);
  }

  #byProposal(
    reconcile: Reconcile,
    scale: Scale,
    found: Combined & { readonly raw: number },
    observation: Observation,
  ): Decision {
    const { specReplicas } = scale;
    const { flags } = this.rules;
    const { nowMs, conditions } = reconcile;
    const normal = normalized(found.raw, specReplicas, this.#spec, this.#memory, flags, nowMs);
    this.#memory = { ...this.#memory, recommendations: normal.recommendations };
    reconcile.normalized(normal);
    sayNormalized(reconcile, normal);
    const isBack = specReplicas === 0 && isOwnZero(conditions, this.rules);
    const least = isBack ? this.#spec.minReplicas : -Infinity;
    const replicas = Math.max(normal.replicas, least);
    if (replicas === specReplicas) return this.#done(reconcile.unchanged(replicas));
    return this.#write(reconcile, scale, replicas, observation);
  }

  #write(
    reconcile: Reconcile,
    { specReplicas }: Scale,
    replicas: number,
    { scaleWrite = "succeeds", scaleWriteMs = 0 }: Observation,
  ): Decision {
    const { mode, winner, raw = replicas } = reconcile;
    const why = rescaleReason(mode, winner, raw, specReplicas);
    const isRetried = scaleWrite === "conflicts once" && this.rules.retriesConflicts;
    if (scaleWrite !== "succeeds" && !isRetried) {
      const error =
        scaleWrite === "fails" ? "the write was refused" : "the scale changed meanwhile";
      reconcile.says("AbleToScale", "False", "FailedUpdateScale", `${error}: ${replicas}`);
      reconcile.warns("FailedRescale", `New size: ${replicas}; reason: ${why}; error: ${error}`);
      return this.#done(reconcile.unwritten(replicas, error));
    }
    const writtenAtMs = reconcile.nowMs + scaleWriteMs;
    const change = { from: specReplicas, to: replicas };
    reconcile.says("AbleToScale", "True", "SucceededRescale", `the scale is now ${replicas}`);
    reconcile.conditions = rememberedZero(
      reconcile.conditions,
      this.#spec,
      change,
      this.rules,
      reconcile.nowMs,
    );
    reconcile.tells("SuccessfulRescale", `New size: ${replicas}; reason: ${why}`);
    this.#memory = { ...this.#memory, events: this.#eventsWith(change, writtenAtMs) };
    return this.#done(reconcile.rescaled(replicas, writtenAtMs));
  }

  #eventsWith(change: { readonly from: number; readonly to: number }, atMs: number): ScaleEvents {
    const { behavior } = this.#spec;
    const { events } = this.#memory;
    if (behavior === undefined) return events;
    const { from, to } = change;
    if (to > from)
      return { ...events, ups: withEvent(events.ups, to - from, behavior.scaleUp, atMs) };
    return { ...events, downs: withEvent(events.downs, from - to, behavior.scaleDown, atMs) };
  }

  #done(decision: Decision): Decision {
    this.#status = decision.status;
    return decision;
  }
}

function sayNormalized(reconcile: Reconcile, normal: Normalized): void {
  const { ableReason, limitReason, isLimited } = normal;
  reconcile.says("AbleToScale", "True", ableReason, ableText(ableReason));
  const status = isLimited ? "True" : "False";
  reconcile.says("ScalingLimited", status, limitReason, limitText(limitReason));
}
