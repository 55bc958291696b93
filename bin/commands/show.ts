// stormglass show: the scenario as it will run, and where every value comes from.

import type { Command } from "commander";
import { canonicalJson } from "../../reports/results-json.ts";
import { table, type Column } from "../../reports/layout.ts";
import { DECLARED, type LoadedScenario } from "../../scenarios/loader.ts";
import { InputError, suggestion } from "../../scenarios/problem.ts";
import { provenanceOf } from "../../scenarios/provenance.ts";
import { formatQuantity, type Unit } from "../../scenarios/quantities.ts";
import { ExitCode } from "../exit-codes.ts";
import { loadNamed } from "../load.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { collected } from "../option-values.ts";

interface ShowOptions {
  readonly set: readonly string[];
  readonly json?: true;
  readonly only?: string;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass show join-storm-100k
  stormglass show node-death --only cluster.nodes --set cluster.nodes.count=16
`;

export function addShow(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("show")
    .summary("show a scenario complete, and where each value comes from")
    .description(
      "Shows the scenario with all defaults, and whether a value comes from a file, --set or a default.",
    )
    .argument("<scenario>", "a scenario that ships with stormglass, or a file")
    .option("--set <path=value>", "change a value, with its unit; repeatable", collected, [])
    .option("--only <path>", "only this part, such as cluster.nodes")
    .option("--json", "print the resolved scenario: ms, bytes, events per second, ratios")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action((name: string, options: ShowOptions) => {
      const loaded = loadNamed(outside, name, options.set);
      outside.stdout.write(
        options.json === true
          ? resolvedText(loaded, options)
          : writtenText(outside, loaded, options),
      );
      finish(ExitCode.ok);
    });
}

function resolvedText({ scenario }: LoadedScenario, { only }: ShowOptions): string {
  let part: unknown = scenario;
  for (const step of only === undefined ? [] : only.split(".")) {
    const isMap = typeof part === "object" && part !== null;
    const known = isMap ? Object.keys(part as object) : [];
    if (!known.includes(step)) throw unknownPart(only!, step, known);
    part = (part as Readonly<Record<string, unknown>>)[step];
  }
  return canonicalJson(part);
}

function unknownPart(only: string, step: string, known: readonly string[]): InputError {
  const at = { file: `--only ${only}`, line: 0, column: 0 };
  const hint = suggestion(step, known) || `; known here are ${known.join(", ")}`;
  return new InputError([
    { at, message: `must name a part of the scenario, got "${step}"${hint}` },
  ]);
}

const COLUMNS: readonly Column[] = [
  { title: "Path", align: "left" },
  { title: "Value", align: "left" },
  { title: "From", align: "left" },
];
const VALUE_WIDTH_MAX = 44;

function writtenText(outside: Outside, loaded: LoadedScenario, options: ShowOptions): string {
  const { only } = options;
  const all = [...provenanceOf(DECLARED, loaded.tree), ...costRows(loaded)];
  const rows = all.filter(
    ({ path }) => only === undefined || path === only || path.startsWith(`${only}.`),
  );
  if (rows.length === 0) throw unknownPart(only!, only!, partsOf(all.map(({ path }) => path)));
  const paint = paintFor(outside, !options.color);
  const cells = rows.map(({ path, value, origin, isDefault }) => [
    path,
    value.length > VALUE_WIDTH_MAX ? `${value.slice(0, VALUE_WIDTH_MAX - 1)}…` : value,
    isDefault ? paint.faint(origin) : origin,
  ]);
  const width = outside.stdout.isTTY ? outside.stdout.columns : 200;
  return `${table(COLUMNS, cells, width).join("\n")}\n`;
}

/** Every prefix of every path. */
function partsOf(paths: readonly string[]): readonly string[] {
  const parts = paths.flatMap((path) => {
    const steps = path.split(".");
    return steps.map((_, i) => steps.slice(0, i + 1).join("."));
  });
  return [...new Set(parts)];
}

/** The profile's costs, with their evidence; those that the scenario sets are among its own values. */
function costRows({ scenario: { profile } }: LoadedScenario) {
  return Object.entries(profile.costs)
    .filter(([, cost]) => !cost.source.startsWith("set in "))
    .map(([name, cost]) => ({
      path: `profile.costs.${name.replace(/(Us|Ms|Bytes)$/, "")}`,
      value: formatQuantity(unitOf(name), cost.value),
      origin: `${profile.name}, ${cost.evidence}: ${cost.source}`,
      isDefault: true,
    }));
}

function unitOf(cost: string): Unit {
  if (cost.endsWith("Us")) return "cost";
  return cost.endsWith("Ms") ? "duration" : "size";
}
