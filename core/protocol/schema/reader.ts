// From a schema to the closure that reads values by it: made once, so that a frame costs no look at the schema.
//
// A reader returns the value, or throws `BadField` with the path and the rule; the instances are made beforehand too. From a
// client only what is named is taken over, into a fresh object where there is more ("named"); a server may say more than this version knows, so
// its objects pass through as they are ("all"). Readers go as deep as their schema, never as deep as the value; free values
// are walked, and the depth of a frame is bounded before it is parsed (codec.ts).

import { assert } from "../../assert.ts";
import {
  codePoints,
  isHarmless,
  isObject,
  jsonBytes,
  type JsonObject,
  utf8Bytes,
} from "../json-shape.ts";
import type {
  FlagSchema,
  FreeSchema,
  ListSchema,
  NumberSchema,
  RecordSchema,
  Schema,
  TextSchema,
} from "./schema.ts";

/** Thrown and caught inside the codec only: the member that is wrong, and how. */
export class BadField {
  readonly field: string;
  readonly rule: string;
  readonly isTooLarge: boolean;

  constructor(field: string, rule: string, isTooLarge = false) {
    this.field = field;
    this.rule = rule;
    this.isTooLarge = isTooLarge;
  }
}

/** The value as the machines take it. Throws `BadField`. */
export type Read = (value: unknown) => unknown;
export type Keeps = "named" | "all";

/** The reader of values of this schema; errors name `path`. */
export function reader(schema: Schema, path: string, keeps: Keeps): Read {
  const read = presentReader(schema, path, keeps);
  const fallback = "default" in schema ? schema.default : undefined;
  if (fallback === undefined) return read;
  const isNullable = schema.nullable === true;
  return (value) =>
    value === undefined || (value === null && isNullable) ? fallback : read(value);
}

/** The same where the value may be absent; absent is `undefined`. */
export function optionalReader(schema: Schema, path: string, keeps: Keeps): Read {
  const read = reader(schema, path, keeps);
  if (schema.nullable !== true) return (value) => (value === undefined ? undefined : read(value));
  return (value) => (value === undefined || value === null ? undefined : read(value));
}

function presentReader(schema: Schema, path: string, keeps: Keeps): Read {
  switch (schema.type) {
    case "string":
      return textReader(schema, path);
    case "integer":
    case "number":
      return numberReader(schema, path);
    case "boolean":
      return flagReader(schema, path);
    case "array":
      return listReader(schema, path, keeps);
    case "object":
      return recordReader(schema, path, keeps);
    case "free":
      return freeReader(schema, path);
  }
}

function textReader(schema: TextSchema, path: string): Read {
  const { pattern, maxLength, enum: values } = schema;
  const says = schema["x-says"];
  const tooLong = new BadField(path, "is too long", true);
  if (pattern !== undefined) {
    const shape = new RegExp(pattern);
    const wrong = new BadField(path, says ?? "must be an identifier");
    const lengthMax = maxLength ?? Infinity; // Identifiers are ASCII: units are code points.
    return (value) => {
      if (typeof value !== "string" || !shape.test(value)) throw wrong;
      if (value.length > lengthMax) throw tooLong;
      return value;
    };
  }
  if (values !== undefined) {
    const allowed = new Set<unknown>(values);
    const wrong = new BadField(path, says ?? "must be one of the values of this version");
    return (value) => {
      if (!allowed.has(value)) throw wrong;
      return value;
    };
  }
  const bytesMax = schema["x-maxBytes"] ?? (maxLength ?? Infinity) * 4;
  const isPlain = maxLength === undefined && schema["x-wellFormed"] !== true;
  return isPlain ? byteReader(schema, path, bytesMax) : pointReader(schema, path, bytesMax);
}

/** Text that is bounded by its bytes, or not at all. */
function byteReader(schema: TextSchema, path: string, bytesMax: number): Read {
  const wrong = new BadField(path, schema["x-says"] ?? "must be text");
  const tooLong = new BadField(path, "is too long", true);
  return (value) => {
    if (typeof value !== "string") throw wrong;
    // A unit is one byte at least and three at most: the length alone settles most.
    if (value.length * 3 > bytesMax && isLonger(value, bytesMax)) throw tooLong;
    return value;
  };
}

/** Text that people read: bounded by its code points. */
function pointReader(schema: TextSchema, path: string, bytesMax: number): Read {
  const read = byteReader(schema, path, bytesMax);
  const pointsMax = schema.maxLength ?? Infinity;
  const isStrict = schema["x-wellFormed"] === true;
  const half = new BadField(path, "must be well-formed text");
  const tooLong = new BadField(path, "is too long", true);
  return (value) => {
    const points = codePoints(read(value) as string);
    if (points === Infinity && isStrict) throw half;
    if (points > pointsMax) throw tooLong;
    return value;
  };
}

function isLonger(value: string, bytesMax: number): boolean {
  return value.length > bytesMax || utf8Bytes(value) > bytesMax;
}

