import { expect, test } from "vitest";
import { type Question, proposalOf } from "./metric.ts";
import type { PodView } from "./pods.ts";
import type { MetricReading } from "./reading.ts";
import type { MetricSpec } from "./spec.ts";
import { type KubernetesVersion, type Settings, rulesOf } from "./version.ts";
import { tolerancesOf } from "./tolerance.ts";
import { pod, podsNamed, samples, usages } from "./specimens.ts";

interface Asked {
  readonly pods: readonly PodView[];
  readonly spec: number;
  readonly status?: number;
  readonly version?: KubernetesVersion;
  readonly settings?: Settings;
}

/** Replicas that are proposed, or the error. */
function proposed(
  metric: MetricSpec,
  reading: MetricReading | undefined,
  { pods, spec, status = spec, version = "1.37", settings }: Asked,
): number | string {
  const rules = rulesOf(version, settings);
  const question: Question = {
    specReplicas: spec,
    statusReplicas: status,
    pods,
    tolerances: tolerancesOf(undefined, rules),
    rules,
    nowMs: 1_000_000,
  };
  const outcome = proposalOf(metric, reading, question);
  return "error" in outcome ? outcome.error : outcome.replicas;
}

const cpu = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: "cpu",
  target: { type: "Utilization", averageUtilization },
});
const connections = (averageValueMilli: bigint): MetricSpec => ({
  type: "Pods",
  metric: "connections",
  target: { type: "AverageValue", averageValueMilli },
});

test("[HP5] a succeeded pod is ignored from 1.37 on, before it counts as ready", () => {
  const pods = [pod("a"), pod("b"), pod("c", { phase: "Succeeded" })];
  const reading = samples({ a: 4_000n, b: 4_000n, c: 4_000n });

  expect(proposed(connections(2_000n), reading, { pods, spec: 2, version: "1.37" })).toBe(4);
  expect(proposed(connections(2_000n), reading, { pods, spec: 2, version: "1.36" })).toBe(6);
});

test("[HP5] readiness matters for cpu and not for memory", () => {
  const fresh = { startedAtMs: 999_000, ready: "False", readyChangedAtMs: 999_000 } as const;
  const pods = [pod("a"), pod("b", fresh)];
  const reading = usages({ a: 900n, b: 900n });
  const memory: MetricSpec = { ...cpu(50), resource: "memory" } as MetricSpec;

  expect(proposed(cpu(50), reading, { pods, spec: 2 })).toBe(2); // b counts as idle: 45 % of 50 %, the other side.
  expect(proposed(memory, reading, { pods, spec: 2 })).toBe(4);
});

test("[HP5] a young pod counts once its sample began after it was ready", () => {
  const young = (sampleAtMs: number) => {
    const pods = [pod("a", { startedAtMs: 900_000, readyChangedAtMs: 940_000 })];
    const reading = usages({ a: 900n }, { atMs: sampleAtMs, windowMs: 30_000 });
    return proposed(cpu(50), reading, { pods, spec: 1 });
  };

  expect(young(970_000)).toBe(2);
  expect(young(969_999)).toBe("did not receive metrics for targeted pods (pods might be unready)");
});

test("[HP5] an old pod that lost its readiness still counts, one that never had it does not", () => {
  const old = (readyChangedAtMs: number) => {
    const pods = [pod("a", { ready: "False", startedAtMs: 0, readyChangedAtMs })];
    return proposed(cpu(50), usages({ a: 900n }), { pods, spec: 1 });
  };

  expect(old(30_000)).toBe(2);
  expect(old(29_999)).toMatch(/pods might be unready/);
});

test("[HP5] a pod is young for less than the initialization period", () => {
  const aged = (startedAtMs: number) => {
    const pods = [
      pod("a", { ready: "False", startedAtMs, readyChangedAtMs: startedAtMs + 30_000 }),
    ];
    return proposed(cpu(50), usages({ a: 900n }), { pods, spec: 1 });
  };

  expect(aged(700_000)).toBe(2);
  expect(aged(700_001)).toMatch(/pods might be unready/);
});

