// The building blocks of the schema. One declaration gives three things: the type of the resolved
// field, the JSON Schema of how it is written, and its default with the reason for that default.
//
// The resolved name carries the unit, the written value does: `durationMs` is written `duration:
// 15m`. `writtenName` takes the unit off; where that leaves a poor word, `written` gives a better.

import Type, { type TSchema, type TUnsafe } from "typebox";
import { NOTATION, type Unit } from "../quantities.ts";

export { writtenName } from "./written-name.ts";

export interface FieldOptions {
  /** In the notation of the file. Absent: the file must give the value. */
  readonly default?: unknown;
  /** Why this default: "measured: …", "cited: …" or "assumed: …". */
  readonly source?: string;
  /** Name in the file, where it is not the resolved name without its unit. */
  readonly written?: string;
  /** Whether "unlimited", "never" or "none" is a value; it resolves to Infinity. */
  readonly endless?: boolean;
  /** The smallest and largest resolved values. */
  readonly least?: number;
  readonly most?: number;
}

/**
 * A field as the schema carries it: JSON Schema plus our annotations. `keyField` names
 * what identifies an element of a list; `writtenOnly` holds properties that only files have.
 */
export interface FieldSchema {
  readonly unit?: Unit | "distribution" | "sizes" | "manifest";
  readonly written?: string;
  readonly source?: string;
  readonly endless?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly additionalProperties?: FieldSchema | boolean;
  readonly discriminator?: { readonly propertyName: string };
  readonly oneOf?: readonly FieldSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly keyField?: string;
  readonly writtenOnly?: Readonly<Record<string, FieldSchema>>;
  readonly if?: FieldSchema;
  readonly then?: FieldSchema;
  readonly else?: FieldSchema;
}

function quantity(unit: Unit, description: string, options: FieldOptions): TUnsafe<number> {
  const { pattern, bareNumber } = NOTATION[unit];
  const endless = options.endless === true ? "^(unlimited|never|none)$|" : "";
  return Type.Unsafe<number>({
    type: bareNumber ? [unit === "count" ? "integer" : "number", "string"] : "string",
    pattern: endless + pattern,
    ...(bareNumber ? { minimum: 0 } : {}),
    ...(unit === "ratio" ? { maximum: 1 } : {}),
    unit,
    description,
    ...options,
  });
}

/** Milliseconds, written with a unit. */
export const duration = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("duration", description, options);
/** Bytes, written with a unit. */
export const size = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("size", description, options);
/** A whole number from 0; `least` raises the floor. */
export const count = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("count", description, options);
/** Events per second, written with a unit. */
export const rate = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("rate", description, options);
/** Events per hour, written with a unit. */
export const hourly = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("hourly", description, options);
/** Bytes per second, written with a unit. */
export const byteRate = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("byteRate", description, options);
/** 0 to 1, written as a percentage or a number. */
export const ratio = (description: string, options: FieldOptions = {}): TUnsafe<number> =>
  quantity("ratio", description, options);

export const flag = (description: string, options: FieldOptions = {}) =>
  Type.Unsafe<boolean>({ type: "boolean", description, ...options });

export const text = (description: string, options: FieldOptions = {}) =>
  Type.Unsafe<string>({ type: "string", minLength: 1, description, ...options });

/** A Kubernetes object: a path, or the object itself. It resolves to the object as plain data, unread. */
export const manifest = (description: string) =>
  Type.Optional(
    Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: ["string", "object"],
      unit: "manifest",
      description,
    }),
  );

/** A quantity of Kubernetes as people write values of metrics: fewer digits than its 64 bits of thousandths hold. */
export const KUBERNETES_QUANTITY =
  "^(\\d{1,15}(\\.\\d{1,9})?m?|\\d{1,6}(\\.\\d{1,9})?(k|M|G|Ki|Mi|Gi))$";

/** A name that expressions, options and file names can carry: small letters, digits, hyphens. */
export const name = (description: string) =>
  Type.Unsafe<string>({ type: "string", pattern: "^[a-z][a-z0-9-]*$", description });

export function choice<const T extends readonly string[]>(
  values: T,
  description: string,
  options: FieldOptions = {},
): TUnsafe<T[number]> {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...values], description, ...options });
}

/** A list whose elements have a name of their own, so that `extends` and `--set` can address them. */
export function listBy<T extends TSchema>(keyField: string, items: T, description: string) {
  return Type.Array(items, { keyField, description, default: [] });
}
