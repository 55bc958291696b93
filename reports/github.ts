// What GitHub Actions shows of a result: a few annotations, each at the line of the file to look at.
//
// GitHub keeps ten annotations of a kind per step and drops the rest in silence, so at most ten are written,
// the worst first, and the last one says how many there would be more.

import type { Check } from "../sim/slo.ts";
import type { ResultsDocument, ScenarioResult } from "./results-schema.ts";
import { storedCheck } from "./stored-check.ts";
import { limitText, measuredText, noteText } from "./terminal.ts";

/** Cited: limits of workflow commands in the documentation of GitHub Actions. */
export const ANNOTATIONS_MAX = 10;
/** Bytes that the summary of one step may have; cited: the same. */
export const STEP_SUMMARY_BYTES_MAX = 1_048_576;

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
  /** From the root of the repository; undefined where the file is not in it. */
  readonly file: string | undefined;
  /** From 1; 0 means the whole file. */
  readonly line: number;
  readonly column: number;
}

/** Path from the root of the repository, or undefined when it is not in it. */
export type Located = (file: string) => string | undefined;

/** Missed budgets at their lines, and what made runs unfit; warnings and open objectives after them. */
export function resultAnnotations(
  documents: readonly ResultsDocument[],
  located: Located,
): readonly Annotation[] {
  const scenarios = documents.flatMap(({ scenarios: some }) => some);
  const found = scenarios.flatMap((scenario) => [
    ...scenario.alarms.map((alarm) => ({ rank: 0, margin: 0, one: alarmNote(scenario, alarm) })),
    ...scenario.checks.map(storedCheck).flatMap((check) => {
      if (check.verdict === "pass") return [];
      // A limit of nothing at all has no margin: whatever breaks it is the worst.
      const margin = check.margin ?? -Infinity;
      return [{ rank: rankOf(check), margin, one: checkNote(scenario, check, located) }];
    }),
  ]);
  return found
    .map((each, index) => ({ ...each, index }))
    .sort((a, b) => a.rank - b.rank || compared(a.margin, b.margin) || a.index - b.index)
    .map(({ one }) => one);
}

/** Infinities are equal to themselves. */
function compared(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function rankOf({ severity, verdict }: Check): number {
  if (severity === "warn") return 3;
  return verdict === "fail" ? 1 : 2;
}

function alarmNote({ name }: ScenarioResult, alarm: string): Annotation {
  const title = `${name}: no answer`;
  return { level: "error", title, message: alarm, file: undefined, line: 0, column: 0 };
}

function checkNote({ name }: ScenarioResult, check: Check, located: Located): Annotation {
  const isError = check.severity === "fail" && check.verdict === "fail";
  const said = `${check.metric} @ ${check.window}: measured ${measuredText(check)}, limit ${limitText(check)}`;
  const parts = [check.title, said, noteText(check)].filter((part) => part !== "");
  const file = located(check.source.file);
  const word = check.verdict === "fail" ? "missed" : "open";
  return {
    level: isError ? "error" : "warning",
    title: `${name}: ${check.id} is ${word}`,
    message: parts.join("\n"),
    file,
    line: file === undefined ? 0 : check.source.line,
    column: 0,
  };
}

/** Workflow commands, one per line; at most ten, whatever there is. `where` names the place of the rest. */
export function annotationLines(annotations: readonly Annotation[], where: string): string {
  const isTooMany = annotations.length > ANNOTATIONS_MAX;
  const shown = isTooMany ? annotations.slice(0, ANNOTATIONS_MAX - 1) : annotations;
  const left = annotations.slice(shown.length);
  const lines = shown.map(commandOf);
  if (isTooMany) {
    lines.push(
      commandOf({
        level: left.some(({ level }) => level === "error") ? "error" : "warning",
        title: `${left.length} more`,
        message: `${left.length} more are left out here: GitHub shows ten of a kind. They are in ${where}.`,
        file: undefined,
        line: 0,
        column: 0,
      }),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function commandOf({ level, title, message, file, line, column }: Annotation): string {
  const hasLine = file !== undefined && line > 0;
  const properties: readonly (readonly [string, string])[] = [
    ...(file === undefined ? [] : [["file", file] as const]),
    ...(hasLine ? [["line", String(line)] as const] : []),
    ...(hasLine && column > 0 ? [["col", String(column)] as const] : []),
    ["title", title],
  ];
  const said = properties.map(([name, value]) => `${name}=${property(value)}`);
  return `::${level} ${said.join(",")}::${payload(message)}`;
}

/** The escapes of the runner: without them a line end in a name would begin a command of its own. */
function payload(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return payload(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Kept for the line about what has no room. */
const LAST_LINE_BYTES = 256;

/**
 * As many of the summaries as have room in a step's page that already has `takenBytes`, and a line for those
 * that do not. `bytesOf` counts UTF-8.
 */
export function stepSummary(
  summaries: readonly { readonly name: string; readonly text: string }[],
  takenBytes: number,
  bytesOf: (text: string) => number,
): string {
  let left = STEP_SUMMARY_BYTES_MAX - LAST_LINE_BYTES - takenBytes;
  if (left < 0) return "";
  const shown: string[] = [];
  for (const { text } of summaries) {
    left -= bytesOf(text) + 1;
    if (left < 0) break;
    shown.push(text);
  }
  const missing = summaries.length - shown.length;
  if (missing > 0) {
    shown.push(
      `${missing} more scenarios have no room here; their summary.md is with the results.\n`,
    );
  }
  return shown.map((text) => `${text}\n`).join("");
}
