// Shapes of values that come from outside: what is read is checked, and rebuilt with the members that are known.
//
// A shape writes a value as JSON and reads it back. Members that it does not know are left out: a later release may add some. Its type
// names every member of what it is a shape of, so a member that core adds is a compile error here until it is carried. Infinity, which JSON
// has not, is written as the text "inf", where a number may be infinite.

/** What reading gives when the value is not of the shape. */
export const MISFIT = Symbol("misfit");
export type Misfit = typeof MISFIT;

export interface Shape<T> {
  write(value: T): unknown;
  read(value: unknown): T | Misfit;
}

function scalar<T>(fits: (value: unknown) => boolean): Shape<T> {
  return {
    write: (value) => value,
    read: (value) => (fits(value) ? (value as T) : MISFIT),
  };
}

export const anyText: Shape<string> = scalar((value) => typeof value === "string");

export const flag: Shape<boolean> = scalar((value) => typeof value === "boolean");

/** Any JSON value; not absent. */
export const anyJson: Shape<unknown> = scalar((value) => value !== undefined);

export function textLike(pattern: RegExp): Shape<string> {
  return scalar((value) => typeof value === "string" && pattern.test(value));
}

export function oneOf<T extends string>(...values: readonly T[]): Shape<T> {
  return scalar((value) => values.includes(value as T));
}

/** A whole number, at most 2^53 - 1 either way. */
export const whole: Shape<number> = scalar((value) => Number.isSafeInteger(value));

/** A number from 0 to Infinity. */
export const amount: Shape<number> = {
  write: (value) => (value === Infinity ? "inf" : value),
  read: (value) => {
    if (value === "inf") return Infinity;
    return typeof value === "number" && value >= 0 && value < Infinity ? value : MISFIT;
  },
};

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    write: (values) => values.map((value) => item.write(value)),
    read: (values) => {
      if (!Array.isArray(values)) return MISFIT;
      const read: T[] = [];
      for (const value of values as unknown[]) {
        const one = item.read(value);
        if (one === MISFIT) return MISFIT;
        read.push(one);
      }
      return read;
    },
  };
}

/** An object used as a map, as JSON gives it. */
export const jsonMap: Shape<Readonly<Record<string, unknown>>> = scalar(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

type OptionalNames<T> = {
  [K in keyof T]-?: object extends Pick<T, K> ? K : never;
}[keyof T];

type MemberShapes<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> };

/** An object with these members. `optional` may be absent, and are then absent in what is read. */
export function record<T extends object>(
  members: MemberShapes<T>,
  ...optional: readonly OptionalNames<T>[]
): Shape<T> {
  const entries = Object.entries(members) as [string, Shape<unknown>][];
  const mayLack: ReadonlySet<string> = new Set(optional as readonly string[]);
  return {
    write: (value) => {
      const written: Record<string, unknown> = {};
      for (const [name, shape] of entries) {
        const member = (value as Record<string, unknown>)[name];
        if (member !== undefined) written[name] = shape.write(member);
      }
      return written;
    },
    read: (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return MISFIT;
      const read: Record<string, unknown> = {};
      for (const [name, shape] of entries) {
        if (!Object.hasOwn(value, name)) {
          if (mayLack.has(name)) continue;
          return MISFIT;
        }
        const member = shape.read((value as Record<string, unknown>)[name]);
        if (member === MISFIT) return MISFIT;
        read[name] = member;
      }
      return read as T;
    },
  };
}