test("[HP6] a named container's request counts, not that of the pod as a whole", () => {
  const pods = [pod("a", { podRequestsMilli: new Map([["cpu", 4_000n]]) })];
  const container = { ...cpu(50), type: "ContainerResource", container: "main" } as MetricSpec;
  const reading = usages({ a: 1_500n });
  const proposals = ([container, cpu(50)] as const).map((metric) =>
    proposed(metric, reading, { pods, spec: 1, version: "1.34" }),
  );

  expect(proposals).toEqual([3, 1]); // 150 % of the container, 37 % of the pod.
  expect(proposed(cpu(50), reading, { pods, spec: 1, version: "1.33" })).toBe(3);
});

test("[HP6] a pod of which a container is reported without the resource has no sample", () => {
  const pods = [pod("a"), pod("b"), pod("c")];
  const containers = [{ main: 900n }, { main: 900n, proxy: undefined }, {}];
  const reading: MetricReading = {
    kind: "usages",
    usages: containers.map((used, i) => ({
      pod: "abc"[i],
      atMs: 1_000_000,
      windowMs: 30_000,
      containersMilli: new Map(Object.entries(used)),
    })),
  };

  expect(proposed(cpu(20), reading, { pods, spec: 3 })).toBe(5); // 90 % once, twice 0: 30 % of 20 %.
});

test("[HP6] an average target of a resource needs no requests and wins over a utilization", () => {
  const pods = [pod("a", { requestMilli: undefined }), pod("b", { requestMilli: undefined })];
  const target = { averageUtilization: 10, averageValueMilli: 300n };
  const metric: MetricSpec = { type: "Resource", resource: "cpu", target };
  const reading = usages({ a: 600n, b: 900n });

  expect(proposed(metric, reading, { pods, spec: 2 })).toBe(5);
  expect(proposed(cpu(10), reading, { pods, spec: 2 })).toMatch(/^missing request for cpu in/);
});

test("[HP6] a container that no pod reports makes its pods missing", () => {
  const metric: MetricSpec = {
    ...cpu(50),
    type: "ContainerResource",
    container: "main",
  } as MetricSpec;
  const pods = [pod("a"), pod("b")];
  const part = (names: readonly string[]) => ({
    kind: "usages" as const,
    usages: names.map((name, i) => ({
      pod: "ab"[i],
      atMs: 1_000_000,
      windowMs: 30_000,
      containersMilli: new Map([[name, 900n]]),
    })),
  });

  expect(proposed(metric, part(["main", "main"]), { pods, spec: 2 })).toBe(4);
  expect(proposed(metric, part(["main", "proxy"]), { pods, spec: 2 })).toBe(2); // 90 % and 0: within tolerance.
});

test("[HP7] nothing grows while the last batch of pods is not ready", () => {
  const pods = [
    ...["a", "b", "c"].map((name) => pod(name)),
    ...["d", "e", "f"].map((name) => pod(name, { phase: "Pending" })),
  ];
  const reading = samples({ a: 4_000n, b: 4_000n, c: 4_000n });

  expect(proposed(connections(2_000n), reading, { pods, spec: 6 })).toBe(6);
  expect(proposed(connections(1_000n), reading, { pods, spec: 6 })).toBe(12);
});

test("[HP7] with all ready it is the ready pods that count, not the spec", () => {
  const pods = ["a", "b"].map((name) => pod(name));

  expect(proposed(connections(2_000n), samples({ a: 3_000n, b: 3_000n }), { pods, spec: 9 })).toBe(
    3,
  );
});

test("[HP7] missing pods hold the way down as busy ones", () => {
  const pods = ["a", "b", "c", "d"].map((name) => pod(name));

  expect(proposed(connections(2_000n), samples({ a: 500n, b: 500n }), { pods, spec: 4 })).toBe(3);
  expect(proposed(cpu(200), usages({ a: 100n, b: 100n }), { pods, spec: 4 })).toBe(3); // Busy is 200 %.
});

