import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { canonicalJson } from "./results-json.ts";
import { sarifDocument } from "./sarif.ts";
import {
  findingAnnotations,
  type Finding,
  type FindingRule,
  validationDocument,
} from "./validation.ts";

/** What SARIF 2.1.0 (OASIS, sections 3.13 to 3.30) demands of the parts that are written here; nothing else may be there. */
const closed = (properties: object, required: readonly string[]): object => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const text = { type: "string", minLength: 1 };
const level = { enum: ["none", "note", "warning", "error"] };
const message = closed({ text }, ["text"]);
const rule = closed(
  {
    id: text,
    shortDescription: message,
    defaultConfiguration: closed({ level }, []),
  },
  ["id"],
);
const physicalLocation = closed(
  {
    artifactLocation: closed(
      { uri: { type: "string", pattern: "^[A-Za-z0-9._~%/-]+$" }, uriBaseId: text },
      ["uri"],
    ),
    region: closed(
      {
        startLine: { type: "integer", minimum: 1 },
        startColumn: { type: "integer", minimum: 1 },
      },
      ["startLine"],
    ),
  },
  ["artifactLocation"],
);
const result = closed(
  {
    ruleId: text,
    ruleIndex: { type: "integer", minimum: 0 },
    level,
    message,
    locations: { type: "array", items: closed({ physicalLocation }, []) },
  },
  ["message"],
);
const driver = closed(
  { name: text, semanticVersion: text, rules: { type: "array", items: rule, uniqueItems: true } },
  ["name"],
);
const run = closed(
  {
    tool: closed({ driver }, ["driver"]),
    columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
    results: { type: "array", items: result },
  },
  ["tool"],
);
const SARIF = closed(
  {
    $schema: { type: "string", format: "uri" },
    version: { const: "2.1.0" },
    runs: { type: "array", items: run },
  },
  ["version", "runs"],
);
const isSarif = new Ajv2020({ formats: { uri: true } }).compile(SARIF);

const RULES: readonly FindingRule[] = [
  { id: "invalid", level: "error", title: "The file must load" },
  { id: "unused", level: "note", title: "Of nobody" },
  { id: "no-budget", level: "warning", title: "It must be able to fail" },
];
const finding = (part: Partial<Finding>): Finding => ({
  rule: "no-budget",
  level: "warning",
  message: "it has no budgets",
  advice: "Give it some.",
  at: { file: "ours/a b#é.yaml", line: 3, column: 7 },
  asked: "ours/a b#é.yaml",
  ...part,
});
const located = (file: string): string | undefined => (file.startsWith("@") ? undefined : file);

test("[CT11] findings are SARIF 2.1.0, each with its rule, file, line and column", () => {
  const findings = [
    finding({}),
    finding({
      rule: "invalid",
      level: "error",
      advice: "",
      at: { file: "b.yaml", line: 0, column: 0 },
    }),
    finding({ at: { file: "@builtin/c.yaml", line: 9, column: 1 } }),
    finding({ at: { file: "@builtin/c.yaml", line: 9, column: 1 }, asked: "@c" }),
  ];
  const document = sarifDocument({ files: [], findings }, RULES, "0.1.0", located);

  isSarif(document);
  expect(isSarif.errors ?? []).toEqual([]);
  const [{ results, tool }] = (
    document as {
      runs: [
        {
          results: { ruleIndex: number; ruleId: string; locations: object[] }[];
          tool: { driver: { rules: { id: string }[] } };
        },
      ];
    }
  ).runs;
  expect(tool.driver.rules.map(({ id }) => id)).toEqual(["invalid", "no-budget"]);
  for (const { ruleIndex, ruleId } of results)
    expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
  const at = (uri: string, region?: object): object[] => [
    {
      physicalLocation: {
        artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
        ...(region === undefined ? {} : { region }),
      },
    },
  ];
  expect(results.map(({ locations }) => locations)).toEqual([
    at("ours/a%20b%23%C3%A9.yaml", { startLine: 3, startColumn: 7 }),
    at("b.yaml"),
    at("ours/a%20b%23%C3%A9.yaml"),
    [],
  ]);
  expect(canonicalJson(document)).toBe(
    canonicalJson(sarifDocument({ files: [], findings }, RULES, "0.1.0", located)),
  );
});

test("[CT3] a file name that is no Unicode, and one that looks like a scheme, stay relative references", () => {
  const names = ["\ud800.yaml", "javascript:alert(1)", "a'b(c)*!"];
  const findings = names.map((file) => finding({ at: { file, line: 1, column: 1 } }));
  const document = sarifDocument({ files: [], findings }, RULES, "0.1.0", located);

  isSarif(document);
  expect(isSarif.errors ?? []).toEqual([]);
});

test("[CT11] nothing found is a run without results", () => {
  const document = sarifDocument({ files: [], findings: [] }, RULES, "0.1.0", located);

  expect(isSarif(document)).toBe(true);
  expect(document).toMatchObject({ runs: [{ results: [] }] });
});

test("[CT11] as annotations errors come first, and a file that ships is told where it was asked for", () => {
  const findings = [
    finding({ level: "note", rule: "x" }),
    finding({ at: { file: "@builtin/c.yaml", line: 9, column: 1 } }),
    finding({ level: "error", rule: "invalid", advice: "" }),
  ];
  const annotations = findingAnnotations({ files: [], findings }, located);

  expect(annotations.map(({ level: shown, line, column }) => [shown, line, column])).toEqual([
    ["error", 3, 7],
    ["warning", 0, 0],
    ["notice", 3, 7],
  ]);
  expect(annotations[1]!.file).toBe("ours/a b#é.yaml");
  expect(validationDocument({ files: [], findings }, "0.1.0")).toMatchObject({
    errors: 1,
    warnings: 1,
    notes: 1,
  });
});
