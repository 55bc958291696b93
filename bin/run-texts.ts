// What `run` writes for people and for CI beside results.json: Markdown, JUnit, and what GitHub Actions shows.
//
// The texts are made in reports/; here is where they go.

import { isAbsolute, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { annotationLines, resultAnnotations, stepSummary } from "../reports/github.ts";
import { junitXml } from "../reports/junit.ts";
import { utf8Length } from "../reports/markdown/page.ts";
import { markdownSummary } from "../reports/markdown/summary.ts";
import type { ResultsDocument } from "../reports/results-schema.ts";
import type { RunResult } from "../sim/result.ts";
import { BUILTIN, type Outside } from "./outside.ts";

export interface TextOptions {
  readonly md?: true;
  readonly junit?: true;
  readonly github?: true;
}

/** A result of one scenario, as it was written. */
export interface ResultOfScenario {
  readonly document: ResultsDocument;
  readonly runs: readonly RunResult[];
}

export function addTextOptions(command: Command): Command {
  return command
    .option("--md", "write <dir>/<scenario>/summary.md")
    .option("--junit", "write <dir>/<scenario>/junit.xml")
    .option("--github", "annotate the budgets, and add to the step's summary in GitHub Actions");
}

/** Why these options cannot be had; undefined when they can. */
export function textOptionsFault(options: TextOptions, out: string | false): string | undefined {
  if (out !== false || (options.md !== true && options.junit !== true)) return undefined;
  return "error: --md and --junit write beside the results, and --no-out writes none";
}

/** Throws what the system says. */
export function writeTexts(
  outside: Outside,
  directory: string,
  { document, runs }: ResultOfScenario,
  options: TextOptions,
): void {
  if (options.md === true) {
    outside.writeFile(join(directory, "summary.md"), markdownSummary(document, runs));
  }
  if (options.junit === true) outside.writeFile(join(directory, "junit.xml"), junitXml(document));
}

/**
 * Annotations go to stderr, where the runner reads them as well as on stdout, so that `--json` stays JSON. A summary
 * that cannot be written is told and is no error: the results are elsewhere.
 */
export function tellGithub(
  outside: Outside,
  results: readonly ResultOfScenario[],
  options: TextOptions,
): void {
  if (options.github !== true) return;
  const documents = results.map(({ document }) => document);
  const annotations = resultAnnotations(documents, (file) => locatedFile(outside, file));
  outside.stderr.write(annotationLines(annotations, "the step's summary and in results.json"));
  const file = outside.env.GITHUB_STEP_SUMMARY ?? "";
  if (file === "") return;
  const summaries = results.map(({ document, runs }) => ({
    name: document.scenarios[0]!.name, // A result is of one scenario.
    text: markdownSummary(document, runs),
  }));
  const taken = utf8Length(outside.readFile(file) ?? "");
  try {
    outside.appendFile(file, stepSummary(summaries, taken, utf8Length));
  } catch (error) {
    outside.stderr.write(`The step's summary cannot be written: ${(error as Error).message}\n`);
  }
}

/** Path from the root of the repository, with slashes; undefined for what is not in it. */
export function locatedFile(outside: Outside, file: string): string | undefined {
  if (file.startsWith(`${BUILTIN}/`)) return undefined;
  const root = outside.env.GITHUB_WORKSPACE ?? "";
  const path = root === "" ? file : relative(root, resolve(file));
  return isAbsolute(path) || path.startsWith("..") ? undefined : path.replaceAll("\\", "/");
}
