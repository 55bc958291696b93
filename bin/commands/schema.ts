// stormglass schema: the JSON Schemas of the files it reads and writes.

import { Argument, type Command } from "commander";
import { resultsSchemaText } from "../../reports/results-schema.ts";
import { schemaText, type SchemaName } from "../../scenarios/schemas.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";

const NAMES = ["scenario", "budget", "profile", "results", "serve"] as const;

const EXAMPLES = `Examples:
  stormglass schema scenario > scenario.schema.json
  stormglass schema results
`;

export function addSchema(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("schema")
    .summary("print a JSON Schema")
    .description("Prints the JSON Schema of a file that stormglass reads or writes.")
    .addArgument(new Argument("[kind]", "which file").choices(NAMES).default("scenario"))
    .addHelpText("before", EXAMPLES)
    .action(async (name: (typeof NAMES)[number]) => {
      outside.stdout.write(name === "serve" ? await serveSchema() : schemaNamed(name));
      finish(ExitCode.ok);
    });
}

/** The text of the schema `name`. */
export function schemaNamed(name: SchemaName | "results"): string {
  return name === "results" ? resultsSchemaText() : schemaText(name);
}

async function serveSchema(): Promise<string> {
  const { serveSchemaText } = await import("../serve-print.ts");
  return serveSchemaText();
}
