// A worker of trials for tests of campaigns: plain JavaScript, so that threads load it as it is. What the trial measures is a
// tenth of its nodes; what goes wrong is asked for by the label `stub`.

import { parentPort } from "node:worker_threads";

/** @param {import("../../bin/trial.ts").TrialTask} task */
export default function trial({ index, scenario, seed, variant }) {
  parentPort?.postMessage({ index, simulatedMs: 0, eventCount: 0 });
  const fault = scenario.metadata.labels.stub;
  if (fault === "bug") throw new Error("told to break");
  if (fault === "endless") for (;;);
  if (fault === "greedy") for (const heap = []; ;) heap.push(new Array(1_000).fill({}));
  const endedEarly = { events: "events", leak: "invariant" }[fault];
  return {
    scenario: scenario.metadata.name,
    seed,
    variant,
    digest: `${scenario.cluster.nodes.count}-${seed}`,
    eventCount: 10,
    simulatedMs: endedEarly === undefined ? 1_000 : 10,
    ...(endedEarly === undefined ? {} : { endedEarly }),
    broken: fault === "leak" ? ["conservation of clients"] : [],
    measures: endedEarly === undefined ? { "join-success": scenario.cluster.nodes.count / 10 } : {},
    values: {},
    findings: [],
  };
}
