// stormglass hpa: the HorizontalPodAutoscaler by itself.
//
// `vectors` is the proof that the controller decides as the one in a cluster does: any file of its test vectors can be
// put to it, not only those that ship here.

import type { Command } from "commander";
import { canonicalJson } from "../../reports/results-json.ts";
import { NO_PAINT, type Paint, wrapped } from "../../reports/layout.ts";
import { InputError, type Problem } from "../../scenarios/problem.ts";
import { evaluated } from "../../sim/cluster/kubernetes/hpa-vectors/evaluate.ts";
import type { Got, Verdict } from "../../sim/cluster/kubernetes/hpa-vectors/verdict.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { addExplain } from "./hpa-explain.ts";

interface VectorsOptions {
  readonly json?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass hpa vectors hpa-vectors.json
  stormglass hpa explain out/join-storm-100k
`;
const VECTORS_EXAMPLES = `Examples:
  stormglass hpa vectors hpa-vectors.json
  stormglass hpa vectors hpa-vectors.json --json | jq .summary
`;

export function addHpa(program: Command, outside: Outside, finish: (code: ExitCode) => void): void {
  const hpa = program
    .command("hpa")
    .summary("what the Kubernetes HPA decides, and why")
    .description("The Kubernetes HorizontalPodAutoscaler, computed as its controller computes it.")
    .helpCommand(false)
    .addHelpText("before", EXAMPLES);
  addExplain(hpa, outside, finish);
  addVectors(hpa, outside, finish);
}

function addVectors(hpa: Command, outside: Outside, finish: (code: ExitCode) => void): void {
  hpa
    .command("vectors")
    .summary("put test vectors to the controller")
    .description(
      "Evaluates every row of a file of test vectors, and prints expected, got and verdict by id. " +
        "Code 0 when all rows pass, 10 when one fails, 3 when the file does not have the layout.",
    )
    .argument("<file>", "rows in the layout hpa-vectors/1")
    .option("--json", "print the verdicts as JSON")
    .option("--no-color", "no colour")
    .addHelpText("before", VECTORS_EXAMPLES)
    .action((file: string, { json, color }: VectorsOptions) => {
      const verdicts = verdictsOf(outside, file);
      const passed = verdicts.filter((verdict) => verdict.passed).length;
      const failed = verdicts.length - passed;
      if (json === true) {
        const rows = verdicts.map(jsonOf);
        const summary = { rows: verdicts.length, passed, failed };
        outside.stdout.write(canonicalJson({ file, rows, summary }));
      } else {
        outside.stdout.write(textOf(verdicts, outside.stdout.columns, paintFor(outside, !color)));
      }
      finish(failed === 0 ? ExitCode.ok : ExitCode.budgetBroken);
    });
}

/** Throws `InputError` with every row that does not have the layout. */
function verdictsOf(outside: Outside, file: string): readonly Verdict[] {
  const text = outside.readFile(file);
  if (text === undefined) throw new InputError([problem(file, "cannot be read")]);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InputError([problem(file, `must be JSON: ${error.message}`)]);
  }
  const { verdicts, errors } = evaluated(parsed);
  if (errors.length > 0) throw new InputError(errors.map(({ message }) => problem(file, message)));
  return verdicts;
}

function problem(file: string, message: string): Problem {
  return { at: { file, line: 0, column: 0 }, message };
}

function jsonOf({ passed, ...verdict }: Verdict): object {
  return { ...verdict, verdict: wordOf(passed) };
}

function wordOf(passed: boolean): "passed" | "failed" {
  return passed ? "passed" : "failed";
}

function textOf(verdicts: readonly Verdict[], width: number, paint: Paint): string {
  const failed = verdicts.filter((verdict) => !verdict.passed);
  const answer =
    failed.length === 0
      ? paint.good(`all ${verdicts.length} rows passed`)
      : paint.bad(`${failed.length} of ${verdicts.length} rows failed`);
  const lines = [
    `${answer}.`,
    "",
    ...verdicts.flatMap((verdict) => rowLines(verdict, width, paint)),
    "",
    ...countLines(verdicts),
  ];
  const ids = failed.map(({ id }) => id).join(", ");
  if (failed.length > 0) lines.push("", ...wrapped(`Failed: ${ids}`, width));
  return `${lines.join("\n")}\n`;
}

function rowLines(verdict: Verdict, width: number, paint: Paint = NO_PAINT): readonly string[] {
  const { id, kind, fn, passed, expected, got } = verdict;
  const word = passed ? paint.good("passed") : paint.bad("failed");
  const indent = " ".repeat(14);
  return [
    `${word}  ${id}  ${paint.faint(`${kind}/${fn}`)}`,
    ...wrapped(`expected  ${fieldsText(expected)}`, width, "    ", indent),
    ...wrapped(`got       ${fieldsText(got)}`, width, "    ", indent),
  ];
}

function fieldsText(fields: Got): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    const isNone = name === "error" && (value === null || value === false);
    return `${name} ${isNone ? "none" : JSON.stringify(value)}`;
  });
  return texts.length === 0 ? "nothing" : texts.join(", ");
}

/** Rows by function, in the order of the file. */
function countLines(verdicts: readonly Verdict[]): readonly string[] {
  const counts = new Map<string, { rows: number; passed: number }>();
  for (const { kind, fn, passed } of verdicts) {
    const count = counts.get(`${kind}/${fn}`) ?? { rows: 0, passed: 0 };
    counts.set(`${kind}/${fn}`, {
      rows: count.rows + 1,
      passed: count.passed + (passed ? 1 : 0),
    });
  }
  const width = Math.max(0, ...[...counts.keys()].map(({ length }) => length));
  return [...counts].map(
    ([name, { rows, passed }]) => `${name.padEnd(width)}  ${passed} of ${rows} passed`,
  );
}
