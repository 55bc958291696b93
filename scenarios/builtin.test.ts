import { Ajv2020 } from "ajv/dist/2020.js";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { resultsSchemaText } from "../reports/results-schema.ts";
import { metricFault } from "../sim/measure.ts";
import { DECLARED, loadScenario } from "./loader.ts";
import { provenanceOf } from "./provenance.ts";
import { SCHEMA_FILES, schemaText, type SchemaName } from "./schemas.ts";

const here = new URL(".", import.meta.url).pathname;
const text = (path: string): string => readFileSync(path.replace("@builtin", here), "utf8");
const names = readdirSync(here).filter((file) => file.endsWith(".yaml"));
const load = (file: string) =>
  loadScenario(`@builtin/${file}`, { readFile: text, builtinDir: "@builtin", metricFault });

test("[SC13] there are builtin scenarios", () => {
  expect(names).toEqual(
    expect.arrayContaining([
      "join-storm-100k.yaml",
      "node-death.yaml",
      "noisy-room.yaml",
      "rolling-deploy.yaml",
      "scale-down.yaml",
      "steady-100k.yaml",
      "top-of-the-hour.yaml",
    ]),
  );
});

test.each(names)(
  "[SC13] %s loads, is named like its file, and has budgets and an answer",
  (file) => {
    const { scenario, budgets } = load(file);

    expect(`${scenario.metadata.name}.yaml`).toBe(file);
    expect(scenario.metadata.answer).toBeDefined();
    expect(budgets.length).toBeGreaterThan(2);
    expect(text(`@builtin/${file}`).split("\n")[0]).toBe(
      "# yaml-language-server: $schema=./scenario.schema.json",
    );
  },
);

test("[SC13] the nodes of the join storm are those that the autoscaler asks for", () => {
  const { clients, cluster } = load("join-storm-100k.yaml").scenario;

  expect(cluster.nodes.count).toBe(Math.ceil(clients.total / 1_700));
});

test.each(Object.keys(SCHEMA_FILES) as SchemaName[])(
  "[SC14] the published schema %s is fresh",
  (name) => {
    expect(text(`@builtin/${SCHEMA_FILES[name]}`)).toBe(schemaText(name));
  },
);

test("[SC14] the published schema of results is fresh", () => {
  expect(text("@builtin/results.schema.json")).toBe(resultsSchemaText());
});

test("[SC14] the published schemas are JSON Schema and accept what the loader accepts", () => {
  const compiled = (name: SchemaName) =>
    new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(
      JSON.parse(schemaText(name)) as object,
    );
  const files: readonly (readonly [SchemaName, readonly string[]])[] = [
    ["scenario", names],
    ["budget", readdirSync(`${here}/budgets`).map((file) => `budgets/${file}`)],
    ["profile", readdirSync(`${here}/profiles`).map((file) => `profiles/${file}`)],
  ];
  for (const [name, paths] of files) {
    const validate = compiled(name);
    for (const path of paths) {
      validate(parse(text(`@builtin/${path}`)));
      expect([path, validate.errors]).toEqual([path, null]);
    }
  }
  const variant = { apiVersion: "stormglass/v1", kind: "Scenario", extends: "x.yaml" };
  const validate = compiled("scenario");
  expect(validate({ ...variant, metadata: { name: "y" }, faults: [{ name: "z", at: "3s" }] })).toBe(
    true,
  );
  expect(validate({ ...variant, metadata: { name: "y" }, run: { duration: 3 } })).toBe(false);
});

test("[SC15] every value of a scenario says where it comes from", () => {
  const { tree } = loadScenario("@builtin/node-death.yaml", {
    readFile: text,
    builtinDir: "@builtin",
    settings: ["cluster.nodes.zones=1"],
  });
  const rows = new Map(provenanceOf(DECLARED, tree).map((row) => [row.path, row]));

  expect(rows.get("cluster.nodes.count")).toMatchObject({ value: "12" });
  expect(rows.get("cluster.nodes.count")?.origin).toMatch(/^@builtin\/node-death\.yaml:\d+:\d+$/);
  expect(rows.get("cluster.nodes.zones")?.origin).toBe("--set cluster.nodes.zones=1");
  expect(rows.get("cluster.heartbeat.every")).toMatchObject({
    value: "15s",
    origin: "default, cited: rtcsig.v1; peers range from 5 s to 120 s",
    isDefault: true,
  });
  expect(rows.get("faults.kill-node.target.count")?.value).toBe("1");
});

test("[SC15] no default is without its reason", () => {
  const { tree } = load("node-death.yaml");
  const bare = provenanceOf(DECLARED, tree).filter(({ origin }) => origin === "default");

  expect(bare).toEqual([]);
});
