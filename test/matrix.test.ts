// A matrix from the command line. test/stub stands in for the simulator: nine tenths of the seats can be had.

import { Ajv2020 } from "ajv/dist/2020.js";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resultsSchemaText, type ResultsDocument } from "../reports/results-schema.ts";
import { ran, stubbed, type Done } from "./parts/program.ts";

let directory = "";
const GRID = `apiVersion: stormglass/v1
kind: Scenario
extends: "@builtin/join-storm-100k"
metadata: { name: grid, title: How many nodes does it take?, labels: { stub: seats } }
clients: { total: 6k }
matrix:
  cluster.nodes.count: [2, 3, 4]
  cluster.placement.policy: [directory, ring]
  exclude: [{ cluster.nodes.count: 2, cluster.placement.policy: ring }]
`;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
  writeFileSync(join(directory, "grid.yaml"), GRID);
});
afterAll(() => rmSync(directory, { recursive: true }));

const run = (name: string, ...args: string[]): Done =>
  ran(stubbed, ["run", name, "--seeds", "2", "--quiet", ...args], directory);
const read = (out: string, name: string): ResultsDocument =>
  JSON.parse(readFileSync(join(directory, out, name, "results.json"), "utf8")) as ResultsDocument;

test("[MX7] run runs every cell; each has its directory, its verdict, and the same seeds", () => {
  const { code } = run("grid.yaml", "--out", "whole");
  const names = readdirSync(join(directory, "whole"));
  const cells = names.map((name) => read("whole", name));

  expect(code).toBe(10);
  expect(names).toEqual([
    "grid@nodes.count=2,placement.policy=directory",
    "grid@nodes.count=3,placement.policy=directory",
    "grid@nodes.count=3,placement.policy=ring",
    "grid@nodes.count=4,placement.policy=directory",
    "grid@nodes.count=4,placement.policy=ring",
  ]);
  expect(cells.map(({ verdict }) => verdict)).toEqual(["fail", "fail", "fail", "pass", "pass"]);
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(resultsSchemaText()) as object,
  );
  for (const document of cells) {
    const [{ runs, matrix }] = document.scenarios as [ResultsDocument["scenarios"][number]];
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(matrix!.of).toBe("grid");
    expect(matrix!.settings[0]).toMatchObject({
      path: "cluster.nodes.count",
      label: "nodes.count",
    });
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  }
});

test("[MX7] the command of a cell gives the same bytes as the whole matrix", () => {
  run("grid.yaml", "--out", "both");
  const [name] = ["grid@nodes.count=4,placement.policy=ring"];
  const { command } = read("both", name!);
  const without = { ...read("both", name!), wall: undefined };

  expect(command).toBe("stormglass run grid.yaml@nodes.count=4,placement.policy=ring --seeds 2");
  const alone = run("grid.yaml@nodes.count=4,placement.policy=ring", "--out", "alone");
  expect(alone.code).toBe(0);
  expect({ ...read("alone", name!), wall: undefined }).toEqual(without);
});

test("[MX8] what is printed is the grid, what does not pass, and how to see one cell whole", () => {
  const { out } = run("grid.yaml", "--no-out");

  expect(out).toContain("grid: 2 of 5 cells pass\n  How many nodes does it take?\n");
  expect(out).toContain(
    [
      "  nodes.count  placement.policy directory  ring",
      "  2            FAIL −39.9 %                –",
      "  3            FAIL −9.9 %                 FAIL −9.9 %",
      "  4            PASS 0.1 %                  PASS 0.1 %",
    ].join("\n"),
  );
  expect(out).toContain("  · nodes.count 2, placement.policy directory: No, one objective");
  expect(out).toContain(
    "    stormglass run grid.yaml@nodes.count=2,placement.policy=directory --seeds 2 --no-out\n",
  );
  expect(out).toContain("grid: 5 cells with the same 2 seeds, 60,000 events\n");
});

test("[MX8] with one axis a row says what is tightest", () => {
  const { out } = run("grid.yaml", "--no-out", "--set", "cluster.placement.policy=directory");

  expect(out).toContain("  nodes.count  Verdict  Margin   Tightest objective\n");
  expect(out).toContain("  4            PASS     0.1 %    join-success\n");
});

test("[MX8] --json has every cell", () => {
  const { scenarios } = JSON.parse(run("grid.yaml", "--no-out", "--json").out) as ResultsDocument;

  expect(scenarios.map(({ name }) => name).length).toBe(5);
});

test("[MX3] commands that look at one scenario take a cell, and say so", () => {
  const show = (name: string): Done =>
    ran(stubbed, ["show", name, "--only", "cluster.nodes.count"], directory);

  expect(show("grid.yaml@nodes.count=3,placement.policy=ring").out).toContain("grid.yaml:7:28");
  expect(show("grid.yaml").code).toBe(3);
  expect(show("grid.yaml").err).toContain("has a matrix of 5 cells: name one (grid.yaml@");
});
