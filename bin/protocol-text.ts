// The published description of the protocol as text.

import { stringify } from "yaml";
import { asyncApi } from "../live/protocol/asyncapi.ts";

/** docs/asyncapi.yaml. */
export function asyncApiText(): string {
  const text = stringify(asyncApi(), { aliasDuplicateObjects: false, lineWidth: 0 });
  return `# Made by \`npm run asyncapi\`; do not edit.\n${text}`;
}
