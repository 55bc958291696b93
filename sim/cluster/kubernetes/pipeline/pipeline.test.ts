import { expect, test } from "vitest";
import { hpaManifest } from "../hpa/manifest.ts";
import { filled } from "../hpa/spec.ts";
import { rulesOf } from "../hpa/version.ts";
import {
  type Changes,
  SmallCluster,
  autoscalingOf,
  cpuMetric,
  externalMetric,
  objectMetric,
  podsMetric,
} from "../loop/small-cluster.ts";
import type { Answer } from "./adapter.ts";
import { untilPhase } from "./exposition.ts";
import { MetricPipeline } from "./pipeline.ts";
import { Series } from "./series.ts";

const LOAD = "load";

/** The pipeline alone, for these metrics. */
class Bench {
  readonly cluster: SmallCluster;
  readonly pipeline: MetricPipeline;

  constructor(cluster: SmallCluster, metrics: readonly object[], changes: Changes = {}) {
    const { hpa, pipeline } = autoscalingOf({ maxReplicas: 9, metrics }, changes);
    const { spec } = hpaManifest(hpa, rulesOf("1.35"));
    this.cluster = cluster;
    const options = { settings: pipeline, metrics: filled(spec).metrics, seed: 5 };
    this.pipeline = new MetricPipeline(options, cluster, cluster, cluster);
    this.pipeline.begin();
  }

  at(ms: number): readonly Answer[] {
    this.cluster.play(this.pipeline, ms);
    return this.pipeline.answers(this.cluster.podViews());
  }

  /** Values by pod of the first metric. */
  values(ms: number): Readonly<Record<string, number>> {
    const [{ reading }] = this.at(ms);
    if (reading.kind !== "samples") return {};
    return Object.fromEntries(
      [...reading.samples].map(([pod, { valueMilli }]) => [pod, Number(valueMilli) / 1_000]),
    );
  }
}

test("[MP1] each pod is scraped once a period at a phase of its own, the edges too", () => {
  const cluster = new SmallCluster(40);
  const times: number[][] = Array.from({ length: 40 }, () => []);
  cluster.exposes = (slot, nowMs) => {
    times[slot].push(nowMs);
    return { [LOAD]: 1 };
  };
  new Bench(cluster, [podsMetric(LOAD, 1)]).at(60_000);

  const phases = times.map((of) => of[1]);
  for (const [i, of] of times.entries()) {
    expect(of.slice(1).map((ms) => Math.round(ms - phases[i]))).toEqual([
      0, 15_000, 30_000, 45_000,
    ]);
    expect(phases[i]).toBeLessThanOrEqual(15_000);
  }
  expect(Math.min(...phases)).toBeLessThan(1_500);
  expect(Math.max(...phases)).toBeGreaterThan(13_500);
});

test("[MP1] the next moment of a phase lies within a period, and is not now", () => {
  expect(untilPhase(0, 4, 15)).toBe(4);
  expect(untilPhase(5, 4, 15)).toBe(14);
  expect(untilPhase(19, 4, 15)).toBe(15);
  expect(untilPhase(0, 0, 15)).toBe(15);
});

test("[MP2] what is there at the beginning was scraped before, and was idle", () => {
  const cluster = new SmallCluster(3);
  cluster.exposes = () => ({ [LOAD]: 7 });
  cluster.cpuMs = () => 1_234;
  const metrics = [podsMetric(LOAD, 1), cpuMetric(60)];
  const bench = new Bench(cluster, metrics);
  const [load, cpu] = bench.at(0);

  expect(bench.values(0)).toEqual({ "nodes-0": 7, "nodes-1": 7, "nodes-2": 7 });
  expect(load.sampledAt!.oldestMs).toBeGreaterThanOrEqual(-15_000);
  expect(load.sampledAt!.youngestMs).toBeLessThanOrEqual(0);
  const usages = cpu.reading.kind === "usages" ? cpu.reading.usages : [];
  expect(usages.map(({ containersMilli }) => containersMilli.get("main"))).toEqual([0n, 0n, 0n]);
});

test("[MP3] the answer carries the time of the query and thousandths that are cut; what is no number is 0", () => {
  const cluster = new SmallCluster(3);
  cluster.exposes = (slot) => ({ [LOAD]: [1.23456, 2, NaN][slot] });
  const [{ reading }] = new Bench(cluster, [podsMetric(LOAD, 1)]).at(42_000);

  const samples = reading.kind === "samples" ? [...reading.samples.values()] : [];
  const query = { atMs: 42_000, windowMs: 60_000 };
  expect(samples).toEqual([
    { valueMilli: 1_234n, ...query },
    { valueMilli: 2_000n, ...query },
    { valueMilli: 0n, ...query },
  ]);
});

