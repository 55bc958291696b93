// The built program, from the outside: exit codes, streams, files. Where a simulation would only take
// time, test/stub stands in for the simulator.

import { Ajv2020 } from "ajv/dist/2020.js";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resultsSchemaText } from "../reports/results-schema.ts";
import { program, ran, root, stubbed, type Done } from "./parts/program.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stormglass-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const node = (file: string, args: readonly string[], env: Record<string, string> = {}): Done =>
  ran(file, args, directory, env);
const run = (...args: string[]): Done => node(program, args);
/** A storm of the stub: 6,000 events a seed. */
const storm = (...args: string[]): Done =>
  node(stubbed, ["run", "join-storm-100k", "--quiet", "--set", "clients.total=6000", ...args]);
const asked = (fault: string): string[] => ["--set", `metadata.labels.stub=${fault}`];

test("[CL1] help and version go to stdout with code 0, and begin with two examples", () => {
  for (const args of [
    ["--help"],
    ["help"],
    ["run", "--help"],
    ["help", "show"],
    ["schema", "-h"],
    ["init", "-h"],
    ["doctor", "-h"],
  ]) {
    const { code, out, err } = run(...args);

    expect([args, code, err]).toEqual([args, 0, ""]);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "Examples:",
      expect.stringMatching(/^ {2}stormglass /),
      expect.stringMatching(/^ {2}stormglass /),
    ]);
  }
  expect(run("--version").out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run("help", "exit-codes").out).toContain("  10  an objective is missed");
});

test.each([
  [["--bogus"], "unknown option '--bogus'"],
  [["rnu"], "Did you mean run?"],
  [["run"], "missing required argument 'scenario'"],
  [["run", "node-death", "--seeds", "x"], "It must be 1 to 1,000 seeds."],
  [["run", "node-death", "--seeds", "0"], "It must be 1 to 1,000 seeds."],
  [["run", "node-death", "--seeds", "3,3"], "A seed is there twice."],
  [
    ["schema", "scenaro"],
    "Allowed choices are scenario, budget, profile, metric-samples, results, serve, asyncapi",
  ],
  [["help", "exit-cods"], 'did you mean "exit-codes"?'],
])("[CL2] %j is a usage error: code 2, told on stderr", (args, message) => {
  const { code, out, err } = run(...args);

  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain(message);
});

test("[CL2] no command at all shows the help and is a usage error", () => {
  const { code, err } = run();

  expect(code).toBe(2);
  expect(err).toContain("Usage: stormglass");
});

test("[CL2] an invalid file is code 3, with place, line and caret", () => {
  writeFileSync(join(directory, "bad.yaml"), "apiVersion: stormglass/v1\nkind: Scenaro\n");
  const { code, out, err } = run("run", "bad.yaml");

  expect([code, out]).toEqual([3, ""]);
  expect(err).toContain('bad.yaml:2:7: kind must be "Scenario", got "Scenaro"\n  1 | apiVersion');
  expect(err).toContain("\n    |       ^\n");
  expect(run("show", "node-deth").err).toContain('did you mean "node-death"?');
  expect(run("run", "node-death", "--set", "cluster.nodes.cuont=3")).toMatchObject({
    code: 3,
    out: "",
  });
});

test("[CL2] objectives met is 0, missed is 10, a stopped run 4, a bug 1", () => {
  expect(storm().code).toBe(0);
  expect(storm(...asked("loss"))).toMatchObject({ code: 10 });
  expect(storm(...asked("stopped")).out).toContain(
    "No answer, seed 2 stopped at 1 s: run.limits.events was reached.",
  );
  expect(storm(...asked("stopped")).code).toBe(4);
  expect(storm(...asked("leak"))).toMatchObject({ code: 4 });
  const bug = storm(...asked("bug"));
  expect(bug.code).toBe(1);
  expect(bug.err).toContain("Internal error. This is a bug in stormglass");
  expect(bug.err).toMatch(/join-storm-100k, seed \d, full: the stub was told to break/);
});

test("[CL2] a run that needs more memory than it may have is stopped, code 4", () => {
  const { code, out } = storm(...asked("greedy"), "--seed", "1", "--set", "run.limits.heap=64MiB");

  expect(code).toBe(4);
  expect(out).toContain("seed 1 needed more than run.limits.heap");
});

