// A Prometheus that scrapes the pods of the nodes, and the edges.
//
// Every target has a phase of its own in the scrape period, so that the samples behind one decision are of different ages.
// A pod is a target from soon after its creation until it is gone, also while it terminates. Whatever is there at the
// beginning has been there for long: it was scraped before. Only metrics that the HPA asks for are kept.

import type { Scenario } from "../../../../scenarios/schema.ts";
import { randomStream } from "../../../engine/random.ts";
import {
  type Exposition,
  type SlotPod,
  type Slots,
  Step,
  type Timers,
  untilPhase,
} from "./exposition.ts";
import { Series } from "./series.ts";

/** A change of the pods becomes a change of the targets at most this much later. Cited: Prometheus' reload interval. */
const DISCOVERY_EVERY_MS = 5_000;

export interface AskedMetrics {
  /** Names of metrics of the nodes' pods. */
  readonly ofPods: readonly string[];
  /** Names of metrics of anything else. */
  readonly ofOthers: readonly string[];
}

interface Target {
  readonly slot: number;
  readonly pod: SlotPod;
  readonly series: ReadonlyMap<string, Series>;
}

export interface PrometheusOptions {
  readonly settings: Scenario["autoscaling"]["pipeline"];
  readonly asked: AskedMetrics;
  readonly seed: number;
}

export class Prometheus {
  readonly #options: PrometheusOptions;
  readonly #slots: Slots;
  readonly #exposition: Exposition;
  readonly #timers: Timers;
  /** All there have ever been: a timer names one by its index. */
  readonly #targets: Target[];
  /** By slot: the last pod that became a target, and how many there were. */
  readonly #lives: { pod: SlotPod; count: number }[];
  /** By pod name: the newest target's. */
  readonly #ofPods: Map<string, Target>;
  /** By edge. */
  readonly #ofOthers: ReadonlyMap<string, Series>[];
  #hasAnswers: boolean;

  constructor(options: PrometheusOptions, slots: Slots, exposition: Exposition, timers: Timers) {
    this.#options = options;
    this.#slots = slots;
    this.#exposition = exposition;
    this.#timers = timers;
    this.#targets = [];
    this.#lives = [];
    this.#ofPods = new Map();
    this.#ofOthers = [];
    this.#hasAnswers = false;
  }

  begin(): void {
    this.#discover(true);
  }

  discovered(): void {
    this.#discover(false);
  }

  #discover(isBeginning: boolean): void {
    for (let slot = 0; slot < this.#slots.slotCount; slot++) {
      const pod = this.#slots.podOfSlot(slot);
      if (pod !== undefined && this.#lives[slot]?.pod !== pod) this.#met(slot, pod, isBeginning);
    }
    for (let edge = this.#ofOthers.length; edge < this.#otherCount(); edge++) {
      this.#metOther(edge, isBeginning);
    }
    this.#timers.after(DISCOVERY_EVERY_MS, Step.discover, 0);
  }

  #met(slot: number, pod: SlotPod, isBeginning: boolean): void {
    const count = (this.#lives[slot]?.count ?? 0) + 1;
    this.#lives[slot] = { pod, count };
    const target = { slot, pod, series: this.#seriesOf(this.#options.asked.ofPods) };
    this.#targets.push(target);
    this.#ofPods.set(pod.name, target);
    const inMs = this.#firstScrape("kubernetes scrape of a node", `${slot}/${count}`);
    if (isBeginning) this.#readPod(target, this.#before(inMs));
    this.#timers.after(inMs, Step.scrapePod, this.#targets.length - 1);
  }

  #metOther(edge: number, isBeginning: boolean): void {
    this.#ofOthers.push(this.#seriesOf(this.#options.asked.ofOthers));
    const inMs = this.#firstScrape("kubernetes scrape of an edge", edge);
    if (isBeginning) this.#readOther(edge, this.#before(inMs));
    this.#timers.after(inMs, Step.scrapeOther, edge);
  }

  /** The last scrape before a target's first one here. */
  #before(inMs: number): number {
    return this.#timers.nowMs() + inMs - this.#options.settings.scrapeEveryMs;
  }

  #firstScrape(purpose: string, entity: string | number): number {
    const { seed, settings } = this.#options;
    const { scrapeEveryMs } = settings;
    const phaseMs = randomStream(seed, purpose, entity).nextUnit() * scrapeEveryMs;
    return untilPhase(this.#timers.nowMs(), phaseMs, scrapeEveryMs);
  }

  #seriesOf(names: readonly string[]): ReadonlyMap<string, Series> {
    const { adapterWindowMs } = this.#options.settings;
    return new Map(names.map((name) => [name, new Series(adapterWindowMs)]));
  }

  #otherCount(): number {
    const { ofOthers } = this.#options.asked;
    return Math.max(0, ...ofOthers.map((name) => this.#exposition.otherSeries(name)?.length ?? 0));
  }

  /** The timer of a target: a pod that is gone is marked as such, and was scraped for the last time. */
  scrapePod(index: number): void {
    const target = this.#targets[index];
    const isThere = this.#slots.podOfSlot(target.slot) === target.pod;
    if (!isThere) {
      for (const series of target.series.values()) series.ended();
      return;
    }
    this.#readPod(target, this.#timers.nowMs());
    this.#timers.after(this.#options.settings.scrapeEveryMs, Step.scrapePod, index);
  }

  scrapeOther(edge: number): void {
    this.#readOther(edge, this.#timers.nowMs());
    this.#timers.after(this.#options.settings.scrapeEveryMs, Step.scrapeOther, edge);
  }

  #readPod({ slot, series }: Target, atMs: number): void {
    const exposed = this.#exposition.podMetrics(slot);
    if (exposed !== undefined) this.#hasAnswers = true;
    for (const [name, one] of series) read(one, exposed?.get(name), atMs);
  }

  #readOther(edge: number, atMs: number): void {
    for (const [name, one] of this.#ofOthers[edge]) {
      read(one, this.#exposition.otherSeries(name)?.[edge], atMs);
    }
  }

  /** The series of the newest target with this pod name. */
  podSeries(pod: string, metric: string): Series | undefined {
    return this.#ofPods.get(pod)?.series.get(metric);
  }

  /** One per edge. */
  otherSeries(metric: string): readonly Series[] {
    return this.#ofOthers.flatMap((series) => series.get(metric) ?? []);
  }

  /**
   * Whether a series of the name, of pods or of others, had a sample after this time. A rule over series of others has its name
   * as soon as they are exposed, also while it finds nothing.
   */
  isListed(metric: string, isOfPods: boolean, afterMs: number): boolean {
    if (!isOfPods && this.#exposition.otherSeries(metric) !== undefined) return true;
    const all = isOfPods
      ? [...this.#ofPods.values()].map(({ series }) => series.get(metric))
      : this.otherSeries(metric);
    return all.some((series) => (series?.lastAtMs ?? -Infinity) > afterMs);
  }

  /** Whether any pod has answered a scrape. */
  get hasAnswers(): boolean {
    return this.#hasAnswers;
  }
}

function read(series: Series, value: number | undefined, atMs: number): void {
  if (value === undefined) series.ended();
  else series.sampled(value, atMs);
}
