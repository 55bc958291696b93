// One reconcile while it runs: what has been said so far, and how it becomes a decision.

import type { Combined } from "./combine.ts";
import { type Condition, type Conditions, withCondition, withoutCondition } from "./conditions.ts";
import type { Decision, HpaStatus, KubernetesEvent, Scale } from "./decision.ts";
import type { Normalized } from "./normalize.ts";
import type { FilledSpec } from "./spec.ts";
import type { DecisionTrace, Mode } from "./trace.ts";
import { decisionText } from "./words.ts";

export class Reconcile {
  readonly nowMs: number;
  conditions: Conditions;
  mode: Mode;
  readonly #spec: FilledSpec;
  readonly #before: HpaStatus;
  readonly #events: KubernetesEvent[] = [];
  #scale: Scale | undefined;
  #found: Combined | undefined;
  #normal: Normalized | undefined;

  constructor(nowMs: number, spec: FilledSpec, before: HpaStatus) {
    this.nowMs = nowMs;
    this.conditions = before.conditions;
    this.mode = "no scale";
    this.#spec = spec;
    this.#before = before;
    this.#scale = undefined;
    this.#found = undefined;
    this.#normal = undefined;
  }

  get winner(): string | undefined {
    return this.#found?.winner;
  }

  get raw(): number | undefined {
    return this.#found?.raw;
  }

  says(
    type: Condition["type"],
    status: Condition["status"],
    reason: string,
    message: string,
  ): void {
    this.conditions = withCondition(this.conditions, { type, status, reason, message }, this.nowMs);
  }

  forgetsZero(): void {
    this.conditions = withoutCondition(this.conditions, "ScaledToZero");
  }

  tells(reason: string, message: string): void {
    this.#events.push({ type: "Normal", reason, message });
  }

  warns(reason: string, message: string): void {
    this.#events.push({ type: "Warning", reason, message });
  }

  scaleWasRead(scale: Scale): void {
    this.#scale = scale;
    this.says("AbleToScale", "True", "SucceededGetScale", "the scale of the target was read");
  }

  metricsWereRead(found: Combined): void {
    this.#found = found;
    for (const { reason, error } of found.failures) this.warns(reason, error);
    if (found.raw === undefined) {
      const { reason, error } = found.failures[0];
      this.says("ScalingActive", "False", reason, error);
      this.warns("FailedComputeMetricsReplicas", error);
    } else {
      const message = `a replica count was computed from ${found.winner}`;
      this.says("ScalingActive", "True", "ValidMetricFound", message);
    }
  }

  normalized(normal: Normalized): void {
    this.#normal = normal;
  }

  /** Ends with an error before anything was decided: the status keeps what it desired. */
  failed(error: string): Decision {
    const replicas = this.#scale?.specReplicas ?? this.#before.currentReplicas ?? 0;
    return this.#decision(replicas, false, error, this.#before.desiredReplicas);
  }

  unchanged(replicas: number): Decision {
    return this.#decision(replicas, false, this.#metricError(), replicas);
  }

  /** Decided, and the write failed. */
  unwritten(replicas: number, error: string): Decision {
    return this.#decision(replicas, false, error, this.#before.desiredReplicas);
  }

  rescaled(replicas: number, writtenAtMs: number): Decision {
    return this.#decision(replicas, true, this.#metricError(), replicas, writtenAtMs);
  }

  /** Of a metric that failed while the others were accepted. */
  #metricError(): string | undefined {
    return this.#found?.failures[0]?.error;
  }

  #decision(
    final: number,
    rescaled: boolean,
    error: string | undefined,
    desiredReplicas: number | undefined,
    writtenAtMs?: number,
  ): Decision {
    const scale = this.#scale;
    const trace = this.#trace(final);
    const specReplicas = scale?.specReplicas ?? 0;
    const { currentReplicas, currentMetrics, lastScaleAtMs } = this.#before;
    return {
      atMs: this.nowMs,
      scale,
      rescaled,
      replicas: rescaled ? final : scale?.specReplicas,
      error,
      status: {
        currentReplicas: scale?.specReplicas ?? currentReplicas,
        desiredReplicas,
        lastScaleAtMs: writtenAtMs ?? lastScaleAtMs,
        conditions: this.conditions,
        currentMetrics: scale === undefined ? currentMetrics : trace.metrics,
      },
      events: this.#events,
      trace,
      reason: decisionText({ trace, specReplicas, rescaled, error }),
    };
  }

  #trace(final: number): DecisionTrace {
    const { minReplicas, maxReplicas } = this.#spec;
    const reason = this.#normal?.limitReason;
    return {
      mode: this.mode,
      metrics: this.#found?.traces ?? [],
      raw: this.#found?.raw,
      winner: this.#found?.winner,
      stabilization: this.#normal?.stabilization,
      rate: this.#normal?.rate,
      limits: { minReplicas, maxReplicas, reason },
      final,
    };
  }
}
