// node dist/test/bench/gate-calibration.js [comparisons [uneven [first seed]]]: how far `stormglass compare` can be trusted, on the real simulator.
//
// An edge near saturation (0.9 s of a storm that it can hardly serve) is run with many seeds, once as it is and
// once with every cost a little higher. Comparisons of ten seeds are then made of those runs, each of seeds of its own; one that
// cannot tell goes on to 20 and 40 seeds, whose further seeds are those of its neighbours. With other luck each block of the base
// meets ten blocks of the other seeds. Printed is how each row ended. 100 comparisons are some 4,000 runs of 70 ms.
// `uneven` is a harder case: two edges and rooms of very different sizes, so that seeds have little in common and few are near
// saturation; of it the changed costs alone are run.

import { readFileSync } from "node:fs";
import { loadScenario, type LoadedScenario } from "../../scenarios/loader.ts";
import { parseExpression } from "../../scenarios/expression.ts";
import { metricFault } from "../../sim/measure.ts";
import { compareSides, type Comparison } from "../../sim/compare/comparison.ts";
import { metricsOf } from "../../sim/compare/metric-list.ts";
import { measure } from "../../sim/measure.ts";
import { run } from "../../sim/run.ts";
import { limitedBy, type SeedRun } from "../../bin/comparing/side.ts";

const isUneven = process.argv[3] === "uneven";
const [EDGES, SIZES, OVER] = isUneven
  ? [2, "enterprise", "600ms"]
  : [1, "[{ min: 2, max: 8, share: 100% }]", "900ms"];

const SCENARIO = `
apiVersion: stormglass/v1
kind: Scenario
metadata: { name: near-saturation, title: "Do the edges serve this storm?" }
run: { duration: 3s, warmup: 0s }
cluster:
  edges: { count: ${EDGES}, admission: { joins: 5000/s, burst: 5000 } }
  nodes: { count: 1, maxConnections: 4000 }
clients:
  total: 700
  rooms: { sizes: ${SIZES} }
  activity: { talkingRooms: 0% }
  candidates: { out: 2 }
  arrivals: [{ phase: storm, from: 0s, over: ${OVER}, share: 100%, shape: poisson }]
windows: { storm: { from: storm.start, to: storm.end } }
network: { clientLatency: 20ms, loss: 0% }
budgets: ["@builtin/budgets/join-storm.yaml"]
`;

const FILE = "near-saturation.yaml";
const SCENARIOS = new URL("../../../scenarios/", import.meta.url);
const ALPHA = 0.05;
const LOOKS = [10, 20, 40];

function load(settings: readonly string[]): LoadedScenario {
  return loadScenario(FILE, {
    readFile: (path) =>
      path === FILE
        ? SCENARIO
        : readFileSync(new URL(path.replace("@builtin/", ""), SCENARIOS), "utf8"),
    builtinDir: "@builtin",
    settings,
    metricFault,
  });
}

const plain = load([]);
const metrics = metricsOf(limitedBy(plain.budgets)).filter(({ isGated }) => isGated);

/** Settings that make every cost of CPU so many times as high. */
function slower(factor: number): readonly string[] {
  const costs = Object.entries(plain.scenario.profile.costs);
  return costs.flatMap(([name, { value }]) => {
    const isCpu = name.endsWith("Us");
    return isCpu ? [`profile.costs.${name.slice(0, -2)}=${value * factor}us`] : [];
  });
}

function runs({ scenario }: LoadedScenario, from: number, count: number): readonly SeedRun[] {
  return Array.from({ length: count }, (_, i) => {
    const result = run({ scenario, seed: from + i, variant: "full" });
    const values = metrics.flatMap(({ key }) => {
      const [expression, window] = key.split("@") as [string, string];
      const value = measure(parseExpression(expression)!, window, result);
      return value === undefined ? [] : [[key, value] as const];
    });
    return { seed: from + i, digest: result.digest, values: Object.fromEntries(values) };
  });
}

