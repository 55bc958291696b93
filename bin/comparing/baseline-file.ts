// baselines/<scenario>.json: what the runs of a scenario measured at some time, small enough to be committed.
//
// One metric per line, so that a change of the file reads as a change of metrics. It holds the resolved scenario with every digit:
// its seeds can be run again, and more of them, when nobody has the files of that time any more. There is no date in it, and
// nothing of the clock; version control knows better.

import { join } from "node:path";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import type { ListedMetric } from "../../sim/compare/metric-list.ts";
import type { Direction } from "../../sim/compare/tolerance.ts";
import type { MetricUnit } from "../../sim/metrics/catalogue.ts";
import type { Outside } from "../outside.ts";
import type { Runtime, SeedRun, Side } from "./side.ts";

export const BASELINES = "baselines";
/** Grows in the second number when something is added, in the first when something changes. */
export const BASELINE_VERSION = "1.0";
const KIND = "stormglass-baseline";

export interface Baseline {
  readonly side: Side;
  /** Why it was replaced, each time, oldest first. */
  readonly reasons: readonly string[];
}

interface StoredMetric {
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly budgets: readonly string[];
  readonly gated: boolean;
  readonly better?: Direction;
  readonly target?: number;
  /** In the order of the seeds; null where a run measured nothing. */
  readonly values: readonly (number | null)[];
}

interface StoredBaseline {
  readonly kind: typeof KIND;
  readonly version: string;
  readonly scenario: string;
  readonly source?: string;
  readonly settings: readonly string[];
  readonly digest: string;
  readonly profile?: { readonly name: string; readonly digest: string };
  readonly tool: { readonly version: string; readonly model?: string };
  readonly runtime: Runtime;
  readonly reasons: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly seeds: readonly number[];
  readonly digests: readonly string[];
  readonly metrics: readonly StoredMetric[];
  readonly resolved?: Scenario;
}

export function baselineFile(directory: string, scenario: string): string {
  return join(directory, `${scenario}.json`);
}

export function baselineText(outside: Outside, side: Side, reasons: readonly string[]): string {
  const { inputs, runtime, runs, metrics } = side;
  const { resolved, source, model } = inputs;
  const profile = resolved?.profile;
  const line = (value: unknown): string => canonicalJson(value, 0).trimEnd();
  const list = (lines: readonly string[]): string =>
    lines.length === 0 ? "[]" : `[\n    ${lines.join(",\n    ")}\n  ]`;
  const fields: (readonly [string, string | undefined])[] = [
    ["kind", line(KIND)],
    ["version", line(BASELINE_VERSION)],
    ["scenario", line(inputs.scenario)],
    ["source", source === undefined ? undefined : line(source)],
    ["settings", list(inputs.settings.map(line))],
    ["digest", line(inputs.digest)],
    [
      "profile",
      profile && line({ name: profile.name, digest: outside.sha256(canonicalJson(profile)) }),
    ],
    ["tool", line({ version: inputs.toolVersion, ...(model === undefined ? {} : { model }) })],
    ["runtime", line(runtime)],
    ["reasons", list(reasons.map(line))],
    ["files", canonicalJson(inputs.files).trimEnd().replaceAll("\n", "\n  ")],
    ["seeds", line(runs.map(({ seed }) => seed))],
    ["digests", line(runs.map(({ digest }) => digest))],
    ["metrics", list(metrics.flatMap((one) => storedMetric(one, runs) ?? []).map(line))],
    ["resolved", resolved && exactJson(resolved).replaceAll("\n", "\n  ")],
  ];
  const written = fields.flatMap(([name, text]) => (text ? [`  "${name}": ${text}`] : []));
  return `{\n${written.join(",\n")}\n}\n`;
}