test("[MP4] a new pod has no sample before its first scrape, within discovery and a period", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = (slot) => ({ [LOAD]: 10 + slot });
  const bench = new Bench(cluster, [podsMetric(LOAD, 1)]);
  bench.at(31_000);
  cluster.scaleTo(4);

  expect(bench.values(31_000)).toEqual({ "nodes-0": 10, "nodes-1": 11 });
  expect(bench.values(35_000 + 15_000)).toEqual({
    "nodes-0": 10,
    "nodes-1": 11,
    "nodes-2": 12,
    "nodes-3": 13,
  });
});

test("[MP5] the series of a pod that is gone or does not answer ends with the scrape that would have been next", () => {
  const cluster = new SmallCluster(3);
  let isSilent = false;
  cluster.exposes = (slot) => (slot === 1 && isSilent ? undefined : { [LOAD]: slot });
  const bench = new Bench(cluster, [podsMetric(LOAD, 1)]);
  const views = cluster.podViews();
  bench.at(60_000);
  isSilent = true;
  cluster.scaleTo(2); // The third is gone, and somebody still asks for it.
  const names = (): readonly string[] => {
    const [{ reading }] = bench.pipeline.answers(views);
    return reading.kind === "samples" ? [...reading.samples.keys()] : [];
  };

  expect(names()).toEqual(["nodes-0", "nodes-1", "nodes-2"]);
  bench.at(75_000);
  expect(names()).toEqual(["nodes-0"]);
  isSilent = false;
  bench.at(90_000);
  expect(names()).toEqual(["nodes-0", "nodes-1"]);
});

test("[MP5] of two pods with one name the later one's series counts", () => {
  const cluster = new SmallCluster(1);
  let value = 5;
  cluster.exposes = () => ({ [LOAD]: value });
  const bench = new Bench(cluster, [podsMetric(LOAD, 1)]);
  bench.at(40_000);
  cluster.replacePod(0);
  value = 0;

  expect(bench.values(40_000)).toEqual({ "nodes-0": 5 });
  expect(bench.values(65_000)).toEqual({ "nodes-0": 0 });
});

test("[MP6] a sample older than the lookback is none, and a window averages what was sampled in it", () => {
  const last = new Series(0);
  last.sampled(3, 1_000);
  last.sampled(5, 2_000);
  expect(last.at(301_999, 300_000)?.value).toBe(5);
  expect(last.at(302_000, 300_000)).toBeUndefined();
  last.ended();
  expect(last.at(2_001, 300_000)).toBeUndefined();

  const mean = new Series(60_000);
  mean.sampled(10, 0);
  mean.sampled(20, 30_000);
  expect(mean.at(59_999, 300_000)).toEqual({ value: 15, youngestAtMs: 30_000, oldestAtMs: 0 });
  mean.sampled(60, 60_000);
  expect(mean.at(60_000, 300_000)?.value).toBe(40);
  mean.ended();
  expect(mean.at(60_000, 300_000)?.value).toBe(40);
  expect(mean.at(120_000, 300_000)).toBeUndefined();
});

test("[MP7] a name that appears later is known to the adapter at its next relist", () => {
  const cluster = new SmallCluster(2);
  let isExposed = false;
  cluster.exposes = () => ({ other: 1, ...(isExposed ? { [LOAD]: 1 } : {}) });
  const pipeline = { relistEveryMs: 120_000 };
  const bench = new Bench(cluster, [podsMetric(LOAD, 1), podsMetric("other", 1)], { pipeline });
  const kinds = (ms: number): readonly string[] => bench.at(ms).map(({ reading }) => reading.kind);
  expect(kinds(130_000)).toEqual(["failed", "samples"]);

  isExposed = true;
  const known: number[] = [];
  for (let ms = 150_000; ms <= 290_000; ms += 1_000) {
    if (kinds(ms)[0] === "samples") known.push(ms);
  }
  expect(known.at(-1)).toBe(290_000);
  expect(known[0]).toBeGreaterThan(150_000);
  const [{ reading }] = bench.at(290_000);
  expect(reading.kind).toBe("samples");
});

test("[MP7] a name that no pod exposes is unknown, whatever else they expose", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = () => ({ other: 1 });
  const [{ reading }] = new Bench(cluster, [podsMetric(LOAD, 1)]).at(5_000);

  const error = "the server could not find the metric load for pods";
  expect(reading).toEqual({ kind: "failed", error });
});

