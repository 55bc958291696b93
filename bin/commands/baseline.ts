// stormglass baseline: what runs measured, kept in a small file that is committed and compared with.

import { InvalidArgumentError, type Command } from "commander";
import { baselineReportText } from "../../reports/baseline.ts";
import { InputError } from "../../scenarios/problem.ts";
import {
  baselineFile,
  BASELINES,
  readBaseline,
  type Baseline,
} from "../comparing/baseline-file.ts";
import {
  baselineReport,
  isResult,
  keep,
  SEEDS,
  sideByRunning,
  sideOfStored,
  verify,
} from "../comparing/baselines.ts";
import { withCampaign } from "../comparing/campaigning.ts";
import type { Side } from "../comparing/side.ts";
import type { Campaign } from "../campaign.ts";
import { ExitCode, mostSevere } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { loadCellsNamed } from "../load.ts";
import { quoted } from "../shell.ts";
import { collected, seedCount } from "../option-values.ts";

interface RunningOptions {
  readonly seeds?: number;
  readonly jobs?: number;
  readonly quiet?: true;
}
interface SaveOptions extends RunningOptions {
  readonly set: readonly string[];
  readonly out: string;
}
interface UpdateOptions extends RunningOptions {
  readonly reason: string;
}

const EXAMPLES = `Examples:
  stormglass baseline save node-death
  stormglass baseline update node-death --reason "14 nodes instead of 12"
`;

/** Adds the command to `program`. `finish` takes its exit code. */
export function addBaseline(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  const baseline = program
    .command("baseline")
    .summary("keep what a scenario measured, to compare with later")
    .description(
      "Writes baselines/<scenario>.json: digests, seeds and metrics of its runs, small enough to be committed. " +
        "A candidate is compared with it by `stormglass compare`.",
    )
    .addHelpText("before", EXAMPLES);
  const shared: Shared = { baseline, outside, workerFile, finish };
  addSave(shared);
  addShow(shared);
  addUpdate(shared);
  addVerify(shared);
}

interface Shared {
  readonly baseline: Command;
  readonly outside: Outside;
  readonly workerFile: string;
  readonly finish: (code: ExitCode) => void;
}

function running(command: Command): Command {
  return command
    .option("--jobs <n>", "worker threads (default: one per CPU)", seedCount)
    .option("--quiet", "no progress");
}

function addSave({ baseline, outside, workerFile, finish }: Shared): void {
  running(baseline.command("save"))
    .summary("write the baseline of scenarios or of stored results")
    .argument("<scenario|result...>", "scenarios, which are run, or what `stormglass run` wrote")
    .option("--seeds <n>", `seeds of a scenario that is run (default: ${SEEDS})`, seedCount)
    .option("--set <path=value>", "change a value of the scenarios; repeatable", collected, [])
    .option("--out <dir>", "where baselines are", BASELINES)
    .action(async (names: string[], options: SaveOptions) => {
      finish(await save(outside, workerFile, names, options));
    });
}

function addShow({ baseline, outside, finish }: Shared): void {
  baseline
    .command("show")
    .summary("what a baseline is of, and its means")
    .argument("<baseline>", "its file, or the name of its scenario")
    .option("--no-color", "no colour")
    .action((path: string, { color }: { readonly color: boolean }) => {
      const width = Math.max(20, Math.min(outside.stdout.columns, 140));
      const options = { width, paint: paintFor(outside, !color) };
      const report = baselineReport(readBaseline(outside, path));
      outside.stdout.write(baselineReportText(report, options));
      finish(ExitCode.ok);
    });
}

function addUpdate({ baseline, outside, workerFile, finish }: Shared): void {
  running(baseline.command("update"))
    .summary("replace a baseline, with a reason")
    .argument("<baseline>", "its file, or the name of its scenario")
    .argument("[result]", "what `stormglass run` wrote (default: the scenario is run again)")
    .requiredOption("--reason <text>", "why; kept in the file", parseReason)
    .option("--seeds <n>", "another number of seeds", seedCount)
    .action(async (path: string, result: string | undefined, options: UpdateOptions) => {
      finish(await update(outside, workerFile, path, result, options));
    });
}

