// The building blocks of the settings: one declaration gives the type of the resolved value, its default with the reason
// for it, and what a reader of files, variables and flags must know to check it.
//
// Declared in resolved units (ms, bytes, events per second), because that is what the server works with; how a value is written
// ("30s", "64KiB") is the business of whoever reads it (bin/serve-settings.ts). Plain objects, no library of schemas: loading
// one takes a third of the time in which a server is ready (measured: 130 ms of 400 ms).

export type Unit = "duration" | "size" | "count" | "rate" | "ratio";

/** What a setting is, beside its type. */
export interface SettingOptions {
  /** Why this default: "measured: …", "cited: …" or "assumed: …". */
  readonly source?: string;
  /** Name in a file, where it is not the resolved name without its unit. */
  readonly written?: string;
  /** Whether "unlimited" is a value; it resolves to Infinity. */
  readonly endless?: boolean;
  /** The smallest and largest value. */
  readonly least?: number;
  readonly most?: number;
  /** What text must look like, and in words. */
  readonly pattern?: RegExp;
  readonly expected?: string;
}

export type SettingType = "number" | "text" | "flag" | "choice" | "list";

/** One value. `T` is its resolved type; a default of undefined says that it need not be given. */
export interface Setting<T> extends SettingOptions {
  readonly type: SettingType;
  readonly description: string;
  readonly default: T;
  readonly unit?: Unit;
  readonly choices?: readonly string[];
  /** Comes from a variable or a file of its own, never from a flag or a file that is shown around. */
  readonly isSecret?: boolean;
  /** Names a file that must be there, or a directory that is made; relative to the file that says so. */
  readonly names?: "file" | "directory";
}

export interface Section<P extends Properties> {
  readonly description: string;
  readonly properties: P;
}
export interface Properties {
  readonly [name: string]: Setting<unknown> | Section<Properties>;
}

/** The resolved type of a declaration. */
export type Resolved<S> =
  S extends Section<infer P>
    ? { readonly [K in keyof P]: Resolved<P[K]> }
    : S extends Setting<infer T>
      ? T
      : never;

export function section<P extends Properties>(description: string, properties: P): Section<P> {
  return { description, properties };
}

export function isSection(
  part: Setting<unknown> | Section<Properties>,
): part is Section<Properties> {
  return "properties" in part;
}

type Quantity = (description: string, value: number, options?: SettingOptions) => Setting<number>;

const quantity =
  (unit: Unit): Quantity =>
  (description, value, options = {}) => ({
    type: "number",
    unit,
    description,
    default: value,
    ...options,
  });

/** Milliseconds. */
export const duration = quantity("duration");
/** Bytes. */
export const size = quantity("size");
/** A whole number from 0. */
export const count = quantity("count");
/** Events per second. */
export const rate = quantity("rate");
/** 0 to 1. */
export const ratio = quantity("ratio");

/** A count that need not be given. */
export function maybeCount(
  description: string,
  options: SettingOptions = {},
): Setting<number | undefined> {
  return { type: "number", unit: "count", description, default: undefined, ...options };
}

export function text(
  description: string,
  value: string,
  options: SettingOptions = {},
): Setting<string> {
  return { type: "text", description, default: value, ...options };
}

/** Text that need not be given. */
export function maybeText(
  description: string,
  options: SettingOptions = {},
): Setting<string | undefined> {
  return { type: "text", description, default: undefined, ...options };
}

/** The path of a file that must be there when the server starts. */
export function file(
  description: string,
  options: SettingOptions = {},
): Setting<string | undefined> {
  return { type: "text", description, default: undefined, names: "file", ...options };
}

/** The path of a directory, made when it is not there. */
export function directory(
  description: string,
  options: SettingOptions = {},
): Setting<string | undefined> {
  return { type: "text", description, default: undefined, names: "directory", ...options };
}

/** Text that nobody may see. */
export function secret(description: string): Setting<string | undefined> {
  return { type: "text", description, default: undefined, isSecret: true };
}

export function choice<const T extends readonly string[]>(
  choices: T,
  description: string,
  value: T[number],
  options: SettingOptions = {},
): Setting<T[number]> {
  return { type: "choice", choices, description, default: value, ...options };
}

/** Several texts. */
export function list(
  description: string,
  value: readonly string[],
  options: SettingOptions = {},
): Setting<readonly string[]> {
  return { type: "list", description, default: value, ...options };
}

/** What a declaration resolves to when nobody says anything. */
export function defaultsOf<P extends Properties>(declared: Section<P>): Resolved<Section<P>> {
  const entries = Object.entries(declared.properties).map(([name, part]) => [
    name,
    isSection(part) ? defaultsOf(part) : part.default,
  ]);
  return Object.fromEntries(entries) as Resolved<Section<P>>;
}
