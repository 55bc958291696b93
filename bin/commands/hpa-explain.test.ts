import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseMetricSamples } from "../../scenarios/metric-samples.ts";
import { parse } from "yaml";
import { hpaManifest } from "../../sim/cluster/kubernetes/hpa/manifest.ts";
import { rulesOf } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { decisionsOf } from "../../sim/cluster/kubernetes/loop/sampled-looks.ts";
import { main } from "../cli.ts";
import type { Outside, Terminal } from "../outside.ts";

const shipped = (file: string): string =>
  readFileSync(new URL(`../../scenarios/manifests/${file}`, import.meta.url), "utf8");
const HPA = shipped("hpa.yaml");
const SAMPLES = shipped("metric-samples.yaml");

const manifest = parse(HPA) as Record<string, unknown>;
const { spec } = hpaManifest(manifest, rulesOf("1.35"));
const decisions = decisionsOf(parseMetricSamples("evening.yaml", SAMPLES), spec, "1.35");

/** Two runs of a storm: the second has no HPA in `bare`. */
function runs(hasHpa: boolean): readonly object[] {
  const autoscaling = { manifest, kubernetesVersion: "1.35", decisions, pods: [] };
  const run = { scenario: "storm", variant: "full", ...(hasHpa ? { autoscaling } : {}) };
  return [
    { ...run, seed: 7, digest: "aa" },
    {
      ...run,
      seed: 8,
      digest: "bb",
      ...(hasHpa ? { autoscaling: { ...autoscaling, decisions: decisions.slice(0, 2) } } : {}),
    },
  ];
}

const RESULTS = {
  schemaVersion: "2.0",
  tool: { name: "stormglass" },
  scenarios: [
    {
      name: "storm",
      runs: runs(false).map((run) => run as { seed: number; variant: string; digest: string }),
    },
  ],
};

function filesWith(version: string): Readonly<Record<string, string>> {
  const results = JSON.stringify({ ...RESULTS, schemaVersion: version });
  return {
    "hpa.yaml": HPA,
    "evening.yaml": SAMPLES,
    "broken.yaml": `${SAMPLES.split("looks:")[0]}looks:\n  - { at: 0s, replica: 8 }\n`,
    "nohpa.yaml":
      "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: x }\n",
    "out/storm/results.json": results,
    "out/storm/runs.json": JSON.stringify(runs(true)),
    "bare/storm/results.json": results,
    "bare/storm/runs.json": JSON.stringify(runs(false)),
  };
}

async function explain(...args: readonly string[]) {
  return explainIn(80, ...args);
}

async function explainIn(columns: number, ...args: readonly string[]) {
  const { RESULTS_VERSION } = await import("../../reports/results-schema.ts");
  const files = filesWith(RESULTS_VERSION);
  let [out, err] = ["", ""];
  const terminal = (write: (text: string) => void): Terminal => ({
    write,
    isTTY: false,
    columns,
    stream: undefined,
  });
  const outside = {
    args: ["hpa", "explain", ...args],
    env: {},
    version: "0",
    stdout: terminal((text) => (out += text)),
    stderr: terminal((text) => (err += text)),
    readFile: (path: string) => files[path],
    exists: (path: string) => Object.keys(files).some((file) => `${file}/`.startsWith(`${path}/`)),
    list: () => [],
  } as unknown as Outside;
  const code = await main(outside, "");
  return { code, out, err };
}

