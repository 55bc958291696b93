// From a stored result to what its reports are made of: the scenario behind it, what its values rest on, what a tuning
// left beside it.
//
// Reports are always made of the files, also right after a run: so a report that is built again is the same bytes.

import { basename, join } from "node:path";
import { parse } from "yaml";
import type {
  Evidence,
  Recommendation,
  ReportCommands,
  ReportSubject,
} from "../../reports/html/subject.ts";
import { manifestYaml } from "../../reports/manifests/manifest-yaml.ts";
import { unifiedDiff } from "../../reports/manifests/unified-diff.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { DECLARED, type LoadedScenario } from "../../scenarios/loader.ts";
import { InputError } from "../../scenarios/problem.ts";
import { provenanceOf } from "../../scenarios/provenance.ts";
import { traps } from "../../sim/cluster/findings/traps.ts";
import { metricOf } from "../../sim/metrics/catalogue.ts";
import { bucketLow } from "../../sim/metrics/histogram.ts";
import type { HistogramCounts } from "../../sim/result.ts";
import { loadNamed } from "../load.ts";
import type { Outside } from "../outside.ts";
import type { StoredResult } from "../result-files.ts";
import { quoted } from "../shell.ts";

export function reportSubject(outside: Outside, stored: StoredResult): ReportSubject {
  const { document, runs } = stored;
  const result = document.scenarios[0]!; // A stored result is of one scenario.
  const loaded = scenarioBehind(outside, stored);
  return {
    document,
    result,
    runs,
    scenario: loaded?.scenario,
    ...evidenceOf(loaded),
    recommendation: recommendationBeside(outside, stored),
    trapsOf: (run) => loaded && traps(run, loaded.scenario),
    pointsOf,
    commands: commandsOf(stored),
  };
}

/** The scenario that was run, if one of the files that it was made of still gives it. */
function scenarioBehind(outside: Outside, stored: StoredResult): LoadedScenario | undefined {
  const { settings, scenarios } = stored.document;
  const { name, digest, files } = scenarios[0]!;
  for (const file of Object.keys(files)) {
    try {
      const loaded = loadNamed(outside, file, settings);
      const isSame = loaded.scenario.metadata.name === name;
      if (isSame && outside.sha256(canonicalJson(loaded.scenario)) === digest) return loaded;
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // Budgets and profiles are no scenarios.
    }
  }
  return undefined;
}

function evidenceOf(
  loaded: LoadedScenario | undefined,
): Pick<ReportSubject, "defaults" | "chosen"> {
  if (loaded === undefined) return { defaults: undefined, chosen: undefined };
  const defaults: { -readonly [Kind in keyof Evidence]: number } = {
    measured: 0,
    cited: 0,
    assumed: 0,
  };
  let chosen = 0;
  for (const { origin, isDefault } of provenanceOf(DECLARED, loaded.tree)) {
    const kind = /^default, (measured|cited|assumed)/.exec(origin)?.[1];
    if (!isDefault) chosen++;
    else if (kind !== undefined) defaults[kind as keyof Evidence]++;
  }
  return { defaults, chosen };
}

/** hpa.recommended.yaml in the directory of the result, against the manifest that was run. */
function recommendationBeside(
  outside: Outside,
  { directory, runs }: StoredResult,
): Recommendation | undefined {
  const file = join(directory, "hpa.recommended.yaml");
  const written = outside.readFile(file);
  const own = runs.find(({ autoscaling }) => autoscaling?.manifest !== undefined)?.autoscaling;
  if (written === undefined || own?.manifest === undefined) return undefined;
  let manifest: unknown;
  try {
    manifest = parse(written);
  } catch (error) {
    const at = { file, line: 0, column: 0 };
    throw new InputError([{ at, message: `must be YAML: ${(error as Error).message}` }]);
  }
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const names = { before: "the HPA that was run", after: basename(file) };
  return {
    file: basename(file),
    diff: unifiedDiff(manifestYaml(own.manifest), manifestYaml(manifest), names),
  };
}

function pointsOf(metric: string, counts: HistogramCounts) {
  const ticks = metricOf(metric)?.unit === "ms" ? 1_000 : 1;
  return counts.buckets.map((bucket, i) => ({
    value: Math.min((bucketLow(bucket + 1) - 1) / ticks, counts.max),
    count: counts.counts[i]!,
  }));
}

/** Commands on the result are for a shell in its directory: where that lies is no part of a report. */
function commandsOf({ document, runs }: StoredResult): ReportCommands {
  const { command, settings, scenarios } = document;
  const { name } = scenarios[0]!;
  // The HPA of the run is what is tuned; --set may have named it.
  const words = settings.map((setting) => `--set ${quoted(setting)}`);
  const bare = command.replace(/ --seeds? \S+/g, "");
  const count = new Set(runs.map(({ seed }) => seed)).size;
  const isScaled = runs.some(({ autoscaling }) => autoscaling?.manifest !== undefined);
  return {
    again: command,
    seed: (seed) => `${bare} --seed ${seed} --trace`,
    moreSeeds: `${bare} --seeds ${Math.max(2, count * 2)}`,
    tune: ["stormglass tune hpa", quoted(name), ...words, "--out ."].join(" "),
    explain: isScaled ? "stormglass hpa explain ." : undefined,
  };
}
