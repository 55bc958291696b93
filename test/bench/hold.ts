// The hold model: take the earliest of N pending events, schedule it anew some delay later.
//
// It measures a future-event list and nothing else. Everybody plays from the same table of delays and
// keeps a checksum over the order of events; a round counts only if the checksums are equal.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { delaysOf, QueuePlayer, SimulationPlayer } from "./hold-players.ts";
import type { Mix, Player } from "./hold-players.ts";
import { HoldPartner } from "./hold-partner.ts";
import type { BenchReport, BenchRow, SkippedRow } from "./row.ts";

const ROUNDS = 7;

function timedNsPerHold(player: Player, holds: number): number {
  const start = process.hrtime.bigint();
  player.play(holds);
  return Number(process.hrtime.bigint() - start) / holds;
}

interface Contest {
  /** Our time as a multiple of the partner's, per round. */
  readonly ratios: number[];
  readonly ourNs: number[];
  readonly partnerNs: number[];
}

/** Interleaved rounds after one that is not counted. Throws when the two played different events. */
async function compete(
  player: Player,
  partner: HoldPartner,
  pending: number,
  holds: number,
): Promise<Contest> {
  const contest: Contest = { ratios: [], ourNs: [], partnerNs: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const holdsNow = round === 0 ? Math.max(holds, pending) : holds;
    const theirs = await partner.play(holdsNow);
    const ourNs = timedNsPerHold(player, holdsNow);
    if (theirs.checksum !== player.checksum >>> 0) {
      throw new Error("the two programs played different events: their checksums differ");
    }
    if (round === 0) continue;
    contest.ratios.push(ourNs / theirs.nsPerHold);
    contest.ourNs.push(ourNs);
    contest.partnerNs.push(theirs.nsPerHold);
  }
  partner.end();
  return contest;
}

/** Where the sources lie, seen from the compiled file in dist/test/bench/. */
function sourcePath(name: string): string {
  return fileURLToPath(new URL(`../../../test/bench/${name}`, import.meta.url));
}

function delaysFile(directory: string, delays: Int32Array): string {
  const path = join(directory, `delays-${delays[0]}-${delays[1]}`);
  writeFileSync(path, new Uint8Array(delays.buffer));
  return path;
}

interface Goals {
  readonly target?: number;
  readonly stretch?: number;
}

async function againstCpp(
  program: string,
  directory: string,
  pending: number,
  mix: Mix,
  goals: Goals,
): Promise<BenchRow[]> {
  const delays = delaysOf(mix);
  const args = [delaysFile(directory, delays), String(pending)];
  const holds = 1_000_000;
  const name = `hold, ${pending.toLocaleString("en")} pending, ${mix}`;
  const unit = "× the time of the C++ heap";
  const better = "lower";
  const rows: BenchRow[] = [];
  const queue = new QueuePlayer(delays, pending);
  const plain = await compete(queue, new HoldPartner(program, args), pending, holds);
  rows.push({ what: `${name}: our queue`, values: plain.ratios, unit, better, ...goals });
  rows.push({ what: `${name}: our queue, absolute`, values: plain.ourNs, unit: "ns", better });
  rows.push({ what: `${name}: C++ heap, absolute`, values: plain.partnerNs, unit: "ns", better });
  const whole = new SimulationPlayer(delays, pending);
  const engine = await compete(whole, new HoldPartner(program, args), pending, holds);
  const what = `${name}: our whole engine (clock, digest, handler)`;
  rows.push({ what, values: engine.ratios, unit, better });
  return rows;
}

async function cppRows(directory: string): Promise<(BenchRow | SkippedRow)[]> {
  const program = join(directory, "hold");
  const what = "hold: our queue against std::priority_queue in C++";
  try {
    const flags = ["-O3", "-march=native", "-std=c++17", "-o", program];
    execFileSync("g++", [...flags, sourcePath("hold.cpp")], { stdio: "pipe" });
  } catch (error) {
    return [{ what, skipped: `g++ could not compile test/bench/hold.cpp: ${firstLine(error)}` }];
  }
  const rows: BenchRow[] = [];
  for (const [pending, goals] of [
    [100_000, { target: 0.6, stretch: 0.45 }],
    [1_000_000, { target: 0.8, stretch: 0.7 }],
  ] as const) {
    for (const mix of ["exponential", "signalling mix"] as const) {
      rows.push(...(await againstCpp(program, directory, pending, mix, goals)));
    }
  }
  return rows;
}

/** Debian's python3-simpy3 installs for Debian's own Python. */
const PYTHON = "/usr/bin/python3";

async function simpyRows(directory: string): Promise<(BenchRow | SkippedRow)[]> {
  const pending = 100_000;
  const what = `hold, 100,000 pending, exponential: our queue against SimPy processes`;
  try {
    execFileSync(PYTHON, ["-c", "import simpy"], { stdio: "pipe" });
  } catch (error) {
    return [{ what, skipped: `${PYTHON} cannot import simpy: ${firstLine(error)}` }];
  }
  const delays = delaysOf("exponential");
  const args = [sourcePath("hold_simpy.py"), delaysFile(directory, delays), String(pending)];
  const player = new QueuePlayer(delays, pending);
  const contest = await compete(player, new HoldPartner(PYTHON, args), pending, 100_000);
  const values = contest.ratios.map((ratio) => 1 / ratio);
  return [{ what, values, unit: "× faster", better: "higher", target: 40, stretch: 60 }];
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}

export async function hold(): Promise<BenchReport> {
  const directory = mkdtempSync(join(tmpdir(), "stormglass-bench-"));
  try {
    return [...(await cppRows(directory)), ...(await simpyRows(directory))];
  } finally {
    rmSync(directory, { recursive: true });
  }
}
