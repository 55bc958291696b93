// stormglass replay: tells a recording to core again, and says whether the same orders came out.

import type { Command } from "commander";
import { type LifeReport, replay } from "../../live/recording/index.ts";
import { formatBytes, formatCount, formatMs } from "../../reports/format.ts";
import { table, wrapped, type Column, type Paint } from "../../reports/layout.ts";
import { ExitCode, mostSevere } from "../exit-codes.ts";
import type { Outside } from "../outside.ts";
import { paintFor } from "../paint.ts";

interface ReplayCommandOptions {
  readonly machine?: string;
  readonly until?: string;
  readonly json?: true;
  readonly color: boolean;
}

const EXAMPLES = `Examples:
  stormglass replay facts/
  stormglass replay facts/ --machine n1 --until 2026-05-04T10:15:00Z
`;

export function addReplay(
  program: Command,
  outside: Outside,
  finish: (code: ExitCode) => void,
): void {
  program
    .command("replay")
    .summary("replay what serve --record wrote")
    .description(
      "Tells every recorded fact to core again, without sockets and clock, and compares the orders. " +
        "The first difference of each machine's life is reported.",
    )
    .argument("<dir>", "the directory of serve --record")
    .option("--machine <id>", "only this edge or node")
    .option("--until <time>", "facts up to this time: ISO 8601, or ms since 1970")
    .option("--json", "print the report as JSON")
    .option("--no-color", "no colour")
    .addHelpText("before", EXAMPLES)
    .action((directory: string, options: ReplayCommandOptions) => {
      const untilMs = options.until === undefined ? undefined : timeOf(options.until);
      if (Number.isNaN(untilMs)) {
        program.error(`error: --until must be a time, got '${options.until}'`);
      }
      finish(replayed(outside, directory, untilMs, options));
    });
}

/** ms since 1970; NaN when it is no time. */
function timeOf(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
}

function replayed(
  outside: Outside,
  directory: string,
  untilMs: number | undefined,
  { machine, json, color }: ReplayCommandOptions,
): ExitCode {
  let lives: readonly LifeReport[];
  try {
    lives = replay(directory, {
      ...(machine === undefined ? {} : { machine }),
      ...(untilMs === undefined ? {} : { untilMs }),
    });
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    outside.stderr.write(`${directory} cannot be read: ${error.message}\n`);
    return ExitCode.invalidFile;
  }
  if (lives.length === 0) {
    const whose = machine === undefined ? "" : ` of "${machine}"`;
    outside.stderr.write(`${directory} holds no recording${whose}\n`);
    return ExitCode.invalidFile;
  }
  if (json === true) outside.stdout.write(`${JSON.stringify(lives.map(jsonOf), undefined, 2)}\n`);
  else outside.stdout.write(textOf(lives, outside, paintFor(outside, !color)));
  return codeOf(lives);
}

function codeOf(lives: readonly LifeReport[]): ExitCode {
  return mostSevere(
    lives.map(({ damage, difference }) => {
      if (damage !== undefined) return ExitCode.invalidFile;
      return difference === undefined ? ExitCode.ok : ExitCode.notReproducible;
    }),
  );
}

/** All but the policy, which is long. */
function jsonOf({ header, ...report }: LifeReport): object {
  if (header === undefined) return report;
  const { kind, machine, incarnation, startMs, version } = header;
  return { kind, machine, incarnation, startMs, version, ...report };
}

const COLUMNS: readonly Column[] = [
  { title: "Machine", align: "left" },
  { title: "Life", align: "left" },
  { title: "Facts", align: "right" },
  { title: "Orders", align: "right" },
  { title: "Span", align: "right" },
  { title: "Torn", align: "right" },
  { title: "Verdict", align: "left" },
];

function textOf(lives: readonly LifeReport[], outside: Outside, paint: Paint): string {
  const width = outside.stdout.columns;
  const facts = lives.reduce((sum, life) => sum + life.facts, 0);
  const bad = lives.filter((life) => life.difference !== undefined || life.damage !== undefined);
  const verdict =
    bad.length === 0
      ? paint.good("the same orders came out")
      : paint.bad(`${bad.length} of ${lives.length} lives did not replay`);
  const lines = [
    `${formatCount(facts)} facts of ${machineCount(lives)} machines: ${verdict}.`,
    "",
    ...table(
      COLUMNS,
      lives.map((life) => rowOf(life, paint)),
      width,
    ),
    ...bad.flatMap((life) => ["", ...faultLines(life, width)]),
  ];
  const others = new Set(lives.map(({ header }) => header?.version ?? outside.version));
  others.delete(outside.version);
  if (others.size > 0) {
    const versions = [...others].join(", ");
    const text = `Recorded by stormglass ${versions}, replayed by ${outside.version}: core may have changed between.`;
    lines.push("", ...wrapped(text, width));
  }
  return `${lines.join("\n")}\n`;
}

function machineCount(lives: readonly LifeReport[]): number {
  return new Set(lives.map(nameOf)).size;
}

function nameOf({ header, life }: LifeReport): string {
  return header === undefined ? life : `${header.kind} ${header.machine}`;
}

function rowOf(life: LifeReport, paint: Paint): string[] {
  const { header, facts, orders, fromMs, toMs, tornBytes, difference, damage } = life;
  const isBad = difference !== undefined || damage !== undefined;
  const word = damage !== undefined ? "damaged" : isBad ? "differs" : "same";
  return [
    nameOf(life),
    header === undefined ? "no header" : instant(header.startMs),
    formatCount(facts),
    formatCount(orders),
    formatMs(toMs - fromMs),
    tornBytes === 0 ? "none" : formatBytes(tornBytes),
    isBad ? paint.bad(word) : paint.good(word),
  ];
}

function faultLines(life: LifeReport, width: number): string[] {
  const { difference, damage } = life;
  const lines: string[] = [];
  if (difference !== undefined) {
    const { timeMs, factNumber, fact, what, expected, came, error } = difference;
    const said =
      what === "contents"
        ? [`the same orders with other contents: ${listed(came)}`]
        : [`expected: ${listed(expected)}`, `came: ${error ?? listed(came)}`];
    lines.push(
      ...wrapped(`${nameOf(life)}, ${instant(timeMs)}, fact ${factNumber}: ${fact}`, width),
      ...said.flatMap((line) => wrapped(line, width, "  ", "    ")),
    );
  }
  if (damage !== undefined) lines.push(...wrapped(`${nameOf(life)}: ${damage}`, width));
  return lines;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no orders" : names.join(", ");
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