test("[CL3] --seeds, --seed and the scenario's own seeds choose the runs", () => {
  const seeds = (...args: string[]): unknown =>
    (
      JSON.parse(storm("--json", ...args).out) as { scenarios: { runs: { seed: number }[] }[] }
    ).scenarios[0]!.runs.map((result) => result.seed);

  expect(seeds()).toEqual([1, 2, 3]);
  expect(seeds("--seeds", "2")).toEqual([1, 2]);
  expect(seeds("--seeds", "9,4,")).toEqual([9, 4]);
  expect(seeds("--seed", "12")).toEqual([12]);
});

test("[CL3] a budget with versus runs every seed without the fault as well", () => {
  const args = [
    "run",
    "node-death",
    "--json",
    "--quiet",
    "--seeds",
    "2",
    "--set",
    "clients.total=6000",
  ];
  const { runs } = (
    JSON.parse(node(stubbed, args).out) as {
      scenarios: { runs: { seed: number; variant: string }[] }[];
    }
  ).scenarios[0]!;

  expect(runs.map(({ seed, variant }) => `${seed} ${variant}`)).toEqual([
    "1 full",
    "2 full",
    "1 without:kill-node",
    "2 without:kill-node",
  ]);
});

interface Document {
  readonly complete: boolean;
  readonly wall: unknown;
  readonly command: string;
}

test("[CL4] results meet their schema, and --jobs changes nothing but wall", () => {
  const documents = ["1", "2", "4"].map(
    (jobs) => JSON.parse(storm("--json", "--jobs", jobs).out) as Document,
  );
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(resultsSchemaText()) as object,
  );

  for (const document of documents) {
    validate(document);
    expect(validate.errors).toBeNull();
    expect({ ...document, wall: 0 }).toEqual({ ...documents[0], wall: 0 });
  }
  expect(documents[0]!.command).toBe("stormglass run join-storm-100k --set clients.total=6000");
});

test("[CL4] results.json and runs.json are written whole, leaving no drafts", () => {
  expect(storm("--out", "deep/er/", "--seeds", "2").code).toBe(0);
  const own = join(directory, "deep/er/join-storm-100k");

  expect(readdirSync(own).sort()).toEqual(["results.json", "runs.json"]);
  const runs = JSON.parse(readFileSync(join(own, "runs.json"), "utf8")) as unknown[];
  expect(runs).toHaveLength(2);
});

test("[CL5] results go to stdout, progress to stderr, and a pipe has no colour", () => {
  const { out, err } = node(stubbed, ["run", "join-storm-100k", "--set", "clients.total=6000"]);

  expect(out.startsWith("Yes, in 3 seeds: 6,000 of 6,000 clients are in their rooms")).toBe(true);
  expect(out).not.toContain("\u001b");
  expect(err).toBe("Results are in out/join-storm-100k\n");
});

test("[CL6] FORCE_COLOR colours, NO_COLOR and --no-color win over it", () => {
  const args = ["run", "join-storm-100k", "--quiet", "--set", "clients.total=6000"];

  expect(node(stubbed, args, { FORCE_COLOR: "1" }).out).toContain("\u001b[32mPASS");
  expect(node(stubbed, args, { FORCE_COLOR: "1", NO_COLOR: "1" }).out).not.toContain("\u001b");
  expect(node(stubbed, [...args, "--no-color"], { FORCE_COLOR: "1" }).out).not.toContain("\u001b");
});

