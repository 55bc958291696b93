// stormglass schema: the JSON Schemas of the files it reads and writes, and the protocol as AsyncAPI.

import { Argument, type Command } from "commander";
import { resultsSchemaText } from "../../reports/results-schema.ts";
import { schemaText, type SchemaName } from "../../scenarios/schemas.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";

const NAMES = [
  "scenario",
  "budget",
  "profile",
  "metric-samples",
  "results",
  "serve",
  "asyncapi",
] as const;

const EXAMPLES = `Examples:
  stormglass schema scenario > scenario.schema.json
  stormglass schema asyncapi > asyncapi.yaml
`;

export function addSchema(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("schema")
    .summary("print a JSON Schema")
    .description(
      "Prints the JSON Schema of a file that stormglass reads or writes, or the AsyncAPI description of the signaling protocol.",
    )
    .addArgument(new Argument("[kind]", "of what").choices(NAMES).default("scenario"))
    .addHelpText("before", EXAMPLES)
    .action(async (name: (typeof NAMES)[number]) => {
      outside.stdout.write(await schemaAsked(name));
      finish(ExitCode.ok);
    });
}

/** The text of the schema `name`. */
export function schemaNamed(name: SchemaName | "results"): string {
  return name === "results" ? resultsSchemaText() : schemaText(name);
}

/** What few ask for is loaded when it is asked for. */
async function schemaAsked(name: (typeof NAMES)[number]): Promise<string> {
  if (name === "serve") return serveSchema();
  if (name !== "asyncapi") return schemaNamed(name);
  const { asyncApiText } = await import("../protocol-text.ts");
  return asyncApiText();
}

async function serveSchema(): Promise<string> {
  const { serveSchemaText } = await import("../serve-print.ts");
  return serveSchemaText();
}
