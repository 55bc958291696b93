// What a row expects against what came.
//
// Only what the row expects is compared. A row that expects something that its function does not tell is malformed: it
// would otherwise pass by not being looked at.

import { type Field, FieldError } from "../field.ts";

export type Plain =
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/** By the names of `expected`. */
export type Got = { readonly [name: string]: Plain };

export interface Verdict {
  readonly id: string;
  readonly kind: string;
  readonly fn: string;
  readonly expected: Got;
  /** What the row expects something of, in its order. */
  readonly got: Got;
  readonly passed: boolean;
  /** Names of `expected` that differ. */
  readonly differs: readonly string[];
}

/** null is not checked, but for `error`, where it is success. */
export function verdictOf(
  { id, kind, fn }: Pick<Verdict, "id" | "kind" | "fn">,
  expected: Field,
  got: Got,
): Verdict {
  const shown: Record<string, Plain> = {};
  const wanted: Record<string, Plain> = {};
  const differs: string[] = [];
  for (const [name, field] of expected.entries()) {
    const value = field.value as Plain; // From JSON.
    if (value === null && name !== "error") continue;
    if (!(name in got) && !("byDirection" in got)) {
      const known = Object.keys(got).join(", ");
      throw new FieldError(id, field.path, `is nothing that ${fn} tells; it tells ${known}`);
    }
    wanted[name] = value;
    const [came, isSame] = compared(name, value, got[name] ?? null);
    shown[name] = came;
    if (!isSame) differs.push(name);
  }
  if (Object.keys(wanted).length === 0) throw new FieldError(id, "expected", "must name something");
  if ("byDirection" in got) Object.assign(shown, got);
  return { id, kind, fn, expected: wanted, got: shown, passed: differs.length === 0, differs };
}

function compared(name: string, expected: Plain, got: Plain): readonly [Plain, boolean] {
  switch (name) {
    case "error":
      return [got, isError(expected, got)];
    case "event":
      return eventOf(expected, got);
    case "conditions":
      return [got, same(sorted(expected), sorted(got))];
    case "unready":
    case "missing":
    case "ignored":
      return [got, same(sorted(expected), sorted(got))];
    default:
      return [got, same(expected, got)];
  }
}

/** A text must be contained; true is any error, false and null none. */
function isError(expected: Plain, got: Plain): boolean {
  if (typeof expected === "string") return typeof got === "string" && got.includes(expected);
  return (expected === true) === (got !== null);
}

/** Any of the events may be the one; what is not expected of it is not compared. */
function eventOf(expected: Plain, got: Plain): readonly [Plain, boolean] {
  const events = got as readonly { readonly [name: string]: Plain }[]; // `event` is told as a list.
  const wanted = Object.entries((expected ?? {}) as { readonly [name: string]: Plain });
  const isOne = (event: Got): boolean =>
    wanted.length > 0 && wanted.every(([name, value]) => same(value, event[name]));
  const found = events.find(isOne);
  return found === undefined ? [got, false] : [found, true];
}

function sorted(value: Plain): Plain {
  return Array.isArray(value) ? value.map((part: Plain) => JSON.stringify(part)).sort() : value;
}

function same(a: Plain, b: Plain): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a), b as { readonly [name: string]: Plain }];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === Object.keys(b).length &&
    left.every(([name, value]) => name in right && same(value, right[name]))
  );
}
