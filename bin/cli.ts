// The command tree, and what every command shares: help, errors, exit codes.

import { Command, CommanderError } from "commander";
import { InputError, renderProblem, suggestion } from "../scenarios/problem.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInit } from "./commands/init.ts";
import { addReplay } from "./commands/replay.ts";
import { addRun } from "./commands/run.ts";
import { addSchema } from "./commands/schema.ts";
import { addShow } from "./commands/show.ts";
import { ExitCode, exitCodesText } from "./exit-codes.ts";
import type { Outside } from "./outside.ts";

const EXAMPLES = `Examples:
  stormglass run join-storm-100k
  stormglass run node-death --set cluster.nodes.count=16 --seeds 10
`;

/** Runs what `outside.args` asks for. `workerFile` is the URL of the module that does tasks. */
export async function main(outside: Outside, workerFile: string): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  const program = programOf(outside, workerFile, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...outside.args], { from: "user" });
    return code;
  } catch (error) {
    return codeOf(outside, error);
  }
}

function programOf(
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): Command {
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
  addRun(program, outside, workerFile, finish);
  addShow(program, outside, finish);
  addSchema(program, outside, finish);
  addInit(program, outside, finish);
  addDoctor(program, outside, workerFile, finish);
  addReplay(program, outside, finish);
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
