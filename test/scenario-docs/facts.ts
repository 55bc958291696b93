// What docs/scenarios.md says beside the schemas: the catalogue of metrics, and the costs of the profile that ships.

import { readFileSync } from "node:fs";
import { parseProfile } from "../../scenarios/profile.ts";
import { referenceTables } from "../../scenarios/reference.ts";
import { FUNCTIONS } from "../../sim/measure.ts";
import { CATALOGUE } from "../../sim/metrics/catalogue.ts";

/** The tables of the page; `root` is the directory of the project. */
export function scenarioTables(root: string): Readonly<Record<string, string>> {
  const file = "scenarios/profiles/node20-loopback.yaml";
  const costs = parseProfile(file, readFileSync(`${root}/${file}`, "utf8"));
  return referenceTables({ metrics: CATALOGUE, functions: FUNCTIONS, costs });
}
