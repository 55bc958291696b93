// From the declared schema, which describes resolved values, to the schema of how they are written.
//
// Names lose their unit, whatever has a default may be absent, unknown keys are refused, and named
// elements of lists may say `disabled: true`. Editors get the same schema without our annotations.

import { writtenName, type FieldSchema } from "./schema/fields.ts";

type Json = Readonly<Record<string, unknown>>;

const DISABLED: FieldSchema = {
  type: "boolean",
  description: "true takes this element out of what is extended",
};

/** The schema that a file of this kind must meet. Annotations stay, for error messages. */
export function writtenSchema(declared: FieldSchema): FieldSchema {
  return written(declared, false);
}

function written(field: FieldSchema, isElement: boolean): FieldSchema {
  if (field.properties !== undefined) return writtenObject(field, isElement);
  const changed: { -readonly [K in keyof FieldSchema]: FieldSchema[K] } = { ...field };
  if (field.items !== undefined) changed.items = written(field.items, field.keyField !== undefined);
  if (field.oneOf !== undefined) changed.oneOf = field.oneOf.map((one) => written(one, isElement));
  if (field.then !== undefined) changed.then = written(field.then, isElement);
  const patterns = (field as { patternProperties?: Readonly<Record<string, FieldSchema>> })
    .patternProperties;
  if (patterns !== undefined) {
    const each = Object.entries(patterns).map(([key, value]) => [key, written(value, false)]);
    Object.assign(changed, { patternProperties: Object.fromEntries(each) });
    changed.additionalProperties = false;
  }
  return changed;
}

function writtenObject(field: FieldSchema, isElement: boolean): FieldSchema {
  const properties: Record<string, FieldSchema> = {};
  const required: string[] = [];
  for (const [name, property] of Object.entries(field.properties ?? {})) {
    const key = writtenName(name, property);
    properties[key] = written(property, false);
    if (field.required?.includes(name) === true && mustBeGiven(property)) required.push(key);
  }
  Object.assign(properties, field.writtenOnly ?? {});
  if (isElement) properties.disabled = DISABLED;
  return { ...field, type: "object", properties, required, additionalProperties: false };
}

/** Whether a file that leaves `field` out is incomplete. */
export function mustBeGiven(field: FieldSchema): boolean {
  if (field.default !== undefined) return false;
  if (field.properties === undefined) return true;
  return (field.required ?? []).some((name) => mustBeGiven(field.properties![name]!));
}

/**
 * What editors read: JSON Schema 2020-12 and nothing else, defaults with their reasons. Only the
 * document's head is required, since a file that extends another gives what it changes; the loader,
 * which sees the whole, knows what is missing.
 */
export function publishedSchema(declared: FieldSchema, title: string): Json {
  const body = plain(writtenSchema(declared)) as { required: readonly string[] };
  body.required = ["apiVersion", "kind", "metadata"];
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title, ...body };
}

const ANNOTATIONS = new Set([
  "unit",
  "written",
  "source",
  "endless",
  "least",
  "most",
  "keyField",
  "writtenOnly",
  "required",
  "discriminator",
]);

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const field = value as FieldSchema;
  const result: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    // Under `properties` the keys are names of the file, not keywords.
    if (key === "properties" || key === "patternProperties") {
      const named = Object.entries(part as object).map(([name, one]) => [name, plain(one)]);
      result[key] = Object.fromEntries(named);
    } else if (key === "oneOf") {
      result.anyOf = plain(part); // Without what is required, several branches may match.
    } else if (key === "default" || !ANNOTATIONS.has(key)) {
      result[key] = key === "default" ? part : plain(part);
    }
  }
  if (typeof field.description === "string" && typeof field.source === "string") {
    result.description = `${field.description} (default ${field.source})`;
  }
  return result;
}
