// What a worker thread runs: tasks, on the simulator.

import { run } from "../sim/run.ts";
import { taskRunner } from "./task.ts";

export default taskRunner(run);
