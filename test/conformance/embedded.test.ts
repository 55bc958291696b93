// The conformance suite on the embedded server, over real sockets.

import { embeddedKind } from "./embedded-cluster.ts";
import { conformance } from "./suite.ts";

conformance(embeddedKind);
