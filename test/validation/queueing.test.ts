// Queues on the engine against Erlang, Pollaczek and Khinchine, and Little.

import { testTargets } from "./loop.ts";

testTargets(["queueing"]);
