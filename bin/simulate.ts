// The simulator as the command line sees it: one function, one run. Tests put another in its place.

import type { run, RunInput } from "../sim/run.ts";

export type Simulate = typeof run;
export type { RunInput };
