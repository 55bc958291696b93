// One side of a comparison: which runs it is made of and what each measured, whether they come from a baseline, from a stored
// result, or from this minute.

import { canonicalJson } from "../../reports/results-json.ts";
import type { Budget } from "../../scenarios/budget.ts";
import { parseExpression } from "../../scenarios/expression.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { metricsOf, type Limited, type ListedMetric } from "../../sim/compare/metric-list.ts";
import { measure, unitOf } from "../../sim/measure.ts";
import type { RunResult } from "../../sim/result.ts";
import type { Campaign, TrialSummary } from "../campaign.ts";
import { scenarioBehind } from "../export-subject.ts";
import type { Outside } from "../outside.ts";
import type { StoredResult } from "../result-files.ts";

/** What went into runs: equal inputs must give equal digests. */
export interface Inputs {
  readonly scenario: string;
  /** What `run` was given, so that it can be run again: a name or a file. Undefined when nobody knows. */
  readonly source: string | undefined;
  readonly settings: readonly string[];
  /** sha256 of the resolved scenario. */
  readonly digest: string;
  /** File → sha256 of its text. */
  readonly files: Readonly<Record<string, string>>;
  readonly toolVersion: string;
  /** Digest of the code that simulates; undefined in results of versions that did not say. */
  readonly model: string | undefined;
  /** Undefined when it is not at hand any more. */
  readonly resolved: Scenario | undefined;
}

export interface SeedRun {
  readonly seed: number;
  /** "" when it did not come to its end. */
  readonly digest: string;
  /** Key of a metric → value; absent where nothing was measured. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Runtime {
  readonly node: string;
  /** Absent where only a stored result knows of the runs. */
  readonly v8?: string;
  readonly platform: string;
}

export interface Side {
  /** For the reader: a file, a directory, or "this run". */
  readonly label: string;
  readonly inputs: Inputs;
  readonly runtime: Runtime;
  readonly metrics: readonly ListedMetric[];
  readonly runs: readonly SeedRun[];
  /** Runs that did not come to their end, in words. */
  readonly stopped: readonly string[];
}

/** Significant digits of a kept value: those of result files. */
const KEPT_DIGITS = 12;
const kept = (value: number): number => Number(value.toPrecision(KEPT_DIGITS));

export function limitedBy(budgets: readonly Budget[]): readonly Limited[] {
  return budgets.map(({ id, metric, window, op, limit, severity }) => {
    const value = limit.kind === "absolute" ? limit.value : undefined;
    return { id, metric: metric.text, window, op, limit: value, severity, unit: unitOf(metric) };
  });
}

/** What `loaded`, asked for as `source` with `settings`, puts into a run by this program. */
export function inputsOf(
  outside: Outside,
  { scenario, files }: LoadedScenario,
  source: string,
  settings: readonly string[],
): Inputs {
  const digests = files.map((file) => [file, outside.sha256(outside.readFile(file) ?? "")]);
  return {
    scenario: scenario.metadata.name,
    source,
    settings,
    digest: outside.sha256(canonicalJson(scenario)),
    files: Object.fromEntries(digests) as Record<string, string>,
    toolVersion: outside.version,
    model: outside.programDigest(),
    resolved: scenario,
  };
}

export function runtimeOf(outside: Outside): Runtime {
  const { node, platform } = outside.machine;
  return { node, v8: process.versions.v8, platform };
}

/** Runs `seeds` of a scenario now and keeps what `metrics` measure. Throws `CampaignInterrupted`. */
export async function runSeeds(
  campaign: Campaign,
  scenario: Scenario,
  metrics: readonly ListedMetric[],
  seeds: readonly number[],
): Promise<Pick<Side, "runs" | "stopped">> {
  const expressions = metrics.map(({ key }) => key);
  const trials = seeds.map((seed) => ({
    scenario,
    budgets: [],
    expressions,
    seed,
    variant: "full",
  }));
  const summaries = await campaign.run(trials);
  return { runs: summaries.map(runOf), stopped: summaries.flatMap(stoppedText) };
}

function runOf({ seed, digest, values, endedEarly }: TrialSummary): SeedRun {
  const entries = Object.entries(values).map(([key, value]) => [key, kept(value)] as const);
  return {
    seed,
    digest: endedEarly === undefined ? digest : "",
    values: Object.fromEntries(entries),
  };
}

function stoppedText({ seed, endedEarly, broken }: TrialSummary): string[] {
  if (endedEarly === undefined) return [];
  const why =
    broken.length > 0 ? `broke "${broken.join('", "')}"` : `stopped early (${endedEarly})`;
  return [`seed ${seed} ${why}`];
}

/** The runs without their paired ones: these are no concern of a comparison with other runs. */
export function sideOfResult(outside: Outside, path: string, stored: StoredResult): Side {
  const { document, runs } = stored;
  const result = document.scenarios[0]!; // A stored result is of one scenario.
  const found = scenarioBehind(outside, result, document.settings);
  const metrics = metricsOf(
    result.checks.map((check) => ({
      ...check,
      limit: check.versus === undefined ? check.limit : undefined,
    })),
  );
  const full = runs.filter(({ variant }) => variant === "full");
  return {
    label: path,
    inputs: {
      scenario: result.name,
      source: found?.file,
      settings: document.settings,
      digest: result.digest,
      files: result.files,
      toolVersion: document.tool.version,
      model: document.tool.model,
      resolved: found?.scenario,
    },
    runtime: { node: document.wall.node, platform: document.wall.platform },
    metrics,
    runs: full.map((run) => seedRunOf(run, metrics)),
    stopped: full.flatMap((run) =>
      isWhole(run) ? [] : [`seed ${run.seed} stopped early (${run.endedEarly ?? "invariant"})`],
    ),
  };
}

function isWhole({ endedEarly, invariants }: RunResult): boolean {
  return endedEarly === undefined && invariants.every(({ ok }) => ok);
}

function seedRunOf(run: RunResult, metrics: readonly ListedMetric[]): SeedRun {
  if (!isWhole(run)) return { seed: run.seed, digest: "", values: {} };
  const entries = metrics.flatMap(({ key }) => {
    const at = key.lastIndexOf("@");
    const value = measure(parseExpression(key.slice(0, at))!, key.slice(at + 1), run);
    return value === undefined ? [] : [[key, kept(value)] as const];
  });
  return { seed: run.seed, digest: run.digest, values: Object.fromEntries(entries) };
}
