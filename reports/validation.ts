// What `stormglass validate` found in files: refusals and lints, as text, as a document, as annotations.

import type { Position, Problem } from "../scenarios/problem.ts";
import { wrapped, type Paint } from "./layout.ts";
import type { Annotation, Located } from "./github.ts";

/** error: loading refuses the file; warning: it cannot mean what it says; note: worth knowing. */
export type FindingLevel = "error" | "warning" | "note";

export interface Finding {
  /** Id of a rule. */
  readonly rule: string;
  readonly level: FindingLevel;
  /** What is the matter, in a sentence. */
  readonly message: string;
  /** What to do; "" where the message says it. */
  readonly advice: string;
  readonly at: Position;
  /** The file that was asked about, which may have read the one at fault. */
  readonly asked: string;
}

export interface FindingRule {
  readonly id: string;
  readonly level: FindingLevel;
  readonly title: string;
}

export interface CheckedFile {
  readonly file: string;
  /** As the file says: Scenario, BudgetSet …; "" where it does not. */
  readonly kind: string;
}

export interface Validation {
  readonly files: readonly CheckedFile[];
  readonly findings: readonly Finding[];
}

export function countOf({ findings }: Validation, level: FindingLevel): number {
  return findings.filter((finding) => finding.level === level).length;
}

/** `rendered` shows a problem with the line that it speaks of. */
export function validationText(
  validation: Validation,
  rendered: (problem: Problem) => string,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string {
  const tone = { error: paint.bad, warning: paint.unsure, note: paint.faint };
  const blocks = validation.findings.map(({ level, rule, message, advice, at }) => {
    const said = rendered({ at, message });
    const what = level === "error" ? "" : ` [${rule}]`;
    const lines = [`${tone[level](`${level}${what}`)} ${said}`];
    if (advice !== "") lines.push(...wrapped(`→ ${advice}`, width, "  ", "    "));
    return `${lines.join("\n")}\n`;
  });
  return [...blocks, summaryLine(validation)].join("\n");
}

function summaryLine(validation: Validation): string {
  const count = validation.files.length;
  const levels = [
    ["error", "errors"],
    ["warning", "warnings"],
    ["note", "notes"],
  ] as const;
  const parts = levels.flatMap(([level, many]) => {
    const found = countOf(validation, level);
    return found === 0 ? [] : [`${found} ${found === 1 ? level : many}`];
  });
  const files = count === 1 ? "1 file" : `${count} files`;
  return `${files}: ${parts.length === 0 ? "nothing to mend" : parts.join(", ")}\n`;
}

/** For programs; a stable form, beside SARIF for those that know SARIF. */
export function validationDocument(validation: Validation, toolVersion: string): object {
  return {
    schemaVersion: "1.0",
    tool: { name: "stormglass", version: toolVersion },
    files: validation.files,
    errors: countOf(validation, "error"),
    warnings: countOf(validation, "warning"),
    notes: countOf(validation, "note"),
    findings: validation.findings.map(({ rule, level, message, advice, at, asked }) => ({
      rule,
      level,
      message,
      advice,
      file: at.file,
      line: at.line,
      column: at.column,
      asked,
    })),
  };
}

const ORDER: readonly FindingLevel[] = ["error", "warning", "note"];
const LEVELS = { error: "error", warning: "warning", note: "notice" } as const;

/** Errors first; else in the order of the files. */
export function findingAnnotations(
  { findings }: Validation,
  located: Located,
): readonly Annotation[] {
  const inOrder = ORDER.flatMap((level) => findings.filter((finding) => finding.level === level));
  return inOrder.map(({ level, rule, message, advice, at, asked }) => {
    const file = located(at.file);
    return {
      level: LEVELS[level],
      title: `stormglass ${rule}`,
      message: advice === "" ? message : `${message}\n${advice}`,
      file: file ?? located(asked),
      line: file === undefined ? 0 : at.line,
      column: file === undefined ? 0 : at.column,
    };
  });
}
