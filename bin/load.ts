// From what was typed to a loaded scenario.

import { InputError, suggestion } from "../scenarios/problem.ts";
import {
  loadCells,
  loadScenario,
  type LoadedScenario,
  type LoadOptions,
} from "../scenarios/loader.ts";
import { CELL_MARK } from "../scenarios/matrix.ts";
import { FieldError } from "../sim/cluster/kubernetes/field.ts";
import { hpaManifest } from "../sim/cluster/kubernetes/hpa/manifest.ts";
import { rulesOf, type KubernetesVersion } from "../sim/cluster/kubernetes/hpa/version.ts";
import { metricFault } from "../sim/measure.ts";
import { BUILTIN, type Outside } from "./outside.ts";

/**
 * The scenario that `name` means: one that ships with the program, or a file; with a matrix one cell of it, as in
 * grid.yaml@nodes.count=48. Throws `InputError`.
 */
export function loadNamed(
  outside: Outside,
  name: string,
  settings: readonly string[],
): LoadedScenario {
  const { file, cell } = parted(outside, name);
  return loadScenario(pathOf(outside, file), optionsOf(outside, settings), cell);
}

/** What `name` means, and what to type for it: for a matrix without a cell all its cells. Throws `InputError`. */
export function loadCellsNamed(
  outside: Outside,
  name: string,
  settings: readonly string[],
): readonly NamedScenario[] {
  const { file, cell } = parted(outside, name);
  if (cell !== undefined) return [{ name, loaded: loadNamed(outside, name, settings) }];
  return loadCells(pathOf(outside, file), optionsOf(outside, settings)).map((loaded) => ({
    name: loaded.cell === undefined ? name : `${name}${CELL_MARK}${loaded.cell.key}`,
    loaded,
  }));
}

export interface NamedScenario {
  readonly name: string;
  readonly loaded: LoadedScenario;
}

function optionsOf(outside: Outside, settings: readonly string[]): LoadOptions {
  return {
    readFile: (path) => outside.readFile(path),
    builtinDir: BUILTIN,
    settings,
    metricFault,
    manifestFault,
  };
}

/** A name with the cell that it ends in. A file may have the mark in its own name. */
function parted(
  outside: Outside,
  name: string,
): { readonly file: string; readonly cell: string | undefined } {
  const mark = name.lastIndexOf(CELL_MARK);
  if (mark <= 0 || !name.slice(mark).includes("=") || outside.exists(name)) {
    return { file: name, cell: undefined };
  }
  return { file: name.slice(0, mark), cell: name.slice(mark + 1) };
}

/** One scenario for each name; the problems of all that cannot be loaded are thrown together. */
export function loadAll(
  outside: Outside,
  names: readonly string[],
  settings: readonly string[],
): readonly LoadedScenario[] {
  return gathered(names, (name) => [{ name, loaded: loadNamed(outside, name, settings) }]).map(
    ({ loaded }) => loaded,
  );
}

/** The same with every cell of a matrix. */
export function loadAllCells(
  outside: Outside,
  names: readonly string[],
  settings: readonly string[],
): readonly NamedScenario[] {
  return gathered(names, (name) => loadCellsNamed(outside, name, settings));
}

function gathered(
  names: readonly string[],
  load: (name: string) => readonly NamedScenario[],
): readonly NamedScenario[] {
  const problems: InputError["problems"][number][] = [];
  const all: NamedScenario[] = [];
  for (const name of names) {
    try {
      all.push(...load(name));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  const seen = new Set<string>();
  for (const { loaded } of all) {
    const { scenario, files } = loaded;
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
  return all;
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
