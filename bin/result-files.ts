// Where results lie, <out>/<scenario>/results.json and runs.json, and how they come back.
//
// results.json is what people and other programs read, a complete document of its one scenario. runs.json
// is everything that the runs measured, one run per line, for commands that look closer. Both are written
// whole or not at all, runs.json first; a reader takes them only if they are of the same runs.

import { dirname, join } from "node:path";
import { canonicalJson } from "../reports/results-json.ts";
import { RESULTS_VERSION, type ResultsDocument } from "../reports/results-schema.ts";
import { InputError, nearest } from "../scenarios/problem.ts";
import type { RunResult } from "../sim/result.ts";
import type { Outside } from "./outside.ts";

const RESULTS = "results.json";
const RUNS = "runs.json";

export interface StoredResult {
  /** Where both files lie. */
  readonly directory: string;
  /** Of one scenario. */
  readonly document: ResultsDocument;
  /** In the order of the document's runs. Numbers have 12 significant digits. */
  readonly runs: readonly RunResult[];
}

/** Why a directory is of no use: what the system said. */
export interface Unwritable {
  readonly directory: string;
  readonly why: string;
}

export function resultDirectory(out: string, scenario: string): string {
  return join(out, scenario);
}

/** The first of `directories` in which no file can be made. Makes those that are missing. */
export function unwritable(
  outside: Outside,
  directories: readonly string[],
): Unwritable | undefined {
  for (const directory of directories) {
    const probe = join(directory, ".stormglass-probe");
    try {
      outside.writeFile(probe, "");
      outside.remove(probe);
    } catch (error) {
      return { directory, why: (error as Error).message };
    }
  }
  return undefined;
}

/** Characters of runs.json. Throws what the system says. */
export function writeResult(
  outside: Outside,
  directory: string,
  document: ResultsDocument,
  runs: readonly RunResult[],
): number {
  let size = 0;
  // Piece by piece: a thousand runs together are longer than a string may be.
  function* lines(): Generator<string> {
    for (const [i, run] of runs.entries()) {
      const line = `${i === 0 ? "[\n" : ",\n"}${canonicalJson(run, 0).trimEnd()}`;
      size += line.length;
      yield line;
    }
    yield runs.length === 0 ? "[]\n" : "\n]\n";
  }
  outside.writeFile(join(directory, RUNS), lines());
  outside.writeFile(join(directory, RESULTS), canonicalJson(document));
  return size;
}

/**
 * The result that `path` means: a directory with results, an out directory in which one scenario has some
 * (or `scenario` has), a results.json or a runs.json. Throws `InputError`.
 */
export function readResult(
  outside: Outside,
  path: string,
  options: { readonly scenario?: string | undefined } = {},
): StoredResult {
  const { scenario } = options;
  const directory = directoryMeant(outside, path, scenario);
  const isFile = directory !== path && outside.readFile(path) !== undefined;
  // A document may have another name, such as one that was printed; its runs.json lies beside it.
  const isDocument = isFile && !outside.readFile(path)!.trimStart().startsWith("[");
  const documentFile = isDocument ? path : join(directory, RESULTS);
  const document = narrowed(documentOf(outside, documentFile), documentFile, scenario);
  const runsFile = join(directory, RUNS);
  const { name, runs: summaries } = document.scenarios[0]!;
  const runs = runsOf(outside, runsFile).filter((run) => run.scenario === name);
  const isSame =
    runs.length === summaries.length &&
    summaries.every(({ seed, variant, digest }, i) => {
      const run = runs[i]!;
      return run.seed === seed && run.variant === variant && run.digest === digest;
    });
  if (!isSame)
    refuse(runsFile, `must have the runs of ${documentFile}; \`stormglass run\` writes both`);
  return { directory, document, runs };
}

function directoryMeant(outside: Outside, path: string, scenario: string | undefined): string {
  if (outside.readFile(path) !== undefined) return dirname(path);
  if (holdsResults(outside, path)) return path;
  const inside = holders(outside, path);
  if (scenario !== undefined && inside.includes(scenario)) return join(path, scenario);
  if (inside.length === 1 && scenario === undefined) return join(path, inside[0]!);
  if (inside.length > 0) {
    const asked =
      scenario === undefined ? "name one of its scenarios" : `no results of ${scenario}`;
    const ways = inside.map((name) => join(path, name));
    return refuse(path, `${asked}; there are ${ways.join(", ")}`);
  }
  const around = holders(outside, dirname(path));
  const ways = around.map((name) => join(dirname(path), name));
  if (ways.length === 0) return refuse(path, "holds no results; `stormglass run` writes them");
  const near = nearest(path, ways);
  const meant = near === undefined || ways.length === 1 ? "" : ` — did you mean ${near}?`;
  return refuse(path, `holds no results; there are ${ways.join(", ")}${meant}`);
}

function holdsResults(outside: Outside, directory: string): boolean {
  return outside.exists(join(directory, RESULTS));
}

/** Names in `directory` that hold results. */
function holders(outside: Outside, directory: string): readonly string[] {
  return outside.list(directory).filter((name) => holdsResults(outside, join(directory, name)));
}

function documentOf(outside: Outside, file: string): ResultsDocument {
  const value = parsed(outside, file) as Partial<ResultsDocument> | null;
  if (value?.tool?.name !== "stormglass" || !Array.isArray(value.scenarios)) {
    refuse(file, "must be results of `stormglass run`");
  }
  const { schemaVersion } = value as { schemaVersion: string };
  if (schemaVersion.split(".")[0] !== RESULTS_VERSION.split(".")[0]) {
    refuse(
      file,
      `must have results of version ${RESULTS_VERSION}, got ${schemaVersion}; run it again`,
    );
  }
  return value as ResultsDocument;
}

/** `document` with one scenario alone. */
function narrowed(
  document: ResultsDocument,
  file: string,
  scenario: string | undefined,
): ResultsDocument {
  const names = document.scenarios.map(({ name }) => name);
  const wanted = scenario ?? (names.length === 1 ? names[0] : undefined);
  const one = document.scenarios.find(({ name }) => name === wanted);
  if (one !== undefined) return { ...document, verdict: one.verdict, scenarios: [one] };
  const what = wanted === undefined ? "must be narrowed to one scenario" : `has no ${wanted}`;
  return refuse(file, `${what}; there are ${names.join(", ")}`);
}

function runsOf(outside: Outside, file: string): readonly RunResult[] {
  const value = parsed(outside, file);
  if (!Array.isArray(value)) refuse(file, "must have runs of `stormglass run`");
  return (value as unknown[]).map(restored) as RunResult[];
}

function parsed(outside: Outside, file: string): unknown {
  const text = outside.readFile(file);
  if (text === undefined) {
    return refuse(file, "cannot be read; `stormglass run` writes results.json and runs.json");
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return refuse(file, `must be JSON: ${(error as Error).message}`);
  }
}

/** What canonicalJson cannot say: undefined in an array became null, Infinity became "unlimited". */
function restored(value: unknown): unknown {
  if (value === null) return undefined;
  if (value === "unlimited") return Infinity;
  if (Array.isArray(value)) return value.map(restored);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, restored(part)]));
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
