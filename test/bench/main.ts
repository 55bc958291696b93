// npm run bench [-- subject …]: how quick the hot paths are, beside their targets.
//
// A subject is a file of this folder that exports a function; it is added to the table below. All
// subjects run one after the other, in about two minutes.

import { cpus } from "node:os";
import { containers } from "./containers.ts";
import { hold } from "./hold.ts";
import { joinStorm, millionStorm } from "./join-storm.ts";
import { placement } from "./placement.ts";
import { lineOf } from "./row.ts";
import type { BenchSubject } from "./row.ts";

const SUBJECTS: Readonly<Record<string, BenchSubject>> = {
  hold,
  placement,
  containers,
  "join-storm": joinStorm,
  "storm-of-a-million": millionStorm,
};
/** Subjects that take minutes, and so only run when they are named. */
const LONG = ["storm-of-a-million"];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(SUBJECTS, name));
if (unknown.length > 0) {
  const known = Object.keys(SUBJECTS).join(", ");
  process.stderr.write(`bench: unknown subject "${unknown[0]}", expected one of ${known}\n`);
  process.exit(2);
}

process.stdout.write(`Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}\n`);
process.stdout.write("Medians of interleaved rounds in this run (least–most, number of rounds)\n");
for (const [name, subject] of Object.entries(SUBJECTS)) {
  if (asked.length > 0 ? !asked.includes(name) : LONG.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  for (const row of await subject()) process.stdout.write(`  ${lineOf(row)}\n`);
}
