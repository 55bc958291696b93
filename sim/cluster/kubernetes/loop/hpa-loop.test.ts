import fc from "fast-check";
import { expect, test } from "vitest";
import { HpaLoop } from "./hpa-loop.ts";
import {
  type Changes,
  SmallCluster,
  autoscalingOf,
  cpuMetric,
  externalMetric,
  objectMetric,
  podsMetric,
} from "./small-cluster.ts";

const CONNECTIONS = "active_websocket_connections";

function loopOf(
  cluster: SmallCluster,
  spec: Readonly<Record<string, unknown>>,
  { seed = 1, ...changes }: Changes & { readonly seed?: number } = {},
): HpaLoop {
  const options = {
    autoscaling: autoscalingOf(spec, changes),
    podCpuRequestMilli: 1_000,
    seed,
  };
  const loop = new HpaLoop(options, cluster, cluster, cluster);
  loop.begin();
  return loop;
}

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

test("[HL1] the first look comes within a period, the next a period after the reconcile ended", () => {
  const phases = [3, 1, 2].map((seed) => {
    const cluster = new SmallCluster(4);
    cluster.exposes = () => ({ [CONNECTIONS]: 100 });
    const loop = loopOf(
      cluster,
      { maxReplicas: 9, metrics: [podsMetric(CONNECTIONS, 100)] },
      { seed },
    );
    cluster.play(loop, 60_000);
    const times = loop.decisions.map(({ atMs }) => atMs);
    expect(times.slice(1).map((atMs, i) => atMs - times[i])).toEqual([15_030, 15_030, 15_030]);
    return times[0];
  });

  for (const atMs of phases) expect(atMs).toBeGreaterThanOrEqual(0);
  for (const atMs of phases) expect(atMs).toBeLessThan(15_000);
  expect(new Set(phases).size).toBe(3);
});

test("[HL2] a decision takes effect when its reconcile ends", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = () => ({ [CONNECTIONS]: 300 });
  const controller = { reconcileMs: { dist: "constant", valueMs: 200 } } as const;
  const metrics = [podsMetric(CONNECTIONS, 100)];
  const loop = loopOf(cluster, { maxReplicas: 9, metrics }, { controller });
  cluster.play(loop, 15_000);
  const [{ atMs, replicas }] = loop.decisions;

  const again = new SmallCluster(2);
  again.exposes = cluster.exposes;
  const second = loopOf(again, { maxReplicas: 9, metrics }, { controller });
  again.play(second, atMs + 199);
  expect([again.specReplicas, second.decisions.length]).toEqual([2, 0]);
  again.play(second, atMs + 200);
  expect([again.specReplicas, second.decisions.length]).toEqual([4, 1]);
  expect(replicas).toBe(4);
});

test("[HL3] unsaturated, 8 → 16 → 32 → 59 takes three looks, with the default behavior and without one", () => {
  for (const behavior of [undefined, {}]) {
    const cluster = new SmallCluster(8);
    cluster.exposes = () => ({ [CONNECTIONS]: 100_000 / cluster.specReplicas });
    const metrics = [podsMetric(CONNECTIONS, 1_700)];
    const pipeline = { scrapeEveryMs: 1_000 };
    const spec = { minReplicas: 8, maxReplicas: 64, metrics, ...(behavior && { behavior }) };
    const loop = loopOf(cluster, spec, { pipeline });
    cluster.play(loop, 60_000);

    const ups = loop.decisions.filter(({ rescaled }) => rescaled);
    expect(ups.map(({ replicas }) => replicas)).toEqual([16, 32, 59]);
    expect(ups[2].atMs - ups[0].atMs).toBe(30_060);
    expect(loop.decisions[3]?.rescaled).toBe(false);
  }
});

