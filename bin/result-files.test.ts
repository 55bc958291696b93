import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RESULTS_VERSION, type ResultsDocument } from "../reports/results-schema.ts";
import { canonicalJson } from "../reports/results-json.ts";
import type { DecisionRecord, RunResult } from "../sim/result.ts";
import { processOutside } from "./outside.ts";
import { readResult, unwritable, writeResult } from "./result-files.ts";

const outside = processOutside();
let out = "";

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), "stormglass-results-"));
  store("join-storm-100k", [1, 2]);
  store("node-death", [7]);
});
afterAll(() => rmSync(out, { recursive: true }));

/** One look, of a controller that knew nothing of its second metric. */
const look: DecisionRecord = {
  atMs: 15_000,
  specReplicas: 8,
  statusReplicas: 8,
  rescaled: false,
  replicas: 8,
  error: undefined,
  reason: "",
  trace: {} as DecisionRecord["trace"],
  metricAgesMs: [{ youngestMs: 1_000, oldestMs: 16_000 }, undefined],
  perPod: [{ min: 0, p50: 1, max: 2 }, undefined],
  remarks: [],
};

function run(scenario: string, seed: number): RunResult {
  return {
    scenario,
    seed,
    variant: "full",
    digest: `digest of ${scenario} ${seed}`,
    eventCount: 3,
    simulatedMs: 1_000,
    endedEarly: undefined,
    windows: { run: { fromMs: 0, toMs: 1_000 } },
    values: { "join.offered@run": 0.1, "room.limit@run": Infinity },
    histograms: {},
    series: { resolutionMs: 1_000, columns: { "node.load/n0": [1, 2, Infinity] } },
    autoscaling: {
      manifest: { kind: "HorizontalPodAutoscaler" },
      kubernetesVersion: "1.34",
      workloadKind: "StatefulSet",
      decisions: [look],
      pods: [],
    },
    invariants: [],
    findings: ["The edges were idle."],
  };
}

function documentOf(runs: readonly RunResult[]): ResultsDocument {
  const names = [...new Set(runs.map(({ scenario }) => scenario))];
  const scenarios = names.map((name) => ({
    name,
    verdict: "pass",
    runs: runs.filter((one) => one.scenario === name),
  }));
  const tool = { name: "stormglass", version: "0.1.0" };
  const written = { schemaVersion: RESULTS_VERSION, tool, verdict: "fail", scenarios };
  return JSON.parse(JSON.stringify(written)) as ResultsDocument;
}

function store(scenario: string, seeds: readonly number[]): RunResult[] {
  const runs = seeds.map((seed) => run(scenario, seed));
  writeResult(outside, join(out, scenario), documentOf(runs), runs);
  return runs;
}

test("[OU3] what was written is read again: absences, unlimited values and all", () => {
  const directory = join(out, "join-storm-100k");
  const read = readResult(outside, directory);

  expect(read.directory).toBe(directory);
  expect(read.document.scenarios[0]!.name).toBe("join-storm-100k");
  expect(read.runs).toEqual([run("join-storm-100k", 1), run("join-storm-100k", 2)]);
});

test("[OU3] a result is named by its directory, either file, or an out directory and a scenario", () => {
  const directory = join(out, "node-death");
  const only = mkdtempSync(join(out, "only-"));
  writeResult(outside, join(only, "one"), documentOf([run("one", 3)]), [run("one", 3)]);
  const meant = [
    readResult(outside, directory),
    readResult(outside, `${directory}/`),
    readResult(outside, join(directory, "results.json")),
    readResult(outside, join(directory, "runs.json")),
    readResult(outside, out, { scenario: "node-death" }),
  ];

  expect(meant.map(({ runs }) => runs[0]!.digest)).toEqual(Array(5).fill("digest of node-death 7"));
  expect(readResult(outside, only).directory).toBe(join(only, "one"));
});

test("[OU3] of a document of several scenarios one is named, and read alone", () => {
  const runs = [run("first", 1), run("second", 1), run("second", 2)];
  const directory = join(out, "printed");
  writeResult(outside, directory, documentOf(runs), runs);
  outside.writeFile(join(directory, "all.json"), canonicalJson(documentOf(runs)));
  const { document, runs: own } = readResult(outside, join(directory, "all.json"), {
    scenario: "second",
  });

  expect(document.scenarios.map(({ name }) => name)).toEqual(["second"]);
  expect(document.verdict).toBe("pass");
  expect(own.map(({ seed }) => seed)).toEqual([1, 2]);
  expect(() => readResult(outside, directory)).toThrow("there are first, second");
  rmSync(directory, { recursive: true });
});

test("[OU4] a path without results is refused with what there is instead", () => {
  const refusal = (path: string, scenario?: string): string => {
    try {
      readResult(outside, path, { scenario });
      return "";
    } catch (error) {
      expect((error as Error).name).toBe("InputError");
      return (error as Error).message.replaceAll(`${out}/`, "");
    }
  };
  const known = /join-storm-100k, .*node-death/;

  expect(refusal(join(out, "join-storm"))).toMatch(
    /^join-storm: holds no results; there are join-storm-100k, .*did you mean join-storm-100k\?$/,
  );
  expect(refusal(out)).toMatch(known);
  expect(refusal(out, "node-deth")).toMatch(/no results of node-deth; there are join-storm-100k/);
  expect(refusal(join(out, "no/such/place"))).toMatch(/`stormglass run` writes them$/);
});

test("[OU4] files of other runs, other programs and other versions are refused", () => {
  const directory = join(out, "spoiled");
  const runs = [run("spoiled", 1)];
  const document = documentOf(runs);
  const refused = (name: string, text: string): string => {
    writeResult(outside, directory, document, runs);
    writeFileSync(join(directory, name), text);
    try {
      readResult(outside, directory);
      return "taken";
    } catch (error) {
      return (error as Error).message.slice(directory.length + 1);
    }
  };

  expect(refused("runs.json", canonicalJson([run("spoiled", 2)]))).toContain(
    "must have the runs of",
  );
  expect(refused("runs.json", "[]")).toContain("must have the runs of");
  expect(refused("runs.json", "{}")).toContain("must have runs of `stormglass run`");
  expect(refused("runs.json", "[{")).toMatch(/^runs.json: must be JSON/);
  expect(refused("results.json", "{}")).toContain("must be results of `stormglass run`");
  expect(refused("results.json", canonicalJson({ ...document, schemaVersion: "2.0" }))).toContain(
    `version ${RESULTS_VERSION}, got 2.0`,
  );
  writeResult(outside, directory, document, runs);
  rmSync(join(directory, "runs.json"));
  expect(() => readResult(outside, directory)).toThrow("runs.json: cannot be read");
  rmSync(directory, { recursive: true });
});

test("[OU2] a directory that can be written is made and left empty, one that cannot is told", () => {
  const made = join(out, "deep", "er");
  const inFile = join(out, "node-death", "results.json", "x");

  expect(unwritable(outside, [made])).toBeUndefined();
  expect(readdirSync(made)).toEqual([]);
  expect(unwritable(outside, [made, inFile])).toMatchObject({ directory: inFile });
});
