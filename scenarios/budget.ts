// Budgets: the limits that a scenario's answer is judged by. What is here is their form; the verdict
// is made in sim/slo.ts.

import Type, { type TSchema } from "typebox";
import { EXPRESSION_FORM, parseExpression, type MetricExpression } from "./expression.ts";
import { OPENSLO_SILENT, OPENSLO_VERSION, openSloBudgets } from "./openslo.ts";
import {
  absoluteOf,
  gateOf,
  OPERATORS,
  type Gate,
  type LimitUnit,
  type Operator,
} from "./limit.ts";
import { byPosition, Validator } from "./validate.ts";
import { InputError, type Position, type Problem } from "./problem.ts";
import { choice, text, type FieldSchema } from "./schema/fields.ts";
import { nodeAt, parseSources, positionAt, type SourceNode } from "./source-tree.ts";
import { writtenSchema } from "./written.ts";

/** An absolute limit, or one relative to the paired run without a fault. */
export type Limit =
  | { readonly kind: "absolute"; readonly value: number; readonly unit: LimitUnit }
  /** factor × the paired value, or the paired value + floor where that is looser. */
  | { readonly kind: "paired"; readonly factor: number; readonly floor: number };

export type { Gate, LimitUnit, Operator } from "./limit.ts";

export interface Budget {
  readonly id: string;
  readonly title: string;
  readonly metric: MetricExpression;
  readonly window: string;
  readonly op: Operator;
  readonly limit: Limit;
  /** As written, such as "2.5s" or "1.10x". */
  readonly limitText: string;
  readonly gate: Gate;
  readonly severity: "fail" | "warn";
  /** Name of the fault that the paired run lacks; only with a paired limit. */
  readonly versus: string | undefined;
  readonly source: Position;
  /** Of an OpenSLO document; absent in a budget set. */
  readonly period?: Period;
}

/** The time that an error budget is for. */
export interface Period {
  /** "28d, rolling"; "" where none is given. */
  readonly text: string;
  /** Events in that time; undefined where nobody said: those of the run. */
  readonly eventCount: number | undefined;
}

const Check = Type.Object({
  id: Type.Unsafe<string>({
    type: "string",
    pattern: "^[a-z][a-z0-9-]*$",
    description: "short name of the check",
  }),
  title: Type.Optional(text("what is promised, in words")),
  metric: text(EXPRESSION_FORM),
  window: text("a window of the scenario", {
    default: "measured",
    source: "assumed: everything after the warm-up",
  }),
  op: choice(OPERATORS, "how the measured value must compare with the limit", {
    default: "<=",
    source: "assumed: most limits are upper limits",
  }),
  limit: Type.Unsafe<string | number>({
    type: ["string", "number"],
    description: "a value with the metric's unit (2.5s, 1%, 64MiB, 0), or 1.10x with `versus`",
  }),
  floor: Type.Optional(text("with `versus`: a difference below this never breaks the budget")),
  gate: Type.Unsafe<string>({
    type: "string",
    pattern: "^(every-seed|mean-upper-ci|share-of-seeds >= \\d+(\\.\\d+)?%)$",
    description: "every-seed; mean-upper-ci (the 95 % bound of the mean); share-of-seeds >= 90%",
    default: "every-seed",
    source: "assumed: the strictest",
  }),
  severity: choice(["fail", "warn"], "whether a broken limit fails the run", {
    default: "fail",
    source: "assumed",
  }),
  versus: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      pattern: "^without [a-z][a-z0-9-]*$",
      description: "compare with the same seeds without this fault: `without kill-node`",
    }),
  ),
});

export const BudgetFile: TSchema = Type.Object({
  apiVersion: Type.Literal("stormglass/v1"),
  kind: Type.Literal("BudgetSet"),
  metadata: Type.Object({ name: text("short name"), title: Type.Optional(text("what for")) }),
  checks: Type.Array(Check, { minItems: 1, description: "the limits" }),
});

const validator = new Validator(writtenSchema(BudgetFile as unknown as FieldSchema));

/**
 * The budgets of one file, which may hold several documents: budget sets, and OpenSLO. Throws `InputError` with every problem
 * of it.
 */
