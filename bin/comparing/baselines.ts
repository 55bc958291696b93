// What the baseline commands do: make a side to keep, replace one that is kept, run one again.

import { mean } from "d3-array";
import type { BaselineReport } from "../../reports/baseline.ts";
import { formatBytes } from "../../reports/format.ts";
import { InputError } from "../../scenarios/problem.ts";
import { metricsOf } from "../../sim/compare/metric-list.ts";
import { meanInterval } from "../../sim/student-t.ts";
import type { Campaign } from "../campaign.ts";
import { ExitCode } from "../exit-codes.ts";
import { loadNamed } from "../load.ts";
import type { Outside } from "../outside.ts";
import { readResult } from "../result-files.ts";
import { baselineText, type Baseline } from "./baseline-file.ts";
import { inputsOf, limitedBy, runSeeds, runtimeOf, sideOfResult, type Side } from "./side.ts";

/** Enough for an interval that tells something, few enough for a committed file. Assumed. */
export const SEEDS = 10;

/** Runs `source` with its first `count` seeds, or with `seeds`. Throws `InputError`, `CampaignInterrupted`. */
export async function sideByRunning(
  outside: Outside,
  campaign: Campaign,
  source: string,
  settings: readonly string[],
  seeds: readonly number[] | { readonly count: number },
): Promise<Side> {
  const loaded = loadNamed(outside, source, settings);
  const { base } = loaded.scenario.run.seeds;
  const chosen = "count" in seeds ? Array.from({ length: seeds.count }, (_, i) => base + i) : seeds;
  const metrics = metricsOf(limitedBy(loaded.budgets));
  return {
    label: source,
    inputs: inputsOf(outside, loaded, source, settings),
    runtime: runtimeOf(outside),
    metrics,
    ...(await runSeeds(campaign, loaded.scenario, metrics, chosen)),
  };
}

/** Whether `path` means a stored result, not a scenario. */
export function isResult(outside: Outside, path: string): boolean {
  if (outside.builtins().includes(path) || !outside.exists(path)) return false;
  return outside.readFile(path) === undefined || path.endsWith(".json");
}

/** Throws `InputError`. */
export function sideOfStored(outside: Outside, path: string): Side {
  return sideOfResult(outside, path, readResult(outside, path));
}

/** Writes it, and says so; a side with a run that stopped is not kept. */
export function keep(
  outside: Outside,
  file: string,
  side: Side,
  reasons: readonly string[],
): ExitCode {
  if (side.stopped.length > 0) {
    outside.stderr.write(`${side.inputs.scenario} is no baseline: ${side.stopped.join("; ")}\n`);
    return ExitCode.stopped;
  }
  const text = baselineText(outside, side, reasons);
  try {
    outside.writeFile(file, text);
  } catch (error) {
    outside.stderr.write(`${file} cannot be written: ${(error as Error).message}\n`);
    return ExitCode.cannotStart;
  }
  const gated = side.metrics.filter(({ isGated }) => isGated).length;
  const seeds = side.runs.length === 1 ? "1 seed" : `${side.runs.length} seeds`;
  const metrics = gated === 1 ? "1 gated metric" : `${gated} gated metrics`;
  outside.stdout.write(`${file}: ${seeds}, ${metrics}, ${formatBytes(text.length)}\n`);
  if (side.inputs.resolved === undefined) {
    outside.stderr.write("The scenario of this result is not at hand: it cannot be run again.\n");
  }
  return ExitCode.ok;
}

/** Runs the seeds of a baseline again: equal inputs must give equal events. */
export async function verify(
  outside: Outside,
  campaign: Campaign,
  { side }: Baseline,
  count: number | undefined,
): Promise<ExitCode> {
  const { label, inputs } = side;
  const model = outside.programDigest();
  if (inputs.model !== model) {
    refuse(
      label,
      `is of another simulator (model ${inputs.model ?? "unknown"}, this is ${model}): its inputs cannot be had again; ` +
        "`stormglass baseline update` replaces it",
    );
  }
  const { resolved } = inputs;
  if (resolved === undefined) {
    return refuse(label, "does not hold its scenario, so it cannot be run again");
  }
  const kept = side.runs.slice(0, count);
  const seeds = kept.map(({ seed }) => seed);
  const { runs } = await runSeeds(campaign, resolved, side.metrics, seeds);
  const differing = kept.filter(({ digest }, i) => digest !== runs[i]!.digest);
  const same = kept.length - differing.length;
  outside.stdout.write(`${label}: ${same} of ${kept.length} seeds are the same in every event\n`);
  for (const { seed, digest } of differing) {
    const other = runs.find((run) => run.seed === seed)!.digest;
    outside.stdout.write(`  seed ${seed}: ${digest} → ${other === "" ? "stopped" : other}\n`);
  }
  sayIfChanged(outside, side);
  return differing.length > 0 ? ExitCode.notReproducible : ExitCode.ok;
}

/** The file of the scenario may say something else by now. */
function sayIfChanged(outside: Outside, { inputs, label }: Side): void {
  if (inputs.source === undefined) return;
  try {
    const loaded = loadNamed(outside, inputs.source, inputs.settings);
    if (inputsOf(outside, loaded, inputs.source, inputs.settings).digest === inputs.digest) return;
    outside.stderr.write(`${inputs.source} has changed since ${label} was saved.\n`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    outside.stderr.write(`${inputs.source} cannot be loaded any more.\n`);
  }
}

export function baselineReport({ side, reasons }: Baseline): BaselineReport {
  const { inputs, runtime, runs, metrics, label } = side;
  const v8 = runtime.v8 === undefined ? "" : `, V8 ${runtime.v8}`;
  return {
    file: label,
    scenario: inputs.scenario,
    settings: inputs.settings,
    toolVersion: inputs.toolVersion,
    model: inputs.model ?? "unknown",
    runtime: `Node ${runtime.node}${v8} on ${runtime.platform}`,
    seeds: runs.length,
    reasons,
    isWhole: inputs.resolved !== undefined,
    metrics: metrics.map(({ key, budgets, isGated, unit }) => {
      const values = runs.flatMap((run) => run.values[key] ?? []);
      return {
        name: budgets.join(", "),
        metric: key,
        gated: isGated,
        unit,
        mean: mean(values),
        interval: meanInterval(values),
        measured: values.length,
      };
    }),
  };
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