function addVerify({ baseline, outside, workerFile, finish }: Shared): void {
  running(baseline.command("verify"))
    .summary("run the seeds again: equal inputs must give equal events")
    .argument("<baseline...>", "files, or names of scenarios")
    .option("--seeds <n>", "only the first so many", seedCount)
    .action(async (paths: string[], options: RunningOptions) => {
      const baselines = paths.map((path) => readBaseline(outside, path));
      finish(
        await withCampaign(outside, workerFile, choicesOf(options), async (campaign) => {
          const codes: ExitCode[] = [];
          for (const one of baselines)
            codes.push(await verify(outside, campaign, one, options.seeds));
          return mostSevere(codes);
        }),
      );
    });
}

function parseReason(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must say why.");
  return text.trim();
}

function choicesOf({ jobs, quiet }: RunningOptions) {
  return { jobs, isQuiet: quiet === true };
}

async function save(
  outside: Outside,
  workerFile: string,
  names: readonly string[],
  options: SaveOptions,
): Promise<ExitCode> {
  const count = options.seeds ?? SEEDS;
  return withCampaign(outside, workerFile, choicesOf(options), async (campaign) => {
    const codes: ExitCode[] = [];
    const all = names.flatMap((name) =>
      isResult(outside, name)
        ? [name]
        : loadCellsNamed(outside, name, options.set).map((cell) => cell.name),
    );
    for (const name of all) {
      const side = isResult(outside, name)
        ? sideOfStored(outside, name)
        : await sideByRunning(outside, campaign, name, options.set, { count });
      const file = baselineFile(options.out, side.inputs.scenario);
      if (outside.exists(file)) refuseToReplace(outside, file);
      codes.push(keep(outside, file, side, []));
    }
    return mostSevere(codes);
  });
}

/** A baseline that is there was agreed on: what replaces it says why. */
function refuseToReplace(outside: Outside, file: string): never {
  const { scenario } = readBaseline(outside, file).side.inputs;
  const message =
    `is there already, of ${scenario}; \`stormglass baseline update ${quoted(file)} --reason "…"\` ` +
    "replaces it";
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}

async function update(
  outside: Outside,
  workerFile: string,
  path: string,
  result: string | undefined,
  options: UpdateOptions,
): Promise<ExitCode> {
  const old = readBaseline(outside, path);
  const reasons = [...old.reasons, options.reason];
  return withCampaign(outside, workerFile, choicesOf(options), async (campaign) => {
    const side =
      result === undefined
        ? await again(outside, campaign, old, options)
        : sameScenario(sideOfStored(outside, result), old);
    const code = keep(outside, old.side.label, side, reasons);
    if (code === ExitCode.ok) {
      const digests = new Map(old.side.runs.map(({ seed, digest }) => [seed, digest]));
      const same = side.runs.filter(({ seed, digest }) => digests.get(seed) === digest).length;
      outside.stdout.write(
        `${same} of ${side.runs.length} seeds are as they were. Reason: ${options.reason}\n`,
      );
    }
    return code;
  });
}

async function again(
  outside: Outside,
  campaign: Campaign,
  { side }: Baseline,
  { seeds }: UpdateOptions,
): Promise<Side> {
  const { source, settings } = side.inputs;
  if (source === undefined) {
    const message = "does not say which scenario it is of; name a result";
    throw new InputError([{ at: { file: side.label, line: 0, column: 0 }, message }]);
  }
  const chosen = seeds === undefined ? side.runs.map(({ seed }) => seed) : { count: seeds };
  return sideByRunning(outside, campaign, source, settings, chosen);
}

/** Throws `InputError` when it is of another. */
function sameScenario(side: Side, { side: old }: Baseline): Side {
  if (side.inputs.scenario === old.inputs.scenario) return side;
  const message = `is of ${side.inputs.scenario}, not of ${old.inputs.scenario}`;
  throw new InputError([{ at: { file: side.label, line: 0, column: 0 }, message }]);
}