/** `count` seeds from the `first` on, round the end; pairs are told by their place. */
function side(pool: readonly SeedRun[], first: number, count: number) {
  const taken = Array.from({ length: count }, (_, i) => pool[(first + i) % pool.length]!);
  return {
    digests: new Map(taken.map(({ digest }, i) => [i, digest])),
    valueOf: (place: number, key: string) => taken[place]!.values[key],
  };
}

type End =
  "identical" | "passed, no change told" | "passed, told as changed" | "inconclusive" | "failed";

function endOf({ isIdentical, verdict, metrics: judged }: Comparison): End {
  if (isIdentical) return "identical";
  if (verdict === "fail") return "failed";
  if (verdict === "inconclusive") return "inconclusive";
  return judged.some(({ change }) => change !== "none")
    ? "passed, told as changed"
    : "passed, no change told";
}

/** `shifts`: how often each block of the base meets another block of the candidate. */
function row(
  title: string,
  base: readonly SeedRun[],
  candidate: readonly SeedRun[],
  shifts = 1,
): void {
  const ends = { once: new Map<End, number>(), grown: new Map<End, number>() };
  const count = (counts: Map<End, number>, end: End): void =>
    void counts.set(end, (counts.get(end) ?? 0) + 1);
  const blocks = Math.floor(base.length / LOOKS[0]!);
  const trials = blocks * Math.min(shifts, blocks);
  for (let trial = 0; trial < trials; trial++) {
    const at = (seeds: number, looks: number): Comparison => {
      const first = (trial % blocks) * LOOKS[0]!;
      const shifted = first + Math.floor(trial / blocks) * LOOKS[0]!;
      const [before, after] = [side(base, first, seeds), side(candidate, shifted, seeds)];
      return compareSides(metrics, before, after, { alpha: ALPHA, looks });
    };
    count(ends.once, endOf(at(LOOKS[0]!, 1)));
    let last = at(LOOKS[0]!, LOOKS.length);
    for (const seeds of LOOKS.slice(1)) {
      if (last.verdict === "inconclusive") last = at(seeds, LOOKS.length);
    }
    count(ends.grown, endOf(last));
  }
  const whole = compareSides(metrics, side(base, 0, base.length), side(candidate, 0, base.length), {
    alpha: ALPHA,
    looks: 1,
  });
  process.stdout.write(`\n${title}: ${trials} comparisons\n`);
  for (const { metric, base: mean = 0, difference = 0 } of whole.metrics) {
    const share = mean === 0 ? "" : ` (${((100 * difference) / mean).toFixed(2)} %)`;
    process.stdout.write(
      `  ${metric.key}: ${mean.toPrecision(6)}, ${difference.toPrecision(4)}${share}\n`,
    );
  }
  const said = (counts: Map<End, number>): string =>
    [...counts].map(([end, times]) => `${times} ${end}`).join(", ");
  process.stdout.write(`  ten seeds, one look:   ${said(ends.once)}\n`);
  process.stdout.write(`  10, 20, 40 seeds:      ${said(ends.grown)}\n`);
}

const first = Number(process.argv[4] ?? "1");
const comparisons = Number(process.argv[2] ?? "100");
const seeds = comparisons * LOOKS[0]!;
const startMs = performance.now();
const base = runs(plain, first, seeds);
if (!isUneven) {
  const again = Math.min(10, comparisons) * LOOKS[0]!;
  row("nothing changed, same luck", base.slice(0, again), runs(plain, first, again));
  row("nothing changed, other luck", base, runs(plain, first + seeds, seeds), 10);
}
for (const factor of [1.02, 1.05]) {
  const percent = Math.round((factor - 1) * 100);
  row(`every cost ${percent} % higher, same luck`, base, runs(load(slower(factor)), first, seeds));
}
process.stdout.write(`\n${((performance.now() - startMs) / 1_000).toFixed(0)} s\n`);
