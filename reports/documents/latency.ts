// Durations of all seeds together: joins and returns, deliveries by class.
//
// Histograms of seeds are added, not averaged: a p99 of p99s means nothing.

import type { HistogramCounts } from "../../sim/result.ts";
import type { Check } from "../../sim/slo.ts";
import {
  type Distribution,
  distributionChart,
  distributionTable,
  type Promise,
} from "../html/charts/distribution.ts";
import { fullRuns, type ReportSubject } from "../html/subject.ts";
import { storedCheck } from "../stored-check.ts";
import { type Block, heading, subheading, text } from "./document.ts";

interface Group {
  readonly title: string;
  /** Metric → its name in the chart. */
  readonly metrics: Readonly<Record<string, string>>;
}

const GROUPS: readonly Group[] = [
  {
    title: "Getting in, and getting back",
    metrics: {
      "join.latency": "join",
      "reconnect.time": "reconnect",
      "media.time": "connected media",
    },
  },
  {
    title: "Deliveries",
    metrics: {
      "delivery.latency/critical": "critical",
      "delivery.latency/coalescable": "coalescable",
      "delivery.latency/droppable": "droppable",
    },
  },
];

export function latencyBlocks(subject: ReportSubject): readonly Block[] {
  const checks = subject.result.checks.map(storedCheck);
  const groups = GROUPS.flatMap((group) => groupBlocks(group, subject, checks));
  if (groups.length === 0) return [];
  const seeds = fullRuns(subject).length;
  const words = seeds === 1 ? "One seed" : `All ${seeds} seeds together`;
  return [
    heading("How long it took"),
    text(
      `${words}, over the whole run. A diamond is a promise: its line must pass below it.`,
      "faint",
    ),
    ...groups,
  ];
}

function groupBlocks(
  { title, metrics }: Group,
  subject: ReportSubject,
  checks: readonly Check[],
): readonly Block[] {
  const distributions = Object.entries(metrics).flatMap(([metric, name]) => {
    const points = pooled(subject, metric);
    return points.length === 0 ? [] : [{ name, points }];
  });
  if (distributions.length === 0) return [];
  const promises = checks.flatMap((check) => promiseOf(check, Object.keys(metrics)));
  return [
    subheading(title),
    {
      kind: "chart",
      spec: distributionChart(distributions, promises),
      description: `${title}: quantiles`,
      table: distributionTable(distributions),
    },
  ];
}

function pooled(subject: ReportSubject, metric: string): Distribution["points"] {
  const total = new Map<number, number>();
  for (const run of fullRuns(subject)) {
    const counts: HistogramCounts | undefined = run.histograms[`${metric}@run`];
    if (counts === undefined) continue;
    for (const { value, count } of subject.pointsOf(metric, counts)) {
      total.set(value, (total.get(value) ?? 0) + count);
    }
  }
  return [...total].sort(([a], [b]) => a - b).map(([value, count]) => ({ value, count }));
}

/** "p99(join.latency) <= 10s" is one; what is compared with a paired run is none. */
function promiseOf(check: Check, metrics: readonly string[]): readonly Promise[] {
  const [, digits, metric] = /^p(\d+(?:\.\d+)?)\((.+)\)$/.exec(check.metric) ?? [];
  const { limit, versus, op, id } = check;
  const isUpper = op === "<=" || op === "<";
  if (digits === undefined || metric === undefined || !metrics.includes(metric)) return [];
  if (limit === undefined || versus !== undefined || !isUpper) return [];
  return [{ name: id, limitMs: limit, quantile: Number(digits) / 100 }];
}
