// The HPA in its cluster: when the controller looks, what it sees then, and what becomes of its decision.
//
// The real queue puts an HPA back a sync period after its reconcile ended, so that looks are a little more than a period
// apart and their phase drifts. A reconcile reads the scale and the metrics at its beginning and writes the scale at its
// end; a controller manager that restarts in between has written nothing and remembers nothing. The controller's clock shows whole
// milliseconds: an event that is exactly a period old is so to the bit.

import { assert } from "../../../../core/assert.ts";
import type { Scenario } from "../../../../scenarios/schema.ts";
import { type RandomStream, randomStream } from "../../../engine/random.ts";
import type { DecisionRecord } from "../../../result.ts";
import { sampler } from "../../latency.ts";
import { HpaController } from "../hpa/controller.ts";
import { type HpaManifest, hpaManifest } from "../hpa/manifest.ts";
import { type ControllerFlags, rulesOf } from "../hpa/version.ts";
import { type Exposition, type ScaledPods, Step, type Timers } from "../pipeline/exposition.ts";
import { type MetricsApi, MetricPipeline } from "../pipeline/pipeline.ts";
import { recordOf } from "./decision-record.ts";
import { Flaps } from "./flaps.ts";

export interface HpaLoopOptions {
  /** With an HPA. */
  readonly autoscaling: Scenario["autoscaling"];
  /** CPU of one pod that counts as 100 %, thousandths of a core. */
  readonly podCpuRequestMilli: number;
  readonly seed: number;
}

export class HpaLoop {
  /** The HPA as the scenario gives it. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The same, read. */
  readonly hpa: HpaManifest;
  readonly #options: HpaLoopOptions;
  readonly #scale: ScaledPods;
  readonly #timers: Timers;
  readonly #controller: HpaController;
  readonly #pipeline: MetricPipeline;
  readonly #reconcileMs: (stream: RandomStream) => number;
  readonly #stream: RandomStream;
  readonly #decisions: DecisionRecord[];
  readonly #flaps: Flaps;
  #rescales: number;
  /** Lives of the controller manager: timers of an earlier one mean nothing. */
  #life: number;
  /** Decided in the reconcile that runs, not yet written. */
  #pending: DecisionRecord | undefined;

  /** Throws `FieldError` where the API server would refuse the manifest. */
  constructor(options: HpaLoopOptions, scale: ScaledPods, exposition: Exposition, timers: Timers) {
    const { autoscaling, seed } = options;
    const { hpa, kubernetesVersion, controller, pipeline } = autoscaling;
    assert(hpa !== undefined, "a loop has an HPA");
    const flags = flagsOf(controller);
    this.manifest = hpa;
    this.hpa = hpaManifest(hpa, rulesOf(kubernetesVersion, { flags }));
    this.#options = options;
    this.#scale = scale;
    this.#timers = timers;
    this.#controller = new HpaController(this.hpa.spec, kubernetesVersion, { flags });
    const { metrics } = this.#controller.spec;
    this.#pipeline = new MetricPipeline(
      { settings: pipeline, metrics, seed },
      scale,
      exposition,
      timers,
    );
    this.#reconcileMs = sampler(controller.reconcileMs);
    this.#stream = randomStream(seed, "kubernetes hpa reconcile");
    this.#decisions = [];
    this.#flaps = new Flaps();
    this.#rescales = 0;
    this.#life = 0;
    this.#pending = undefined;
  }

  get decisions(): readonly DecisionRecord[] {
    return this.#decisions;
  }

  get rescales(): number {
    return this.#rescales;
  }

  /** Reversals of direction within a quarter of an hour. */
  get flaps(): number {
    return this.#flaps.count;
  }

  /** The HPA has been there for long: its next look comes at any moment of a period. */
  begin(): void {
    this.#pipeline.begin();
    const { seed, autoscaling } = this.#options;
    const share = randomStream(seed, "kubernetes hpa phase").nextUnit();
    this.#lookIn(Math.floor(share * autoscaling.controller.syncPeriodMs));
  }

  fired(step: number, arg: number): void {
    if (step !== Step.sync && step !== Step.write) this.#pipeline.fired(step, arg);
    else if (arg === this.#life && step === Step.sync) this.#look();
    else if (arg === this.#life) this.#wrote();
  }

  /** It forgets its windows, and meets the HPA as a new one: at once, or after a period in older releases. */
  restartController(): void {
    this.#life += 1;
    this.#pending = undefined;
    this.#controller.restarted();
    const { syncPeriodMs } = this.#options.autoscaling.controller;
    this.#lookIn(this.#controller.rules.reconcilesAtOnce ? 0 : syncPeriodMs);
  }

  setOutage(api: MetricsApi | "all", isOut: boolean): void {
    this.#pipeline.setOutage(api, isOut);
  }

  #lookIn(ms: number): void {
    this.#timers.after(ms, Step.sync, this.#life);
  }

  #look(): void {
    const nowMs = Math.round(this.#timers.nowMs());
    const durationMs = Math.ceil(this.#reconcileMs(this.#stream));
    const { specReplicas, statusReplicas } = this.#scale;
    const pods = this.#scale.podViews();
    const answers = this.#pipeline.answers(pods);
    const decision = this.#controller.tick(nowMs, {
      scale: { specReplicas, statusReplicas },
      pods,
      metrics: answers.map(({ reading }) => reading),
      scaleWriteMs: durationMs,
    });
    const { podCpuRequestMilli } = this.#options;
    const { metrics } = this.#controller.spec;
    this.#pending = recordOf(decision, { metrics, answers, pods, podCpuRequestMilli });
    this.#timers.after(durationMs, Step.write, this.#life);
  }

  #wrote(): void {
    const record = this.#pending;
    assert(record !== undefined, "a reconcile that ends has decided");
    this.#pending = undefined;
    this.#decisions.push(record);
    const { rescaled, replicas, specReplicas } = record;
    if (rescaled && replicas !== undefined && specReplicas !== undefined) {
      this.#rescales += 1;
      this.#flaps.rescaled(specReplicas, replicas, this.#timers.nowMs());
      this.#scale.scaleTo(replicas);
    }
    this.#lookIn(this.#options.autoscaling.controller.syncPeriodMs);
  }
}

function flagsOf(controller: Scenario["autoscaling"]["controller"]): Partial<ControllerFlags> {
  const { syncPeriodMs, toleranceRatio, downscaleStabilizationMs } = controller;
  const { cpuInitializationPeriodMs, initialReadinessDelayMs } = controller;
  return {
    syncPeriodMs,
    tolerance: toleranceRatio,
    downscaleStabilizationMs,
    cpuInitializationPeriodMs,
    initialReadinessDelayMs,
  };
}
