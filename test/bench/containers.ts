// What the simulation does once or more per event: count a latency, draw a number, digest an event.

import { compile } from "../../sim/engine/distributions.ts";
import type { Distribution } from "../../sim/engine/distributions.ts";
import { EventDigest } from "../../sim/engine/event-digest.ts";
import { randomStream, StreamColumn } from "../../sim/engine/random.ts";
import { Histogram } from "../../sim/metrics/histogram.ts";
import type { BenchReport, BenchRow } from "./row.ts";

const ROUNDS = 5;
const TIMES = 2_000_000;
const VALUES = 65_536;

/** ns per call of `step`'s loop body, per round; the first round is not counted. */
function nsPer(work: (times: number) => number): number[] {
  const ns: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = process.hrtime.bigint();
    const result = work(TIMES);
    const elapsed = Number(process.hrtime.bigint() - start);
    if (Number.isNaN(result)) throw new Error("the work made no number");
    if (round > 0) ns.push(elapsed / TIMES);
  }
  return ns;
}

function row(what: string, values: number[], target?: number): BenchRow {
  const goal = target === undefined ? {} : { target };
  return { what, values, unit: "ns", better: "lower", ...goal };
}

function recordingNs(): number[] {
  const stream = randomStream(1, "latency");
  const sample = compile({ dist: "lognormal", p50: 40_000, p99: 900_000 });
  const values = Array.from({ length: VALUES }, () => Math.round(sample(stream)));
  const histogram = new Histogram();
  return nsPer((times) => {
    for (let i = 0; i < times; i++) histogram.record(values[i & (VALUES - 1)]);
    return histogram.count;
  });
}

function drawingNs(distribution: Distribution): number[] {
  const stream = randomStream(1, "draw");
  const sample = compile(distribution);
  return nsPer((times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += sample(stream);
    return sum;
  });
}

function columnNs(): number[] {
  const column = new StreamColumn(1, "draw", 100_000);
  return nsPer((times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += column.nextUint32((Math.imul(i, 7_919) >>> 0) % 100_000);
    return sum;
  });
}

function digestNs(): number[] {
  const digest = new EventDigest();
  return nsPer((times) => {
    for (let i = 0; i < times; i++) digest.add(1_000 * i, i & 7, i, -i);
    return digest.hex().length;
  });
}

export async function containers(): Promise<BenchReport> {
  return [
    row("record a latency in a histogram", recordingNs(), 10),
    row("draw, one of 100,000 streams by turns", columnNs(), 10),
    row("draw, exponential", drawingNs({ dist: "exponential", mean: 1 }), 15),
    row("draw, lognormal", drawingNs({ dist: "lognormal", p50: 40, p99: 300 })),
    row("digest an event", digestNs(), 10),
  ];
}
