// The conformance suite on a cluster of real processes. It takes a minute: with STORMGLASS_TESTS=all, and in
// `npm run test:conformance`.

import { expect, test } from "vitest";
import { hasNats } from "../parts/nats.ts";
import { processKind } from "./process-cluster.ts";
import { conformance } from "./suite.ts";

const isAsked = process.env.STORMGLASS_TESTS === "all";

if (!isAsked) {
  test.skip("a cluster of processes: with STORMGLASS_TESTS=all", () => {}); // It takes a minute.
} else if (!hasNats) {
  test("a cluster of processes needs nats-server", () => {
    expect(hasNats).toBe(true);
  });
} else {
  conformance(processKind);
}
