// From pods to the controller: the ways that a metric takes, and what becomes of it when an API is down.
//
// A custom or external metric goes pod → scrape → Prometheus → adapter, CPU goes pod → metrics-server. Each has its own
// period and phase, so that a step in load reaches the controller between at once and a whole period later.

import type { Scenario } from "../../../../scenarios/schema.ts";
import type { PodView } from "../hpa/pods.ts";
import type { PodUsage } from "../hpa/reading.ts";
import type { MetricSpec } from "../hpa/spec.ts";
import { Adapter, type Answer } from "./adapter.ts";
import { type Exposition, type Slots, Step, type Timers } from "./exposition.ts";
import { MetricsServer } from "./metrics-server.ts";
import { Prometheus } from "./prometheus.ts";

export type MetricsApi = "resource" | "custom" | "external";
const APIS: readonly MetricsApi[] = ["resource", "custom", "external"];

export interface PipelineOptions {
  readonly settings: Scenario["autoscaling"]["pipeline"];
  /** Of the HPA, as the API server stores it. */
  readonly metrics: readonly MetricSpec[];
  readonly seed: number;
}

export class MetricPipeline {
  readonly #metrics: readonly MetricSpec[];
  readonly #prometheus: Prometheus;
  readonly #adapter: Adapter;
  readonly #metricsServer: MetricsServer;
  readonly #outages: Set<MetricsApi>;

  constructor(options: PipelineOptions, slots: Slots, exposition: Exposition, timers: Timers) {
    const { settings, metrics, seed } = options;
    const named = (types: readonly MetricSpec["type"][]): readonly string[] => [
      ...new Set(metrics.flatMap((m) => ("metric" in m && types.includes(m.type) ? m.metric : []))),
    ];
    const asked = { ofPods: named(["Pods"]), ofOthers: named(["Object", "External"]) };
    const scraped = { settings, asked, seed };
    this.#metrics = metrics;
    this.#prometheus = new Prometheus(scraped, slots, exposition, timers);
    this.#adapter = new Adapter(this.#prometheus, scraped, timers);
    const measured = { everyMs: settings.resourceEveryMs, seed };
    this.#metricsServer = new MetricsServer(measured, slots, exposition, timers);
    this.#outages = new Set();
  }

  begin(): void {
    this.#prometheus.begin();
    this.#adapter.begin();
    this.#metricsServer.begin();
  }

  fired(step: number, arg: number): void {
    switch (step) {
      case Step.discover:
        return this.#prometheus.discovered();
      case Step.scrapePod:
        return this.#prometheus.scrapePod(arg);
      case Step.scrapeOther:
        return this.#prometheus.scrapeOther(arg);
      case Step.measureCpu:
        return this.#metricsServer.measured();
      case Step.relist:
        return this.#adapter.relisted();
    }
  }

  setOutage(api: MetricsApi | "all", isOut: boolean): void {
    for (const one of api === "all" ? APIS : [api]) {
      if (isOut) this.#outages.add(one);
      else this.#outages.delete(one);
    }
  }

  /** What the controller gets when it asks now: one for each metric, in the order of the spec. */
  answers(pods: readonly PodView[]): readonly Answer[] {
    return this.#metrics.map((metric) => this.#answer(metric, pods));
  }

  #answer(metric: MetricSpec, pods: readonly PodView[]): Answer {
    if (this.#outages.has(apiOf(metric))) {
      const error = "the server is currently unable to handle the request";
      return { reading: { kind: "failed", error }, sampledAt: undefined };
    }
    switch (metric.type) {
      case "Resource":
      case "ContainerResource":
        return this.#usages(metric.resource, pods);
      case "Pods":
      case "Object":
      case "External":
        return this.#adapter.answer(
          metric,
          pods.map(({ name }) => name),
        );
      case "Unknown":
        return { reading: { kind: "failed", error: "no API has it" }, sampledAt: undefined };
    }
  }

  #usages(resource: string, pods: readonly PodView[]): Answer {
    const usages = resource === "cpu" ? pods.flatMap((pod) => this.#usageOf(pod) ?? []) : [];
    const times = usages.map(({ atMs }) => atMs);
    const youngestMs = Math.max(...times);
    const oldestMs = Math.min(...times);
    return {
      reading: { kind: "usages", usages },
      sampledAt: usages.length === 0 ? undefined : { youngestMs, oldestMs },
    };
  }

  #usageOf({ name, containers }: PodView): PodUsage | undefined {
    const [container] = containers;
    return container && this.#metricsServer.usageOf(name, container.name);
  }
}

function apiOf({ type }: MetricSpec): MetricsApi {
  if (type === "External") return "external";
  return type === "Pods" || type === "Object" ? "custom" : "resource";
}
