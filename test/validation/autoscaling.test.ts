// The HPA's controller against its published rules and timelines.

import { testTargets } from "./loop.ts";

testTargets(["hpa"]);
