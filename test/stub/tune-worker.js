// A worker of trials for tests of tuning: plain JavaScript, so that threads load it as it is. The objectives are met from so
// many nodes on as the label `needs` says; node-hours are the floor's, and ten.

import { parentPort } from "node:worker_threads";

/** @param {import("../../bin/trial.ts").TrialTask} task */
export default function trial({ index, scenario, seed, variant, budgets }) {
  parentPort?.postMessage({ index, simulatedMs: 0, eventCount: 0 });
  const { needs = "20", stub } = scenario.metadata.labels;
  if (stub === "slow") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  const { minReplicas = 1 } = scenario.autoscaling.hpa.spec;
  const isFull = scenario.clients.total >= 100_000;
  // At full size it takes as many nodes more as the label says: a model that promises too much.
  const extra = isFull ? Number(scenario.metadata.labels.more ?? "0") : 0;
  const isMet = minReplicas >= Number(needs) + extra;
  const measures = budgets.map(({ id, op, limit }) => {
    const good = op === ">=" ? 1 : 0;
    return [id, isMet || op === "==" ? good : op === ">=" ? limit.value / 2 : limit.value * 2];
  });
  return {
    scenario: scenario.metadata.name,
    seed,
    variant,
    digest: `${minReplicas}-${seed}`,
    eventCount: 10,
    simulatedMs: 1_000,
    broken: [],
    measures: Object.fromEntries(measures),
    values: {
      "value(pod.hours)@run": minReplicas + 10,
      "value(hpa.flaps)@run": 0,
    },
    findings: [],
  };
}