test("[HE1] a result is told look by look, those in which nothing new was decided left out", async () => {
  const { code, out, err } = await explain("out/storm");

  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(`HPA stormglass-node of storm, seed 7, Kubernetes 1.35

  A  pods metric active_websocket_connections, target 1700 a pod
  B  pods metric fanout_queue_depth, target 250 a pod
  C  cpu resource utilization (percentage of request), target 65 %
  *  with guesses for pods that are missing or not ready

    Time  Replicas  Ready  A               B           C             Decided by
    0 ms  8           8/8  1200@0.706→6    12@0.048→1  28%@0.431→4   window
      8 stay: pods metric active_websocket_connections: 1200 of 1700 a pod,
      ratio 0.705882 × 8 ready pods: 6; 8 instead of 6: the greatest proposal of
      the last 300 s was 8
    15 s  8→10        8/8  2000@1.176→10   80@0.32→3   62%@0.954→8   A
      8 → 10: pods metric active_websocket_connections: 2000 of 1700 a pod,
      ratio 1.17647 × 8 ready pods: 10
    30 s  10         8/10  2000@0.941*→10  60@0.24→2   60%@0.923→10  A within
      10 stay: pods metric active_websocket_connections: 2000 of 1700 a pod,
      ratio 1.17647; with 2 not ready the ratio is 0.941176, within 0.9 … 1.1:
      10 stay
    45 s  10→12     10/10  2000@1.176→12   failed      58%@0.892→9   A
      10 → 12: pods metric active_websocket_connections: 2000 of 1700 a pod,
      ratio 1.17647 × 10 ready pods: 12 (a metric failed: unable to get metric
      fanout_queue_depth: unable to fetch metrics from custom metrics API: the
      adapter did not answer)
  1m 00s  12        12/12  1550@0.912→12   5@0.02→1    40%@0.615→8   A within
      12 stay: pods metric active_websocket_connections: 1550 of 1700 a pod,
      ratio 0.911765, within 0.9 … 1.1: 12 stay
  1m 15s  12        12/12  1250@0.735→9    4@0.016→1   30%@0.462→6   window
      12 stay: pods metric active_websocket_connections: 1250 of 1700 a pod,
      ratio 0.735294 × 12 ready pods: 9; 12 instead of 9: the greatest proposal
      of the last 300 s was 12
`);
});

test("[HE1] another seed, a part of the time, and what is left out is said", async () => {
  const second = await explain("out/storm", "--seed", "8");
  expect(second.out).toContain("seed 8");
  expect(second.out).not.toContain("45 s");

  const part = await explain("out/storm", "--between", "20s..50s");
  expect(part.out).toContain("  30 s  10 ");
  expect(part.out).not.toContain("15 s  8→10");
  expect(part.out).toContain("4 of 6 looks left out, outside of --between");

  const changes = await explain("out/storm", "--between", "20s..50s", "--changes");
  expect(changes.out.replaceAll("\n", " ")).toContain(
    "outside of --between, or in which nothing new was decided; --all shows them",
  );
});

test("[HE2] one look is told in all its steps: the last one not later", async () => {
  const { out } = await explain("out/storm", "--at", "44s");

  expect(out).toContain("seed 7, Kubernetes 1.35, at 30 s\n");
  expect(out).toContain("  Scale     10 asked for, 10 there\n");
  expect(out).toContain(
    "  Metric A  pods metric active_websocket_connections, target 1700 a pod\n",
  );
  expect(out).toContain("            tolerance 10 % down, 10 % up\n");
  expect(out).toContain("            pods: 8 ready, 2 not ready, 0 without a sample, 0 ignored\n");
  expect(out).toContain("            one pod: 2000 least, 2000 middle, 2000 greatest\n");
  expect(out).toContain("  Raw       10, of metric A\n");
  expect(out).toContain("  Windows   down 5m 00s, greatest 10: 10\n");
  expect(out).toContain("  Policies  no behavior: one look doubles at most, or goes to 4\n");
  expect(out).toContain("  Limits    8 to 64 (DesiredWithinRange)\n  Final     10, as it was\n");
});

test("[HE3] in a narrow terminal cells shrink, and then each look is a block; no line is too long", async () => {
  const ratios = await explainIn(70, "out/storm", "--all");
  expect(ratios.out).toContain("    15 s  8→10        8/8  1.176→10   0.32→3   0.954→8   A");
  const proposals = await explainIn(60, "out/storm", "--all");
  expect(proposals.out).toMatch(/ {4}15 s {2}8→10 {8}8\/8 {2}10 {2,}3 {2,}8 {2,}A/);
  const blocks = await explainIn(40, "out/storm", "--all");
  expect(blocks.out).toContain("  15 s\n    Replicas    8→10\n");

  for (const [width, { out }] of [
    [70, ratios],
    [60, proposals],
    [40, blocks],
  ] as const) {
    const longest = Math.max(...out.split("\n").map((line) => [...line].length));
    expect(longest).toBeLessThanOrEqual(width);
  }
});

