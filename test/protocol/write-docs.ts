// npm run asyncapi: writes docs/asyncapi.yaml and the tables of docs/protocol.md anew, from the schemas.

import { readFileSync, writeFileSync } from "node:fs";
import { asyncApiText } from "../../bin/protocol-text.ts";
import { withTables } from "../../live/protocol/tables.ts";

const [root = "."] = process.argv.slice(2);
const page = `${root}/docs/protocol.md`;

writeFileSync(`${root}/docs/asyncapi.yaml`, asyncApiText());
writeFileSync(page, withTables(readFileSync(page, "utf8")));
