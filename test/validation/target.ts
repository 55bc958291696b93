// Published and computed targets, and whether a measurement meets one.
//
// A target says what some quantity must be, where that was published or how it was computed, and how
// far a measurement may lie off. Nobody who measures may widen that: the judge reads the tolerance from
// the target alone. A simulated value is allowed the wider `des` tolerance where there is one, because
// it carries the luck of a finite run; a computed one never is.
//
// Pure: no clock, no files. What reads the file and prints the verdicts lives elsewhere.

/** A number, a text, a list of them (a hole is a part that was not measured), or several by name. */
export type Value =
  | number
  | string
  | boolean
  | readonly (number | undefined)[]
  | readonly string[]
  | { readonly [name: string]: Value };

export type ToleranceType =
  | "exact"
  | "abs"
  | "rel"
  | "band"
  | "z"
  | "binomial"
  | "lower_bound"
  | "boolean"
  | "inequalities"
  | "ordering"
  | "context";

export interface Tolerance {
  readonly type: ToleranceType;
  /** Half-width: in the unit of the value for abs, a ratio for rel. */
  readonly value: number;
  /** Limits of a band. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation of one run by the first word of the key: "calls" for `calls_mean`. */
  readonly sdPerRun: ReadonlyMap<string, number>;
  /** What a simulated value is judged by instead. */
  readonly simulated: Tolerance | undefined;
}

export interface Target {
  /** Unique, dotted: "queue.mm1.rho80". */
  readonly id: string;
  readonly group: string;
  readonly kind: string;
  readonly source: string;
  readonly model: string;
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly expected: ReadonlyMap<string, unknown>;
  readonly tolerance: Tolerance;
}

/** What an experiment found for one target. */
export interface Measured {
  /** By the keys of `expected`. */
  readonly values: Readonly<Record<string, Value>>;
  /** Whether the values come out of a simulation with a random stream. */
  readonly by: "simulation" | "computation";
  /** Independent runs behind each mean; for the tolerance z. */
  readonly runs?: number;
  /** Keys of `expected` that were not measured, and why. */
  readonly without?: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly key: string;
  readonly measured: string;
  readonly expected: string;
  /** The rule in words, with its numbers. */
  readonly allowed: string;
  readonly passed: boolean;
}

/** A file of targets is not in the format. The message names the entry. */
export class TargetError extends Error {}

/** The targets of a parsed `validation.json`, in its order. Throws `TargetError`. */
export function targetsOf(parsed: unknown): readonly Target[] {
  const entries = recordOf(parsed, "the file").get("entries");
  if (!Array.isArray(entries)) throw new TargetError("the file: `entries` must be a list");
  const ids = new Set<string>();
  return entries.map((entry: unknown, index) => {
    const target = targetOf(recordOf(entry, `entry ${index}`), `entry ${index}`);
    if (ids.has(target.id)) throw new TargetError(`${target.id}: this id is there twice`);
    ids.add(target.id);
    return target;
  });
}

function targetOf(fields: ReadonlyMap<string, unknown>, where: string): Target {
  const id = textOf(fields, "id", where);
  return {
    id,
    group: textOf(fields, "group", id),
    kind: textOf(fields, "kind", id),
    source: textOf(fields, "source", id),
    model: textOf(fields, "model", id),
    parameters: recordOf(fields.get("parameters") ?? {}, `${id}: parameters`),
    expected: recordOf(fields.get("expected"), `${id}: expected`),
    tolerance: toleranceOf(fields.get("tolerance"), id),
  };
}

const TOLERANCE_TYPES: readonly string[] = [
  "exact",
  "abs",
  "rel",
  "band",
  "z",
  "binomial",
  "lower_bound",
  "boolean",
  "inequalities",
  "ordering",
  "context",
];
/** Which number each type cannot do without. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  abs: ["value"],
  rel: ["value"],
  band: ["low", "high"],
};

function toleranceOf(value: unknown, id: string): Tolerance {
  const fields = recordOf(value, `${id}: tolerance`);
  const type = fields.get("type");
  if (typeof type !== "string" || !TOLERANCE_TYPES.includes(type)) {
    throw new TargetError(`${id}: tolerance.type must be one of ${TOLERANCE_TYPES.join(", ")}`);
  }
  for (const name of NEEDS[type] ?? []) {
    if (typeof fields.get(name) !== "number") {
      throw new TargetError(`${id}: a tolerance of type ${type} has a number \`${name}\``);
    }
  }
  const sdPerRun = new Map<string, number>();
  for (const [name, sd] of fields) {
    if (name.endsWith("_sd_per_run") && typeof sd === "number") {
      sdPerRun.set(name.slice(0, -"_sd_per_run".length), sd);
    }
  }
  const simulated = fields.get("des");
  return {
    type: type as ToleranceType, // Just found in the list.
    value: numberOr(fields.get("value"), 0),
    low: numberOr(fields.get("low"), -Infinity),
    high: numberOr(fields.get("high"), Infinity),
    sdPerRun,
    simulated: simulated === undefined ? undefined : toleranceOf(simulated, id),
  };
}

/** A number of the target's parameters. Throws `TargetError` when it is not there. */
export function parameterOf(target: Target, name: string): number {
  const value = target.parameters.get(name);
  if (typeof value === "number") return value;
  throw new TargetError(`${target.id}: parameters.${name} must be a number`);
}

/** A text of the target's parameters. Throws `TargetError` when it is not there. */
export function nameOf(target: Target, name: string): string {
  return textOf(target.parameters, name, `${target.id}: parameters`);
}

/** A list of numbers of the target's parameters. Throws `TargetError` when it is not there. */
export function numbersOf(target: Target, name: string): readonly number[] {
  const value = target.parameters.get(name);
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw new TargetError(`${target.id}: parameters.${name} must be a list of numbers`);
}

function recordOf(value: unknown, where: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TargetError(`${where}: a mapping is expected`);
  }
  return new Map(Object.entries(value));
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string, where: string): string {
  const value = fields.get(name);
  if (typeof value === "string" && value !== "") return value;
  throw new TargetError(`${where}: \`${name}\` must be a text`);
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
