// Budgets that decide nothing: their window holds no event, their limit cannot be missed, or cannot be met.
//
// Only what is certain from the files is said. Where an event is merely unlikely, the run will tell.

import type { Budget, LimitUnit } from "../../scenarios/budget.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import { formatQuantity } from "../../scenarios/quantities.ts";
import type { Fault, Scenario } from "../../scenarios/schema.ts";
import { unitOf } from "../../sim/measure.ts";
import { metricOf } from "../../sim/metrics/catalogue.ts";
import { lint, type Lint } from "./rules.ts";

export function budgetLints({ scenario, budgets, cell }: LoadedScenario): readonly Lint[] {
  const name = cell?.of ?? scenario.metadata.name;
  return budgets.flatMap((budget) => [
    ...eventLints(budget, scenario, name),
    ...limitLints(budget, scenario),
  ]);
}

function eventLints(budget: Budget, scenario: Scenario, name: string): readonly Lint[] {
  const span = scenario.windows[budget.window];
  if (span === undefined) return []; // Loading has refused it.
  const reasons = budget.metric.metrics.map((metric) => eventless(metric, span, scenario));
  const reason = reasons.find((each) => each !== undefined);
  if (reason === undefined) return [];
  const message = `check "${budget.id}" looks at ${budget.metric.text} in the window ${budget.window} of ${name}, where there is nothing of it: ${reason}`;
  const advice = "Choose another window or metric, or give the scenario what the budget is about.";
  return [lint("window-without-events", budget.source, message, advice)];
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Recorded at the moment of the arrival; the others of their family come later. */
const AT_ARRIVAL = ["join.latency", "join.offered", "join.success.ratio", "media.time"];
const OF_JOINS = ["join.latency", "join.offered", "join.success.ratio", "media.time"].concat([
  "join.succeeded",
  "join.refused",
  "join.gaveup",
  "join.turnedaway",
]);
const OF_LOSSES = ["reconnect.time", "reconnect.offered", "reconnect.succeeded"].concat(
  ["reconnect.failed", "reconnect.failure.ratio", "disturbed.sessions"],
  ["media.interrupted.sessions", "media.interruption.time", "blast.sessions"],
);
const OF_NOISE = ["delivery.latency.other", "critical.lost.noisy"];
const OF_PODS = [
  "pods.started",
  "pods.deleted",
  "pod.lead.time",
  "sessions.cut",
  "sessions.killed",
];
const OF_HPA = ["hpa.rescales", "hpa.flaps"];

/** Why there can be no event of the metric; undefined when there may be one. */
function eventless(metric: string, span: Span, scenario: Scenario): string | undefined {
  const name = metric.split("/")[0]!;
  if (OF_JOINS.includes(name)) return withoutJoins(name, span, scenario);
  if (OF_LOSSES.includes(name)) return withoutLosses(name, span, scenario);
  const { faults, autoscaling } = scenario;
  if (OF_NOISE.includes(name) && !faults.some(({ kind }) => kind === "noisy-room")) {
    return "the scenario has no noisy room";
  }
  if (autoscaling.hpa !== undefined) return undefined;
  if (OF_HPA.includes(name)) return "the scenario has no HPA";
  if (OF_PODS.includes(name) && !faults.some(isOfPods)) {
    return "the scenario has no HPA and no fault that replaces pods";
  }
  return undefined;
}

function isOfPods({ kind }: Fault): boolean {
  return ["rolling-deploy", "machine-drain", "node-crash", "zone-loss"].includes(kind);
}

function withoutJoins(name: string, span: Span, { clients }: Scenario): string | undefined {
  const comesWithin = clients.arrivals.some(({ fromMs, overMs, clients: count }) => {
    const isBegun = fromMs < span.toMs;
    const isOver = fromMs + overMs < span.fromMs && AT_ARRIVAL.includes(name);
    return count > 0 && isBegun && !isOver;
  });
  return comesWithin ? undefined : "no phase of arrivals lies in it";
}

/** Nobody's session is lost but to a fault, a client's own network, a scale-down, or a host without memory. */
function withoutLosses(name: string, span: Span, scenario: Scenario): string | undefined {
  const { faults, clients, autoscaling } = scenario;
  // A limit of 0 on what must never happen is a promise, whether or not something is there to break it.
  if (name === "blast.sessions" || name === "media.interrupted.sessions") return undefined;
  if (clients.flaps.perClientPerHour > 0 || autoscaling.hpa !== undefined) return undefined;
  if (faults.length === 0) return "nothing in the scenario ends a session";
  const begins = faults.map((fault) => ("atMs" in fault ? fault.atMs : fault.fromMs));
  return begins.some((atMs) => atMs < span.toMs) ? undefined : "its faults begin after the window";
}

/** Greatest value that the metric can have, and why; undefined when there is none. */
function bound(
  { metric: { fn, metrics } }: Budget,
  { clients, run }: Scenario,
): readonly [number, string] | undefined {
  const name = metrics[0]!; // An expression has a metric.
  const metric = metricOf(name);
  if (fn === "ratio" || fn === "count" || metric === undefined) return undefined;
  if (metric.kind === "ratio") return [1, "a share is at most 100 %"];
  if (["join.offered", "join.succeeded", "join.refused", "join.gaveup"].includes(name)) {
    return [clients.total, `there are ${clients.total} clients`];
  }
  if (metric.kind !== "histogram" || metric.unit !== "ms") return undefined;
  const isJoin = name === "join.latency";
  if (isJoin && clients.patienceMs < run.durationMs) {
    const patience = formatQuantity("duration", clients.patienceMs);
    return [
      clients.patienceMs,
      `who waits longer than ${patience} gives up, as join.gaveup counts`,
    ];
  }
  return [run.durationMs, "no wait is longer than the run"];
}

function limitLints(budget: Budget, scenario: Scenario): readonly Lint[] {
  const { limit, op, id, source, limitText } = budget;
  if (limit.kind !== "absolute") return [];
  const said = `check "${id}": ${budget.metric.text} ${op} ${limitText}`;
  const most = bound(budget, scenario);
  const { value } = limit;
  const missed = (why: string): Lint =>
    lint("limit-cannot-be-missed", source, `${said} always holds: ${why}`, "Tighten the limit.");
  const met = (why: string): Lint =>
    lint("limit-cannot-be-met", source, `${said} never holds: ${why}`, "Correct the limit.");
  const isWhole =
    unitOf(budget.metric) === "count" && ["value", "count"].includes(budget.metric.fn);
  switch (op) {
    case "<=":
      return most !== undefined && value >= most[0] ? [missed(most[1])] : [];
    case "<":
      if (value <= 0) return [met("nothing measured is below 0")];
      return most !== undefined && value > most[0] ? [missed(most[1])] : [];
    case ">=":
      if (value <= 0) return [missed("nothing measured is below 0")];
      return most !== undefined && value > most[0] ? [met(most[1])] : [];
    case ">":
      return most !== undefined && value >= most[0] ? [met(most[1])] : [];
    case "==":
      if (most !== undefined && value > most[0]) return [met(most[1])];
      return isWhole && !Number.isInteger(value) && isCounter(budget)
        ? [met("it counts whole things")]
        : [];
  }
}

function isCounter({ metric: { fn, metrics } }: Budget): boolean {
  return fn === "count" || metricOf(metrics[0]!)?.kind === "counter"; // An expression has a metric.
}

/** Of a budget file by itself: the unit of a limit, for callers that know no scenario. */
export function unitOfLimit({ limit }: Budget): LimitUnit | undefined {
  return limit.kind === "absolute" && limit.value !== 0 ? limit.unit : undefined; // 0 is 0 in every unit.
}
