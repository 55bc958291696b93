// What a value in a frame may be, as plain data: the words of JSON Schema that rtcsig.v1 needs, and a few of our own.
//
// From one such description come the check that every frame passes (reader.ts) and the published description
// (json-schema.ts, docs/asyncapi.yaml): they cannot disagree (SPEC CN12). Words that JSON Schema lacks begin with `x-`.

interface Described {
  readonly description?: string;
  /** `null` counts as absent: browsers write it so (RTCIceCandidate.toJSON). */
  readonly nullable?: true;
  /** What an error says of a value that is wrong, where the usual words would say less. */
  readonly "x-says"?: string;
}

export interface TextSchema extends Described {
  readonly type: "string";
  /** Code points. */
  readonly maxLength?: number;
  /** Bytes of UTF-8. */
  readonly "x-maxBytes"?: number;
  /** Half of a surrogate pair is refused. */
  readonly "x-wellFormed"?: true;
  readonly pattern?: string;
  /** Every other value is refused. */
  readonly enum?: readonly string[];
  /** Values of this version; a later one may add others, which are to be taken as unknown. */
  readonly "x-known"?: readonly string[];
  readonly default?: string;
}

export interface NumberSchema extends Described {
  readonly type: "integer" | "number";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface FlagSchema extends Described {
  readonly type: "boolean";
}

export interface ListSchema extends Described {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Members that are not named may be there, and mean nothing. */
export interface RecordSchema extends Described {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  /** A wrong member is reported as a fault of the whole. */
  readonly "x-faultOfWhole"?: true;
}

/** The application's own data: any JSON value, or an object with members of any name. */
export interface FreeSchema extends Described {
  readonly type: "free";
  readonly "x-of": "object" | "any";
  /** Bytes of its JSON text without white space, in UTF-8. */
  readonly "x-maxJsonBytes"?: number;
  /** No member is called `__proto__`, at any depth. */
  readonly "x-harmless"?: true;
  /** It has exactly one member, whose name matches. */
  readonly "x-oneMember"?: string;
}

export type Schema =
  TextSchema | NumberSchema | FlagSchema | ListSchema | RecordSchema | FreeSchema;

/** Largest number that fits the typed columns the machines keep. */
export const INTEGER_MAX = 0x7fff_ffff;

type Without<Of> = Omit<Of, "type" | "description">;

export function text(description: string, rest: Without<TextSchema> = {}): TextSchema {
  return { type: "string", description, ...rest };
}

/** A whole number that fits 31 bits. */
export function whole(description: string, minimum: number, rest: Without<NumberSchema> = {}) {
  return { type: "integer", description, minimum, maximum: INTEGER_MAX, ...rest } as const;
}

/** A whole number without an upper end: only those who made it count with it. */
export function count(description: string): NumberSchema {
  return { type: "integer", description, minimum: 0 };
}

export function duration(description: string): NumberSchema {
  return { type: "number", description: `${description}, ms`, minimum: 0 };
}

export function number(description: string, rest: Without<NumberSchema> = {}): NumberSchema {
  return { type: "number", description, ...rest };
}

export function flag(description: string, rest: Without<FlagSchema> = {}): FlagSchema {
  return { type: "boolean", description, ...rest };
}

export function list(
  description: string,
  items: Schema,
  rest: Omit<Without<ListSchema>, "items"> = {},
): ListSchema {
  return { type: "array", description, items, ...rest };
}

/** Names that end in "?" may be absent. */
export function record(
  description: string,
  members: Readonly<Record<string, Schema>>,
  rest: Omit<Without<RecordSchema>, "properties" | "required"> = {},
): RecordSchema {
  const entries = Object.entries(members);
  const properties = entries.map(([name, schema]) => [name.replace("?", ""), schema] as const);
  const required = entries.map(([name]) => name).filter((name) => !name.endsWith("?"));
  return {
    type: "object",
    description,
    properties: Object.fromEntries(properties),
    required,
    ...rest,
  };
}

export function free(
  description: string,
  of: "object" | "any",
  rest: Omit<Without<FreeSchema>, "x-of"> = {},
): FreeSchema {
  return { type: "free", description, "x-of": of, ...rest };
}
