// npm run schemas: writes the tables of docs/scenarios.md anew, from the schemas, the catalogue and the profile.

import { readFileSync, writeFileSync } from "node:fs";
import { withTables } from "../../live/protocol/tables.ts";
import { scenarioTables } from "./facts.ts";

const [root = "."] = process.argv.slice(2);
const page = `${root}/docs/scenarios.md`;

writeFileSync(page, withTables(readFileSync(page, "utf8"), scenarioTables(root)));
