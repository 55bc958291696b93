// stormglass doctor: is this machine fit to run, and does it compute what others compute?

import type { Command } from "commander";
import { formatBytes } from "../../reports/format.ts";
import { table, wrapped, type Column, type Paint } from "../../reports/layout.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { selfCheck, SELF_CHECK_DIGEST } from "../self-check.ts";

interface Finding {
  readonly what: string;
  readonly found: string;
  readonly isGood: boolean;
  /** What to do when it is not. */
  readonly advice: string;
}

/** Node 20.19 is the first that loads the libraries in use. */
const NODE_LEAST = [20, 19] as const;
/** Assumed: one run of 100,000 clients and the system beside it. */
const MEMORY_LEAST_BYTES = 2 * 1024 * 1024 * 1024;

const EXAMPLES = `Examples:
  stormglass doctor
  stormglass doctor --out results/
`;

export function addDoctor(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("doctor")
    .summary("check this machine")
    .description(
      "Checks Node, memory, CPUs, the output directory, and that equal seeds give equal runs.",
    )
    .option("--out <dir>", "where results are going to be written", ".")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action(async (options: { out: string; color: boolean }) => {
      const findings = [...machineFindings(outside), writable(outside, options.out)];
      findings.push(await reproducible(outside, workerFile));
      outside.stdout.write(
        textOf(findings, outside.stdout.columns, paintFor(outside, !options.color)),
      );
      finish(codeOf(findings));
    });
}

const COLUMNS: readonly Column[] = [
  { title: "Check", align: "left" },
  { title: "Found", align: "left" },
  { title: "Verdict", align: "left" },
];
const DETERMINISM = "determinism";

/** The table, then what to do about what is not well. */
function textOf(findings: readonly Finding[], width: number, paint: Paint): string {
  const rows = findings.map(({ what, found, isGood }) => [
    what,
    found,
    isGood ? paint.good("ok") : paint.bad("NOT OK"),
  ]);
  const advice = findings
    .filter(({ isGood }) => !isGood)
    .flatMap(({ what, advice }) => wrapped(`${what}: ${advice}`, width, "  ", "    "));
  return [...table(COLUMNS, rows, width), ...advice].join("\n") + "\n";
}

function codeOf(findings: readonly Finding[]): ExitCode {
  const bad = findings.filter((finding) => !finding.isGood);
  if (bad.some((finding) => finding.what === DETERMINISM)) return ExitCode.notReproducible;
  return bad.length > 0 ? ExitCode.usage : ExitCode.ok; // The machine is to be mended, not us.
}

function machineFindings({ machine }: Outside): Finding[] {
  const [major = 0, minor = 0] = machine.node.replace("v", "").split(".").map(Number);
  const isNew = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  return [
    {
      what: "Node",
      found: `${machine.node} on ${machine.platform}`,
      isGood: isNew,
      advice: `install Node ${NODE_LEAST.join(".")} or later`,
    },
    {
      what: "CPUs",
      found: String(machine.cpuCount),
      isGood: machine.cpuCount >= 1,
      advice: "seeds run side by side, one per CPU",
    },
    {
      what: "memory",
      found: formatBytes(machine.memoryBytes),
      isGood: machine.memoryBytes >= MEMORY_LEAST_BYTES,
      advice: "use --jobs 1 and fewer clients",
    },
  ];
}

function writable(outside: Outside, directory: string): Finding {
  const probe = `${directory}/.stormglass-doctor`;
  const finding = { what: "output", found: directory, advice: "choose another --out" };
  try {
    outside.writeFile(probe, "");
    outside.remove(probe);
    return { ...finding, isGood: true };
  } catch (error) {
    return { ...finding, isGood: false, advice: (error as Error).message };
  }
}

async function reproducible(outside: Outside, workerFile: string): Promise<Finding> {
  const digest = await selfCheck(outside, workerFile);
  return {
    what: DETERMINISM,
    found: `digest ${digest}`,
    isGood: digest === SELF_CHECK_DIGEST,
    advice: `expected ${SELF_CHECK_DIGEST}; please report this machine`,
  };
}
