// The simulator as the command line sees it: one function, one run. Tests inject another.

import type { Scenario } from "../scenarios/schema.ts";
import type { EventObserver } from "../sim/engine/simulation.ts";
import type { RunResult } from "../sim/result.ts";

export interface RunInput {
  readonly scenario: Scenario;
  readonly seed: number;
  /** "full", or "without:<fault name>". */
  readonly variant: string;
  readonly onProgress?: (simulatedMs: number, eventCount: number) => void;
  /** Sees every event. */
  readonly trace?: EventObserver;
}

export type Simulate = (input: RunInput) => RunResult;
