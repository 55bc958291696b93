// Budgets, hashing, placement and reconnecting against what was published or computed of them.

import { testTargets } from "./loop.ts";

testTargets(["token_bucket", "hashing", "bounded_loads", "backoff"]);
