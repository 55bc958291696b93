// stormglass plan: how many it takes, or how much it takes.

import { join } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { amount, planText } from "../../reports/plan.ts";
import type { PlanDocument } from "../../reports/plan-document.ts";
import { canonicalJson } from "../../reports/results-json.ts";
import { parseQuantity } from "../../scenarios/quantities.ts";
import { Campaign, CampaignInterrupted, type CampaignProgress } from "../campaign.ts";
import { ExitCode } from "../exit-codes.ts";
import { loadAll } from "../load.ts";
import type { Outside, StopSignal } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { LOSSES } from "../planning/losses.ts";
import { planDocument } from "../planning/plan-report.ts";
import { GOAL, VARIABLES, type Variable } from "../planning/question.ts";
import { showSearch } from "../planning/search-progress.ts";
import { Study, type StudyOptions } from "../planning/study.ts";
import { unwritable } from "../result-files.ts";
import { quoted } from "../shell.ts";
import { collected, price, seedCount } from "../option-values.ts";

interface PlanOptions {
  readonly min?: Variable;
  readonly max?: Variable;
  readonly seeds?: number;
  readonly from?: number;
  readonly to?: number;
  readonly precision?: StudyOptions["precision"];
  readonly lose: "none" | "node" | "zone" | "all";
  readonly pricePodHour?: number;
  readonly priceMachineHour?: number;
  readonly set: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
  readonly journal?: string;
  readonly fresh?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass plan join-storm-100k node-death --min replicas
  stormglass plan join-storm-100k --max clients --lose none --seeds 5
`;

/** Adds the command to `program`. `finish` takes its exit code. */
export function addPlan(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  const command = program
    .command("plan")
    .summary("how many nodes it takes, or how much a cluster takes")
    .description(
      "Searches the least number of nodes, or the most clients or joins per second, that meets every objective of the " +
        "scenarios, with what a lost node or zone needs on top. An interrupted search goes on when the command is repeated.",
    )
    .argument("<scenario...>", "scenarios that ship with stormglass, or files")
    .addOption(new Option("--min <what>", "search the least").choices(["replicas"]))
    .addOption(new Option("--max <what>", "search the most").choices(VARIABLES.slice(1)))
    .option("--seeds <n>", "seeds per scenario (default: its own number, at most 10)", seedCount)
    .option("--from <n>", "the least value that may be tried", parseAmount)
    .option("--to <n>", "the greatest value that may be tried", parseAmount)
    .option("--precision <n|n%>", "width of the bracket (default: 1 node, 2%)", parsePrecision)
    .addOption(
      new Option("--lose <what>", "which losses it must also survive")
        .choices(["none", "node", "zone", "all"])
        .default("all"),
    )
    .option("--price-pod-hour <money>", "price of a node's pod for an hour", price)
    .option("--price-machine-hour <money>", "price of a machine for an hour", price)
    .option("--set <path=value>", "change a value, with its unit; repeatable", collected, [])
    .option("--jobs <n>", "worker threads (default: one per CPU)", parseAmount)
    .option("--out <dir>", "where plan.json is written (default: out/plan-<scenarios>)")
    .option("--journal <file>", "where finished runs are kept (default: journal.jsonl in --out)")
    .option("--fresh", "forget the journal and begin anew")
    .option("--json", "print plan.json and nothing else")
    .option("--quiet", "no progress")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action(async (names: string[], options: PlanOptions) => {
      const variable = options.min ?? options.max;
      if (variable === undefined || (options.min !== undefined && options.max !== undefined)) {
        command.error("error: say one of --min replicas, --max clients, --max joins-per-sec");
      }
      if ((options.from ?? 1) > (options.to ?? Infinity)) {
        command.error("error: --from must be at most --to");
      }
      finish(await plan(outside, workerFile, names, options, variable!));
    });
}

function parseAmount(text: string): number {
  const value = parseQuantity("count", text);
  if (value === undefined || value < 1) {
    throw new InvalidArgumentError("It must be a whole number from 1, such as 40 or 100k.");
  }
  return value;
}

function parsePrecision(text: string): StudyOptions["precision"] {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  const isGood = percent === undefined ? /^[1-9]\d*$/.test(text) : value > 0 && value < 1;
  if (!isGood)
    throw new InvalidArgumentError("It must be a number from 1, or per cent such as 2%.");
  return { of: percent === undefined ? "count" : "ratio", value };
}

async function plan(
  outside: Outside,
  workerFile: string,
  names: readonly string[],
  options: PlanOptions,
  variable: Variable,
): Promise<ExitCode> {
  const startMs = outside.nowMs();
  const loaded = loadAll(outside, names, options.set);
  const directory =
    options.out ??
    join("out", `plan-${loaded.map(({ scenario }) => scenario.metadata.name).join("+")}`);
  const refused = unwritable(outside, [directory]);
  if (refused !== undefined) {
    outside.stderr.write(`${directory} cannot be written (${refused.why}); choose another --out\n`);
    return ExitCode.cannotStart;
  }
  const journalFile = options.journal ?? join(directory, "journal.jsonl");
  const jobs = options.jobs ?? outside.machine.cpuCount;
  const searched = await search(outside, workerFile, journalFile, jobs, options, {
    variable,
    names,
    loaded,
    settings: options.set,
    seeds: options.seeds,
    from: options.from,
    to: options.to,
    precision: options.precision ?? (GOAL[variable] === "least" ? ONE : TWO_PERCENT),
    losses: LOSSES.filter(({ what }) => options.lose === "all" || options.lose === what),
  });
  const document = planDocument(searched.study, {
    version: outside.version,
    complete: searched.stopped === undefined,
    command: commandLine(names, options),
    prices: { podHour: options.pricePodHour, machineHour: options.priceMachineHour },
    trials: { run: searched.run, fromJournal: searched.reused },
    wall: { seconds: (outside.nowMs() - startMs) / 1_000, jobs },
  });
  tell(outside, document, directory, options);
  if (searched.stopped === undefined) {
    return document.value === undefined ? ExitCode.budgetBroken : ExitCode.ok;
  }
  outside.stderr.write(
    `Interrupted: what was run is in ${journalFile}; the same command goes on from there.\n`,
  );
  return searched.stopped === "SIGINT" ? ExitCode.interrupted : ExitCode.terminated;
}

const ONE = { of: "count", value: 1 } as const;
const TWO_PERCENT = { of: "ratio", value: 0.02 } as const;

interface Searched {
  readonly study: Study;
  readonly stopped: StopSignal | undefined;
  readonly run: number;
  readonly reused: number;
}

async function search(
  outside: Outside,
  workerFile: string,
  journalFile: string,
  jobs: number,
  { quiet, fresh }: PlanOptions,
  options: StudyOptions,
): Promise<Searched> {
  const abort = new AbortController();
  let stopped: StopSignal | undefined;
  const stopListening = outside.onStop((signal) => {
    stopped = signal;
    abort.abort();
  });
  const view = showSearch(outside, quiet === true);
  const campaign = new Campaign(outside, workerFile, {
    jobs,
    journalFile,
    isFresh: fresh === true,
    signal: abort.signal,
    onProgress: (progress) => {
      const text = tryingText(study, progress);
      if (text !== undefined) view.update(text, doneRatio(progress));
    },
  });
  const study = new Study(outside, campaign, options);
  if (campaign.known > 0 && quiet !== true) {
    outside.stderr.write(`${journalFile} has ${campaign.known} runs; they are not run again.\n`);
  }
  try {
    await study.solve(() => {});
  } catch (error) {
    if (!(error instanceof CampaignInterrupted)) throw error;
  } finally {
    view.stop();
    stopListening();
    await campaign.close();
  }
  return { study, stopped, ...campaign.counts };
}

function doneRatio({ simulatedMs, simulatedMsAll }: CampaignProgress): number {
  return simulatedMsAll === 0 ? 0 : simulatedMs / simulatedMsAll;
}

/** "53 nodes, join-storm-100k, seed 3 of 10; between 50 and 59"; undefined between two runs. */
function tryingText(study: Study, { running }: CampaignProgress): string | undefined {
  const trial = running[0];
  const { current: part } = study;
  if (trial === undefined || part === undefined) return undefined;
  const { name } = trial.scenario.metadata;
  const place = part.sizing.scenarios.findIndex((one) => one.name === name);
  const { seeds } = part.sizing.scenarios[place]!;
  const { fails, holds } = part.sizing.plan.searches[place]!.bracket;
  const ends = [fails?.value, holds?.value]
    .filter((end) => end !== undefined)
    .sort((a, b) => a - b);
  const where = ends.length === 2 ? `; between ${ends[0]} and ${ends[1]}` : "";
  const value = amount(study.options.variable, study.valueOf(trial.scenario) ?? 0);
  const lost = part.loss === undefined ? "" : `, a ${part.loss.what} lost`;
  const seed = `seed ${seeds.indexOf(trial.seed) + 1} of ${seeds.length}`;
  const model = part.scale === 1 ? "" : ` in a model at 1:${part.scale}`;
  const pair = trial.variant === "full" ? "" : ` ${trial.variant}`;
  return `${value}, ${name}${model}${lost}, ${seed}${pair}${where}`;
}

function tell(
  outside: Outside,
  document: PlanDocument,
  directory: string,
  options: PlanOptions,
): void {
  const file = join(directory, "plan.json");
  outside.writeFile(file, canonicalJson(document));
  if (options.json === true) {
    outside.stdout.write(canonicalJson(document));
    return;
  }
  const width = Math.max(20, Math.min(outside.stdout.columns, 120));
  outside.stdout.write(planText(document, { width, paint: paintFor(outside, !options.color) }));
  outside.stderr.write(`The plan is in ${file}\n`);
}

/** What to type to get the same plan again. */
function commandLine(names: readonly string[], options: PlanOptions): string {
  const { min, max, seeds, from, to, precision, lose } = options;
  const { pricePodHour, priceMachineHour } = options;
  const option = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`--${name} ${typeof value === "string" ? quoted(value) : value}`];
  const width =
    precision && (precision.of === "count" ? precision.value : `${precision.value * 100}%`);
  return [
    "stormglass plan",
    ...names.map(quoted),
    ...option("min", min),
    ...option("max", max),
    ...option("seeds", seeds),
    ...option("from", from),
    ...option("to", to),
    ...option("precision", width),
    ...option("lose", lose === "all" ? undefined : lose),
    ...option("price-pod-hour", pricePodHour),
    ...option("price-machine-hour", priceMachineHour),
    ...options.set.flatMap((setting) => option("set", setting)),
    ...option("out", options.out),
    ...option("journal", options.journal),
  ].join(" ");
}
