// What `run` writes for other tools: CSV and Parquet that other programs read, OpenMetrics by its rules. The real simulator.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LATENCY_BUCKETS_S, SERVER_METRICS } from "../reports/exports/server-metrics.ts";
import type { RunResult } from "../sim/result.ts";
import { program, ran, type Done } from "./parts/program.ts";

let directory = "";
const SMALL = ["clients.total=400", "cluster.nodes.count=3", "cluster.edges.count=2"];
const run = (...args: string[]): Done =>
  ran(
    program,
    [
      "run",
      "node-death",
      "--seeds",
      "2",
      "--jobs",
      "1",
      "--quiet",
      ...SMALL.flatMap((one) => ["--set", one]),
      ...args,
    ],
    directory,
  );
const file = (out: string, name: string): Buffer =>
  readFileSync(join(directory, out, "node-death", name));

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
  run("--out", "csv", "--series", "csv", "--openmetrics");
  run("--out", "parquet", "--series", "parquet");
});
afterAll(() => rmSync(directory, { recursive: true }));

const runs = (): readonly RunResult[] =>
  JSON.parse(file("csv", "runs.json").toString()) as readonly RunResult[];

test("[SE1] series.csv has a row for each interval of each run, and every column of the series", () => {
  const [head, ...rows] = file("csv", "series.csv").toString().trimEnd().split("\n");
  const names = head!.split(",");
  const [first] = runs() as [RunResult];

  expect(names.slice(0, 3)).toEqual(["seed", "variant", "at_s"]);
  expect(names.slice(3)).toEqual(
    [...new Set(runs().flatMap(({ series }) => Object.keys(series.columns)))].sort(),
  );
  expect(rows.length).toBe(runs().length * first.series.columns["connections.active"]!.length);
  expect(new Set(rows.map((row) => row.split(",").slice(0, 2).join(" ")))).toEqual(
    new Set(["1 full", "2 full", "1 without:kill-node", "2 without:kill-node"]),
  );
  const place = names.indexOf("connections.active");
  const active = rows.slice(0, 120).map((row) => Number(row.split(",")[place]));
  expect(active).toEqual(first.series.columns["connections.active"]);
  expect(rows[61]!.split(",")[2]).toBe("61");
});

test("[SE2] series.parquet is the same table to a reader of another kind, and the same bytes again", async () => {
  const bytes = file("parquet", "series.parquet");
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const read = await parquetReadObjects({ file: buffer as ArrayBuffer });
  const [head, ...rows] = file("csv", "series.csv").toString().trimEnd().split("\n");
  const names = head!.split(",");

  expect(Object.keys(read[0]!)).toEqual(names);
  expect(read.map((row) => names.map((name) => String(row[name] ?? "")).join(","))).toEqual(rows);
  run("--out", "again", "--series", "parquet");
  expect(file("again", "series.parquet").equals(bytes)).toBe(true);
});

/** The rules of OpenMetrics 1.0 for the types that are written here. */
function openMetricsFaults(text: string): readonly string[] {
  const faults: string[] = [];
  const lines = text.split("\n");
  if (!text.endsWith("# EOF\n") || lines.filter((line) => line === "# EOF").length !== 1) {
    faults.push("ends with # EOF");
  }
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let family = "";
  const SAMPLE =
    /^([a-zA-Z_:][\w:]*)\{((?:[a-z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
  for (const line of lines.slice(0, -2)) {
    const meta = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(line);
    if (meta !== null) {
      const [, what, name, rest] = meta as unknown as [string, string, string, string];
      if (what === "TYPE") {
        if (types.has(name)) faults.push(`${name} comes twice`);
        types.set(name, rest);
        family = name;
      } else if (name !== family) faults.push(`${what} of ${name} within ${family}`);
      if (what === "UNIT" && !name.endsWith(`_${rest}`)) faults.push(`${name} has not its unit`);
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) {
      faults.push(line);
      continue;
    }
    const [, name, labels] = sample as unknown as [string, string, string];
    const allowed: Readonly<Record<string, readonly string[]>> = {
      gauge: [family],
      counter: [`${family}_total`],
      histogram: [`${family}_bucket`, `${family}_count`, `${family}_sum`],
    };
    if (!allowed[types.get(family) ?? ""]?.includes(name)) faults.push(`${name} in ${family}`);
    if (seen.has(`${name}{${labels}`)) faults.push(`${line} comes twice`);
    seen.add(`${name}{${labels}`);
  }
  return faults;
}

test("[SE3] metrics.prom is OpenMetrics under names and types of the server, to the end", () => {
  const text = file("csv", "metrics.prom").toString();
  const families = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => ({
    name: type === "counter" ? `${name}_total` : name!,
    type,
  }));

  expect(openMetricsFaults(text)).toEqual([]);
  expect(openMetricsFaults(text.replace("# EOF\n", ""))).not.toEqual([]);
  expect(openMetricsFaults(text.replace("rtc_joins_total{", "rtc_joins{"))).not.toEqual([]);
  expect(families.length).toBeGreaterThan(7);
  for (const { name, type } of families) {
    expect(SERVER_METRICS[name as keyof typeof SERVER_METRICS]?.type, name).toBe(type);
  }
});

test("[SE3] buckets are cumulative, at the server's edges, and end at the count", () => {
  const text = file("csv", "metrics.prom").toString();
  const buckets = [...text.matchAll(/_bucket\{.*seed="2",le="([^"]+)"\} (\d+)$/gm)].map(
    ([, edge, count]) => [edge!, Number(count)] as const,
  );
  const counts = buckets.map(([, count]) => count);
  const joins = runs().find(({ seed, variant }) => seed === 2 && variant === "full")!;
  const join = joins.histograms["join.latency@run"]!;

  expect(buckets.map(([edge]) => (edge === "+Inf" ? Infinity : Number(edge)))).toEqual([
    ...LATENCY_BUCKETS_S,
    Infinity,
  ]);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts.at(-1)).toBe(join.count);
  expect(text).toContain(
    `rtc_joins_total{role="edge",scenario="node-death",seed="2"} ${joins.values["join.succeeded@run"]}\n`,
  );
});

test("[SE4] without a place for results there is none for series", () => {
  const { code, err } = run("--no-out", "--series", "csv");

  expect(code).toBe(2);
  expect(err).toContain(
    "--series and --openmetrics write beside the results, and --no-out writes none",
  );
  expect(run("--series", "arrow").code).toBe(2);
});