test("[HL3] a metric that ends at what a node takes crawls by its ratio, and within tolerance not at all", () => {
  const path = (connectionsMax: number): readonly (number | undefined)[] => {
    const cluster = new SmallCluster(8);
    cluster.exposes = () => ({
      [CONNECTIONS]: Math.min(connectionsMax, 100_000 / cluster.specReplicas),
    });
    const metrics = [podsMetric(CONNECTIONS, 1_700)];
    const pipeline = { scrapeEveryMs: 1_000 };
    const spec = { minReplicas: 8, maxReplicas: 64, metrics };
    const loop = loopOf(cluster, spec, { pipeline });
    cluster.play(loop, 170_000);
    return loop.decisions.filter(({ rescaled }) => rescaled).map(({ replicas }) => replicas);
  };

  expect(path(2_000)).toEqual([10, 12, 15, 18, 22, 26, 31, 37, 44, 52, 59]);
  expect(path(2_500).slice(0, 4)).toEqual([12, 18, 27, 40]);
  expect(path(1_869)).toEqual([]);
});

test("[MP1] a step in load is decided on between at once and a scrape and a sync later", () => {
  const lags: number[] = [];
  fc.assert(
    fc.property(seeds, (seed) => {
      const cluster = new SmallCluster(1);
      cluster.exposes = (_, nowMs) => ({ [CONNECTIONS]: nowMs < 60_000 ? 100 : 200 });
      const spec = { maxReplicas: 9, metrics: [podsMetric(CONNECTIONS, 100)] };
      const loop = loopOf(cluster, spec, { seed, pipeline: { scrapeEveryMs: 30_000 } });
      cluster.play(loop, 120_000);
      const up = loop.decisions.find(({ rescaled }) => rescaled)!;
      lags.push(up.atMs - 60_000);
      expect(up.atMs).toBeGreaterThanOrEqual(60_000);
      expect(up.atMs).toBeLessThanOrEqual(60_000 + 30_000 + 15_030);
    }),
    { seed: 7, numRuns: 200 },
  );

  const mean = lags.reduce((sum, lag) => sum + lag, 0) / lags.length;
  expect(mean).toBeGreaterThan(20_000); // 22.5 s: half a scrape and half a sync.
  expect(mean).toBeLessThan(25_000);
  expect(Math.min(...lags)).toBeLessThan(7_000);
  expect(Math.max(...lags)).toBeGreaterThan(38_000);
});

test("[HL4] CPU of a pod that just started does not count, and an old one's does", () => {
  const cluster = new SmallCluster(2);
  cluster.cpuMs = (slot, nowMs) => (slot < 2 ? 0.9 : 1) * nowMs;
  cluster.newPod = () => ({
    ready: "False",
    startedAtMs: cluster.nowMs(),
    readyChangedAtMs: cluster.nowMs(),
  });
  const loop = loopOf(cluster, { maxReplicas: 20, metrics: [cpuMetric(60)] });
  cluster.play(loop, 90_000);

  const ups = loop.decisions.filter(({ rescaled }) => rescaled);
  expect(ups.map(({ replicas }) => replicas)).toEqual([3]); // 0.9 / 0.6 × 2; the third is not ready.
  const [metric] = loop.decisions.at(-1)!.trace.metrics;
  expect(metric.pods).toEqual({ ready: 2, unready: 1, missing: 0, ignored: 0 });
  expect(metric.utilizationPercent).toBe(90);
  expect(loop.decisions.at(-1)!.perPod).toEqual([{ min: 90, p50: 90, max: 100 }]);
});

test("[HL4] a pod that was not scraped yet is missing, and holds back the next step", () => {
  const cluster = new SmallCluster(4);
  cluster.exposes = () => ({ [CONNECTIONS]: 200 });
  const metrics = [podsMetric(CONNECTIONS, 100)];
  const pipeline = { scrapeEveryMs: 120_000 };
  const loop = loopOf(cluster, { maxReplicas: 64, metrics }, { pipeline });
  cluster.play(loop, 35_000);
  const [first, second] = loop.decisions;

  expect([first.replicas, first.trace.metrics[0].pods?.missing]).toEqual([8, 0]);
  const { pods, ratio, correctedRatio } = second.trace.metrics[0];
  expect(pods!.ready + pods!.missing).toBe(8);
  expect(pods!.missing).toBeGreaterThan(0);
  expect(correctedRatio).toBeLessThan(ratio!);
  expect(second.replicas!).toBeLessThan(16);
});

