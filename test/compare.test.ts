// Baselines and comparisons from the outside: files, codes, what is said. The stub stands in for the simulator: the labels
// `slower` and `spread` say by how many milliseconds its joins take longer, and by how much that differs between seeds.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { program, ran, stubbed, type Done } from "./parts/program.ts";

let directory = "";
const BASE = "baselines/join-storm-100k.json";
const SMALL = ["--set", "clients.total=600"];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-compare-"));
  expect(stub("baseline", "save", "join-storm-100k", ...SMALL, "--quiet")).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^baselines\/join-storm-100k\.json: 10 seeds, 4 gated metrics, [\d.]+ KiB\n$/,
    ) as string,
    err: "",
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

const stub = (...args: string[]): Done => ran(stubbed, args, directory);
const slower = (ms: number, spread = 0): string[] => [
  ...["--set", `metadata.labels.slower="${ms}"`],
  ...["--set", `metadata.labels.spread="${spread}"`],
];
const again = (...args: string[]): Done => stub("compare", BASE, "--run", "--quiet", ...args);
const text = (path: string): string => readFileSync(join(directory, path), "utf8");

/** The baseline with some of its keys changed, as a file of its own. */
function changedBaseline(name: string, keys: object): string {
  const changed = { ...(JSON.parse(text(BASE)) as object), ...keys };
  writeFileSync(join(directory, name), JSON.stringify(changed, undefined, 2));
  return name;
}

