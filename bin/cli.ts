// The command tree, and what every command shares: help, errors, exit codes.

import { Command, CommanderError } from "commander";
import { InputError, renderProblem, suggestion } from "../scenarios/problem.ts";
import { ExitCode, exitCodesText } from "./exit-codes.ts";
import type { Outside } from "./outside.ts";

const EXAMPLES = `Examples:
  stormglass run join-storm-100k
  stormglass run node-death --set cluster.nodes.count=16 --seeds 10
`;

/** What a command is given to add itself to the program. */
interface Shared {
  readonly outside: Outside;
  readonly workerFile: string;
  readonly finish: (code: ExitCode) => void;
}
type Load = (program: Command, shared: Shared) => Promise<void>;

/**
 * The commands, in the order of the help. Only the one that is asked for is loaded, all of them for help: a server must be ready
 * in a moment, and a simulation must not load a server.
 */
const COMMANDS: Readonly<Record<string, Load>> = {
  run: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/run.ts")).addRun(program, outside, workerFile, finish),
  baseline: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/baseline.ts")).addBaseline(program, outside, workerFile, finish),
  compare: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/compare.ts")).addCompare(program, outside, workerFile, finish),
  plan: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/plan.ts")).addPlan(program, outside, workerFile, finish),
  validate: async (program, { outside, finish }) =>
    (await import("./commands/validate.ts")).addValidate(program, outside, finish),
  show: async (program, { outside, finish }) =>
    (await import("./commands/show.ts")).addShow(program, outside, finish),
  serve: async (program, { outside, finish }) =>
    (await import("./commands/serve.ts")).addServe(program, outside, finish),
  token: async (program, { outside, finish }) =>
    (await import("./commands/token.ts")).addToken(program, outside, finish),
  hpa: async (program, { outside, finish }) =>
    (await import("./commands/hpa.ts")).addHpa(program, outside, finish),
  tune: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/tune.ts")).addTune(program, outside, workerFile, finish),
  report: async (program, { outside, finish }) =>
    (await import("./commands/report.ts")).addReport(program, outside, finish),
  export: async (program, { outside, finish }) =>
    (await import("./commands/export.ts")).addExport(program, outside, finish),
  replay: async (program, { outside, finish }) =>
    (await import("./commands/replay.ts")).addReplay(program, outside, finish),
  schema: async (program, { outside, finish }) =>
    (await import("./commands/schema.ts")).addSchema(program, outside, finish),
  init: async (program, { outside, finish }) =>
    (await import("./commands/init.ts")).addInit(program, outside, finish),
  doctor: async (program, { outside, workerFile, finish }) =>
    (await import("./commands/doctor.ts")).addDoctor(program, outside, workerFile, finish),
};

/** Runs what `outside.args` asks for. `workerFile` is the URL of the module that does tasks. */
export async function main(outside: Outside, workerFile: string): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  const finish = (result: ExitCode): void => {
    code = result;
  };
  try {
    const program = await programOf({ outside, workerFile, finish });
    await program.parseAsync([...outside.args], { from: "user" });
    return code;
  } catch (error) {
    return codeOf(outside, error);
  }
}

async function programOf(shared: Shared): Promise<Command> {
  const { outside, finish } = shared;
  const program = new Command("stormglass")
    .description(
      "Forecasts storms in a WebRTC signaling cluster: the core that serves is run against " +
        "100,000 simulated clients, and budgets say whether the answer is good enough.",
    )
    .version(outside.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => outside.stdout.write(text),
      writeErr: (text) => outside.stderr.write(text),
      getOutHelpWidth: () => outside.stdout.columns,
      getErrHelpWidth: () => outside.stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("(stormglass --help tells more)")
    .helpCommand(false)
    .addHelpText("before", EXAMPLES)
    .addHelpText(
      "after",
      "\nResults go to stdout, progress and errors to stderr.\n" +
        "Environment: NO_COLOR, FORCE_COLOR.  Exit codes: stormglass help exit-codes",
    );
  const [asked = ""] = outside.args;
  const loads = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]!] : Object.values(COMMANDS);
  for (const load of loads) await load(program, shared);
  addHelp(program, outside, finish);
  return program;
}

function addHelp(program: Command, outside: Outside, finish: (code: ExitCode) => void): void {
  program
    .command("help")
    .summary("help on a command, or on exit-codes")
    .argument("[topic]", "a command, or exit-codes")
    .action((topic?: string) => {
      finish(ExitCode.ok);
      if (topic === undefined) return program.outputHelp();
      if (topic === "exit-codes") return outside.stdout.write(exitCodesText());
      const command = program.commands.find((one) => one.name() === topic);
      if (command !== undefined) return command.outputHelp();
      const topics = [...program.commands.map((one) => one.name()), "exit-codes"];
      const hint = suggestion(topic, topics);
      program.error(
        `error: there is no help on '${topic}'${hint}; there is on ${topics.join(", ")}`,
      );
    });
}

function codeOf(outside: Outside, error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    const isHelp = error.exitCode === 0;
    return isHelp ? ExitCode.ok : ExitCode.usage;
  }
  if (error instanceof InputError) {
    const texts = error.problems.map((problem) => renderProblem(problem, outside.readFile));
    outside.stderr.write(`${texts.join("\n")}\n`);
    return ExitCode.invalidFile;
  }
  const trace = traceOf(error);
  outside.stderr.write(
    `Internal error. This is a bug in stormglass ${outside.version}; please report it with the command\n` +
      `and the files that led here.\n\n${trace}\n`,
  );
  return ExitCode.bug;
}

/** The stack of an error and of what caused it. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by ${traceOf(error.cause)}`;
}