test("[HL5] while an API fails its metric does, the way down is blocked and the way up is not", () => {
  const cluster = new SmallCluster(4);
  cluster.exposes = () => ({ [CONNECTIONS]: 100 });
  cluster.others = (metric, nowMs) =>
    metric === "offered" ? [nowMs < 60_000 ? 100 : 500, 100] : undefined;
  const metrics = [podsMetric(CONNECTIONS, 100), externalMetric("offered", 100)];
  const loop = loopOf(cluster, { minReplicas: 2, maxReplicas: 20, metrics });
  loop.setOutage("custom", true);
  cluster.play(loop, 55_000);

  const blocked = loop.decisions[2];
  expect([blocked.rescaled, blocked.trace.raw]).toEqual([false, undefined]);
  expect(blocked.error).toContain("custom metrics API");
  expect(blocked.remarks[0]).toBe("ScalingActive: FailedGetPodsMetric");
  expect(blocked.remarks.some((remark) => remark.startsWith("FailedGetPodsMetric: "))).toBe(true);
  expect(blocked.metricAgesMs[0]).toBeUndefined();
  expect(blocked.metricAgesMs[1]?.oldestMs).toBeLessThan(15_000);

  cluster.play(loop, 100_000);
  expect(cluster.specReplicas).toBe(6);
  loop.setOutage("all", true);
  cluster.play(loop, 130_000);
  expect(loop.decisions.at(-1)!.trace.metrics.map(({ proposal }) => proposal)).toEqual([
    undefined,
    undefined,
  ]);
  loop.setOutage("all", false);
  cluster.play(loop, 160_000);
  expect(loop.decisions.at(-1)!.remarks).toEqual([]);
});

test("[HL6] a controller that restarts forgets its windows, and looks again a period later or at once", () => {
  const next = (kubernetesVersion: NonNullable<Changes["kubernetesVersion"]>): number => {
    const cluster = new SmallCluster(4);
    cluster.exposes = () => ({ [CONNECTIONS]: 100 });
    const spec = { maxReplicas: 9, metrics: [podsMetric(CONNECTIONS, 100)] };
    const loop = loopOf(cluster, spec, { kubernetesVersion });
    cluster.play(loop, 100_000);
    const before = loop.decisions.length;
    loop.restartController();
    cluster.play(loop, 140_000);
    const after = loop.decisions.slice(before).map(({ atMs }) => atMs);
    expect(after[1] - after[0]).toBe(15_030);
    return after[0];
  };

  expect(next("1.32")).toBe(115_000);
  expect(next("1.36")).toBe(115_000);
  expect(next("1.37")).toBe(100_000);
});

test("[HL6] without what it remembered a controller goes down a window later", () => {
  const lastDown = (restartAtMs: number | undefined): number => {
    const cluster = new SmallCluster(4);
    cluster.exposes = (_, nowMs) => ({ [CONNECTIONS]: nowMs < 30_000 ? 100 : 20 });
    const spec = { maxReplicas: 9, metrics: [podsMetric(CONNECTIONS, 100)] };
    const loop = loopOf(cluster, spec);
    cluster.play(loop, restartAtMs ?? 0);
    if (restartAtMs !== undefined) loop.restartController();
    cluster.play(loop, 700_000);
    return loop.decisions.find(({ rescaled }) => rescaled)!.atMs;
  };

  const undisturbed = lastDown(undefined);
  expect(undisturbed).toBeGreaterThan(315_000);
  expect(undisturbed).toBeLessThan(365_000);
  expect(lastDown(200_000)).toBeGreaterThan(200_000 + 15_000 + 300_000);
});