test("[MP7] a rule that finds nothing yet is known, and answers as soon as there is a value", () => {
  const cluster = new SmallCluster(2);
  cluster.others = (_, nowMs) => (nowMs < 30_000 ? [] : [0.25]);
  const metrics = [externalMetric("ratio", 1), objectMetric("ratio", 1)];
  const bench = new Bench(cluster, metrics);

  const nothing = bench.at(20_000).map(({ reading }) => reading);
  expect(nothing[0]).toEqual({ kind: "series", valuesMilli: [] });
  expect(nothing[1].kind).toBe("failed");
  expect(bench.at(51_000).map(({ reading }) => reading)).toEqual([
    { kind: "series", valuesMilli: [250n] },
    { kind: "value", valueMilli: 250n },
  ]);
});

test("[MP7] pods that come up with the simulation expose what the adapter knew before", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = (_, nowMs) => (nowMs === 0 ? undefined : { [LOAD]: 4 });
  const bench = new Bench(cluster, [podsMetric(LOAD, 1)]);

  expect(bench.at(0)[0].reading).toEqual({ kind: "samples", samples: new Map() });
  expect(bench.values(16_000)).toEqual({ "nodes-0": 4, "nodes-1": 4 });
});

test("[MP8] an Object metric is the sum over the edges, an External one a series for each; an edge that went ends", () => {
  const cluster = new SmallCluster(2);
  cluster.others = (metric, nowMs) =>
    metric !== "open" ? undefined : nowMs < 60_000 ? [30, 12.5, 7] : [30, 12.5];
  const metrics = [objectMetric("open", 1), externalMetric("open", 1), externalMetric("none", 1)];
  const bench = new Bench(cluster, metrics);
  const readings = (ms: number) => bench.at(ms).map(({ reading }) => reading);

  expect(readings(0)).toEqual([
    { kind: "value", valueMilli: 49_500n },
    { kind: "series", valuesMilli: [30_000n, 12_500n, 7_000n] },
    { kind: "failed", error: "the server could not find the metric none" },
  ]);
  expect(readings(76_000).slice(0, 2)).toEqual([
    { kind: "value", valueMilli: 42_500n },
    { kind: "series", valuesMilli: [30_000n, 12_500n] },
  ]);
});

test("[MP9] CPU is the use between two looks, and needs both of one process", () => {
  const cluster = new SmallCluster(2);
  const startedAt = [0, 0, 100_000];
  cluster.cpuMs = (slot, nowMs) => (slot + 1) * 0.25 * (nowMs - startedAt[slot]);
  const bench = new Bench(cluster, [cpuMetric(60)]);
  const usages = (ms: number): Readonly<Record<string, number>> => {
    const [{ reading }] = bench.at(ms);
    if (reading.kind !== "usages") return {};
    for (const { atMs, windowMs } of reading.usages) {
      expect(windowMs).toBeCloseTo(15_000, 3);
      expect(ms - atMs).toBeLessThan(15_000);
    }
    return Object.fromEntries(
      reading.usages.map(({ pod, containersMilli }) => [pod, Number(containersMilli.get("main"))]),
    );
  };

  expect(usages(100_000)).toEqual({ "nodes-0": 250, "nodes-1": 500 });
  cluster.scaleTo(3);
  startedAt[1] = 100_000; // Its process crashed and began anew.
  expect(usages(114_900)).toEqual({ "nodes-0": 250 });
  expect(usages(131_000)).toEqual({ "nodes-0": 250, "nodes-1": 500, "nodes-2": 750 });
});

test("[MP10] an outage is of one API, or of all", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = () => ({ [LOAD]: 4 });
  cluster.others = () => [1];
  const metrics = [
    podsMetric(LOAD, 1),
    cpuMetric(60),
    objectMetric("open", 1),
    externalMetric("open", 1),
  ];
  const bench = new Bench(cluster, metrics);
  const failed = (): readonly boolean[] =>
    bench.at(1_000).map(({ reading }) => reading.kind === "failed");

  expect(failed()).toEqual([false, false, false, false]);
  bench.pipeline.setOutage("custom", true);
  expect(failed()).toEqual([true, false, true, false]);
  bench.pipeline.setOutage("resource", true);
  expect(failed()).toEqual([true, true, true, false]);
  bench.pipeline.setOutage("all", false);
  bench.pipeline.setOutage("external", true);
  expect(failed()).toEqual([false, false, false, true]);
  bench.pipeline.setOutage("all", true);
  expect(failed()).toEqual([true, true, true, true]);
});
