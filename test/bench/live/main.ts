// npm run bench:live [-- --quick] [subject …]: the live server beside raw `ws` and socket.io, against its targets.
//
// Subjects: fanout, join, relay, memory, round-trip, cluster. Ratios are taken within one run; a benchmark tells and does not
// judge: it ends with 0 unless something broke.

import { cpus, loadavg } from "node:os";
import { medianOf } from "../row.ts";
import { clusterReport } from "./cluster.ts";
import { Generator } from "./load.ts";
import {
  fanoutCosts,
  FULL,
  idleBytes,
  joinCosts,
  QUICK,
  relayCosts,
  roundTrips,
  type Series,
} from "./measures.ts";
import { costTable, type Finding, findingTable } from "./report.ts";

const SUBJECTS = ["fanout", "join", "relay", "memory", "round-trip", "cluster"] as const;

const args = process.argv.slice(2);
const isQuick = args.includes("--quick");
const asked = args.filter((arg) => arg !== "--quick");
const unknown = asked.find((name) => !SUBJECTS.some((subject) => subject === name));
if (unknown !== undefined) {
  process.stderr.write(`bench:live: unknown "${unknown}", expected ${SUBJECTS.join(", ")}\n`);
  process.exit(2);
}
const effort = isQuick ? QUICK : FULL;
const wants = (subject: string): boolean => asked.length === 0 || asked.includes(subject);

const findings: Finding[] = [];
const remarks: string[] = [];
const costs: [what: string, unit: string, series: Series][] = [];
const load = (): string => loadavg()[0]!.toFixed(1);

process.stdout.write(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, load before ${load()}\n`,
);
const generator = new Generator();
try {
  if (wants("fanout")) await fanout();
  if (wants("join")) await join();
  if (wants("relay") || wants("round-trip")) await relay();
  if (wants("memory")) await memory();
  if (wants("cluster")) {
    const cluster = await clusterReport(isQuick);
    findings.push(...cluster.findings);
    remarks.push(...cluster.remarks);
  }
} finally {
  generator.stop();
}
if (costs.length > 0) process.stdout.write(`${costTable(costs)}\n\n`);
process.stdout.write(`${[findingTable(findings), ...remarks].join("\n")}\n`);
process.stdout.write(`load after ${load()}; medians of ${effort.rounds} interleaved rounds\n`);

/** `part / whole` of each round's neighbours. */
function ratios(part: readonly number[], whole: readonly number[]): number[] {
  return part.map((value, round) => value / whole[round]!);
}

async function fanout(): Promise<void> {
  const { messages, states, busyMessages, busyStates } = await fanoutCosts(generator, effort);
  for (const [what, series] of [
    ["a `message`", messages],
    ["a `state`", states],
    ["a `message`, eight under way per room", busyMessages],
    ["a `state`, eight under way per room", busyStates],
  ] as const) {
    costs.push([`delivery of ${what}`, "µs", series]);
    const name = `deliveries/s in rooms of 100: ${what}`;
    findings.push(
      atLeast(`${name} / socket.io`, ratios(series["socket.io"], series.ours), 1.6, 2),
      atLeast(`${name} / raw ws`, ratios(series.ws, series.ours), 1, 1.35),
    );
  }
}

async function join(): Promise<void> {
  const series = await joinCosts(generator, effort);
  costs.push(["connect and verified join, room of 10", "µs", series]);
  const name = "connect + verified join per second";
  findings.push(
    atLeast(`${name} / raw ws`, ratios(series.ws, series.ours), 0.6, 0.85),
    atLeast(`${name} / socket.io`, ratios(series["socket.io"], series.ours), 1.5, 2),
  );
}

async function relay(): Promise<void> {
  const { plain, acknowledged } = await relayCosts(generator, effort);
  costs.push(["relay from one to one", "µs", plain], ["the same, answered", "µs", acknowledged]);
  const name = "relay A→B, CPU per message";
  findings.push(
    atMost(`${name} / raw ws`, ratios(plain.ours, plain.ws), 1.4, 1.15),
    atMost(`${name}, answered / raw ws`, ratios(acknowledged.ours, acknowledged.ws), 1.4, 1.15),
  );
  if (!wants("round-trip")) return;
  // Half of what the slower one of the two can do: a round trip is two messages.
  const perSec = 1e6 / Math.max(medianOf(plain.ours), medianOf(plain.ws)) / 2 / 2;
  const { p50, p99 } = await roundTrips(generator, effort, perSec);
  costs.push(["round trip p50 at half load", "ms", p50], ["the same, p99", "ms", p99]);
  const ratio = medianOf(p99.ours) / medianOf(p99.ws); // Of medians: the rounds' own ratios are their neighbours'.
  findings.push(atMost("relay round trip p99 at half load / raw ws", [ratio], 1.5, 1.2));
}

async function memory(): Promise<void> {
  const series = await idleBytes(generator, effort);
  costs.push(["resident bytes per joined connection", "B", series]);
  const what = "resident bytes per joined connection, session and resume log";
  findings.push({ ...atMost(what, series.ours, 12_000, 9_000), unit: "B" });
}

function atLeast(what: string, values: number[], target: number, stretch: number): Finding {
  return { what, values, unit: "×", better: "higher", target, stretch };
}

function atMost(what: string, values: number[], target: number, stretch: number): Finding {
  return { what, values, unit: "×", better: "lower", target, stretch };
}