test("[CL9] a reader that closes the pipe is no error", () => {
  const command = `"${process.execPath}" "${program}" schema | head -c 400 > /dev/null; echo "\${PIPESTATUS[0]}"`;

  expect(execFileSync("bash", ["-c", command], { encoding: "utf8" })).toBe("0\n");
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "[CL10] %s ends the workers, writes what is complete, and is code %d",
  async (signal, code) => {
    const out = `stopped-${signal}`;
    const args = [
      "run",
      "join-storm-100k",
      "--out",
      out,
      "--set",
      "clients.total=6000",
      ...asked("endless"),
    ];
    const child = spawn(process.execPath, [stubbed, ...args], { cwd: directory });
    const done = new Promise<number | null>((resolve) => child.on("exit", resolve));
    // Only once it listens: a run that has begun says so.
    child.stderr.once("data", () => child.kill(signal));

    expect(await done).toBe(code);
    const document = JSON.parse(
      readFileSync(join(directory, out, "join-storm-100k/results.json"), "utf8"),
    ) as Document;
    expect(document.complete).toBe(false);
  },
);

test("[CL11] --trace writes the event log of the first seed", () => {
  expect(storm("--seeds", "4,5", "--trace", "first.trace").code).toBe(0);
  const lines = readFileSync(join(directory, "first.trace"), "utf8").split("\n");

  expect(lines.slice(0, 3)).toEqual(["trace 1 4096", "0 1 4 0", "10 1 4 1"]);
  expect(lines.at(-2)).toBe("end 6000");
  storm("--seed", "7", "--trace");
  expect(existsSync(join(directory, "out/join-storm-100k/seed7.trace"))).toBe(true);
  storm("--seed", "7", "--trace", "--no-out");
  expect(existsSync(join(directory, "join-storm-100k-seed7.trace"))).toBe(true);
});

test("[CL12] --verify finds the first event that differs, code 13; equal runs are code 0", () => {
  expect(storm("--verify", "--seeds", "2").code).toBe(0);
  const { code, out } = storm("--verify", "--seed", "1", ...asked("chance"));

  expect(code).toBe(13);
  expect(out.replaceAll(/\s+/g, " ")).toMatch(
    /seed 1 is not reproducible: event 5000: t = 50 ms, kind 1 \(1, \d+\) in one run, t = 50 ms/,
  );
});

test("[CL13] show tells each value's origin, --only a part, --json the resolved scenario", () => {
  const shown = run(
    "show",
    "node-death",
    "--only",
    "cluster.nodes",
    "--set",
    "cluster.nodes.zones=1",
  );
  const json = run("show", "node-death", "--only", "cluster.nodes.count", "--json");

  expect(shown.out).toMatch(/cluster\.nodes\.count +12 +@builtin\/node-death\.yaml:\d+:\d+/);
  expect(shown.out).toMatch(/cluster\.nodes\.zones +1 +--set cluster\.nodes\.zones=1/);
  expect(shown.out).toMatch(/cluster\.nodes\.memory +1GiB +default, assumed/);
  expect(shown.out).not.toContain("cluster.edges");
  expect(json.out).toBe("12\n");
  expect(JSON.parse(run("show", "steady-100k", "--json").out)).toMatchObject({
    clients: { leaves: { meanDurationMs: "unlimited" } },
  });
  expect(run("show", "node-death", "--only", "cluster.nods")).toMatchObject({ code: 3 });
});

test("[CL14] schema prints what is in the package", () => {
  for (const name of ["scenario", "budget", "profile", "results"]) {
    const file = join(root, "scenarios", `${name}.schema.json`);
    expect(run("schema", name).out).toBe(readFileSync(file, "utf8"));
  }
});

test("[CL15] init writes files that load, and overwrites nothing", () => {
  for (const template of ["join-storm", "node-death", "noisy-room"]) {
    const project = `project-${template}`;
    const first = run("init", project, "--template", template, "--yes");

    expect([template, first.code]).toEqual([template, 0]);
    expect(first.out).toBe(
      `Next:\n  npx stormglass run ${project}/scenarios/${template}.stormglass.yaml\n`,
    );
    expect(run("show", `${project}/scenarios/${template}.stormglass.yaml`)).toMatchObject({
      code: 0,
    });
    const again = run("init", project, "--template", template);
    expect(again.code).toBe(3);
    expect(again.err).toContain("must not exist yet: init overwrites nothing");
  }
});

test("[CL16] doctor gets the pinned digest (a new model: take the digest from this message)", () => {
  const { code, out } = run("doctor", "--out", "new/dir");

  expect(out).toMatch(/determinism +digest [0-9a-f]{16} +ok/);
  expect(code).toBe(0);
});

test("[CL12] the simulator itself is reproducible, whatever --jobs", () => {
  const small = [
    "--set",
    "clients.total=300",
    "--set",
    "cluster.nodes.count=3",
    "--set",
    "run.duration=70s",
  ];
  const digests = ["1", "2"].map((jobs) => {
    const done = run(
      "run",
      "node-death",
      "--json",
      "--quiet",
      "--seeds",
      "2",
      "--verify",
      "--jobs",
      jobs,
      ...small,
      "--set",
      "windows.impact.to=run.end",
    );
    expect(done.err).toBe("");
    const document = JSON.parse(done.out) as { scenarios: { runs: { digest: string }[] }[] };
    return document.scenarios[0]!.runs.map(({ digest }) => digest);
  });

  expect(digests[0]).toHaveLength(4);
  expect(new Set(digests[0]).size).toBe(4);
  expect(digests[1]).toEqual(digests[0]);
});
