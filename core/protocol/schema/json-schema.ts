// The schemas as JSON Schema (draft 7), for everybody else.
//
// What JSON Schema cannot say stays as a word of ours, `x-…`, beside the nearest that it can: a limit in bytes is also a limit
// in code points, which is weaker. `INEXPRESSIBLE` lists these words (SPEC CN12).

import { KIND_NAMES } from "../message.ts";
import type { FrameSchema } from "./frames.ts";
import type { FreeSchema, Schema, TextSchema } from "./schema.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonMembers;
export interface JsonMembers {
  readonly [name: string]: Json;
}

/** What a validator that knows only JSON Schema lets pass, and we refuse. */
export const INEXPRESSIBLE: Readonly<Record<string, string>> = {
  "x-maxBytes": "largest size of the text in UTF-8, bytes",
  "x-maxJsonBytes": "largest size of the value as JSON without white space, in UTF-8, bytes",
};

/** Where the definition of free values is. */
const FREE = "#/components/schemas/freeValue";

/** Any JSON value in which no member is called `__proto__`, at any depth. */
export const FREE_VALUE: JsonMembers = {
  description: "any JSON value in which no member is called `__proto__`, at any depth",
  items: { $ref: FREE },
  propertyNames: { not: { const: "__proto__" } },
  additionalProperties: { $ref: FREE },
};

/** The whole frame. */
export function frameJsonSchema(frame: FrameSchema): JsonMembers {
  const { kind, members, d, isBodyNeeded } = frame;
  const properties: Record<string, Json> = { t: { type: "string", const: KIND_NAMES[kind]! } };
  const required = ["t"];
  for (const [name, schema] of Object.entries(members)) {
    if (!name.endsWith("?")) required.push(name);
    properties[name.replace("?", "")] = jsonSchema(schema);
  }
  if (d !== undefined) properties["d"] = jsonSchema(d);
  if (isBodyNeeded) required.push("d");
  return { type: "object", required, properties };
}

export function jsonSchema(schema: Schema): JsonMembers {
  const { description } = schema;
  return { ...(description === undefined ? {} : { description }), ...wordsOf(schema) };
}

function wordsOf(schema: Schema): JsonMembers {
  const isNullable = schema.nullable === true;
  const typed = (type: string): JsonMembers => ({ type: isNullable ? [type, "null"] : type });
  switch (schema.type) {
    case "string":
      return { ...typed("string"), ...textWords(schema) };
    case "integer":
    case "number": {
      const { minimum, maximum } = schema;
      return { ...typed(schema.type), ...given({ minimum, maximum, default: schema.default }) };
    }
    case "boolean":
      return typed("boolean");
    case "array": {
      const { minItems, maxItems, items } = schema;
      return { ...typed("array"), ...given({ minItems, maxItems }), items: jsonSchema(items) };
    }
    case "object": {
      const properties = Object.entries(schema.properties).map(([name, member]) => [
        name,
        jsonSchema(member),
      ]);
      return {
        ...typed("object"),
        ...(schema.required.length > 0 ? { required: schema.required } : {}),
        properties: Object.fromEntries(properties) as JsonMembers,
      };
    }
    case "free":
      return freeWords(schema);
  }
}

function textWords(schema: TextSchema): JsonMembers {
  const { pattern, maxLength, enum: values } = schema;
  const maxBytes = schema["x-maxBytes"];
  return given({
    pattern: schema["x-wellFormed"] === true ? "^[^\\uD800-\\uDFFF]*$" : pattern,
    maxLength: maxLength ?? maxBytes,
    "x-maxBytes": maxBytes,
    enum: values,
    "x-known": schema["x-known"],
    default: schema.default,
  });
}

function freeWords(schema: FreeSchema): JsonMembers {
  const isObject = schema["x-of"] === "object";
  const isHarmless = schema["x-harmless"] === true;
  const oneMember = schema["x-oneMember"];
  const size = given({ "x-maxJsonBytes": schema["x-maxJsonBytes"] });
  if (!isObject) return isHarmless ? { allOf: [{ $ref: FREE }], ...size } : size;
  const names = given({
    pattern: oneMember,
    not: isHarmless ? { const: "__proto__" } : undefined,
  });
  return {
    type: "object",
    ...(oneMember === undefined ? {} : { minProperties: 1, maxProperties: 1 }),
    ...(Object.keys(names).length === 0 ? {} : { propertyNames: names }),
    ...(isHarmless ? { additionalProperties: { $ref: FREE } } : {}),
    ...size,
  };
}

/** Only what there is. */
function given(words: Readonly<Record<string, Json | undefined>>): JsonMembers {
  const entries = Object.entries(words).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as JsonMembers;
}