/** Metrics that nobody limits are kept where something was measured. */
function storedMetric(one: ListedMetric, runs: readonly SeedRun[]): StoredMetric | undefined {
  const values = runs.map((run) => run.values[one.key] ?? null);
  if (one.budgets.length === 0 && values.every((value) => value === null)) return undefined;
  return {
    metric: one.key,
    unit: one.unit,
    budgets: one.budgets,
    gated: one.isGated,
    ...(one.direction === undefined ? {} : { better: one.direction }),
    ...(one.target === undefined ? {} : { target: one.target }),
    values,
  };
}

/** With every digit, unlike canonicalJson: what is read again must run as it did. */
function exactJson(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (part === Infinity) return "unlimited";
    if (Array.isArray(part)) return part.map(sorted);
    if (typeof part !== "object" || part === null) return part;
    const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
  };
  return JSON.stringify(sorted(value), undefined, 2);
}

/** The baseline at `path`, or of that scenario in `baselines/`. Throws `InputError`. */
export function readBaseline(outside: Outside, path: string): Baseline {
  const file = fileMeant(outside, path);
  const stored = parsed(file, outside.readFile(file)!);
  if (stored.version.split(".")[0] !== BASELINE_VERSION.split(".")[0]) {
    refuse(file, `must be a baseline of version ${BASELINE_VERSION}, got ${stored.version}`);
  }
  const { seeds, digests, tool, runtime, reasons, resolved, source, metrics } = stored;
  const runs = seeds.map((seed, i): SeedRun => {
    const values = metrics.flatMap(({ metric, values: column }) =>
      typeof column[i] === "number" ? [[metric, column[i]] as const] : [],
    );
    return { seed, digest: digests[i] ?? "", values: Object.fromEntries(values) };
  });
  const side: Side = {
    label: file,
    inputs: {
      scenario: stored.scenario,
      source,
      settings: stored.settings,
      digest: stored.digest,
      files: stored.files,
      toolVersion: tool.version,
      model: tool.model,
      resolved: resolved === undefined ? undefined : (restored(resolved) as Scenario),
    },
    runtime,
    metrics: metrics.map(listedMetric),
    runs,
    stopped: runs.flatMap(({ seed, digest }) =>
      digest === "" ? [`seed ${seed} did not come to its end`] : [],
    ),
  };
  return { side, reasons };
}

/** Whether a file is one, by its first key. */
export function isBaseline(outside: Outside, path: string): boolean {
  return outside.readFile(path)?.includes(`"kind": "${KIND}"`) ?? false;
}

function fileMeant(outside: Outside, path: string): string {
  if (outside.readFile(path) !== undefined) return path;
  const named = baselineFile(BASELINES, path);
  if (outside.readFile(named) !== undefined) return named;
  const known = outside.list(BASELINES).filter((name) => name.endsWith(".json"));
  const ways = known.map((name) => join(BASELINES, name)).join(", ");
  const there = ways === "" ? "`stormglass baseline save` writes one" : `there are ${ways}`;
  return refuse(path, `is no baseline; ${there}`);
}

function parsed(file: string, text: string): StoredBaseline {
  let value: Partial<StoredBaseline> | null;
  try {
    value = JSON.parse(text) as Partial<StoredBaseline> | null;
  } catch (error) {
    return refuse(file, `must be JSON: ${(error as Error).message}`);
  }
  const lists = [value?.seeds, value?.digests, value?.metrics, value?.reasons, value?.settings];
  if (value?.kind !== KIND || !lists.every(Array.isArray)) {
    return refuse(file, "must be a baseline of `stormglass baseline save`");
  }
  return value as StoredBaseline;
}

function listedMetric({
  metric,
  unit,
  budgets,
  gated,
  better,
  target,
}: StoredMetric): ListedMetric {
  const direction = better;
  return { key: metric, unit, budgets, isGated: gated, direction, target, tolerance: undefined };
}

function restored(value: unknown): unknown {
  if (value === "unlimited") return Infinity;
  if (Array.isArray(value)) return value.map(restored);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, restored(part)]));
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
