// The recipes of deploy/ci and docs/ci.md against the program: what they type exists, what they say is so.
// After a change of a table: npx vitest run --project whole test/ci-recipes.test.ts -u

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { RULES } from "../bin/validating/rules.ts";
import { program, ran, root, stubbed } from "./parts/program.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-recipes-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const file = (path: string): string => readFileSync(join(root, path), "utf8");
const help = (...words: string[]): string => ran(program, [...words, "--help"], directory).out;

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
const action = parse(file("deploy/ci/action.yml")) as {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const workflow = parse(file("deploy/ci/example-workflow.yml")) as {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};
const gitlab = parse(file("deploy/ci/stormglass.gitlab-ci.yml")) as {
  readonly ".stormglass": {
    readonly variables: Readonly<Record<string, string>>;
    readonly script: readonly string[];
  };
};
const document = file("docs/ci.md");

/** The text with `content` between the marks of `mark`. */
function spliced(text: string, mark: string, content: string): string {
  const begin = `<!-- ${mark}: written by test/ci-recipes.test.ts -->\n`;
  const [from, to] = [text.indexOf(begin), text.indexOf(`<!-- end of ${mark} -->`)];
  if (from < 0 || to < from) throw new Error(`There is no place for ${mark}.`);
  return `${text.slice(0, from + begin.length)}\n${content}\n\n${text.slice(to)}`;
}

/** "compare --fail-on …" of a line, as the words of the command and its options. */
interface Typed {
  readonly words: readonly string[];
  readonly options: readonly string[];
}

const SUBCOMMANDS: Readonly<Record<string, readonly string[]>> = {
  baseline: ["save", "show", "update", "verify"],
};

function typedIn(text: string): readonly Typed[] {
  const lines = text.replaceAll(/\\\n/g, " ").split("\n");
  return lines.flatMap((line) => {
    const said =
      /(?:\$STORM_COMMAND|npx(?: --no-install)? stormglass|^stormglass) (.*?)(?:  #|$)/.exec(
        line,
      )?.[1];
    if (said === undefined) return [];
    const [command = "", second = ""] = said.split(/\s+/);
    const words = SUBCOMMANDS[command]?.includes(second) === true ? [command, second] : [command];
    const options = said.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
    return [{ words, options }];
  });
}

const scripts = [
  ...action.runs.steps.flatMap(({ run = "" }) => run),
  ...Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run = "" }) => run)),
  gitlab[".stormglass"].script.join("\n"),
];
const prose = [...document.matchAll(/`((?:npx )?stormglass [a-z][^`]*)`/g)].map(
  ([, said]) => said!,
);
const fenced = [...document.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, said]) => said!);

test("[CT13] every command and option of the recipes and of docs/ci.md is one of the program's", () => {
  const typed = [...scripts, ...fenced, ...prose.map((said) => said.replace(/^npx /, ""))].flatMap(
    typedIn,
  );
  const helps = new Map<string, string>();
  const wrong = typed.flatMap(({ words, options }) => {
    const name = words.join(" ");
    if (name === "help") return [];
    const known = helps.get(name) ?? help(...words);
    helps.set(name, known);
    if (!known.includes(`Usage: stormglass ${name}`)) return [name];
    return options
      .filter((option) => !RegExp(`${option}\\b`).test(known))
      .map((o) => `${name} ${o}`);
  });

  expect(wrong).toEqual([]);
  expect([...helps.keys()].sort()).toEqual(
    ["baseline save", "baseline show", "baseline update", "baseline verify", "compare"].concat([
      "doctor",
      "init",
      "run",
      "schema",
      "validate",
    ]),
  );
  const added = scripts
    .join("\n")
    .match(/more\+=\((--[a-z]+)/g)!
    .map((each) => each.slice(7));
  for (const option of added) expect(help("run")).toContain(`${option} <`);
});

test("[CT13] the action's inputs reach its scripts through the environment alone, and all are used", () => {
  expect(action.runs.using).toBe("composite");
  const used = new Set<string>();
  for (const { run = "", env = {}, if: condition = "" } of action.runs.steps) {
    expect(run).not.toContain("${{");
    for (const value of [...Object.values(env), condition]) {
      for (const [, input] of value.matchAll(/inputs\.([a-z-]+)/g)) used.add(input!);
    }
    for (const [, name] of run.matchAll(/\$\{?(STORM_[A-Z_]+)/g))
      expect(Object.keys(env)).toContain(name);
  }
  expect([...used].sort()).toEqual(Object.keys(action.inputs).sort());
  const ours = Object.values(workflow.jobs).flatMap(({ steps }) =>
    steps.filter(({ uses = "" }) => uses.endsWith("stormglass/deploy/ci")),
  );
  expect(ours).toHaveLength(1);
  for (const input of Object.keys(ours[0]!.with!))
    expect(Object.keys(action.inputs)).toContain(input);
  const variables = Object.keys(gitlab[".stormglass"].variables);
  for (const [, name] of gitlab[".stormglass"].script
    .join("\n")
    .matchAll(/\$\{?(STORM_[A-Z_]+)/g)) {
    expect(variables).toContain(name);
  }
});

const SCENARIO = `apiVersion: stormglass/v1
kind: Scenario
extends: "@builtin/join-storm-100k"
metadata: { name: storm, title: Does it hold? }
clients: { total: 2000 }
`;

/** A script as the runner starts it. */
function scripted(script: string, env: Readonly<Record<string, string>>) {
  const done = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", STORM_COMMAND: `${process.execPath} ${stubbed}`, ...env },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

test("[CT14] the action's scripts run: they check, simulate, annotate, compare, and keep the first bad code", () => {
  writeFileSync(join(directory, "storm one.yaml"), SCENARIO);
  writeFileSync(join(directory, "storm.yaml"), SCENARIO);
  const [check, run, compare] = action.runs.steps.map((step) => step.run!);
  const summary = join(directory, "summary.md");
  mkdirSync(join(directory, "baselines"), { recursive: true });
  const env = {
    STORM_SCENARIO: "storm.yaml\n node-death\n",
    STORM_SEEDS: "2",
    STORM_BUDGETS: "",
    STORM_OUT: "out/stormglass",
    STORM_BASELINE: "",
    STORM_FAIL_ON: "any",
    GITHUB_STEP_SUMMARY: summary,
  };

  expect(scripted(check!, env)).toMatchObject({ code: 0 });
  expect(scripted(check!, { ...env, STORM_SCENARIO: "storm.yml" })).toMatchObject({ code: 3 });
  const quick = { ...env, STORM_SCENARIO: "storm.yaml" };
  expect(scripted(run!, quick)).toMatchObject({ code: 0 });
  const made = join(directory, "out/stormglass/storm");
  expect(readFileSync(join(made, "junit.xml"), "utf8")).toContain("<testsuites");
  expect(readFileSync(summary, "utf8")).toContain("## ✅ PASS · storm");

  const saved = ran(stubbed, ["baseline", "save", "out/stormglass/storm"], directory);
  expect(saved.code, saved.err).toBe(0);
  const compared = scripted(compare!, { ...quick, STORM_BASELINE: "baselines/storm.json" });
  expect(compared.code, compared.err).toBe(0);
  expect(readFileSync(summary, "utf8").length).toBeGreaterThan(
    readFileSync(join(made, "summary.md"), "utf8").length,
  );
  const missing = scripted(compare!, {
    ...quick,
    STORM_BASELINE: "baselines/none.json baselines/storm.json",
  });
  expect(missing.code).toBe(3);
});

test("[CT14] GitLab's script runs with and without seeds and a baseline", () => {
  writeFileSync(join(directory, "lab.yaml"), SCENARIO.replace("storm,", "lab,"));
  const script = gitlab[".stormglass"].script.join("\n");
  const env = { ...gitlab[".stormglass"].variables, STORM_SCENARIO: "lab.yaml" };
  const command = { STORM_COMMAND: `${process.execPath} ${stubbed}` };

  expect(scripted(script, { ...env, ...command })).toMatchObject({ code: 0 });
  expect(ran(stubbed, ["baseline", "save", "out/stormglass/lab"], directory).code).toBe(0);
  const again = { ...env, ...command, STORM_SEEDS: "2", STORM_BASELINE: "baselines/lab.json" };
  const { code, out, err } = scripted(script, again);
  expect(code, err).toBe(0);
  expect(out).toContain("lab");
});

test("[CT15] docs/ci.md has the program's exit codes and rules, and each link leads somewhere", async () => {
  const text = ran(program, ["help", "exit-codes"], directory).out;
  const rows = [...text.matchAll(/^ +(\d+) {2}(.*)\n +CI: (.*)$/gm)];
  expect(rows.length).toBeGreaterThan(10);
  const order = /^Of several.*$/m.exec(text)![0];
  const codes = rows.map(([, code, meaning, reading]) => `| ${code} | ${meaning} | ${reading} |`);
  const codesTable = ["| Code | Meaning | So |", "|--:|---|---|", ...codes, "", order].join("\n");
  const rules = RULES.map(({ id, level, title }) => `| \`${id}\` | ${level} | ${title} |`);
  const rulesTable = ["| Rule | Level | What it asks |", "|---|---|---|", ...rules].join("\n");
  const whole = spliced(spliced(document, "exit codes", codesTable), "rules", rulesTable);

  await expect(whole).toMatchFileSnapshot(join(root, "docs/ci.md"));
  for (const [, link] of document.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
    expect(() => readFileSync(join(root, "docs", link!)), link).not.toThrow(/ENOENT/);
  }
  for (const [path] of document.matchAll(/deploy\/ci\/[\w.-]+\.yml/g)) {
    expect(() => readFileSync(join(root, path)), path).not.toThrow();
  }
});
