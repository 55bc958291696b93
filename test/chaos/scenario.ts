// How a scenario runs: on a stage that is cleared whatever happens, or skipped aloud where a part is missing.

import { afterEach } from "vitest";
import { hasNats } from "../parts/nats.ts";
import { Stage, type StageOptions } from "./stage.ts";

export const CAN_RUN = hasNats;

let stage: Stage | undefined;

/** For each file of scenarios: clears the stage after each. */
export function clearAfterEach(): void {
  afterEach(async () => {
    const last = stage;
    stage = undefined;
    await last?.close();
  });
}

export async function staged(options: StageOptions): Promise<Stage> {
  stage = await Stage.open(options);
  return stage;
}

/** A few hundred clients in small rooms, who talk all the time: critical messages, states and cursors. */
export const CROWD = {
  prefix: "a-",
  rooms: 60,
  roomSize: 5,
  joinsPerSec: 150,
  messagesPerSec: 1,
  statesPerSec: 0.5,
  cursorsPerSec: 1,
} as const;

/** Of times, ms: the largest. */
export function largest(times: readonly number[]): number {
  return times.reduce((max, ms) => Math.max(max, ms), 0);
}
