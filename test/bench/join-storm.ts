// The whole join storm, every message through the full core: seconds, events per second, bytes per client.
//
// Each round is a process of its own, started like a user starts one, so that start-up counts and memory is the
// storm's alone. The digests of all rounds must be equal, or something else was measured.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchReport } from "./row.ts";
import type { StormReport } from "./storm-player.ts";

const ROUNDS = 3;

export async function joinStorm(): Promise<BenchReport> {
  return storm("join-storm-100k", ROUNDS, [], { wall: 10, wallStretch: 4 });
}

/** Ten times as many of everything. Minutes, so only when it is asked for. */
export async function millionStorm(): Promise<BenchReport> {
  const tenfold = ["clients.total=1000000", "cluster.nodes.count=590", "cluster.edges.count=160"];
  return storm("join-storm-100k", 1, tenfold, { wall: 240, wallStretch: 90 });
}

function storm(
  name: string,
  rounds: number,
  settings: readonly string[],
  targets: { readonly wall: number; readonly wallStretch: number },
): BenchReport {
  const seconds: number[] = [];
  const rates: number[] = [];
  const bytes: number[] = [];
  const digests = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const began = process.hrtime.bigint();
    const report = play(name, settings);
    seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
    rates.push(report.events / report.seconds / 1e6);
    bytes.push(report.bytesPerClient);
    digests.add(report.digest);
  }
  if (digests.size !== 1) throw new Error("the rounds of a storm differ");
  return [
    {
      what: `${name} ${settings.join(" ")}: wall time, start-up included`,
      values: seconds,
      unit: "s",
      better: "lower",
      target: targets.wall,
      stretch: targets.wallStretch,
    },
    { what: "events", values: rates, unit: "M/s", better: "higher", target: 1.5, stretch: 3 },
    {
      what: "resident bytes per client",
      values: bytes,
      unit: "B",
      better: "lower",
      target: 1_000,
      stretch: 500,
    },
  ];
}

function play(name: string, settings: readonly string[]): StormReport {
  const player = fileURLToPath(new URL("./storm-player.js", import.meta.url));
  const { stdout, status, stderr } = spawnSync(process.execPath, [player, name, ...settings], {
    encoding: "utf8",
    maxBuffer: 1 << 20,
  });
  if (status !== 0) throw new Error(`the storm ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as StormReport;
}
