// For tests: a small scenario, files in memory, and the problems of a text as lines.

import { loadCells, loadScenario, type LoadedScenario, type LoadOptions } from "./loader.ts";
import { InputError, place } from "./problem.ts";
import { COSTS } from "./schema/profile.ts";
import { writtenName, type FieldSchema } from "./schema/fields.ts";

/** 30 lines are enough to run; line numbers matter to tests. */
export const SMALL = `apiVersion: stormglass/v1
kind: Scenario
metadata:
  name: small
  title: Does it load?
run:
  duration: 60s
cluster:
  edges: { count: 2 }
  nodes: { count: 3 }
clients:
  total: 1k
  arrivals:
    - { phase: fill, from: 0s, over: 10s, share: 30% }
    - { phase: storm, from: 20s, over: 5s }
faults:
  - name: kill-node
    kind: node-crash
    at: 40s
windows:
  impact: { from: kill-node.start, to: kill-node.start + 10s }
`;

const cost = (field: FieldSchema): string =>
  ({ cost: "10us", duration: "4ms", size: "100B" })[field.unit as "cost" | "duration" | "size"];

const PROFILE = `apiVersion: stormglass/v1
kind: Profile
metadata: { name: node20-loopback, title: made up }
costs:
${Object.entries(COSTS)
  .map(([name, field]) => {
    const schema = field as unknown as FieldSchema;
    return `  ${writtenName(name, schema)}: { value: ${cost(schema)}, evidence: assumed, source: test }`;
  })
  .join("\n")}
`;

export type Files = Readonly<Record<string, string>>;

export function load(
  files: Files,
  settings: readonly string[] = [],
  path = "small.yaml",
  more: Partial<LoadOptions> = {},
  cell?: string,
): LoadedScenario {
  return loadScenario(path, optionsOf(files, settings, more), cell);
}

/** Every cell of a matrix. */
export function loadEach(
  files: Files,
  settings: readonly string[] = [],
  path = "small.yaml",
): readonly LoadedScenario[] {
  return loadCells(path, optionsOf(files, settings, {}));
}

function optionsOf(
  files: Files,
  settings: readonly string[],
  more: Partial<LoadOptions>,
): LoadOptions {
  const all: Files = { "@builtin/profiles/node20-loopback.yaml": PROFILE, ...files };
  return { readFile: (file) => all[file], builtinDir: "@builtin", settings, ...more };
}

/** "small.yaml:7:13: run.duration must …", one line per problem; [] when the scenario is good. */
export function problemsOf(
  files: Files,
  settings: readonly string[] = [],
  path = "small.yaml",
  more: Partial<LoadOptions> = {},
): readonly string[] {
  return problemsIn(() => load(files, settings, path, more));
}

/** The same of any loading. */
export function problemsIn(action: () => unknown): readonly string[] {
  try {
    action();
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ at, message }) => `${place(at)}: ${message}`);
  }
}

/** SMALL with one text replaced. */
export function small(from: string, to: string): Files {
  if (!SMALL.includes(from)) throw new Error(`the fixture has no ${from}`);
  return { "small.yaml": SMALL.replace(from, to) };
}
