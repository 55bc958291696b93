import { expect, test } from "vitest";
import { parseExpression } from "../scenarios/expression.ts";
import { measure, metricFault, quantileOf, unitOf } from "./measure.ts";
import { CATALOGUE, metricNames, metricOf } from "./metrics/catalogue.ts";
import { Histogram } from "./metrics/histogram.ts";
import type { RunResult } from "./result.ts";

const latency = new Histogram(1_000);
for (let ms = 1; ms <= 100; ms++) latency.record(ms * 1_000);

const result: RunResult = {
  scenario: "s",
  seed: 1,
  variant: "full",
  digest: "0",
  eventCount: 1,
  simulatedMs: 10_000,
  endedEarly: undefined,
  windows: { run: { fromMs: 0, toMs: 10_000 }, storm: { fromMs: 2_500, toMs: 5_000 } },
  values: {
    "join.offered@run": 200,
    "join.refused@run": 0,
    "join.succeeded@run": 50,
    "fanout.queue.depth@run": 3,
    "node.cpu.ratio.max@storm": 0.91,
  },
  histograms: {
    "join.latency@run": latency.toCounts(),
    "media.time@run": new Histogram().toCounts(),
  },
  series: {
    resolutionMs: 1_000,
    columns: {
      "fanout.queue.depth": [9, 1, 2, 7, 4, 8, 0, 0, 0, 0],
      "node.cpu.ratio": [0, 0, 0, 0.5, 0.5, 1, 0, 0, 0, 0],
    },
  },
  autoscaling: undefined,
  invariants: [],
  findings: [],
};

test.each([
  ["value(join.offered)", "run", 200],
  ["ratio(join.succeeded, join.offered)", "run", 0.25],
  ["ratio(join.succeeded, join.refused)", "run", undefined],
  ["value(join.offered)", "storm", undefined],
  ["max(join.latency)", "run", 100],
  ["min(join.latency)", "run", 1],
  ["mean(join.latency)", "run", 50.5],
  ["count(join.latency)", "run", 100],
  ["p100(join.latency)", "run", undefined],
  ["p99(media.time)", "run", undefined],
  ["count(media.time)", "run", 0],
  ["value(fanout.queue.depth)", "run", 3],
  ["max(fanout.queue.depth)", "run", 9],
  ["max(fanout.queue.depth)", "storm", 7],
  ["min(fanout.queue.depth)", "storm", 4],
  ["mean(fanout.queue.depth)", "storm", 5.5],
  ["max(node.cpu.ratio)", "storm", 0.91],
  ["max(node.cpu.ratio)", "run", 1],
])("[SL3] %s in %s is %s", (text, window, value) => {
  const expression = parseExpression(text);

  expect(expression && measure(expression, window, result)).toBe(value);
});

test("[SL3] a quantile is that of the histogram, and never above its maximum", () => {
  const counts = latency.toCounts();

  for (const q of [0.01, 0.5, 0.95, 0.99]) {
    expect(quantileOf(counts, q, 1_000)).toBe(latency.quantile(q) / 1_000);
  }
  expect(quantileOf(counts, 1, 1_000)).toBe(100);
});

test.each([
  ["p99(join.latncy)", "ms", "name a metric of the catalogue"],
  ["p99(delivery.latency)", "ms", "name a metric of the catalogue"],
  [
    "value(join.latency)",
    "ms",
    "apply p99, max, min, mean, count to join.latency, which is a histogram",
  ],
  ["p99(join.offered)", "number", "apply value to join.offered, which is a counter"],
  ["p99(join.latency)", "number", "have a limit such as 250ms, since the metric is in ms"],
  ["value(join.offered)", "ms", "have a limit such as 12, since the metric is in count"],
  ["ratio(join.offered, join.latency)", "ratio", "divide numbers of things; join.latency is in ms"],
  ["max(node.memory.bytes)", "ratio", "have a limit such as 64MiB, since the metric is in bytes"],
] as const)("[SL2] %s with a limit in %s must be otherwise", (text, unit, must) => {
  expect(metricFault(parseExpression(text)!, unit)?.must).toBe(must);
});

test.each([
  ["p99(join.latency)", "ms"],
  ["p50(delivery.latency/critical)", "ms"],
  ["value(updates.dropped/droppable/room)", "number"],
  ["value(join.success.ratio)", "ratio"],
  ["value(join.success.ratio)", "number"],
  ["max(node.memory.bytes)", "bytes"],
  ["ratio(join.refused, join.offered)", "ratio"],
  ["count(join.latency)", "number"],
] as const)("[SL2] %s with a limit in %s is well formed", (text, unit) => {
  expect(metricFault(parseExpression(text)!, unit)).toBeUndefined();
});

test("[SL2] every name of the catalogue is a metric, parts spelled out", () => {
  const names = metricNames();

  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => metricOf(name) !== undefined)).toBe(true);
  expect(names).toContain("updates.dropped/coalescable/node");
  expect(metricOf("updates.dropped/coalescable")).toBeUndefined();
  expect(metricOf("toString")).toBeUndefined();
  for (const metric of Object.values(CATALOGUE)) expect(metric.means).not.toBe("");
  expect(unitOf(parseExpression("ratio(join.refused, join.offered)")!)).toBe("ratio");
});
