// Meets the schema, or says in words what does not, at the place that said it.

import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { nearest, suggestion, type Problem } from "./problem.ts";
import { NOTATION } from "./quantities.ts";
import { KUBERNETES_QUANTITY, writtenName, type FieldSchema } from "./schema/fields.ts";
import { keyPositionAt, nodeAt, positionAt, toPlain, type SourceNode } from "./source-tree.ts";

type Path = readonly (string | number)[];

/** Checks trees against one written schema; the compiled validator is kept. */
export class Validator {
  readonly #schema: FieldSchema;
  #validate: ValidateFunction | undefined;

  constructor(written: FieldSchema) {
    this.#schema = written;
  }

  /** Every problem, in the order of the file; empty when the tree meets the schema. */
  check(root: SourceNode): readonly Problem[] {
    this.#validate ??= compile(this.#schema);
    if (this.#validate(toPlain(root))) return [];
    const byPlace = new Map<string, Problem>();
    for (const error of this.#validate.errors ?? []) {
      const problem = problemOf(error, root);
      if (problem === undefined) continue;
      const key = `${error.instancePath} ${error.keyword === "additionalProperties" || error.keyword === "required" ? problem.message : ""}`;
      if (!byPlace.has(key)) byPlace.set(key, problem);
    }
    return [...byPlace.values()].sort(byPosition);
  }
}

/** By file, line, column; stable otherwise. */
export function byPosition(a: Problem, b: Problem): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.column - b.at.column;
}

function compile(schema: FieldSchema): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    discriminator: true,
    strict: false,
    validateSchema: false,
  });
  return ajv.compile(schema as object);
}

/** `cluster.nodes.count`, `faults[2].at`; elements of keyed lists keep their index. */
export function dotted(path: Path): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text || "the document";
}

function problemOf(error: ErrorObject, root: SourceNode): Problem | undefined {
  const path = pathOf(error.instancePath, root);
  const field = error.parentSchema as FieldSchema;
  const at = positionAt(root, path);
  const got = described(nodeAt(root, path));
  const must = (what: string, hint = ""): Problem => ({
    at,
    message: `${dotted(path)} must ${what}, got ${got}${hint}`,
  });
  switch (error.keyword) {
    case "if":
    case "oneOf":
    case "anyOf":
      return undefined; // The branch has its own error.
    case "additionalProperties":
      return unknownKey(error, root, path);
    case "required":
      return missingKey(error, at, path);
    case "propertyNames":
      return must("have names of small letters, digits and hyphens");
    case "discriminator":
      return discriminated(error, root, path);
    case "enum": {
      const values = (field.enum ?? []).map(String);
      return must(`be one of ${values.join(", ")}`, hintFor(root, path, values));
    }
    case "const":
      return must(`be "${String(field.const)}"`);
    case "minItems":
      return must("have at least one element");
  }
  if (field.unit !== undefined && field.unit in NOTATION) return must(`be ${expectedOf(field)}`);
  return must(mustOf(error, field));
}

function mustOf(error: ErrorObject, field: FieldSchema): string {
  if (error.keyword === "pattern" && field.pattern === "\\?$") return "end in a question mark";
  if (field.pattern === KUBERNETES_QUANTITY) {
    return "be a quantity from 0 on, such as 1700, 250m or 64Mi";
  }
  if (error.keyword === "pattern") return "be a name of small letters, digits and hyphens";
  if (error.keyword === "minLength") return "not be empty";
  if (error.keyword === "type") return `be ${typeWord(field.type)}`;
  return error.message ?? "meet the schema";
}

/** What a quantity's field asks for, "unlimited" included. */
export function expectedOf(field: FieldSchema): string {
  const { expected } = NOTATION[field.unit as keyof typeof NOTATION];
  return field.endless === true ? `${expected}, or unlimited` : expected;
}

function typeWord(type: FieldSchema["type"]): string {
  const words: Readonly<Record<string, string>> = {
    object: "a map of keys",
    array: "a list",
    string: "text",
    boolean: "true or false",
    integer: "a whole number",
    number: "a number",
  };
  const types = typeof type === "string" ? [type] : (type ?? []);
  return types.map((one) => words[one] ?? one).join(" or ");
}

function unknownKey(error: ErrorObject, root: SourceNode, path: Path): Problem {
  const key = String((error.params as { additionalProperty: string }).additionalProperty);
  const known = Object.keys((error.parentSchema as FieldSchema).properties ?? {});
  const at = keyPositionAt(root, [...path, key]);
  const where = path.length === 0 ? "the document" : dotted(path);
  const meant = withoutUnit(key, known) ?? nearest(key, known);
  const hint =
    meant === undefined ? `; known are ${known.join(", ")}` : ` — did you mean "${meant}"?`;
  return { at, message: `${where} must have no key "${key}"${hint}` };
}

/** `durationMs` in a file is meant as `duration`: there the value carries the unit. */
function withoutUnit(key: string, known: readonly string[]): string | undefined {
  const units = ["duration", "cost", "size", "rate", "hourly", "byteRate", "ratio"] as const;
  return units
    .map((unit) => writtenName(key, { unit }))
    .find((name) => name !== key && known.includes(name));
}

function missingKey(error: ErrorObject, at: Problem["at"], path: Path): Problem {
  const key = String((error.params as { missingProperty: string }).missingProperty);
  const field = (error.parentSchema as FieldSchema).properties?.[key];
  const what = field?.description === undefined ? "" : ` (${field.description})`;
  return { at, message: `${dotted([...path, key])} must be given${what}` };
}

function discriminated(error: ErrorObject, root: SourceNode, path: Path): Problem {
  const { tag } = error.params as { tag: string };
  const branches = (error.parentSchema as FieldSchema).oneOf ?? [];
  const values = branches.map((branch) => String(branch.properties?.[tag]?.const));
  const full = [...path, tag];
  const got = nodeAt(root, full);
  return {
    at: positionAt(root, full),
    message:
      `${dotted(full)} must be one of ${values.join(", ")}, got ${described(got)}` +
      hintFor(root, full, values),
  };
}

function hintFor(root: SourceNode, path: Path, candidates: readonly string[]): string {
  const node = nodeAt(root, path);
  return node?.kind === "scalar" ? suggestion(String(node.value), candidates) : "";
}

/** A value as an error message shows it. */
export function described(node: SourceNode | undefined): string {
  if (node === undefined) return "nothing";
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : "a list";
  if (node.value === undefined) return "nothing";
  return typeof node.value === "string" ? `"${node.value}"` : String(node.value);
}

/** A JSON pointer as steps; list indices become numbers. */
function pathOf(pointer: string, root: SourceNode): Path {
  const path: (string | number)[] = [];
  for (const raw of pointer.split("/").slice(1)) {
    const step = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(nodeAt(root, path)?.kind === "list" ? Number(step) : step);
  }
  return path;
}
