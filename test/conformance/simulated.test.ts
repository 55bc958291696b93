// The conformance suite on the simulated cluster.

import { simulatedKind } from "./simulated-cluster.ts";
import { conformance } from "./suite.ts";

conformance(simulatedKind);
