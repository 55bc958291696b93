// stormglass compare: is the candidate worse than the base, and by how much?

import { InvalidArgumentError, Option, type Command } from "commander";
import { comparisonMarkdown, comparisonText } from "../../reports/comparison.ts";
import type { ComparisonDocument } from "../../reports/comparison-document.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { InputError } from "../../scenarios/problem.ts";
import { parseQuantity } from "../../scenarios/quantities.ts";
import { metricsOf } from "../../sim/compare/metric-list.ts";
import type { Tolerance } from "../../sim/compare/tolerance.ts";
import { isBaseline, readBaseline } from "../comparing/baseline-file.ts";
import { withCampaign } from "../comparing/campaigning.ts";
import { compared } from "../comparing/compared.ts";
import { inputChange } from "../comparing/input-changes.ts";
import { look } from "../comparing/looks.ts";
import { inputsOf, limitedBy, runtimeOf, sideOfResult, type Side } from "../comparing/side.ts";
import { ExitCode, mostSevere } from "../exit-codes.ts";
import { loadNamed } from "../load.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { readResult } from "../result-files.ts";
import { quoted } from "../shell.ts";
import { collected, seedCount } from "../option-values.ts";

interface CompareOptions {
  readonly run?: true;
  readonly set: readonly string[];
  readonly alpha: number;
  readonly tolerance: ReadonlyMap<string, Tolerance>;
  readonly maxSeeds: number;
  readonly failOn: "regression" | "inconclusive" | "any";
  readonly onlyChanged?: true;
  readonly acrossModels?: true;
  readonly format: "text" | "md" | "json";
  readonly jobs?: number;
  readonly quiet?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass compare baselines/node-death.json out/node-death
  stormglass compare baselines/node-death.json --run --set cluster.nodes.count=14
`;

const ALPHA = 0.05;
const SEEDS_MOST = 40;

/** Adds the command to `program`. `finish` takes its exit code. */
export function addCompare(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  const command = program
    .command("compare")
    .summary("is a candidate worse than its baseline, seed by seed")
    .description(
      "Compares what the budgets limit, on the same seeds of both sides: better, worse, or not to be told. Code 11 for a " +
        "regression, 13 when equal inputs gave other events, 3 when the sides cannot be compared.",
    )
    .argument("<base>", "a baseline, or a result of `stormglass run`")
    .argument("[candidate]", "the same; with --run a scenario (default: the base's)")
    .option("--run", "run the candidate now, with the base's seeds and more while they cannot tell")
    .option(
      "--set <path=value>",
      "with --run: change a value of the candidate; repeatable",
      collected,
      [],
    )
    .option("--alpha <share>", "accepted chance of a false alarm", parseAlpha, ALPHA)
    .option(
      "--tolerance <metric=value>",
      "how much worse a budget, a metric or all may get: 5% or 20ms; repeatable",
      collectTolerance,
      new Map<string, Tolerance>(),
    )
    .option("--max-seeds <n>", "with --run: seeds of the last look", seedCount, SEEDS_MOST)
    .addOption(
      new Option("--fail-on <what>", "any: every change of a gated metric that can be told")
        .choices(["regression", "inconclusive", "any"])
        .default("regression"),
    )
    .option("--only-changed", "show nothing of metrics that did not change")
    .option("--across-models", "compare stored runs of two simulators as they are")
    .addOption(
      new Option("--format <form>", "of what is printed")
        .choices(["text", "md", "json"])
        .default("text"),
    )
    .option("--jobs <n>", "worker threads (default: one per CPU)", seedCount)
    .option("--quiet", "no progress")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action(async (base: string, candidate: string | undefined, options: CompareOptions) => {
      if (options.run === undefined && candidate === undefined) {
        command.error("error: name the candidate, or run it with --run");
      }
      if (options.run === undefined && options.set.length > 0) {
        command.error("error: --set needs --run");
      }
      finish(await compare(outside, workerFile, base, candidate, options));
    });
}

function parseAlpha(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 0.5)) throw new InvalidArgumentError("It must be between 0 and 0.5.");
  return value;
}

function collectTolerance(
  text: string,
  before: ReadonlyMap<string, Tolerance>,
): ReadonlyMap<string, Tolerance> {
  const at = text.lastIndexOf("=");
  const [name, value] = [text.slice(0, at).replaceAll(/\s/g, ""), text.slice(at + 1)];
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1];
  const floor =
    parseQuantity("duration", value) ??
    parseQuantity("size", value) ??
    parseQuantity("count", value);
  if (at < 1 || (percent === undefined && floor === undefined)) {
    throw new InvalidArgumentError("It must be such as join-p99=5%, join-p99=20ms or all=3%.");
  }
  const tolerance =
    percent === undefined
      ? { ratio: 0, floor: floor! }
      : { ratio: Number(percent) / 100, floor: 0 };
  return new Map([...before, [name, tolerance]]);
}

async function compare(
  outside: Outside,
  workerFile: string,
  basePath: string,
  candidatePath: string | undefined,
  options: CompareOptions,
): Promise<ExitCode> {
  const base = readSide(outside, basePath);
  if (options.run === undefined) {
    return told(outside, compareStored(base, readSide(outside, candidatePath!), options), options);
  }
  const candidate = candidateNow(outside, base, candidatePath, options.set);
  const isModelChange = inputChange(base.inputs, candidate.inputs).isModelChange;
  if (isModelChange && base.inputs.resolved === undefined) {
    refuse(
      base.label,
      "was run by another simulator, and its scenario is not at hand to run it again",
    );
  }
  const choices = { jobs: options.jobs, isQuiet: options.quiet === true };
  return withCampaign(outside, workerFile, choices, async (campaign) => {
    const document = await look(campaign, base, candidate, {
      alpha: options.alpha,
      tolerances: options.tolerance,
      seedsMost: options.maxSeeds,
      onLook: (seeds) => {
        if (options.quiet !== true) outside.stderr.write(`Not sure yet: running ${seeds} seeds.\n`);
      },
    });
    return told(outside, document, options);
  });
}

function readSide(outside: Outside, path: string): Side {
  const isResult = outside.exists(path) && !isBaseline(outside, path);
  if (!isResult) return readBaseline(outside, path).side;
  return sideOfResult(outside, path, readResult(outside, path));
}

function compareStored(base: Side, candidate: Side, options: CompareOptions): ComparisonDocument {
  const change = inputChange(base.inputs, candidate.inputs);
  const known = new Set(base.runs.map(({ seed }) => seed));
  if (!candidate.runs.some(({ seed }) => known.has(seed))) {
    refuse(candidate.label, `has no seed in common with ${base.label}; run it with the same seeds`);
  }
  const { alpha, tolerance: tolerances } = options;
  const notes = change.isModelChange
    ? ["model change: the simulators differ, not only what they were given"]
    : [];
  const document = compared(base, candidate, {
    alpha,
    looks: 1,
    look: 1,
    tolerances,
    change,
    notes,
  });
  if (change.isModelChange && !document.identical && options.acrossModels !== true) {
    const [before, after] = [base, candidate].map(({ inputs }) => inputs.model ?? "unknown");
    refuse(
      candidate.label,
      `is of another simulator than ${base.label} (model ${before} → ${after}). Both sides must be run again: ` +
        `\`stormglass compare ${quoted(base.label)} --run\` does; --across-models compares them as they are`,
    );
  }
  return document;
}

