// stormglass report: reports from a stored result, without simulating again.

import { join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { ReportDocument } from "../../reports/documents/document.ts";
import { hpaJson, hpaReport, scaledRuns } from "../../reports/documents/hpa-report.ts";
import { markdownText } from "../../reports/documents/markdown.ts";
import { sloJson, sloReport } from "../../reports/documents/slo-report.ts";
import type { ReportSubject } from "../../reports/html/subject.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { readResult } from "../result-files.ts";
import { reportSubject } from "../reporting/report-subject.ts";

const FORMATS = ["html", "md", "json"] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly scenario?: string;
  readonly format?: readonly Format[];
}

const EXAMPLES = `Examples:
  stormglass report out/node-death
  stormglass report slo out/node-death --format md
`;

/** A report that stands on its own when it is mailed. */
interface NamedReport {
  readonly name: "slo" | "hpa";
  readonly summary: string;
  readonly description: string;
  /** Why there is none; undefined where there is one. */
  readonly missing: (subject: ReportSubject) => string | undefined;
  readonly document: (subject: ReportSubject) => ReportDocument;
  readonly json: (subject: ReportSubject) => object;
}

const NAMED: readonly NamedReport[] = [
  {
    name: "slo",
    summary: "objectives, error budget, verdict",
    description:
      "Writes slo-report.html, .md and .json: is what was promised kept, by how much, and what was spent of the error budget.",
    missing: ({ result }) =>
      result.checks.length === 0
        ? `has no objectives: ${result.name} ran without a budget`
        : undefined,
    document: sloReport,
    json: sloJson,
  },
  {
    name: "hpa",
    summary: "decisions of the HPA, its delay, its traps, what to change",
    description:
      "Writes hpa-report.html, .md and .json: what the HPA did, how late it was and why, and what to change.",
    missing: (subject) => {
      if (scaledRuns(subject).length > 0) return undefined;
      const { name } = subject.result;
      const way = `stormglass run ${name} --set autoscaling.hpa=@builtin/manifests/hpa.yaml`;
      return `has no autoscaling: ${name} ran without an HPA. Run it with one: ${way}`;
    },
    document: hpaReport,
    json: hpaJson,
  },
];

export function addReport(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  const report = program
    .command("report")
    .summary("build reports from a result, without simulating again")
    .description("Writes report.html of a result: one file that needs no network.")
    .helpCommand(false)
    .addHelpText("before", EXAMPLES)
    .argument("<result>", "a result of `stormglass run`")
    .option("--scenario <name>", "of a directory with several")
    .action(async (path: string, options: Options) => {
      const file = await writeScenarioReport(outside, path, options.scenario);
      outside.stderr.write(`Written: ${file}\n`);
      finish(ExitCode.ok);
    });
  for (const named of NAMED) {
    report
      .command(named.name)
      .summary(named.summary)
      .description(named.description)
      .argument("<result>", "a result of `stormglass run`")
      .option("--scenario <name>", "of a directory with several")
      .option("--format <list>", "html, md, json (default: all)", parseFormats)
      .action(async (path: string, options: Options) => {
        await writeNamedReport(outside, path, named, options);
        finish(ExitCode.ok);
      });
  }
}

function parseFormats(text: string): readonly Format[] {
  const asked = text.split(",").map((one) => one.trim());
  const isKnown = (one: string): one is Format => (FORMATS as readonly string[]).includes(one);
  if (!asked.every(isKnown)) {
    throw new InvalidArgumentError(`It must be some of ${FORMATS.join(", ")}.`);
  }
  return asked;
}

/** Writes report.html beside the result, and says where. Throws `InputError` where there is no result. */
export async function writeScenarioReport(
  outside: Outside,
  path: string,
  scenario?: string,
): Promise<string> {
  const stored = readResult(outside, path, { scenario });
  const subject = reportSubject(outside, stored);
  const { scenarioPage } = await import("../reporting/page-parts.ts");
  const file = join(stored.directory, "report.html");
  outside.writeFile(file, scenarioPage(outside, subject));
  return file;
}

async function writeNamedReport(
  outside: Outside,
  path: string,
  { name, missing, document, json }: NamedReport,
  { scenario, format }: Options,
): Promise<void> {
  const stored = readResult(outside, path, { scenario });
  const subject = reportSubject(outside, stored);
  const why = missing(subject);
  if (why !== undefined) {
    throw new InputError([{ at: { file: path, line: 0, column: 0 }, message: why }]);
  }
  const said = document(subject);
  for (const one of FORMATS.filter((known) => (format ?? FORMATS).includes(known))) {
    const file = join(stored.directory, `${name}-report.${one}`);
    if (one === "json") write(outside, file, canonicalJson(json(subject)));
    else if (one === "md") write(outside, file, markdownText(said));
    else {
      const { documentPage } = await import("../reporting/page-parts.ts");
      write(outside, file, documentPage(outside, said));
    }
  }
}

function write(outside: Outside, file: string, text: string): void {
  outside.writeFile(file, text);
  outside.stderr.write(`Written: ${file}\n`);
}
