// One run: a scenario, a seed, and everything that happened.
//
// `run` is a function of its input: no clock, no environment, no other randomness than the seed. After the scenario's end the
// world is given a moment to settle, in which nobody does anything new, so that the judges can tell what is lost from what is
// merely on its way; what happens in it is in the digest but in no window.

import type { Scenario } from "../scenarios/schema.ts";
import type { EventObserver } from "./engine/simulation.ts";
import { World } from "./cluster/world.ts";
import { EVENT_NAMES } from "./cluster/kinds.ts";
import { summarize } from "./cluster/summary.ts";
import { telemetryOf, type Telemetry } from "./cluster/telemetry.ts";
import type { EndedEarly, RunResult } from "./result.ts";

export interface RunInput {
  readonly scenario: Scenario;
  readonly seed: number;
  /** "full", or "without:<fault>" for the same run without that fault. */
  readonly variant: string;
  /** Called about every `PROGRESS_EVERY_MS` of simulated time; a true answer ends the run. `look` tells more, if it is asked. */
  readonly onProgress?: (
    simulatedMs: number,
    eventCount: number,
    look?: () => Telemetry,
  ) => boolean | void;
  /** Sees every event. */
  readonly observer?: EventObserver;
  /** Bytes in use, asked now and then; the run ends above the scenario's limit. */
  readonly heapBytes?: () => number;
}

/** Time given to what is under way at the end. Cited: twice the outbound queue's slowest flush, and a round trip. */
const SETTLE_MS = 3_000;
const PROGRESS_EVERY_MS = 250;

export const EVENT_KIND_NAMES = EVENT_NAMES;

export function run(input: RunInput): RunResult {
  const { scenario, seed, variant } = input;
  const faults = scenario.faults.filter((fault) => variant !== `without:${fault.name}`);
  const world = new World(scenario, seed, faults);
  world.sim.observe(input.observer);
  let endedEarly = play(world, input, scenario.run.durationMs);
  if (endedEarly === undefined) {
    world.quieten();
    endedEarly = play(world, input, scenario.run.durationMs + SETTLE_MS);
    world.judge.atEnd();
  }
  if (endedEarly === undefined && world.judge.isBroken) endedEarly = "invariant";
  return summarize(world, variant, endedEarly);
}

/** Plays up to an instant, in steps between which somebody may look or stop it. */
function play(world: World, input: RunInput, untilMs: number): EndedEarly | undefined {
  const { events, heapBytes } = input.scenario.run.limits;
  const { sim } = world;
  const look = (): Telemetry => telemetryOf(world);
  while (sim.nowMs < untilMs) {
    const stepMs = Math.min(untilMs, sim.nowMs + PROGRESS_EVERY_MS);
    const end = sim.run(Math.round(stepMs * 1_000), world, { eventsMax: events });
    if (end === "events") return "events";
    if (input.onProgress?.(sim.nowMs, sim.eventCount, look) === true) return "interrupted";
    if (input.heapBytes !== undefined && input.heapBytes() > heapBytes) return "heap";
  }
  return undefined;
}