/** The candidate without its runs. */
function candidateNow(
  outside: Outside,
  base: Side,
  named: string | undefined,
  set: readonly string[],
): Side {
  const source = named ?? base.inputs.source;
  if (source === undefined) {
    return refuse(base.label, "does not say which scenario it was; name the candidate's");
  }
  // Settings of the base belong to its scenario, not to another one.
  const settings = named === undefined ? [...base.inputs.settings, ...set] : set;
  const loaded = loadNamed(outside, source, settings);
  return {
    label: "this run",
    inputs: inputsOf(outside, loaded, source, settings),
    runtime: runtimeOf(outside),
    metrics: metricsOf(limitedBy(loaded.budgets)),
    runs: [],
    stopped: [],
  };
}

function told(outside: Outside, document: ComparisonDocument, options: CompareOptions): ExitCode {
  const onlyChanged = options.onlyChanged === true;
  const width = Math.max(20, Math.min(outside.stdout.columns, 140));
  const paint = paintFor(outside, !options.color);
  const text = {
    text: () => comparisonText(document, { width, paint, onlyChanged }),
    md: () => comparisonMarkdown(document, onlyChanged),
    json: () => canonicalJson(document),
  }[options.format]();
  outside.stdout.write(text);
  return mostSevere(codesOf(document, options.failOn));
}

function codesOf(
  document: ComparisonDocument,
  failOn: CompareOptions["failOn"],
): readonly ExitCode[] {
  const codes: ExitCode[] = [];
  const { alarms, verdict, metrics } = document;
  if (alarms.some((alarm) => alarm.startsWith("Not reproducible")))
    codes.push(ExitCode.notReproducible);
  if (alarms.some((alarm) => alarm.startsWith("Candidate"))) codes.push(ExitCode.stopped);
  const isMoved = metrics.some((one) => one.gated && one.change !== "none");
  if (verdict === "fail" || (failOn === "any" && isMoved)) codes.push(ExitCode.regression);
  if (verdict === "inconclusive" && failOn !== "regression") codes.push(ExitCode.inconclusive);
  return codes;
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
