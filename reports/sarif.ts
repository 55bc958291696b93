// Findings as SARIF 2.1.0, which code scanning of GitHub, GitLab and editors read.
//
// Paths are relative to the root of the sources; a finding in a file that ships with the program is placed in the
// file that was asked about. There are no times and no machine in it: equal files are equal bytes.

import type { Located } from "./github.ts";
import type { Finding, FindingRule, Validation } from "./validation.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

export function sarifDocument(
  { findings }: Validation,
  rules: readonly FindingRule[],
  toolVersion: string,
  located: Located,
): object {
  const used = rules.filter(({ id }) => findings.some(({ rule }) => rule === id));
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "stormglass",
            semanticVersion: toolVersion,
            rules: used.map(({ id, level, title }) => ({
              id,
              shortDescription: { text: title },
              defaultConfiguration: { level },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => resultOf(finding, used, located)),
      },
    ],
  };
}

function resultOf(
  { rule, level, message, advice, at, asked }: Finding,
  rules: readonly FindingRule[],
  located: Located,
): object {
  const own = located(at.file);
  const file = own ?? located(asked);
  const hasLine = own !== undefined && at.line > 0;
  const region = hasLine ? { startLine: at.line, startColumn: Math.max(1, at.column) } : undefined;
  const place = file === undefined ? [] : [locationOf(file, region)];
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level,
    message: { text: advice === "" ? message : `${message}. ${advice}` },
    locations: place,
  };
}

function locationOf(file: string, region: object | undefined): object {
  const artifactLocation = { uri: uriOf(file), uriBaseId: "%SRCROOT%" };
  return {
    physicalLocation: { artifactLocation, ...(region === undefined ? {} : { region }) },
  };
}

/** A relative reference: a colon in its first part would make it a scheme. */
function uriOf(file: string): string {
  const parts = file.split("/").map(escaped);
  return parts.join("/");
}

/** Half of a pair has no UTF-8 and becomes U+FFFD. Percent escapes of all but the letters, digits and marks that need none (RFC 3986, unreserved). */
function escaped(part: string): string {
  return encodeURIComponent(part.replace(/\p{Cs}/gu, "\ufffd")).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
