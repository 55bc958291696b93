// What a part of the server needs to be started.

import type { Buses } from "./buses.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./operations/log.ts";
import type { Recorder } from "./recording/index.ts";
import type { Settings } from "./settings-schema.ts";

export interface Making {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly buses: Buses;
  /** The present one first. */
  readonly clusterSecrets: readonly string[];
  readonly recorder: Recorder | undefined;
}