test("[HE4] JSON has every look with its steps and what decided it", async () => {
  const { out } = await explain("out/storm", "--json");
  const told = JSON.parse(out) as Record<string, unknown> & {
    decisions: Record<string, unknown>[];
  };

  expect(told).toMatchObject({ scenario: "storm", seed: 7, digest: "aa", looks: 6 });
  expect(told.kubernetesVersion).toBe("1.35");
  expect(told.manifest).toMatchObject({ kind: "HorizontalPodAutoscaler" });
  expect(told.decisions.map(({ decidedBy }) => decidedBy)).toEqual([
    "window",
    "A",
    "A within",
    "A",
    "A within",
    "window",
  ]);
  expect(told.decisions[1]).toMatchObject({
    atMs: 15_000,
    specReplicas: 8,
    replicas: 10,
    rescaled: true,
    trace: { raw: 10, final: 10, stabilization: { stabilized: 10 } },
  });
  const one = JSON.parse((await explain("out/storm", "--json", "--at", "50s")).out) as typeof told;
  expect(one.decisions.map(({ atMs }) => atMs)).toEqual([45_000]);
});

test("[HE5] samples are put to a manifest and a release", async () => {
  const { code, out } = await explain("evening.yaml", "--hpa", "hpa.yaml", "--kubernetes", "1.32");

  expect(code).toBe(0);
  expect(out).toContain("HPA stormglass-node with the samples of evening, Kubernetes 1.32\n");
  expect(out).toContain("    45 s  10→12     10/10  2000@1.176→12   failed");
});

test.each([
  [["out/storm", "--chnges"], 2, "Did you mean --changes?"],
  [["out/storm", "--at", "3"], 2, "It must be a duration with a unit"],
  [["out/storm", "--between", "3m..2m"], 2, "the later one last, such as 1m..2m30s"],
  [["out/storm", "--at", "3s", "--all"], 2, "cannot be used with option '--all'"],
  [["out/storm", "--hpa", "hpa.yaml"], 2, "--hpa goes with a file of kind MetricSamples"],
  [["evening.yaml"], 2, "samples need an HPA: stormglass hpa explain evening.yaml --hpa"],
  [["evening.yaml", "--hpa", "hpa.yaml", "--seed", "1"], 2, "samples have no seed"],
  [["evening.yaml", "--hpa", "hpa.yaml", "--kubernetes", "1.9"], 2, "Allowed choices are 1.32"],
  [["evening.yaml", "--hpa", "gone.yaml"], 3, "gone.yaml: cannot be read"],
  [["evening.yaml", "--hpa", "nohpa.yaml"], 3, "nohpa.yaml:1:1: spec must be there"],
  [
    ["broken.yaml", "--hpa", "hpa.yaml"],
    3,
    'looks[0] must have no key "replica" — did you mean "replicas"?',
  ],
  [["out/storm", "--seed", "9"], 3, "has no run of seed 9; its seeds are 7, 8"],
  [["out/storm", "--between", "2m..3m"], 3, "the first is at 0s, the last at 75s"],
])("[HE7] %j ends with code %i and says why", async (args, expected, why) => {
  const { code, out, err } = await explain(...args);

  expect(err).toContain(why);
  expect([code, out]).toEqual([expected, ""]);
});

test("[HE7] a result of a run without an HPA says so, and how to get one", async () => {
  const { code, out, err } = await explain("bare/storm");

  expect([code, out]).toEqual([3, ""]);
  expect(err).toContain(
    "bare/storm: has no autoscaling: storm ran without an HPA. Run it with one:",
  );
  expect(err).toContain("stormglass run storm --set autoscaling.hpa=@builtin/manifests/hpa.yaml");
});