function numberReader(schema: NumberSchema, path: string): Read {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (schema.type === "integer") {
    const wrong = new BadField(path, schema["x-says"] ?? "must be a whole number in range");
    return (value) => {
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrong;
      if (value < minimum || value > maximum) throw wrong;
      return value;
    };
  }
  const wrong = new BadField(path, schema["x-says"] ?? "must be a number in range");
  return (value) => {
    if (typeof value !== "number" || value < minimum || value > maximum) throw wrong;
    return value;
  };
}

function flagReader(schema: FlagSchema, path: string): Read {
  const wrong = new BadField(path, schema["x-says"] ?? "must be true or false");
  return (value) => {
    if (typeof value !== "boolean") throw wrong;
    return value;
  };
}

function listReader(schema: ListSchema, path: string, keeps: Keeps): Read {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  const says = schema["x-says"];
  const wrong = new BadField(path, says ?? "must be a list");
  const tooLong =
    says === undefined ? new BadField(path, "is too long", true) : new BadField(path, says);
  const read = reader(items, path, keeps);
  return (value) => {
    if (!Array.isArray(value) || value.length < minItems) throw wrong;
    if (value.length > maxItems) throw tooLong;
    let taken: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const got = read(value[i]);
      if (got !== value[i]) taken ??= value.slice(0, i);
      taken?.push(got);
    }
    return taken ?? value;
  };
}

interface MemberReader {
  readonly name: string;
  readonly read: Read;
  /** Asked for what is absent too: to refuse that, or to give the default. */
  readonly isAlways: boolean;
  readonly isNullable: boolean;
}

function recordReader(schema: RecordSchema, path: string, keeps: Keeps): Read {
  const wrong = new BadField(path, schema["x-says"] ?? "must be an object");
  const readers = memberReaders(schema, path, keeps);
  const members = keeps === "all" ? readers.filter(({ read }) => read !== unread) : readers;
  const count = members.length;
  if (keeps === "all") {
    return (value) => {
      if (!isObject(value)) throw wrong;
      for (let i = 0; i < count; i++) {
        const member = members[i];
        const given = value[member.name];
        if (given === undefined ? member.isAlways : given !== null || !member.isNullable) {
          member.read(given);
        }
      }
      return value;
    };
  }
  /** Copies what was read of the first `end` members: there is nothing else in the copy. */
  const takenOf = (value: JsonObject, end: number): Record<string, unknown> => {
    const taken: Record<string, unknown> = {};
    for (let i = 0; i < end; i++) {
      const { name, isNullable } = members[i];
      const given = value[name];
      if (given !== undefined && !(given === null && isNullable)) taken[name] = given;
    }
    return taken;
  };
  // Most clients send what is named and nothing else: such an object is taken over as it is.
  return (value) => {
    if (!isObject(value)) throw wrong;
    let taken: Record<string, unknown> | undefined;
    let same = 0;
    for (let i = 0; i < count; i++) {
      const { name, read, isAlways, isNullable } = members[i];
      const given = value[name];
      if (!isAlways && (given === undefined || (given === null && isNullable))) continue;
      const got = read(given);
      if (got === given) same++;
      else taken ??= takenOf(value, i);
      if (taken !== undefined) taken[name] = got;
    }
    if (taken !== undefined) return taken;
    return Object.keys(value).length === same ? value : takenOf(value, count);
  };
}

function memberReaders(
  { properties, required, ...schema }: RecordSchema,
  path: string,
  keeps: Keeps,
): readonly MemberReader[] {
  return Object.entries(properties).map(([name, member]) => {
    // Read from an object of JSON, such a name would give what all objects inherit.
    assert(!(name in Object.prototype), "a member is not called like what objects inherit");
    const memberPath = schema["x-faultOfWhole"] === true ? path : `${path}.${name}`;
    return {
      name,
      read: reader(member, memberPath, keeps),
      isAlways: required.includes(name) || "default" in member,
      isNullable: member.nullable === true,
    };
  });
}

/** Where there is nothing to refuse. */
const unread: Read = (value) => value;

function freeReader(schema: FreeSchema, path: string): Read {
  const mustBeObject = schema["x-of"] === "object";
  const bytesMax = schema["x-maxJsonBytes"] ?? Infinity;
  const isGuarded = schema["x-harmless"] === true;
  const oneMember = schema["x-oneMember"];
  if (!mustBeObject && !isGuarded && bytesMax === Infinity) return unread;
  const keyShape = oneMember === undefined ? undefined : new RegExp(oneMember);
  const wrong = new BadField(path, "must be an object");
  const tooLarge = new BadField(path, "is too large", true);
  const harmful = new BadField(path, "must not have a member called __proto__");
  const notOne = new BadField(path, "must have exactly one member, named by a word");
  return (value) => {
    if (mustBeObject && !isObject(value)) throw wrong;
    if (bytesMax < Infinity && jsonBytes(value) > bytesMax) throw tooLarge;
    if (isGuarded && !isHarmless(value)) throw harmful;
    if (keyShape !== undefined) {
      const names = Object.keys(value as object);
      if (names.length !== 1 || !keyShape.test(names[0])) throw notOne;
    }
    return value;
  };
}