test("[BC13] a baseline has the digests, the seeds and the metrics of its runs, and equal runs make equal bytes", () => {
  const saved = JSON.parse(text(BASE)) as Record<string, unknown>;

  expect(saved).toMatchObject({
    kind: "stormglass-baseline",
    scenario: "join-storm-100k",
    settings: ["clients.total=600"],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    profile: { name: "node20-loopback" },
    tool: { version: "0.1.0", model: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
    runtime: { node: process.version, v8: process.versions.v8 },
    reasons: [],
  });
  expect((saved.metrics as { metric: string; values: number[] }[])[1]).toMatchObject({
    metric: "p95(join.latency)@storm",
    budgets: ["join-p95"],
    gated: true,
    better: "lower",
    unit: "ms",
  });
  expect(text(BASE).length).toBeLessThan(60_000);
  stub("baseline", "save", "join-storm-100k", ...SMALL, "--quiet", "--jobs", "1", "--out", "b");
  expect(text("b/join-storm-100k.json")).toBe(text(BASE));
});

test("[BC13] a stored result makes the same baseline as running does, but for what it does not know", () => {
  stub("run", "join-storm-100k", ...SMALL, "--seeds", "10", "--quiet");
  expect(stub("baseline", "save", "out/join-storm-100k", "--out", "of-result").code).toBe(0);
  const keys = (path: string): object => {
    const { runtime, source, ...rest } = JSON.parse(text(path)) as Record<string, unknown>;
    expect(runtime).toBeDefined();
    expect(source).toMatch(/join-storm-100k/);
    return rest;
  };

  expect(keys("of-result/join-storm-100k.json")).toEqual(keys(BASE));
});

test("[BC13] of a matrix each cell has a baseline of its own, from a run or from its result", () => {
  writeFileSync(
    join(directory, "grid.yaml"),
    "extends: '@builtin/join-storm-100k.yaml'\nmetadata: { name: grid }\n" +
      "clients: { total: 600 }\nmatrix: { cluster.nodes.count: [20, 30] }\n",
  );
  const saved = stub("baseline", "save", "grid.yaml", "--seeds", "2", "--quiet");
  expect([saved.code, saved.err]).toEqual([0, ""]);
  const files = saved.out.split("\n").map((line) => line.split(": ")[0]!);
  expect(files.slice(0, 2)).toEqual([
    "baselines/grid@nodes.count=20.json",
    "baselines/grid@nodes.count=30.json",
  ]);
  stub("run", "grid.yaml", "--seeds", "2", "--quiet", "--out", "cells");
  const compared = stub("compare", files[1]!, "cells/grid@nodes.count=30");
  expect(compared.out).toMatch(/^Identical: all of 2 seeds/);
  const kept = stub("baseline", "save", "cells/grid@nodes.count=30", "--out", "of-cell");
  expect([kept.code, kept.err]).toEqual([0, ""]);
});

test("[BC14] save replaces nothing; update does, with a reason that is kept and printed", () => {
  expect(stub("baseline", "save", "join-storm-100k", "--quiet")).toMatchObject({
    code: 3,
    err: expect.stringContaining("is there already, of join-storm-100k") as string,
  });
  writeFileSync(join(directory, "mine.json"), text(BASE));
  expect(stub("baseline", "update", "mine.json").code).toBe(2);
  expect(stub("baseline", "update", "mine.json", "--reason", " ").code).toBe(2);
  const updated = stub("baseline", "update", "mine.json", "--quiet", "--reason", "colder storm");

  expect(updated.code).toBe(0);
  expect(updated.out).toContain("10 of 10 seeds are as they were. Reason: colder storm\n");
  expect((JSON.parse(text("mine.json")) as { reasons: string[] }).reasons).toEqual([
    "colder storm",
  ]);
  const shown = stub("baseline", "show", "mine.json");
  expect(shown.out).toMatch(/^join-storm-100k: 10 seeds in mine\.json\n/);
  expect(shown.out).toContain("Replaced (1): colder storm");
  expect(shown.out).toContain("p99(join.latency)@storm");
});

test("[BC15] verify finds a seed with other events: code 13; of another simulator it says so: code 3", () => {
  const good = stub("baseline", "verify", "join-storm-100k", "--quiet");
  expect(good).toMatchObject({
    code: 0,
    out: `${BASE}: 10 of 10 seeds are the same in every event\n`,
  });
  const { digests, tool } = JSON.parse(text(BASE)) as { digests: string[]; tool: object };
  const bent = changedBaseline("bent.json", { digests: ["00000000000000ff", ...digests.slice(1)] });
  const verified = stub("baseline", "verify", bent, "--quiet");
  expect(verified.code).toBe(13);
  expect(verified.out).toContain("seed 1: 00000000000000ff → 0000000000000001");
  const other = changedBaseline("other.json", { tool: { ...tool, model: "0123456789abcdef" } });
  expect(stub("baseline", "verify", other, "--quiet")).toMatchObject({
    code: 3,
    err: expect.stringContaining("is of another simulator (model 0123456789abcdef") as string,
  });
});

test("[BC7] nothing changed is identical, from a result or run now: code 0", () => {
  stub("run", "join-storm-100k", ...SMALL, "--seeds", "10", "--quiet");
  for (const done of [stub("compare", BASE, "out/join-storm-100k"), again("--fail-on", "any")]) {
    expect([done.code, done.err]).toEqual([0, ""]);
    expect(done.out).toMatch(/^Identical: all of 10 seeds did the same in every event\.\n/);
  }
});

test("[BC16] a regression is code 11, and its size is in words", () => {
  const { code, out } = again(...slower(40, 5));

  expect(code).toBe(11);
  expect(out.replaceAll(/\s+/g, " ")).toMatch(
    /^Regression in 10 seeds: join-p95 \+\d+(\.\d+)? ms \(\+1\d\.\d %, CI \+\d+\.\d … \+\d+\.\d %\), tolerance 5 %; join-p99 \+/,
  );
});

test("[BC16] within the tolerance is code 0 and told; with a lower tolerance it is a regression; --fail-on any ends with 11", () => {
  const near = again(...slower(8, 3), "--only-changed");

  expect(near.code).toBe(0);
  expect(near.out.replaceAll(/\s+/g, " ")).toContain("Worse, within the tolerance: join-p95 +");
  expect(near.out).not.toContain("join-success");
  expect(again(...slower(8, 3), "--tolerance", "join-p99=1%").code).toBe(11);
  expect(again(...slower(8, 3), "--tolerance", "all=1ms").code).toBe(11);
  expect(again(...slower(8, 3), "--fail-on", "any").code).toBe(11);
  expect(again(...slower(-40, 3)).code).toBe(0);
});

test("[BC16] what cannot be told is looked at with 20 and 40 seeds, and is code 12 only when asked", () => {
  const unsure = [...slower(20, 40)];
  const done = stub("compare", BASE, "--run", ...unsure, "--fail-on", "inconclusive");

  expect(done.code).toBe(12);
  expect(done.err).toContain("Not sure yet: running 20 seeds.\nNot sure yet: running 40 seeds.\n");
  expect(done.out).toMatch(/^Not sure in 40 seeds: join-p9[59]\s\+/);
  expect(done.out.replaceAll(/\s+/g, " ")).toContain(
    "a third of it at each of 3 looks (this is look 3)",
  );
  expect(again(...unsure).code).toBe(0);
  const once = again(...unsure, "--max-seeds", "10");
  expect(once.out.replaceAll(/\s+/g, " ")).toContain("intervals of 95 % by Student's t");
});

test("[BC17] equal inputs with other events are code 13", () => {
  const { digests } = JSON.parse(text(BASE)) as { digests: string[] };
  const bent = changedBaseline("bent.json", { digests: [...digests.slice(0, 9), "ff"] });
  const { code, out } = stub("compare", bent, BASE);

  expect(code).toBe(13);
  expect(out).toContain("! Not reproducible: equal inputs gave other events with seed 10");
});

test("[BC18] another simulator is a model change: stored sides are refused, --run runs both sides", () => {
  const { tool, digests } = JSON.parse(text(BASE)) as { tool: object; digests: string[] };
  const other = changedBaseline("other.json", {
    tool: { ...tool, model: "0123456789abcdef" },
    digests: digests.map((digest) => digest.replace(/^0/, "f")),
  });
  const stored = stub("compare", other, BASE);
  expect(stored.code).toBe(3);
  expect(stored.err).toContain(
    "Both sides must be run again: `stormglass compare other.json --run`",
  );
  expect(stub("compare", other, BASE, "--across-models").code).toBe(0);
  const rerun = stub("compare", other, "--run", "--quiet");
  expect(rerun.code).toBe(0);
  const said = rerun.out.replaceAll(/\s+/g, " ");
  expect(said).toContain("model change, the same scenario");
  expect(said).toContain("the base was run again by this simulator");
});

test("[BC18] every value that differs between the scenarios is listed", () => {
  const settings = again("--set", "cluster.nodes.count=17");
  expect(settings.out).toContain("changed settings\n    cluster.nodes.count: ");
  expect(settings.out).toMatch(/cluster\.nodes\.count: \d+ → 17\n/);
  const costs = again("--set", "profile.costs.upgrade=200us");
  expect(costs.out).toMatch(/changed costs\n {4}profile\.costs\.upgrade\w*\.value: \d+ → 200\n/);
});

test("[BC18] sides without a common seed, and files that are none, are refused: code 3", () => {
  stub("run", "join-storm-100k", ...SMALL, "--seeds", "77,78", "--quiet", "--out", "late");
  expect(stub("compare", BASE, "late")).toMatchObject({
    code: 3,
    err: expect.stringContaining("has no seed in common with") as string,
  });
  const nowhere = stub("compare", "nowhere.json", BASE);
  expect(nowhere.code).toBe(3);
  expect(nowhere.err).toContain("is no baseline; there are ");
  expect(nowhere.err).toContain(BASE); // Beside the baselines of other tests.
  expect(stub("compare", BASE).code).toBe(2);
});

test("[BC16] JSON is the whole comparison, Markdown a table of it", () => {
  const document = JSON.parse(again(...slower(40, 5), "--format", "json").out) as {
    verdict: string;
    metrics: { metric: string; verdict?: string; seeds: unknown[] }[];
  };
  expect(document.verdict).toBe("fail");
  expect(document.metrics.find(({ metric }) => metric === "p99(join.latency)@storm")).toMatchObject(
    {
      verdict: "fail",
      change: "worse",
      gated: true,
      better: "lower",
      seeds: expect.arrayContaining([expect.objectContaining({ seed: 1 })]) as unknown,
    },
  );
  const markdown = again(...slower(40, 5), "--format", "md").out;
  expect(markdown).toMatch(/^### Regression in 10 seeds: join-p95 \+/);
  expect(markdown).toContain("| Metric | Base | Candidate | Change | Verdict |\n| --- |");
});

test("[BC16] a candidate that stopped passes nothing: code 4", () => {
  const { code, out } = again("--set", "metadata.labels.stub=stopped");

  expect(code).toBe(4);
  expect(out).toContain("! Candidate: seed 2 stopped early (events)");
});

test("[BC15] the real simulator's baseline, read back from its file, gives the same events", () => {
  const real = (...args: string[]): Done => ran(program, args, directory);
  const tiny = ["--set", "clients.total=200", "--set", "cluster.nodes.count=2", "--quiet"];
  const saved = real("baseline", "save", "node-death", ...tiny, "--seeds", "1");

  expect(saved.code).toBe(0);
  expect(real("baseline", "verify", "node-death", "--quiet").code).toBe(0);
});
