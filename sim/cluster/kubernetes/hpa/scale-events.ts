// Changes of the replica count that the controller made itself, for the policies to count.
//
// Kept only while behaviour is set. A slot whose event is older than the longest period of its direction is marked
// outdated and reused, one per event; the mark says nothing else: sums look at age alone, so an outdated change counts
// again when a longer period is configured.

import type { FilledRules } from "./spec.ts";

export interface ScaleEvent {
  /** Pods added or removed; positive in both directions. */
  readonly change: number;
  readonly atMs: number;
  readonly isOutdated: boolean;
}

export interface ScaleEvents {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

export const NO_EVENTS: ScaleEvents = { ups: [], downs: [] };

/** Changes strictly younger than the period. */
export function changedWithin(
  events: readonly ScaleEvent[],
  periodMs: number,
  nowMs: number,
): number {
  return events.reduce(
    (sum, { change, atMs }) => (atMs > nowMs - periodMs ? sum + change : sum),
    0,
  );
}

/** The events of one direction with one more. */
export function withEvent(
  events: readonly ScaleEvent[],
  change: number,
  { policies }: Pick<FilledRules, "policies">,
  nowMs: number,
): readonly ScaleEvent[] {
  const longestMs = Math.max(0, ...policies.map(({ periodMs }) => periodMs));
  const marked = events.map((event) =>
    event.atMs < nowMs - longestMs ? { ...event, isOutdated: true } : event,
  );
  const slot = marked.findLastIndex(({ isOutdated }) => isOutdated);
  const event = { change, atMs: nowMs, isOutdated: false };
  return slot < 0 ? [...marked, event] : marked.with(slot, event);
}

/** How many replicas there were `periodMs` ago: changes of both directions are undone. */
export function replicasAtStart(
  specReplicas: number,
  { ups, downs }: ScaleEvents,
  periodMs: number,
  nowMs: number,
): number {
  const added = changedWithin(ups, periodMs, nowMs);
  const removed = changedWithin(downs, periodMs, nowMs);
  return specReplicas - added + removed;
}
