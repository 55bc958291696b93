// Where the built program leaves results. test/stub stands in for the simulator.

import { Ajv2020 } from "ajv/dist/2020.js";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resultsSchemaText } from "../reports/results-schema.ts";
import { ran, stubbed, type Done } from "./parts/program.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const small = ["--seeds", "2", "--set", "clients.total=6000"];
const storm = (...args: string[]): Done =>
  ran(stubbed, ["run", "join-storm-100k", "--quiet", ...small.slice(2), ...args], directory);
const asked = (fault: string): string[] => ["--set", `metadata.labels.stub=${fault}`];

interface Document {
  readonly wall: unknown;
  readonly scenarios: readonly {
    readonly name: string;
    readonly runs: readonly { readonly autoscaling?: unknown }[];
  }[];
}

test("[OU1] results of each scenario are complete, in a directory of its name, in out by default", () => {
  const both = ran(stubbed, ["run", "join-storm-100k", "node-death", ...small], directory);
  const read = (name: string): Document =>
    JSON.parse(readFileSync(join(directory, "out", name, "results.json"), "utf8")) as Document;
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(resultsSchemaText()) as object,
  );
  for (const name of ["join-storm-100k", "node-death"]) {
    const together = read(name);
    const alone = ran(stubbed, ["run", name, ...small], directory);

    expect(alone.err).toBe(`Results are in out/${name}\n`);
    expect(read(name)).toEqual({ ...together, wall: expect.anything() as unknown });
    validate(together);
    expect(validate.errors).toBeNull();
    expect(together.scenarios.map((scenario) => scenario.name)).toEqual([name]);
  }
  expect(both.err).toBe("Results are in out/join-storm-100k\nResults are in out/node-death\n");
});

test("[OU1] --no-out writes nothing", () => {
  const empty = mkdtempSync(join(directory, "empty-"));
  const { out, err } = ran(stubbed, ["run", "join-storm-100k", "--no-out", ...small], empty);

  expect(readdirSync(empty)).toEqual([]);
  expect(err).toBe("");
  expect(out).toContain(
    "stormglass run join-storm-100k --seeds 2 --set clients.total=6000 --no-out",
  );
});

test("[OU2] a directory that cannot be written ends it with 5 before anything is simulated", () => {
  writeFileSync(join(directory, "taken"), "a file\n");
  const { code, out, err } = storm("--out", "taken", ...asked("endless"));

  expect([code, out]).toEqual([5, ""]);
  expect(err).toMatch(/^taken\/join-storm-100k cannot be written \(E.*\); choose another --out/);
  expect(storm("--out", "").code).toBe(2);
});

test("[OU5] a run with an HPA names the command that explains it", () => {
  const { out } = storm("--seeds", "1", "--out", "scaled", ...asked("scaled"));
  const { scenarios } = JSON.parse(
    readFileSync(join(directory, "scaled/join-storm-100k/results.json"), "utf8"),
  ) as Document;

  expect(out).toContain("    stormglass hpa explain scaled/join-storm-100k\n");
  expect(scenarios[0]!.runs[0]!.autoscaling).toEqual({
    kubernetesVersion: "1.34",
    workloadKind: "StatefulSet",
    replicas: [
      { atMs: 0, replicas: 8 },
      { atMs: 15_000, replicas: 16 },
    ],
    rescales: 1,
    flaps: 0,
  });
  expect(storm("--seeds", "1", "--no-out", ...asked("scaled")).out).not.toContain("hpa explain");
});
