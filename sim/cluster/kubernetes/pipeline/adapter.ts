// The prometheus-adapter: custom and external metrics APIs on top of a Prometheus.
//
// It asks Prometheus when it is asked, and knows only names that it found when it last listed them: a metric that is new is
// unknown to the HPA for up to a relist. Its answers carry the time of the query, whatever the age of the sample, so the
// HPA cannot know how old a value is; the ages told here are for those who explain a decision.

import { randomStream } from "../../../engine/random.ts";
import type { Sample } from "../hpa/pods.ts";
import type { MetricReading } from "../hpa/reading.ts";
import type { MetricSpec } from "../hpa/spec.ts";
import { Step, type Timers } from "./exposition.ts";
import type { Prometheus, PrometheusOptions } from "./prometheus.ts";
import type { SeriesValue } from "./series.ts";

/** What the API answered, and when the samples behind it were taken. */
export interface Answer {
  readonly reading: MetricReading;
  /** Undefined without samples. */
  readonly sampledAt: { readonly youngestMs: number; readonly oldestMs: number } | undefined;
}

/** Of a value without a window the controller assumes this one. Cited: the HPA's client of the custom metrics API. */
const ASSUMED_WINDOW_MS = 60_000;

type AdaptedMetric = Extract<MetricSpec, { readonly type: "Pods" | "Object" | "External" }>;

export class Adapter {
  readonly #prometheus: Prometheus;
  readonly #timers: Timers;
  readonly #options: PrometheusOptions;
  /** Names of pods' metrics, and of others'. */
  readonly #known: { readonly ofPods: Set<string>; readonly ofOthers: Set<string> };

  constructor(prometheus: Prometheus, options: PrometheusOptions, timers: Timers) {
    this.#prometheus = prometheus;
    this.#timers = timers;
    this.#options = options;
    this.#known = { ofPods: new Set(), ofOthers: new Set() };
  }

  /** What is exposed at the beginning has been listed before. */
  begin(): void {
    this.#list();
    const { asked, seed, settings } = this.#options;
    // Pods that come up with the simulation itself were there before it, too.
    if (!this.#prometheus.hasAnswers) {
      for (const name of asked.ofPods) this.#known.ofPods.add(name);
    }
    const stream = randomStream(seed, "kubernetes adapter relist");
    this.#timers.after(stream.nextUnit() * settings.relistEveryMs, Step.relist, 0);
  }

  relisted(): void {
    this.#list();
    this.#timers.after(this.#options.settings.relistEveryMs, Step.relist, 0);
  }

  #list(): void {
    const { asked, settings } = this.#options;
    const sinceMs = this.#timers.nowMs() - settings.relistEveryMs;
    for (const key of ["ofPods", "ofOthers"] as const) {
      const isOfPods = key === "ofPods";
      const found = asked[key].filter((name) => this.#prometheus.isListed(name, isOfPods, sinceMs));
      this.#known[key].clear();
      for (const name of found) this.#known[key].add(name);
    }
  }

  /** `pods`: names that the selector finds. */
  answer(metric: AdaptedMetric, pods: readonly string[]): Answer {
    const isOfPods = metric.type === "Pods";
    const known = isOfPods ? this.#known.ofPods : this.#known.ofOthers;
    if (!known.has(metric.metric)) return notFound(metric);
    if (isOfPods) return this.#ofPods(metric.metric, pods);
    const values = this.#prometheus
      .otherSeries(metric.metric)
      .flatMap((series) => this.#valueOf(series) ?? []);
    if (metric.type === "Object" && values.length === 0) return notFound(metric);
    return { reading: wholeReading(metric.type, values), sampledAt: sampledAt(values) };
  }

  #ofPods(metric: string, pods: readonly string[]): Answer {
    const atMs = this.#timers.nowMs();
    const samples = new Map<string, Sample>();
    const values: SeriesValue[] = [];
    for (const pod of pods) {
      const value = this.#valueOf(this.#prometheus.podSeries(pod, metric));
      if (value === undefined) continue;
      values.push(value);
      samples.set(pod, { valueMilli: milliOf(value.value), atMs, windowMs: ASSUMED_WINDOW_MS });
    }
    return { reading: { kind: "samples", samples }, sampledAt: sampledAt(values) };
  }

  #valueOf(series: ReturnType<Prometheus["podSeries"]>): SeriesValue | undefined {
    return series?.at(this.#timers.nowMs(), this.#options.settings.lookbackMs);
  }
}

function wholeReading(type: "Object" | "External", values: readonly SeriesValue[]): MetricReading {
  if (type === "External") {
    return { kind: "series", valuesMilli: values.map(({ value }) => milliOf(value)) };
  }
  const sum = values.reduce((total, { value }) => total + value, 0);
  return { kind: "value", valueMilli: milliOf(sum) };
}

/** Thousandths, cut; what is no number is 0. Cited: prometheus-adapter, which makes quantities so. */
function milliOf(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value * 1_000)) : 0n;
}

function notFound({ type, metric }: AdaptedMetric): Answer {
  const of = { Pods: " for pods", Object: " for the object", External: "" }[type];
  const error = `the server could not find the metric ${metric}${of}`;
  return { reading: { kind: "failed", error }, sampledAt: undefined };
}

export function sampledAt(values: readonly SeriesValue[]): Answer["sampledAt"] {
  if (values.length === 0) return undefined;
  return {
    youngestMs: Math.max(...values.map(({ youngestAtMs }) => youngestAtMs)),
    oldestMs: Math.min(...values.map(({ oldestAtMs }) => oldestAtMs)),
  };
}