test("[HL6] a reconcile that a restart interrupts has written nothing", () => {
  const cluster = new SmallCluster(2);
  cluster.exposes = () => ({ [CONNECTIONS]: 300 });
  const controller = { reconcileMs: { dist: "constant", valueMs: 5_000 } } as const;
  const metrics = [podsMetric(CONNECTIONS, 100)];
  const loop = loopOf(cluster, { maxReplicas: 9, metrics }, { controller });
  const probe = new SmallCluster(2);
  probe.exposes = cluster.exposes;
  const reference = loopOf(probe, { maxReplicas: 9, metrics }, { controller });
  probe.play(reference, 21_000);
  const { atMs } = reference.decisions[0];

  cluster.play(loop, atMs + 4_000);
  loop.restartController();
  cluster.play(loop, atMs + 4_000 + 19_999);
  expect([cluster.specReplicas, loop.decisions.length]).toEqual([2, 0]);
  cluster.play(loop, atMs + 4_000 + 20_000);
  expect([cluster.specReplicas, loop.decisions.length]).toEqual([4, 1]);
});

test("[HL7] reversals within a quarter of an hour are flaps, later ones are not", () => {
  const flaps = (everyMs: number): readonly number[] => {
    const cluster = new SmallCluster(4);
    cluster.exposes = (_, nowMs) => ({
      [CONNECTIONS]: (Math.floor(nowMs / everyMs) % 2 === 0 ? 400 : 1_600) / cluster.specReplicas,
    });
    const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
    const metrics = [podsMetric(CONNECTIONS, 100)];
    const loop = loopOf(cluster, { maxReplicas: 20, metrics, behavior });
    cluster.play(loop, 4 * everyMs);
    return [loop.rescales, loop.flaps];
  };

  const [rescales, reversals] = flaps(300_000);
  expect(rescales).toBeGreaterThanOrEqual(3);
  expect(reversals).toBe(2);
  expect(flaps(1_000_000)[1]).toBe(0);
});

test("[HL8] a record tells ages, the spread of the pods and what is not healthy, in values that JSON keeps", () => {
  const cluster = new SmallCluster(3);
  cluster.exposes = (slot) => ({ [CONNECTIONS]: [400, 90, 200][slot] ?? 0 });
  const metrics = [podsMetric(CONNECTIONS, 100), objectMetric("open", 40)];
  cluster.others = () => [30, 60];
  const loop = loopOf(cluster, { maxReplicas: 4, metrics });
  cluster.play(loop, 15_100);
  const [record] = loop.decisions;

  expect(record.perPod).toEqual([{ min: 90, p50: 200, max: 400 }, undefined]);
  for (const ages of record.metricAgesMs) {
    expect(ages!.youngestMs).toBeLessThan(ages!.oldestMs);
    expect(ages!.oldestMs).toBeLessThanOrEqual(15_000);
  }
  expect(record.remarks).toEqual(["ScalingLimited: TooManyReplicas"]);
  expect(record.trace.metrics.map(({ proposal }) => proposal)).toEqual([7, 3]);
  expect([record.specReplicas, record.replicas, record.rescaled]).toEqual([3, 4, true]);
  const kept = JSON.parse(JSON.stringify(record)) as typeof record;
  expect(kept.reason).toBe(record.reason);
  expect(JSON.stringify(kept)).toBe(JSON.stringify(record));
});

test("[HL9] equal seeds give equal decisions, other seeds other phases", () => {
  const run = (seed: number): string => {
    const cluster = new SmallCluster(3);
    cluster.exposes = (slot, nowMs) => ({ [CONNECTIONS]: nowMs / 100 + 10 * slot });
    cluster.cpuMs = (_, nowMs) => nowMs / 3;
    const metrics = [podsMetric(CONNECTIONS, 300), cpuMetric(60)];
    const reconcileMs = {
      dist: "lognormal",
      medianMs: 30,
      p99Ms: 150,
      minMs: 0,
      maxMs: Infinity,
    } as const;
    const loop = loopOf(
      cluster,
      { maxReplicas: 30, metrics },
      { seed, controller: { reconcileMs } },
    );
    cluster.play(loop, 200_000);
    return JSON.stringify(loop.decisions);
  };

  fc.assert(
    fc.property(seeds, (seed) => {
      expect(run(seed)).toBe(run(seed));
    }),
    { seed: 3, numRuns: 20 },
  );
  expect(run(1)).not.toBe(run(2));
});
