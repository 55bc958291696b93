// What `run` writes for CI, from the outside: summary.md, junit.xml, annotations, the step's summary.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { program, ran, stubbed, type Done } from "./parts/program.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-ci-"));
  writeFileSync(join(directory, "storm.yaml"), SCENARIO);
  writeFileSync(join(directory, "budgets.yaml"), BUDGETS);
});
afterAll(() => rmSync(directory, { recursive: true }));

const SCENARIO = `apiVersion: stormglass/v1
kind: Scenario
extends: "@builtin/join-storm-100k"
metadata:
  name: storm
  title: Can <b>everybody</b> | come @all?
clients: { total: 2000 }
budgets: [budgets.yaml]
`;
const BUDGETS = `apiVersion: stormglass/v1
kind: BudgetSet
metadata: { name: ours }
checks:
  - id: join-p99
    title: joins are "quick" & <calm>
    metric: p99(join.latency)
    window: run
    limit: 1ms
  - id: join-success
    metric: value(join.success.ratio)
    window: run
    op: ">="
    limit: 99.9%
  - id: back
    metric: p99(reconnect.time)
    window: run
    limit: 1s
`;

const storm = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Done =>
  ran(stubbed, ["run", "storm.yaml", "--quiet", ...args], directory, env);
const written = (path: string): string => readFileSync(join(directory, path), "utf8");

test("[CT1][CT4] --md and --junit write beside results.json, the same bytes on every run", () => {
  const texts = ["a", "b"].map((out, i) => {
    const { code, err } = storm(["--md", "--junit", "--out", "out", "--jobs", String(i + 1)]);
    expect([code, err, out]).toEqual([10, "", out]);
    return ["summary.md", "junit.xml"].map((name) => written(`out/storm/${name}`));
  });

  expect(texts[1]).toEqual(texts[0]);
  const [summary = "", junit = ""] = texts[0]!;
  expect(summary).toContain("## ❌ FAIL · storm");
  expect(summary).toContain("Can \\<b\\>everybody\\</b\\> \\| come \\@&#8203;all?");
  expect(junit).toContain('<testsuite name="storm" tests="3" failures="1" errors="0" skipped="1">');
  expect(junit).toContain('name="join-p99" file="budgets.yaml" line="5"');
  expect(junit).toContain('joins are "quick" &amp; &lt;calm&gt;');
});

test("[CT5][CT6] --github annotates at the budget's line, and adds to the step's summary", () => {
  const summary = join(directory, "step.md");
  writeFileSync(summary, "before\n");
  const env = { GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: join(directory, "..") };
  const { code, out, err } = storm(["--github", "--json", "--no-out"], env);

  expect(code).toBe(10);
  expect(JSON.parse(out)).toMatchObject({ verdict: "fail" });
  const file = `${directory.slice(directory.lastIndexOf("/") + 1)}/budgets.yaml`;
  const [first = "", second = "", ...rest] = err.split("\n");
  expect(first).toMatch(`::error file=${file},line=5,title=storm%3A join-p99 is missed::`);
  expect(second).toMatch(`::warning file=${file},line=15,title=storm%3A back is open::`);
  expect(rest).toEqual([""]);
  expect(written("step.md")).toMatch(/^before\n## ❌ FAIL · storm\n/);
});

test("[CT6] a summary that cannot be written is told, and the verdict stays", () => {
  const { code, err } = storm(["--github"], {
    GITHUB_STEP_SUMMARY: join(directory, "budgets.yaml", "step.md"),
  });

  expect(code).toBe(10);
  expect(err).toContain("The step's summary cannot be written: ");
});

test("[CT7] --md and --junit have no place with --no-out: a usage error", () => {
  for (const option of ["--md", "--junit"]) {
    const { code, out, err } = storm([option, "--no-out"]);

    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("--no-out writes none");
  }
});

const validate = (...args: string[]): Done => ran(program, ["validate", ...args], directory);

test("[CT8][CT12] validate is 0 for sound files, 3 for what is refused, and for warnings when strict", () => {
  writeFileSync(join(directory, "broken.yaml"), SCENARIO.replace("2000", "2q"));
  writeFileSync(join(directory, "idle.yaml"), SCENARIO.replace("[budgets.yaml]", "[]"));

  expect(validate("node-death", "steady-100k", "--strict")).toMatchObject({ code: 0, err: "" });
  expect(validate("budgets.yaml").out).toBe("1 file: nothing to mend\n");
  const lint = validate("storm.yaml", "budgets.yaml");
  expect([lint.code, lint.err]).toEqual([0, ""]);
  expect(lint.out).toContain(
    'warning [window-without-events] budgets.yaml:15:5: check "back" looks',
  );
  expect(lint.out).toContain("\n  → Choose another window");
  expect(lint.out).toMatch(/\n2 files: 1 warning\n$/);
  expect(validate("storm.yaml", "--strict").code).toBe(3);
  const broken = validate("broken.yaml", "idle.yaml");
  expect(broken.code).toBe(3);
  expect(broken.out).toContain("error broken.yaml:7:19: clients.total must ");
  expect(broken.out).toContain("7 | clients: { total: 2q }");
  expect(broken.out).toContain("warning [no-budget] idle.yaml");
  expect(validate("no-such.yaml").code).toBe(3);
  expect(validate().code).toBe(2);
});

test("[CT11][CT12] validate as json, github and sarif says the same, and stdout is nothing else", () => {
  const json = JSON.parse(validate("storm.yaml", "--format", "json").out) as {
    findings: { rule: string; file: string; line: number; column: number }[];
  };
  expect(json.findings).toMatchObject([
    { rule: "window-without-events", file: "budgets.yaml", line: 15, column: 5 },
  ]);
  const sarif = validate("storm.yaml", "--format", "sarif");
  expect(JSON.parse(sarif.out)).toMatchObject({
    version: "2.1.0",
    runs: [{ results: [{ ruleId: "window-without-events", level: "warning" }] }],
  });
  expect(validate("storm.yaml", "--format", "sarif").out).toBe(sarif.out);
  expect(validate("storm.yaml", "--format", "github").out).toMatch(
    /^::warning file=budgets\.yaml,line=15,col=5,title=stormglass window-without-events::[^\n]*\n$/,
  );
});