export function parseBudgets(file: string, content: string): readonly Budget[] {
  const { roots, problems } = parseSources(file, content);
  if (problems.length > 0) throw new InputError(problems);
  const found: Problem[] = [];
  const budgets = roots.flatMap((root) => documentBudgets(root, roots, found));
  if (budgets.length === 0 && found.length === 0) {
    const at = { file, line: 1, column: 1 };
    found.push({ at, message: "must have a BudgetSet, or an SLO of OpenSLO" });
  }
  const seen = new Set<string>();
  for (const budget of budgets) {
    if (seen.has(budget.id)) {
      found.push({ at: budget.source, message: `id must be unique, got "${budget.id}" again` });
    }
    seen.add(budget.id);
  }
  if (found.length > 0) throw new InputError(found.sort(byPosition));
  return budgets;
}

function documentBudgets(
  root: SourceNode,
  roots: readonly SourceNode[],
  problems: Problem[],
): readonly Budget[] {
  const text = (key: string): string => {
    const node = nodeAt(root, [key]);
    return node?.kind === "scalar" ? String(node.value) : "";
  };
  const version = text("apiVersion");
  const kind = text("kind");
  if (!version.startsWith("openslo")) {
    problems.push(...validator.check(root));
    const list = nodeAt(root, ["checks"]);
    return (list?.kind === "list" ? list.items : []).map((item) => budgetOf(item, problems));
  }
  if (version !== OPENSLO_VERSION) {
    const message = `apiVersion must be "${OPENSLO_VERSION}", got "${version}"`;
    problems.push({ at: positionAt(root, ["apiVersion"]), message });
    return [];
  }
  if (kind === "SLO") return openSloBudgets(root, roots, problems);
  if (!(OPENSLO_SILENT as readonly string[]).includes(kind)) {
    const message = `kind must be SLO, or one of ${OPENSLO_SILENT.join(", ")}, got "${kind}"`;
    problems.push({ at: positionAt(root, ["kind"]), message });
  }
  return [];
}

function budgetOf(item: SourceNode, problems: Problem[]): Budget {
  const field = (key: string, fallback: string): string => {
    const node = nodeAt(item, [key]);
    return node?.kind === "scalar" && node.value !== undefined ? String(node.value) : fallback;
  };
  const refuse = (key: string, message: string): void => {
    problems.push({ at: positionAt(item, [key]), message });
  };
  const written = field("metric", "");
  const metric = parseExpression(written);
  if (metric === undefined && written !== "") {
    refuse("metric", `metric must be ${EXPRESSION_FORM}, got "${written}"`);
  }
  const versus = nodeAt(item, ["versus"]) && field("versus", "").replace(/^without /, "");
  return {
    id: field("id", ""),
    title: field("title", ""),
    metric: metric ?? { text: written, fn: "value", quantile: 0, metrics: [written] },
    window: field("window", "measured"),
    op: field("op", "<=") as Operator,
    limit: limitOf(
      field("limit", ""),
      versus,
      nodeAt(item, ["floor"]) && field("floor", ""),
      refuse,
    ),
    limitText: field("limit", ""),
    gate: gateOf(field("gate", "every-seed")) ?? { kind: "every-seed" }, // Its form is the schema's to refuse.
    severity: field("severity", "fail") as Budget["severity"],
    versus,
    source: item.at,
  };
}

function limitOf(
  written: string,
  versus: string | undefined,
  floor: string | undefined,
  refuse: (key: string, message: string) => void,
): Limit {
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(written)?.[1];
  if (versus !== undefined) {
    if (factor === undefined) {
      refuse("limit", `limit must be a factor such as 1.10x with versus, got "${written}"`);
    }
    const slack = floor === undefined ? 0 : absoluteOf(floor)?.value;
    if (slack === undefined) refuse("floor", `floor must be a value with a unit, got "${floor}"`);
    return { kind: "paired", factor: Number(factor), floor: slack ?? 0 };
  }
  const absolute = absoluteOf(written);
  if (factor !== undefined)
    refuse("limit", `limit must not be a factor without versus, got "${written}"`);
  else if (absolute === undefined && written !== "") {
    refuse(
      "limit",
      `limit must be a number with the metric's unit (ms, s, %, MiB), got "${written}"`,
    );
  }
  if (floor !== undefined) refuse("floor", "floor must stand beside versus");
  return { kind: "absolute", value: absolute?.value ?? NaN, unit: absolute?.unit ?? "number" };
}
