// A tiny storm whose digest is known: a machine that gets another digest would get other answers too.
//
// The digest covers every event, so it changes whenever the model does; then the new value is taken from
// the message of the test that holds it (test/cli.test.ts).

import { loadNamed } from "./load.ts";
import type { Outside } from "./outside.ts";
import { runTasks } from "./workers.ts";

/** Of seed 1 of the scenario below, on every machine. */
export const SELF_CHECK_DIGEST = "c94187f66fce83e2";

const SETTINGS = [
  "clients.total=200",
  "cluster.nodes.count=2",
  "cluster.edges.count=1",
  "run.duration=60s",
  "clients.arrivals.storm.over=10s",
];

/** The digest that this machine gets; throws when the run itself fails. */
export async function selfCheck(outside: Outside, workerFile: string): Promise<string> {
  const { scenario } = loadNamed(outside, "join-storm-100k", SETTINGS);
  const task = {
    index: 0,
    scenario,
    seed: 1,
    variant: "full",
    traceFile: undefined,
    verify: false,
  };
  const [outcome] = await runTasks([task], {
    workerFile,
    jobs: 1,
    heapBytes: scenario.run.limits.heapBytes,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  return outcome?.kind === "done" ? outcome.outcome.result.digest : "none";
}
