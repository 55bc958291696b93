// The answer to a scenario's question in one sentence: Yes, No or Not sure, then what was measured.

import type { MetricExpression, TemplatePart } from "../scenarios/expression.ts";
import type { Check, Verdict } from "../sim/slo.ts";
import { formatValue, type NumberUnit } from "./format.ts";

/** What an expression measured, over seeds; undefined when nothing was. */
export type Measured = (
  expression: MetricExpression,
  window: string,
) => { readonly value: number; readonly unit: NumberUnit } | undefined;

export interface AnswerInput {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly seedCount: number;
  /** What makes the runs unfit for an answer: stopped early, not reproducible. */
  readonly stopped: readonly string[];
  /** The scenario's own sentence; empty when it has none. */
  readonly template: readonly TemplatePart[];
  readonly measured: Measured;
}

/** "Yes, in 5 of 5 seeds: 100,000 of 100,000 clients are in their rooms." */
export function answerOf(input: AnswerInput): string {
  const detail = input.template.map((part) => rendered(part, input.measured)).join("");
  const head = headOf(input);
  if (input.stopped.length > 0 || input.seedCount === 0) return `${head}.`;
  return detail.trim() === "" ? `${head}.` : `${head}: ${detail.trim()}`;
}

function headOf({ verdict, checks, seedCount, stopped }: AnswerInput): string {
  if (stopped.length > 0) return `No answer, ${stopped[0]}`;
  if (seedCount === 0) return "No answer, nothing was run to its end";
  const seeds = seedCount === 1 ? "in the one seed that was run" : `in ${seedCount} seeds`;
  const gated = checks.filter((check) => check.severity === "fail");
  if (gated.length === 0) return `No limit was set; measured ${seeds}`;
  switch (verdict) {
    case "pass":
      return `Yes, ${seeds}`;
    case "fail":
      return `No, ${broken(gated)}`;
    case "inconclusive":
      return `Not sure, ${unsure(gated)}`;
  }
}

function broken(checks: readonly Check[]): string {
  const names = checks.filter((check) => check.verdict === "fail").map((check) => check.id);
  const count = names.length === 1 ? "one objective is" : `${names.length} objectives are`;
  return `${count} missed (${names.join(", ")})`;
}

function unsure(checks: readonly Check[]): string {
  const open = checks.filter((check) => check.verdict === "inconclusive");
  const [first] = open;
  const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
  return `${first!.id}${more} is open (${first!.note})`;
}

function rendered(part: TemplatePart, measured: Measured): string {
  if ("text" in part) return part.text;
  const found = measured(part.expression, part.window);
  if (found === undefined) return "(nothing measured)";
  const isCount = found.unit === "count" && part.expression.fn === "value";
  return formatValue(isCount ? Math.round(found.value) : found.value, found.unit);
}
