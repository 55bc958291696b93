// From what was typed to a loaded scenario.

import { InputError, suggestion } from "../scenarios/problem.ts";
import { loadScenario, type LoadedScenario } from "../scenarios/loader.ts";
import { FieldError } from "../sim/cluster/kubernetes/field.ts";
import { hpaManifest } from "../sim/cluster/kubernetes/hpa/manifest.ts";
import { rulesOf, type KubernetesVersion } from "../sim/cluster/kubernetes/hpa/version.ts";
import { metricFault } from "../sim/measure.ts";
import { BUILTIN, type Outside } from "./outside.ts";

/** The scenario that `name` means: one that ships with the program, or a file. Throws `InputError`. */
export function loadNamed(
  outside: Outside,
  name: string,
  settings: readonly string[],
): LoadedScenario {
  return loadScenario(pathOf(outside, name), {
    readFile: (path) => outside.readFile(path),
    builtinDir: BUILTIN,
    settings,
    metricFault,
    manifestFault,
  });
}

/** All of them; the problems of all that cannot be loaded are thrown together. */
export function loadAll(
  outside: Outside,
  names: readonly string[],
  settings: readonly string[],
): readonly LoadedScenario[] {
  const problems: InputError["problems"][number][] = [];
  const loaded: LoadedScenario[] = [];
  for (const name of names) {
    try {
      loaded.push(loadNamed(outside, name, settings));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  const seen = new Set<string>();
  for (const { scenario, files } of loaded) {
    const { name } = scenario.metadata;
    if (seen.has(name)) {
      const at = { file: files[0] ?? name, line: 0, column: 0 };
      problems.push({
        at,
        message: `metadata.name must differ between scenarios, got "${name}" twice`,
      });
    }
    seen.add(name);
  }
  if (problems.length > 0) throw new InputError(problems);
  return loaded;
}

function pathOf(outside: Outside, name: string): string {
  const builtins = outside.builtins();
  const bare = name.startsWith(`${BUILTIN}/`) ? name.slice(BUILTIN.length + 1) : name;
  if (builtins.includes(bare)) return `${BUILTIN}/${bare}.yaml`;
  if (outside.exists(name)) return name;
  const known = builtins.join(", ");
  const at = { file: name, line: 0, column: 0 };
  const message = `must be a scenario that ships with stormglass (${known}) or a file${suggestion(bare, builtins)}`;
  throw new InputError([{ at, message }]);
}

/** What the API server of the simulated release would refuse. */
export function manifestFault(manifest: Readonly<Record<string, unknown>>, version: string) {
  try {
    hpaManifest(manifest, rulesOf(version as KubernetesVersion)); // A choice of the schema's.
    return undefined;
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return { field: error.field, must: error.message.slice(error.field.length + 1) };
  }
}
