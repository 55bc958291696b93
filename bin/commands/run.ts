// stormglass run: simulate, judge, tell.

import { dirname, join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { formatBytes } from "../../reports/format.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { RESULTS_VERSION, type ResultsDocument } from "../../reports/results-schema.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { pairedVariants, type Verdict } from "../../sim/slo.ts";
import { ExitCode, mostSevere } from "../exit-codes.ts";
import { judge, type Commands, type Judgement, type Trial } from "../judge.ts";
import { loadAllCells, type NamedScenario } from "../load.ts";
import type { Outside, StopSignal } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { showProgress } from "../progress.ts";
import { reportTexts } from "../report-texts.ts";
import { resultDirectory, unwritable, writeResult } from "../result-files.ts";
import {
  addTextOptions,
  tellGithub,
  textOptionsFault,
  writeTexts,
  type TextOptions,
} from "../run-texts.ts";
import { pageFault, writePages } from "../run-pages.ts";
import {
  addSeriesOptions,
  seriesOptionsFault,
  writeSeries,
  type SeriesOptions,
} from "../run-series.ts";
import { quoted } from "../shell.ts";
import type { Task } from "../task.ts";
import { runTasks } from "../workers.ts";
import { collected, seedCount, wholeFrom } from "../option-values.ts";

interface RunOptions extends TextOptions, SeriesOptions {
  readonly seeds?: SeedChoice;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly jobs?: number;
  /** False: nothing is written. */
  readonly out: string | false;
  readonly html?: true;
  readonly json?: true;
  readonly trace?: string | true;
  readonly verify?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

/** A number of seeds from the scenario's base on, or the seeds themselves. */
type SeedChoice = { readonly count: number } | { readonly seeds: readonly number[] };

const EXAMPLES = `Examples:
  stormglass run join-storm-100k
  stormglass run node-death --seeds 10 --set cluster.nodes.count=16 --out results/
`;

/** Adds the command to `program`. `finish` takes its exit code. */
export function addRun(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  const command = program
    .command("run")
    .summary("simulate scenarios and judge them by their budgets")
    .description(
      "Simulates each scenario with several seeds and says whether its objectives are met.",
    )
    .argument("<scenario...>", "scenarios that ship with stormglass, or files")
    .option("--seeds <n|a,b,c>", "how many seeds, or which", parseSeeds)
    .option("--seed <n>", "one seed", wholeFrom(0))
    .option("--set <path=value>", "change a value, with its unit; repeatable", collected, [])
    .option("--jobs <n>", "worker threads (default: one per CPU)", wholeFrom(0))
    .option("--out <dir>", "write <dir>/<scenario>/results.json and runs.json", parseOut, "out")
    .option("--no-out", "write no results")
    .option("--html", "write <dir>/<scenario>/report.html, a report that needs no network")
    .option("--json", "print results.json and nothing else")
    .option("--trace [file]", "write the event log of the first seed")
    .option("--verify", "run every seed twice and compare event by event")
    .option("--quiet", "no progress")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES);
  addSeriesOptions(addTextOptions(command)).action(async (names: string[], options: RunOptions) => {
    const fault =
      textOptionsFault(options, options.out) ?? seriesOptionsFault(options, options.out);
    if (fault !== undefined) command.error(fault);
    finish(await run(outside, workerFile, names, options));
  });
}

function parseOut(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must be a directory.");
  return text;
}

function parseSeeds(text: string): SeedChoice {
  if (!text.includes(",")) {
    return { count: seedCount(text) };
  }
  const seeds = text
    .split(",")
    .filter((part) => part !== "")
    .map(wholeFrom(0));
  if (new Set(seeds).size < seeds.length) throw new InvalidArgumentError("A seed is there twice.");
  return { seeds };
}

async function run(
  outside: Outside,
  workerFile: string,
  names: readonly string[],
  options: RunOptions,
): Promise<ExitCode> {
  const startMs = outside.nowMs();
  const fault = pageFault(options);
  if (fault !== undefined) {
    outside.stderr.write(fault);
    return ExitCode.usage;
  }
  const cells = loadAllCells(outside, names, options.set);
  const loaded = cells.map((cell) => cell.loaded);
  const tasks = tasksOf(loaded, options);
  const refused = unwritable(outside, directoriesOf(loaded, tasks, options));
  if (refused !== undefined) {
    const { directory, why } = refused;
    outside.stderr.write(
      `${directory} cannot be written (${why}); choose another --out, or --no-out\n`,
    );
    return ExitCode.cannotStart;
  }
  const jobs = Math.max(1, options.jobs ?? outside.machine.cpuCount);
  const { trials, stopped } = await runAll(outside, workerFile, tasks, jobs, options);
  const judgements = cells.map((cell) => judged(outside, cell, trials, options));
  const { node, platform } = outside.machine;
  const wall = { seconds: (outside.nowMs() - startMs) / 1_000, node, platform, jobs };
  const documentOf = (some: readonly Judgement[], named: readonly string[]): ResultsDocument => ({
    $schema: "results.schema.json",
    schemaVersion: RESULTS_VERSION,
    tool: { name: "stormglass", version: outside.version, model: outside.programDigest() },
    complete: stopped === undefined,
    command: commandLine(named, options, ""),
    settings: [...options.set],
    verdict: together(some),
    scenarios: some.map((judgement) => judgement.document),
    wall,
  });
  tell(outside, judgements, documentOf(judgements, names), options);
  const files = judgements.map((judgement, i) => ({
    judgement,
    document: documentOf([judgement], [cells[i]!.name]),
  }));
  const isWritten = options.out === false || keep(outside, files, options.out, options);
  const out = options.out === false ? [] : directoriesOf(loaded, [], options);
  const series = out.map((directory, i) => ({ directory, runs: judgements[i]!.results }));
  const isKept =
    isWritten &&
    (await writeSeries(outside, series, options)) &&
    (await writePages(outside, out, options));
  const told = files.map(({ judgement, document }) => ({ document, runs: judgement.results }));
  tellGithub(outside, told, options);
  if (stopped === "SIGINT") return ExitCode.interrupted;
  if (stopped === "SIGTERM") return ExitCode.terminated;
  const codes = judgements.flatMap((judgement) => judgement.codes);
  return mostSevere(isKept ? codes : [...codes, ExitCode.cannotStart]);
}

function judged(
  outside: Outside,
  { name, loaded }: NamedScenario,
  trials: readonly Trial[],
  options: RunOptions,
): Judgement {
  const own = trials.filter(({ task }) => task.scenario === loaded.scenario);
  return judge(outside, loaded, own, commandsOf(name, loaded.scenario, options));
}

/** Command lines for the reader of one scenario's report. */
function commandsOf(name: string, { metadata }: Scenario, options: RunOptions): Commands {
  const { out } = options;
  const elsewhere = out === "out" ? "" : out === false ? " --no-out" : ` --out ${quoted(out)}`;
  return {
    run: (more) => commandLine([name], options, more) + elsewhere,
    show: ["stormglass show", quoted(name), ...settingsWords(options)].join(" "),
    explain:
      out === false
        ? undefined
        : `stormglass hpa explain ${quoted(resultDirectory(out, metadata.name))}`,
  };
}

/** Those that are going to be written to. */
function directoriesOf(
  loaded: readonly LoadedScenario[],
  tasks: readonly Task[],
  { out }: RunOptions,
): readonly string[] {
  const traced = tasks.flatMap(({ traceFile: file }) =>
    file === undefined ? [] : [dirname(file)],
  );
  if (out === false) return traced;
  return [...loaded.map(({ scenario }) => resultDirectory(out, scenario.metadata.name)), ...traced];
}

/** In the order (scenario, variant, seed), which is the order of the results. */
function tasksOf(loaded: readonly LoadedScenario[], options: RunOptions): Task[] {
  const tasks: Task[] = [];
  for (const { scenario, budgets } of loaded) {
    for (const variant of ["full", ...pairedVariants(budgets)]) {
      seedsOf(scenario, options).forEach((seed, i) => {
        const isTraced = options.trace !== undefined && i === 0 && variant === "full";
        tasks.push({
          index: tasks.length,
          scenario,
          seed,
          variant,
          traceFile: isTraced ? traceFile(scenario, seed, options) : undefined,
          verify: options.verify === true && variant === "full",
        });
      });
    }
  }
  return tasks;
}

function seedsOf({ run: { seeds } }: Scenario, options: RunOptions): readonly number[] {
  if (options.seed !== undefined) return [options.seed];
  if (options.seeds !== undefined && "seeds" in options.seeds) return options.seeds.seeds;
  const count = options.seeds?.count ?? seeds.count;
  return Array.from({ length: count }, (_, i) => seeds.base + i);
}

function traceFile(scenario: Scenario, seed: number, options: RunOptions): string {
  if (typeof options.trace === "string") return options.trace;
  const { name } = scenario.metadata;
  if (options.out === false) return `${name}-seed${seed}.trace`;
  return join(resultDirectory(options.out, name), `seed${seed}.trace`);
}

async function runAll(
  outside: Outside,
  workerFile: string,
  tasks: readonly Task[],
  jobs: number,
  options: RunOptions,
): Promise<{ readonly trials: readonly Trial[]; readonly stopped: StopSignal | undefined }> {
  const abort = new AbortController();
  let stopped: StopSignal | undefined;
  const stopListening = outside.onStop((signal) => {
    stopped = signal;
    abort.abort();
  });
  const progress = showProgress(outside, tasks, {
    isQuiet: options.quiet === true,
    noColor: !options.color,
  });
  try {
    const heapBytes = Math.max(...tasks.map((task) => task.scenario.run.limits.heapBytes));
    const outcomes = await runTasks(tasks, {
      workerFile,
      jobs,
      heapBytes,
      signal: abort.signal,
      onProgress: (state) => progress.update(state),
      onDone: (index) => progress.done(index),
    });
    return { trials: tasks.map((task, i) => ({ task, outcome: outcomes[i]! })), stopped };
  } finally {
    progress.stop();
    stopListening();
  }
}

function together(judgements: readonly Judgement[]): Verdict {
  const verdicts = judgements.map((judgement) => judgement.report.verdict);
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("inconclusive") ? "inconclusive" : "pass";
}

function tell(
  outside: Outside,
  judgements: readonly Judgement[],
  document: ResultsDocument,
  options: RunOptions,
): void {
  if (!document.complete) outside.stderr.write("Interrupted: these results are partial.\n");
  if (options.json === true) {
    outside.stdout.write(canonicalJson(document));
    return;
  }
  const width = Math.max(20, Math.min(outside.stdout.columns, 120));
  const paint = paintFor(outside, !options.color);
  outside.stdout.write(reportTexts(judgements, { width, paint }).join("\n"));
}

/** Above it a reader is told how large runs.json is: editors and diffs are slow with such files. Assumed. */
const LARGE_BYTES = 5_000_000;

/** Writes the files of each scenario, and says where; false when one could not be written. */
function keep(
  outside: Outside,
  files: readonly { readonly judgement: Judgement; readonly document: ResultsDocument }[],
  out: string,
  options: RunOptions,
): boolean {
  let isKept = true;
  for (const { judgement, document } of files) {
    const directory = resultDirectory(out, judgement.report.name);
    try {
      const bytes = writeResult(outside, directory, document, judgement.results);
      writeTexts(outside, directory, { document, runs: judgement.results }, options);
      const size = bytes > LARGE_BYTES ? ` (runs.json has ${formatBytes(bytes)})` : "";
      if (options.quiet !== true) outside.stderr.write(`Results are in ${directory}${size}\n`);
    } catch (error) {
      outside.stderr.write(
        `Results cannot be written to ${directory}: ${(error as Error).message}\n`,
      );
      isKept = false;
    }
  }
  return isKept;
}

/** What to type to get the same runs again. */
function commandLine(names: readonly string[], options: RunOptions, more: string): string {
  const words = ["stormglass", "run", ...names.map(quoted)];
  if (!more.includes("--seed")) {
    if (options.seed !== undefined) words.push(`--seed ${options.seed}`);
    else if (options.seeds !== undefined) words.push(`--seeds ${seedsWord(options.seeds)}`);
  }
  words.push(...settingsWords(options));
  if (options.verify === true) words.push("--verify");
  if (more !== "") words.push(more);
  return words.join(" ");
}

function settingsWords(options: RunOptions): readonly string[] {
  return options.set.map((setting) => `--set ${quoted(setting)}`);
}

function seedsWord(choice: SeedChoice): string {
  if ("count" in choice) return String(choice.count);
  return choice.seeds.join(",") + (choice.seeds.length === 1 ? "," : "");
}
