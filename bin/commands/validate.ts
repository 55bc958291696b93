// stormglass validate: what is wrong with files, and what cannot be meant, without running anything.

import { Option, type Command } from "commander";
import { annotationLines } from "../../reports/github.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { sarifDocument } from "../../reports/sarif.ts";
import {
  countOf,
  findingAnnotations,
  validationDocument,
  validationText,
  type Finding,
  type Validation,
} from "../../reports/validation.ts";
import { place, renderProblem } from "../../scenarios/problem.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { locatedFile } from "../run-texts.ts";
import { checked } from "../validating/files.ts";
import { RULES } from "../validating/rules.ts";

interface ValidateOptions {
  readonly format: "text" | "json" | "github" | "sarif";
  readonly strict?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass validate scenarios/*.yaml scenarios/budgets/*.yaml
  stormglass validate storm.yaml hpa.yaml --strict --format sarif > stormglass.sarif
`;

export function addValidate(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("validate")
    .summary("check files without running them")
    .description(
      "Checks scenarios, budgets, profiles, metric samples and HPA manifests: what loading would refuse, and lints for what " +
        "cannot be meant. Code 3 for what is refused, with --strict for warnings, too; notes never fail.",
    )
    .argument("<file...>", "files, or scenarios that ship with stormglass")
    .addOption(
      new Option("--format <form>", "of what is printed")
        .choices(["text", "json", "github", "sarif"])
        .default("text"),
    )
    .option("--strict", "warnings fail, too")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action((names: string[], options: ValidateOptions) => {
      const validation = validated(outside, names);
      outside.stdout.write(textOf(outside, validation, options));
      const isBad =
        countOf(validation, "error") > 0 ||
        (options.strict === true && countOf(validation, "warning") > 0);
      finish(isBad ? ExitCode.invalidFile : ExitCode.ok);
    });
}

/** A file that several scenarios read is told of once. */
function validated(outside: Outside, names: readonly string[]): Validation {
  const results = [...new Set(names)].map((name) => checked(outside, name));
  const findings = new Map<string, Finding>();
  for (const finding of results.flatMap((result) => result.findings)) {
    const key = `${finding.rule} ${place(finding.at)} ${finding.message}`;
    if (!findings.has(key)) findings.set(key, finding);
  }
  return { files: results.map(({ file }) => file), findings: [...findings.values()] };
}

function textOf(
  outside: Outside,
  validation: Validation,
  { format, color }: ValidateOptions,
): string {
  const located = (file: string): string | undefined =>
    outside.exists(file) ? locatedFile(outside, file) : undefined;
  switch (format) {
    case "json":
      return canonicalJson(validationDocument(validation, outside.version));
    case "sarif":
      return canonicalJson(sarifDocument(validation, RULES, outside.version, located));
    case "github":
      return annotationLines(
        findingAnnotations(validation, located),
        "what `stormglass validate` prints",
      );
    case "text":
      return validationText(
        validation,
        (problem) => renderProblem(problem, (file) => outside.readFile(file)),
        {
          width: Math.max(20, Math.min(outside.stdout.columns, 120)),
          paint: paintFor(outside, !color),
        },
      );
  }
}
