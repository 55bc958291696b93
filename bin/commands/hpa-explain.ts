// stormglass hpa explain: why the HPA did what it did, look by look.
//
// Of a run, whose result has every decision; or of samples that somebody took of his own cluster, put to the
// controller here. Both are the same records, so both are told in the same way.

import { InvalidArgumentError, Option, type Command } from "commander";
import { decidedBy, isChange } from "../../reports/hpa-decided-by.ts";
import { explainText } from "../../reports/hpa-explain.ts";
import { lookText } from "../../reports/hpa-look.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import { NOTATION, parseQuantity } from "../../scenarios/quantities.ts";
import type { DecisionRecord } from "../../sim/result.ts";
import {
  KUBERNETES_VERSIONS,
  type KubernetesVersion,
} from "../../sim/cluster/kubernetes/hpa/version.ts";
import { ExitCode } from "../exit-codes.ts";
import {
  type Decisions,
  decisionsOfResult,
  decisionsOfSamples,
  isSamples,
} from "../hpa-decisions.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";

interface Options {
  readonly seed?: number;
  readonly at?: number;
  readonly between?: { readonly fromMs: number; readonly toMs: number };
  readonly changes?: true;
  readonly all?: true;
  readonly hpa?: string;
  readonly kubernetes?: KubernetesVersion;
  readonly json?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass hpa explain out/join-storm-100k --at 2m15s
  stormglass hpa explain samples.yaml --hpa hpa.yaml --kubernetes 1.35
`;

export function addExplain(hpa: Command, outside: Outside, finish: (code: ExitCode) => void): void {
  hpa
    .command("explain")
    .summary("why the HPA did what it did, look by look")
    .description(
      "Tells what the HPA decided in a run, or what it would have decided with your samples: raw value, proposal of each " +
        "metric, tolerance, windows, policies, limits, and the reason in words.",
    )
    .argument("<result>", "a result of `stormglass run`, or a file of kind MetricSamples")
    .option("--seed <n>", "the run of this seed (default: the first)", parseSeed)
    .addOption(
      new Option("--at <duration>", "one look in all its steps: the last one not later")
        .argParser(parseDuration)
        .conflicts(["between", "changes", "all"]),
    )
    .addOption(
      new Option("--between <a..b>", "every look from a to b, such as 1m..2m30s").argParser(
        parseBetween,
      ),
    )
    .addOption(
      new Option("--changes", "looks that rescaled, or that something else decided").conflicts(
        "all",
      ),
    )
    .option("--all", "every look")
    .option("--hpa <file>", "of samples: the manifest to put them to")
    .addOption(
      new Option("--kubernetes <version>", "of samples: release of the controller").choices(
        KUBERNETES_VERSIONS,
      ),
    )
    .option("--json", "print the decisions as JSON, all of them unless asked otherwise")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action((path: string, options: Options, command: Command) => {
      const found = decisionsAt(outside, path, options, command);
      outside.stdout.write(answer(outside, found, path, options));
      finish(ExitCode.ok);
    });
}

function decisionsAt(
  outside: Outside,
  path: string,
  { seed, hpa, kubernetes }: Options,
  command: Command,
): Decisions {
  if (!isSamples(outside, path)) {
    const alien = hpa !== undefined ? "--hpa" : kubernetes !== undefined ? "--kubernetes" : "";
    if (alien !== "") {
      command.error(
        `error: ${alien} goes with a file of kind MetricSamples; ${path} is a result, which has its own HPA`,
      );
    }
    return decisionsOfResult(outside, path, seed);
  }
  if (seed !== undefined) command.error("error: --seed goes with a result; samples have no seed");
  if (hpa === undefined) {
    command.error(
      `error: samples need an HPA: stormglass hpa explain ${path} --hpa <manifest> ` +
        "(@builtin/manifests/hpa.yaml ships with stormglass)",
    );
  }
  return decisionsOfSamples(outside, path, hpa, kubernetes ?? "1.35");
}

function answer(outside: Outside, found: Decisions, path: string, options: Options): string {
  const { decisions, title } = found;
  const { at, between, json, color } = options;
  const layout = { width: outside.stdout.columns, paint: paintFor(outside, !color) };
  if (at !== undefined) {
    const record = decisions.findLast(({ atMs }) => atMs <= at);
    if (record === undefined) refuse(path, firstText(decisions));
    if (json !== true) return lookText(title, record, layout);
    return canonicalJson(jsonOf(found, [record]));
  }
  const span = between ?? { fromMs: -Infinity, toMs: Infinity };
  const inside = decisions.filter(({ atMs }) => span.fromMs <= atMs && atMs <= span.toMs);
  if (inside.length === 0) refuse(path, firstText(decisions));
  const isWhole = between !== undefined || json === true;
  const onlyChanges = options.changes === true || (!isWhole && options.all !== true);
  const shown = onlyChanges
    ? inside.filter((record) => isChange(record, decisions[decisions.indexOf(record) - 1]))
    : inside;
  if (json === true) return canonicalJson(jsonOf(found, shown));
  const leftOut = [
    ...(between === undefined ? [] : ["outside of --between"]),
    ...(onlyChanges ? ["in which nothing new was decided; --all shows them"] : []),
  ].join(", or ");
  return explainText({ title, decisions, shown, leftOut }, layout);
}

function firstText(decisions: readonly DecisionRecord[]): string {
  const seconds = (ms: number): string => `${Math.round(ms) / 1_000}s`;
  const [first, last] = [decisions[0], decisions.at(-1)];
  if (first === undefined || last === undefined)
    return "has no look of the HPA: the run is too short";
  return `has no look then: the first is at ${seconds(first.atMs)}, the last at ${seconds(last.atMs)}`;
}

function jsonOf(found: Decisions, shown: readonly DecisionRecord[]): object {
  const { title, source, manifest, kubernetesVersion, decisions } = found;
  return {
    title,
    ...source,
    kubernetesVersion,
    manifest,
    looks: decisions.length,
    decisions: shown.map((record) => ({ ...record, decidedBy: decidedBy(record) })),
  };
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}

function parseSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 0.");
  return Number(text);
}

function parseDuration(text: string): number {
  const ms = parseQuantity("duration", text);
  if (ms === undefined) throw new InvalidArgumentError(`It must be ${NOTATION.duration.expected}.`);
  return ms;
}

function parseBetween(text: string): NonNullable<Options["between"]> {
  const ends = text.split("..");
  const [fromMs, toMs] = ends.map((end) => parseQuantity("duration", end));
  if (ends.length !== 2 || fromMs === undefined || toMs === undefined || fromMs > toMs) {
    throw new InvalidArgumentError("It must be two times, the later one last, such as 1m..2m30s.");
  }
  return { fromMs, toMs };
}
