// The JSON Schemas that editors and other programs read. Each is printed by `stormglass schema` and
// kept as a file beside the data; a test holds the two equal.

import { BudgetFile } from "./budget.ts";
import { MetricSamplesFile } from "./metric-samples.ts";
import { writtenProfile } from "./profile.ts";
import { ScenarioFile } from "./schema.ts";
import type { FieldSchema } from "./schema/fields.ts";
import { publishedSchema } from "./written.ts";

export const SCHEMA_FILES = {
  scenario: "scenario.schema.json",
  budget: "budget.schema.json",
  profile: "profile.schema.json",
  "metric-samples": "metric-samples.schema.json",
} as const;
export type SchemaName = keyof typeof SCHEMA_FILES;

/** The text of a schema file, with a newline at its end. */
export function schemaText(name: SchemaName): string {
  return `${JSON.stringify(schemaOf(name), undefined, 2)}\n`;
}

function schemaOf(name: SchemaName): object {
  switch (name) {
    case "scenario":
      return publishedSchema(ScenarioFile as unknown as FieldSchema, "Stormglass scenario");
    case "budget":
      return publishedSchema(BudgetFile as unknown as FieldSchema, "Stormglass budgets");
    case "metric-samples":
      return publishedSchema(
        MetricSamplesFile as unknown as FieldSchema,
        "Stormglass metric samples",
      );
    case "profile":
      return publishedSchema(writtenProfile(), "Stormglass profile");
  }
}
