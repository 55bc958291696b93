// `stormglass plan` from the outside. The stub stands in for the simulator where its answer is known: nine tenths of the seats
// can be had.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlanDocument } from "../reports/plan-document.ts";

const root = new URL("..", import.meta.url).pathname;
const program = join(root, "dist/bin/stormglass.js");
const stubbed = join(root, "dist/test/stub/stormglass-stub.js");
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-plan-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function node(file: string, args: readonly string[]): Done {
  const done = spawnSync(process.execPath, [file, "plan", ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "" },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** 6,000 clients, seats for 100 on a node of which 90 can be had: 67 nodes, and 60 are excluded by arithmetic. */
const SEATS = [
  ...["--set", "clients.total=6000", "--set", "cluster.nodes.maxConnections=100"],
  ...["--quiet", "--jobs", "2"],
];
const stub = (fault: string): string[] => ["--set", `metadata.labels.stub=${fault}`];
const plan = (...args: string[]): Done =>
  node(stubbed, ["join-storm-100k", ...stub("seats"), ...args, ...SEATS]);
const documentOf = (done: Done): PlanDocument => JSON.parse(done.out) as PlanDocument;

test("[PN6] [PN9] [PN11] the least number of nodes, as an interval, with what breaks first and what arithmetic excludes", () => {
  const { code, out } = plan("--min", "replicas", "--lose", "none", "--out", "least");

  expect(code).toBe(0);
  expect(out.split("\n")[0]).toBe("67 nodes are enough for join-storm-100k; 66 are not.");
  const text = out.replaceAll(/\s+/g, " ");
  expect(text).toContain("66 nodes do not hold: 0 of 2 seeds; 67 nodes hold: 3 of 3 seeds");
  expect(text).toContain(
    "59 nodes cannot hold (computed): 5,994 clients must be in, and a node seats 100.",
  );
  expect(text).toContain(
    "join-success (at worst 99 % where ≥ 99.9 % is asked, in 2 of 2 seeds) breaks first",
  );
  expect(text).not.toContain("Money");
  const kept = JSON.parse(readFileSync(join(directory, "least/plan.json"), "utf8")) as PlanDocument;
  expect(kept).toMatchObject({ complete: true, value: 67, question: { goal: "min", from: 1 } });
  const [scenario] = kept.scenarios;
  expect(scenario).toMatchObject({ fails: 66, holds: 67, own: 59, bound: { value: 59 }, odd: [] });
  const answer = scenario!.candidates.find(({ value }) => value === 67)!;
  expect(answer).toMatchObject({ seeds: 3, held: 3, verdict: "pass", isWhole: true });
  expect(answer.share.low).toBeCloseTo(0.2924, 4);
});

test("[PN3] [PN12] a search that goes on from its journal has the same answer and runs nothing twice", () => {
  const whole = documentOf(plan("--min", "replicas", "--json", "--out", "a"));
  const journal = readFileSync(join(directory, "a/journal.jsonl"), "utf8").split("\n");
  writeFileSync(join(directory, "half.jsonl"), journal.slice(0, 9).join("\n") + '\n{"key":"to');

  const half = ["--journal", "half.jsonl", "--out", "b"];
  const rest = documentOf(plan("--min", "replicas", "--json", ...half));
  const again = documentOf(plan("--min", "replicas", "--json", "--out", "a"));

  expect(rest.trials.run).toBe(whole.trials.run - 9);
  expect(again.trials.run).toBe(0);
  for (const other of [rest, again]) {
    expect(other.scenarios).toEqual(whole.scenarios);
    expect(other.variants).toEqual(whole.variants);
  }
});

test("[PN10] losses are searched from the answer on, or are the same runs; money is told where prices are", () => {
  const prices = ["--price-pod-hour", "0.1", "--price-machine-hour", "0.4"];
  const done = documentOf(plan("--min", "replicas", "--json", "--out", "c", ...prices));

  const found = done.variants.map(({ lost, when, value }) => [lost, when, value]);
  expect(found).toEqual([
    ["node", "beginning", 68],
    ["node", "middle", 67],
    ["zone", "beginning", 101],
    ["zone", "middle", 101],
  ]);
  expect(done.cost!.rows[0]).toEqual({
    what: "no loss",
    nodes: 67,
    nodeHoursPerRun: 1.68,
    nodeHoursPerMonth: 48_910,
    machines: 17,
    moneyPerMonth: 67 * 0.1 * 730 + 17 * 0.4 * 730,
  });
});

test("[PN8] the most clients to two per cent, and the highest rate of joins, whose phase shrinks", () => {
  const clients = documentOf(plan("--max", "clients", "--json", "--lose", "none", "--out", "d"));
  const { fails = NaN, holds = NaN } = clients.scenarios[0]!; // One scenario was asked about.

  // 59 nodes with 90 seats each, of which 99.9 % of the clients must have one: 5,315.
  expect(clients.value).toBe(holds);
  expect(holds).toBeLessThanOrEqual(5_315);
  expect(fails).toBeGreaterThan(5_315);
  expect(fails - holds).toBeLessThanOrEqual(0.02 * holds);

  const many = ["--set", "cluster.nodes.count=80", "--to", "800"];
  const rate = documentOf(
    plan("--max", "joins-per-sec", "--json", "--lose", "none", "--out", "e", ...many),
  );
  expect(rate.scenarios[0]).toMatchObject({ own: 200, holds: 800 });
  expect(rate.answer).toContain("more were not asked for");
});

test("[PN13] a large scenario is begun where a small model of it says, and decided by its own runs", () => {
  const large = ["clients.total=60000", "cluster.nodes.maxConnections=1000"];
  const sets = ["metadata.labels.stub=seats", ...large].flatMap((set) => ["--set", set]);
  const args = ["join-storm-100k", "--min", "replicas", "--lose", "none", "--out", "m", "--json"];
  const done = documentOf(node(stubbed, [...args, ...sets, "--quiet", "--jobs", "2"]));

  expect(done.value).toBe(67);
  const [{ candidates }] = done.scenarios as [PlanDocument["scenarios"][number]];
  expect(candidates.map(({ value }) => value)).toEqual([66, 67, 68]);
  expect(candidates.every(({ clientsPerNode }) => clientsPerNode > 800)).toBe(true);
  expect(done.assumptions.join()).toContain("a small model");
});

test("[PN12] code 10 when even the safest value fails, and the report says what was tried", () => {
  const { code, out } = plan("--min", "replicas", "--to", "64", "--out", "f");

  expect(code).toBe(10);
  expect(out).toMatch(/^Not even 64 nodes meet every objective of join-storm-100k\.\n/);
  expect(out.replaceAll(/\s+/g, " ")).toContain("nothing that was tried holds");
});

test("[PN2] [PN12] a trial that stopped early holds nothing up", () => {
  const stopped = [...stub("leak"), "--from", "59", "--to", "62"];
  const { code, out } = plan("--min", "replicas", "--out", "g", ...stopped);

  expect(code).toBe(10);
  expect(out).toContain("STOPPED");
  expect(out).toContain("conservation of clients");
});

test.each([
  [["--lose", "none"], 2, "say one of --min replicas"],
  [["--min", "replicas", "--max", "clients"], 2, "say one of --min replicas"],
  [["--min", "replicas", "--from", "9", "--to", "3"], 2, "--from must be at most --to"],
  [["--min", "replicas", "--precision", "0"], 2, "It must be a number from 1"],
  [["--min", "replicas", "--set", "run.duration=5"], 3, "run.duration"],
])("[PN12] plan %j is refused with code %i", (args, code, message) => {
  const done = plan(...args);

  expect([done.code, done.out]).toEqual([code, ""]);
  expect(done.err).toContain(message);
});

test("[PN12] SIGINT ends the search: what is known is written, code 130, and the journal is named", async () => {
  const args = [stubbed, "plan", "join-storm-100k", "--min", "replicas", "--out", "h", ...SEATS];
  const child = spawn(process.execPath, [...args, ...stub("endless")], {
    cwd: directory,
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    if (text.includes("endless")) child.kill("SIGINT");
  });
  const code = await new Promise((resolve) => child.on("close", resolve));

  expect(code).toBe(130);
  expect(err).toContain("the same command goes on from there");
  const kept = JSON.parse(readFileSync(join(directory, "h/plan.json"), "utf8")) as PlanDocument;
  expect(kept.complete).toBe(false);
  expect(kept.value).toBeUndefined();
});

test("[PN4] [PN8] the simulator itself: a small storm needs more than its seats, and says of its HPA that it is not used", () => {
  const small = ["clients.total=240", "cluster.nodes.maxConnections=40", "cluster.nodes.count=9"];
  const sets = [...small, "cluster.edges.count=1", "run.duration=50s"];
  const hpa = "autoscaling.hpa={ minReplicas: 2, maxReplicas: 9 }";
  const done = node(program, [
    ...["join-storm-100k", "--min", "replicas", "--lose", "none", "--seeds", "2", "--quiet"],
    ...[...sets, hpa].flatMap((set) => ["--set", set]),
  ]);

  expect([done.code, done.err]).toEqual([0, "The plan is in out/plan-join-storm-100k/plan.json\n"]);
  expect(done.out).toMatch(/^\d+ nodes are enough for join-storm-100k; \d+ are not\.\n/);
  expect(done.out).toContain("cannot hold (computed)");
  expect(done.out).toContain("join-storm-100k has an HPA");
});
