// stormglass export: what a result says, as files that are applied to a cluster.
//
// One kind goes to stdout unless --out says where; all of them need --out. What an export cannot say itself (a field that the
// release does not know, a verdict that is none of this HPA's) goes to stderr.

import { Argument, type Command, Option } from "commander";
import { join } from "node:path";
import {
  allExported,
  EXPORT_KINDS,
  exported,
  type ExportKind,
} from "../../reports/exports/kinds.ts";
import type { ExportFile, Exported, ExportSubject } from "../../reports/exports/subject.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import {
  KUBERNETES_VERSIONS,
  type KubernetesVersion,
} from "../../sim/cluster/kubernetes/hpa/version.ts";
import { ExitCode } from "../exit-codes.ts";
import { subjectOf } from "../export-subject.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { readResult } from "../result-files.ts";

interface ExportOptions {
  readonly kubernetes?: KubernetesVersion;
  readonly namespace?: string;
  readonly scenario?: string;
  readonly hpa?: string;
  readonly crd?: true;
  readonly prometheus: string;
  readonly out?: string;
  readonly json?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass export hpa out/join-storm-100k --kubernetes 1.33 > hpa.yaml
  stormglass export all out/join-storm-100k --out deploy-me
`;

/** Where the charts of the community put it. Assumed. */
const PROMETHEUS_URL = "http://prometheus-server.monitoring.svc:80";
/** Names that are one file, and no directory. */
const FILE_NAME = /\.(ya?ml|json|txt)$/;
const NAMESPACE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function addExport(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("export")
    .summary("manifests, rules and dashboards of a result")
    .description(
      "Writes what a result says as files for a cluster, each with the digest of the run behind it: the HPA, a KEDA " +
        "ScaledObject, rules of prometheus-adapter, alerts with their tests, a Grafana dashboard, the PDB and drain settings. " +
        "Code 3 when the result has no HPA and the kind needs one.",
    )
    .addArgument(new Argument("<kind>", "what to write").choices([...EXPORT_KINDS, "all"]))
    .argument("<result>", "what `stormglass run` wrote: its directory, or results.json")
    .addOption(
      new Option(
        "--kubernetes <release>",
        "the release that it is for (default: the run's)",
      ).choices(KUBERNETES_VERSIONS),
    )
    .option("--namespace <name>", "where it is applied (default: the manifest's, or stormglass)")
    .option("--scenario <name>", "which, when there are several")
    .option("--hpa <file>", "another manifest than the run's, such as one that tune wrote")
    .option("--crd", "alerts: print the PrometheusRule")
    .option("--prometheus <url>", "keda: where Prometheus answers", PROMETHEUS_URL)
    .option("--out <dir|file>", "write there, not to stdout")
    .option("--json", "print the files as JSON")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action((kind: ExportKind | "all", result: string, options: ExportOptions) => {
      const { namespace } = options;
      if (namespace !== undefined && !NAMESPACE_NAME.test(namespace)) {
        program.error(`error: '${namespace}' is no name of a namespace`);
      }
      if (kind === "all" && options.json !== true && isNoDirectory(options.out)) {
        program.error("error: all is several files: --out <dir> must say where");
      }
      write(outside, kind, result, options);
      finish(ExitCode.ok);
    });
}

function isNoDirectory(out: string | undefined): boolean {
  return out === undefined || FILE_NAME.test(out);
}

/** Throws `InputError` when there is no such result, or nothing to export in it. */
function write(
  outside: Outside,
  kind: ExportKind | "all",
  path: string,
  options: ExportOptions,
): void {
  const stored = readResult(outside, path, { scenario: options.scenario });
  const subject = subjectOf(outside, stored, {
    kubernetes: options.kubernetes,
    namespace: options.namespace,
    hpaFile: options.hpa,
    prometheusUrl: options.prometheus,
  });
  const made = kind === "all" ? allExported(subject) : exported(kind, subject);
  if (made === undefined) throw noHpa(path, subject);
  const warnings = [...made.warnings, ...verdictWarnings(subject)];
  if (options.json === true) {
    const { scenario, runDigest, verdict, kubernetes, namespace } = subject;
    const about = { scenario, runDigest, verdict, kubernetes, namespace };
    outside.stdout.write(canonicalJson({ kind, ...about, files: made.files, warnings }));
    return;
  }
  if (options.out === undefined) outside.stdout.write(printed(kind, made, options.crd === true));
  else writeFiles(outside, made.files, options.out, options.crd === true);
  const paint = paintFor(outside, !options.color);
  for (const warning of warnings) outside.stderr.write(`${paint.unsure("Mind:")} ${warning}\n`);
}

function noHpa(path: string, { scenario }: ExportSubject): InputError {
  const message =
    `${scenario} was run without an HPA. Name one with --hpa hpa.yaml, or run it with one: ` +
    `stormglass run ${scenario} --set 'autoscaling.hpa="@builtin/manifests/hpa.yaml"'`;
  return new InputError([{ at: { file: path, line: 0, column: 0 }, message }]);
}

function verdictWarnings({ verdict, scenario, hpa }: ExportSubject): readonly string[] {
  const warnings: string[] = [];
  if (verdict === "fail") {
    warnings.push(`The run behind this missed an objective of ${scenario}: its verdict is fail.`);
  }
  if (hpa?.isOfRun === false) {
    warnings.push(
      "The run behind this had another HPA: run the scenario with this one to judge it.",
    );
  }
  return warnings;
}

/** On stdout: patches one after the other, of alerts the rules alone. */
function printed(kind: ExportKind | "all", { files }: Exported, isCrd: boolean): string {
  if (kind !== "pdb") return mainOf(files, isCrd).text;
  const patches = files.filter(({ name }) => name.startsWith("patch-"));
  return patches.map(({ text }) => text).join("---\n");
}

function mainOf(files: readonly ExportFile[], isCrd: boolean): ExportFile {
  const wanted = isCrd ? files.find(({ name }) => name === "prometheus-rule.yaml") : undefined;
  return wanted ?? files[0]!; // An export has a file.
}

function writeFiles(
  outside: Outside,
  files: readonly ExportFile[],
  out: string,
  isCrd: boolean,
): void {
  const isFile = FILE_NAME.test(out);
  const written = isFile
    ? [{ path: out, text: mainOf(files, isCrd).text }]
    : files.map(({ name, text }) => ({ path: join(out, name), text }));
  for (const { path, text } of written) outside.writeFile(path, text);
  const others = isFile && files.length > 1 ? `; --out <dir> writes all ${files.length} files` : "";
  outside.stderr.write(`${written.map(({ path }) => path).join("\n")}${others}\n`);
}
