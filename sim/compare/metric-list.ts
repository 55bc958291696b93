// What a comparison looks at: the metrics that budgets limit, which are gated, and others worth a line.
//
// A budget says which way is worse by its operator, so nobody has to say it again. Two budgets on one metric are one row. The
// others have no direction: they are told, and judged by the reader.

import type { Operator } from "../../scenarios/budget.ts";
import type { MetricUnit } from "../metrics/catalogue.ts";
import type { ComparedMetric } from "./metric-comparison.ts";
import type { Direction } from "./tolerance.ts";

/** A budget, or a check that was made of one. */
export interface Limited {
  readonly id: string;
  /** Expression, such as "p99(join.latency)". */
  readonly metric: string;
  readonly window: string;
  readonly op: Operator;
  /** In the metric's unit; undefined for a limit that is relative to a paired run. */
  readonly limit: number | undefined;
  readonly severity: "fail" | "warn";
  readonly unit: MetricUnit;
}

export interface ListedMetric extends ComparedMetric {
  /** Ids of the budgets that limit it; none for the others. */
  readonly budgets: readonly string[];
}

/** Told beside what is gated, in every window that a budget names and in the measured one. */
const OTHERS: readonly (readonly [expression: string, unit: MetricUnit])[] = [
  ["value(join.success.ratio)", "ratio"],
  ["p50(join.latency)", "ms"],
  ["p95(join.latency)", "ms"],
  ["p99(join.latency)", "ms"],
  ["value(join.turnedaway)", "count"],
  ["value(reconnect.failure.ratio)", "ratio"],
  ["p50(reconnect.time)", "ms"],
  ["p99(reconnect.time)", "ms"],
  ["p50(delivery.latency/critical)", "ms"],
  ["p99(delivery.latency/critical)", "ms"],
  ["p99(delivery.latency.other/critical)", "ms"],
  ["value(critical.lost)", "count"],
  ["value(disturbed.sessions)", "count"],
  ["value(rooms.split.ratio)", "ratio"],
  ["max(edge.cpu.ratio)", "ratio"],
  ["max(node.cpu.ratio)", "ratio"],
  ["max(edge.memory.bytes)", "bytes"],
  ["max(node.memory.bytes)", "bytes"],
  ["p99(loop.lag)", "ms"],
  ["value(hpa.rescales)", "count"],
  ["value(hpa.flaps)", "count"],
  ["value(pod.hours)", "count"],
];

export function metricsOf(limited: readonly Limited[]): readonly ListedMetric[] {
  const rows = new Map<string, ListedMetric>();
  for (const one of [...limited].sort(gatedFirst)) {
    const key = `${one.metric}@${one.window}`;
    const known = rows.get(key);
    rows.set(
      key,
      known === undefined ? rowOf(key, one) : { ...known, budgets: [...known.budgets, one.id] },
    );
  }
  const windows = [...new Set([...limited.map(({ window }) => window), "measured"])];
  for (const window of windows) {
    for (const [expression, unit] of OTHERS) {
      const key = `${expression}@${window}`;
      if (!rows.has(key)) rows.set(key, other(key, unit));
    }
  }
  return [...rows.values()];
}

function gatedFirst(a: Limited, b: Limited): number {
  return Number(b.severity === "fail") - Number(a.severity === "fail");
}

function rowOf(key: string, { id, op, limit, severity, unit }: Limited): ListedMetric {
  const isGated = severity === "fail";
  const direction = directionOf(op, limit);
  const target = direction === "equal" ? limit : undefined;
  return { key, unit, direction, target, isGated, tolerance: undefined, budgets: [id] };
}

function directionOf(op: Operator, limit: number | undefined): Direction {
  if (op === "==" && limit !== undefined) return "equal";
  return op === ">=" || op === ">" ? "higher" : "lower";
}

function other(key: string, unit: MetricUnit): ListedMetric {
  const none = { direction: undefined, target: undefined, tolerance: undefined };
  return { key, unit, ...none, isGated: false, budgets: [] };
}