test("[HP7] a corrected ratio changes nothing on the other side of 1, or with a count against it", () => {
  const four = ["a", "b", "c", "d"].map((name) => pod(name));
  const five = [...four, pod("e")];
  const half = usages({ a: 400n, b: 400n });
  const surge = samples({ a: 600n, b: 600n, c: 600n, d: 600n });
  const few = samples({ a: 3_000n, b: 3_000n });

  expect(proposed(cpu(50), half, { pods: four, spec: 4 })).toBe(4); // 0.8, then 1.4.
  expect(proposed(connections(1_000n), surge, { pods: five, spec: 2 })).toBe(2); // 0.68 × 5 is 4.
  expect(proposed(connections(1_000n), few, { pods: four.slice(0, 3), spec: 9 })).toBe(9); // 2 × 3 is 6.
});

const value = (type: "Value" | "AverageValue"): MetricSpec => ({
  type: "External",
  metric: "sessions",
  target: type === "Value" ? { type, valueMilli: 1_000n } : { type, averageValueMilli: 1_000n },
});
const series = (...valuesMilli: bigint[]): MetricReading => ({ kind: "series", valuesMilli });

test("[HP8] a Value target counts pods that run and are ready: none ready, nothing asked", () => {
  const pods = [pod("a", { ready: "False" }), pod("b", { phase: "Pending", ready: "True" })];
  const reading = series(5_000n);

  expect(proposed(value("Value"), reading, { pods, spec: 2 })).toBe(0);
  expect(proposed(value("Value"), reading, { pods: [...pods, pod("c")], spec: 2 })).toBe(5);
  expect(proposed(value("Value"), reading, { pods: [], spec: 0 })).toBe(5);
  expect(proposed(value("Value"), reading, { pods: [], spec: 2 })).toMatch(/no pods returned/);
});

test("[HP8] an AverageValue within tolerance proposes the status, or the spec once that is mended", () => {
  const asked = { pods: [], spec: 4, status: 6 };
  const mended = { settings: { averageWithinTolerance: "spec" } } as const;

  expect(proposed(value("AverageValue"), series(6_100n), asked)).toBe(6);
  expect(proposed(value("AverageValue"), series(6_100n), { ...asked, ...mended })).toBe(4);
  expect(proposed(value("AverageValue"), series(9_100n), asked)).toBe(10);
});

test("[HP8] a negative series sends an average to the end, and a value nowhere", () => {
  const pods = [pod("a")];

  expect(proposed(value("AverageValue"), series(-1n, 500n), { pods, spec: 1 })).toBe(2_147_483_647);
  expect(proposed(value("Value"), series(-1_000n, 500n), { pods, spec: 1 })).toBe(0);
});

test("[HP9] a ratio of exactly 1.1 scales in 1.32 and not from 1.33 on", () => {
  const pods = ["a", "b"].map((name) => pod(name));
  const reading = samples({ a: 1_870n, b: 1_870n });
  const metric = connections(1_700n);

  expect(proposed(metric, reading, { pods, spec: 2, version: "1.32" })).toBe(3);
  expect(proposed(metric, reading, { pods, spec: 2, version: "1.33" })).toBe(2);
});

test("[HP9] both ends of the band belong to it", () => {
  const pods = podsNamed(9);
  const reading = (each: bigint) =>
    samples(Object.fromEntries(pods.map(({ name }) => [name, each])));

  expect(
    [1_530n, 1_529n].map((each) =>
      proposed(connections(1_700n), reading(each), { pods, spec: 10 }),
    ),
  ).toEqual([10, 9]);
});

const FAILURES = [
  [
    cpu(50),
    undefined,
    "unable to get metrics for resource cpu: no metrics returned from resource metrics API",
  ],
  [
    connections(1n),
    samples({}),
    "unable to get metric connections: no metrics returned from custom metrics API",
  ],
  [
    value("Value"),
    series(),
    "unable to get external metric sessions: no metrics returned from external metrics API",
  ],
  [
    cpu(50),
    { kind: "failed", error: "down" } as const,
    "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: down",
  ],
  [{ type: "Unknown", source: "Cheese" } as const, undefined, "unknown metric source type Cheese"],
  [
    { ...cpu(50), target: {} } as MetricSpec,
    usages({ a: 1n }),
    "neither a utilization target nor a value target is set",
  ],
] as const;

test.each(FAILURES)("[HP11] a metric that cannot be had says why: %#", (metric, reading, why) => {
  expect(proposed(metric, reading, { pods: [pod("a"), pod("b")], spec: 2 })).toBe(why);
});
