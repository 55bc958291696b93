// How many nodes must be there before anybody arrives.
//
// What arrives within the time that an autoscaler needs, from load to a node that serves, meets the nodes that are there:
// n ≥ A(L) ÷ C. Source: network calculus, arrivals A against capacity C with a lead time L.

import type { Distribution, Scenario } from "../../../scenarios/schema.ts";

export interface LeadTime {
  readonly scrapeMs: number;
  readonly syncMs: number;
  readonly startMs: number;
  readonly totalMs: number;
}

/** The usual case: half a period of each clock, medians of the rest. */
export function leadTimeOf({ autoscaling, kubernetes }: Scenario): LeadTime {
  const { pods } = kubernetes;
  const scrapeMs =
    autoscaling.pipeline.scrapeEveryMs / 2 + autoscaling.pipeline.adapterWindowMs / 2;
  const syncMs = autoscaling.controller.syncPeriodMs / 2;
  const startMs =
    middle(pods.schedulingMs) +
    middle(pods.imagePullMs) +
    middle(pods.startMs) +
    pods.readinessDelayMs +
    pods.readinessEveryMs / 2;
  return { scrapeMs, syncMs, startMs, totalMs: scrapeMs + syncMs + startMs };
}

function middle(distribution: Distribution): number {
  switch (distribution.dist) {
    case "constant":
      return distribution.valueMs;
    case "uniform":
      return (distribution.minMs + distribution.maxMs) / 2;
    case "lognormal":
      return distribution.medianMs;
    case "exponential":
    case "normal":
      return distribution.meanMs;
  }
}

/** Nodes for the most people that arrive within one lead time, at the load up to which nodes found rooms. */
export function warmFloor(scenario: Scenario): number {
  const { totalMs } = leadTimeOf(scenario);
  return nodesFor(scenario, arrivalsWithin(scenario, totalMs));
}

/** Nodes for so many people. */
export function nodesFor({ cluster }: Scenario, people: number): number {
  const { maxConnections, softLimitRatio } = cluster.nodes;
  return Math.max(1, Math.ceil(people / (maxConnections * softLimitRatio)));
}

/** Nodes that admit the steepest second of arrivals. */
export function admissionFloor(scenario: Scenario): number {
  const perSec = arrivalsWithin(scenario, 1_000);
  return Math.max(1, Math.ceil(perSec / scenario.cluster.nodes.admission.perSec));
}

/** Instants of a phase that are tried as the start of the window. Assumed: finer than any shape needs. */
const STEPS = 64;

/** The most people that arrive within any `spanMs`. */
export function arrivalsWithin({ clients }: Scenario, spanMs: number): number {
  const upTo = (atMs: number): number =>
    clients.arrivals.reduce((sum, phase) => sum + phase.clients * shareBy(phase, atMs), 0);
  let most = 0;
  for (const phase of clients.arrivals) {
    for (let step = 0; step <= STEPS; step++) {
      const fromMs = phase.fromMs + (phase.overMs * step) / STEPS;
      most = Math.max(most, upTo(fromMs + spanMs) - upTo(fromMs));
      // A window that ends with the phase holds the steep end of a ramp.
      const toMs = phase.fromMs + phase.overMs;
      most = Math.max(most, upTo(toMs) - upTo(toMs - spanMs));
    }
  }
  return most;
}

type Phase = Scenario["clients"]["arrivals"][number];

/** Share of a phase's people that have come by an instant. */
function shareBy({ fromMs, overMs, shape }: Phase, atMs: number): number {
  if (atMs < fromMs) return 0;
  if (overMs === 0 || atMs >= fromMs + overMs) return 1;
  const elapsed = (atMs - fromMs) / overMs;
  switch (shape) {
    case "uniform":
    case "poisson":
      return elapsed;
    case "ramp":
      return elapsed * elapsed;
    case "thundering-herd":
      return herdShare(elapsed);
  }
}

/** 1 − e^(−6x), by its continued product: (1 + 6x/n)^−n with n = 64 is within 1 % and needs no elementary function. */
function herdShare(elapsed: number): number {
  let rest = 1 / (1 + (6 * elapsed) / STEPS);
  for (let squared = 1; squared < STEPS; squared *= 2) rest *= rest;
  return 1 - rest;
}
