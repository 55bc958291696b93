// The public door to the algorithm's test vectors: any file in the layout hpa-vectors/1, row by row.

import { BEHAVIOR_ROWS, NORMALIZE_ROWS, STABILIZATION_ROWS } from "./behavior-rows.ts";
import { CALCULATOR_ROWS } from "./calculator-rows.ts";
import { Field, FieldError } from "../field.ts";
import { reconcileRow } from "./reconcile-row.ts";
import { type Got, type Verdict, verdictOf } from "./verdict.ts";

const FORMAT = "hpa-vectors/1";

/** Kind → function → what it computes from a row's input. */
const ROWS: Readonly<Record<string, Readonly<Record<string, (input: Field) => Got>>>> = {
  replicaCalculator: CALCULATOR_ROWS,
  behaviors: BEHAVIOR_ROWS,
  stabilization: STABILIZATION_ROWS,
  normalize: NORMALIZE_ROWS,
  controller: { reconcile: reconcileRow },
};

export interface Evaluation {
  readonly verdicts: readonly Verdict[];
  /** What does not have the layout, by row. Nothing is to be believed while there is any. */
  readonly errors: readonly FieldError[];
}

/** Of a parsed file. */
export function evaluated(parsed: unknown): Evaluation {
  const verdicts: Verdict[] = [];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const attempt = (evaluate: () => void): void => {
    try {
      evaluate();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      errors.push(error);
    }
  };
  attempt(() => {
    const file = new Field("", "", parsed);
    rowsOf(file).forEach((row, i) => attempt(() => verdicts.push(rowVerdict(row, i, seen))));
  });
  return { verdicts, errors };
}

function rowsOf(file: Field): readonly Field[] {
  if (typeof file.value !== "object" || file.value === null || Array.isArray(file.value)) {
    throw new FieldError("", "the file", "must be an object with `format` and `vectors`");
  }
  file.at("format").oneOf([FORMAT]);
  const rows = file.at("vectors").list();
  if (rows.length === 0) throw new FieldError("", "vectors", "must have a row");
  return rows;
}

function rowVerdict(row: Field, index: number, seen: Set<string>): Verdict {
  const id = new Field(`vectors[${index}]`, "", row.value).at("id").text();
  if (seen.has(id)) throw new FieldError(id, "id", "is there twice");
  seen.add(id);
  const named = new Field(id, "", row.value);
  const kind = named.at("kind").oneOf(Object.keys(ROWS));
  const fn = named.at("fn").oneOf(Object.keys(ROWS[kind]));
  const got = ROWS[kind][fn](named.at("input"));
  return verdictOf({ id, kind, fn }, named.at("expected"), got);
}
