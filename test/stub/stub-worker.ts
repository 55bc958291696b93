// A simulator's place in tests of the command line: quick, plain arithmetic on the seed. What it does
// wrong is asked for with `--set metadata.labels.stub=…`.

import { Histogram } from "../../sim/metrics/histogram.ts";
import type { AutoscalingReport, RunResult } from "../../sim/result.ts";
import type { RunInput } from "../../bin/simulate.ts";
import { taskRunner } from "../../bin/task.ts";

let runs = 0;

const LOOK = { error: undefined, reason: "", metricAgesMs: [undefined], perPod: [], remarks: [] };
/** What the trace says is of no concern here. */
const TRACE = {} as AutoscalingReport["decisions"][number]["trace"];
/** An HPA that doubles 8 replicas at its second look. */
const SCALED: AutoscalingReport = {
  manifest: { kind: "HorizontalPodAutoscaler" },
  kubernetesVersion: "1.34",
  workloadKind: "StatefulSet",
  decisions: [
    {
      ...LOOK,
      atMs: 0,
      specReplicas: 8,
      statusReplicas: 8,
      rescaled: false,
      replicas: 8,
      trace: TRACE,
    },
    {
      ...LOOK,
      atMs: 15_000,
      specReplicas: 8,
      statusReplicas: 8,
      rescaled: true,
      replicas: 16,
      trace: TRACE,
    },
  ],
  pods: [],
};

/** How much longer joins of a seed take, ms: as the labels `slower` and `spread` ask. */
function delayMs({ metadata: { labels } }: RunInput["scenario"], seed: number): number {
  const spread = Number(labels.spread ?? "0") * (((seed * 37) % 11) / 5 - 1);
  return Math.round(Number(labels.slower ?? "0") + spread);
}

function stub({ scenario, seed, variant, onProgress, observer }: RunInput): RunResult {
  runs++;
  const fault = scenario.metadata.labels.stub ?? "";
  const total = scenario.clients.total;
  const latency = new Histogram();
  const laterMs = delayMs(scenario, seed);
  for (let i = 0; i < total; i++) {
    const drift = fault === "chance" && i === 5_000 ? runs : 0;
    observer?.eventSeen(i, i * 10, 1, seed, i + drift);
    latency.record(1_000 * Math.max(1, 1 + laterMs + ((i * 7 + seed) % 400)));
    if (i % 100 === 0) onProgress?.((scenario.run.durationMs * i) / total, i);
  }
  if (fault === "bug") throw new Error("the stub was told to break");
  if (fault === "endless") process.stderr.write("endless\n");
  if (fault === "endless") for (;;) onProgress?.(1, 1);
  if (fault === "greedy") for (const heap: unknown[] = []; ;) heap.push(new Array(1_000).fill({}));
  const isStopped = fault === "stopped" && seed === 2;
  // Nine tenths of the seats can be had: what a planner is to find out. A fault that takes a third of them takes them at once.
  const { count, maxConnections } = scenario.cluster.nodes;
  const gone = scenario.faults.some(({ kind }) => kind === "zone-loss") ? Math.ceil(count / 3) : 0;
  const seats = fault === "seats" ? (count - gone) * maxConnections * 0.9 : total;
  const lost = fault === "loss" && seed === 3 ? 1 : 0;
  const values: Record<string, number> = {};
  const histograms: Record<string, RunResult["histograms"][string]> = {};
  for (const window of Object.keys(scenario.windows)) {
    values[`join.offered@${window}`] = total;
    values[`join.succeeded@${window}`] = total;
    values[`join.success.ratio@${window}`] = Math.min(1, seats / total);
    values[`reconnect.failure.ratio@${window}`] = 0;
    values[`critical.lost@${window}`] = lost;
    values[`rooms.split.ratio@${window}`] = 0;
    values[`node.memory.bytes.max@${window}`] = 1e8 + seed;
    histograms[`join.latency@${window}`] = latency.toCounts();
  }
  return {
    scenario: scenario.metadata.name,
    seed,
    variant,
    digest: (fault === "chance" ? runs : seed + 65_536 * laterMs).toString(16).padStart(16, "0"),
    eventCount: total,
    simulatedMs: isStopped ? 1_000 : scenario.run.durationMs,
    endedEarly: isStopped ? "events" : undefined,
    windows: scenario.windows,
    values,
    histograms,
    series: { resolutionMs: 1_000, columns: {} },
    autoscaling: fault === "scaled" ? SCALED : undefined,
    invariants: [{ name: "conservation of clients", ok: fault !== "leak", detail: "99 of 100" }],
    findings: ["The edges were idle."],
  };
}

export default taskRunner(stub);
