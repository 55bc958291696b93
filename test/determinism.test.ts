// The same inputs give the same bytes: twice in one process, in another process, on one worker thread or
// on two. What other Node versions give is asked by .ci/run, which has them at hand.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadScenario } from "../scenarios/loader.ts";
import type { Scenario } from "../scenarios/schema.ts";
import type { RunResult } from "../sim/result.ts";
import { run } from "../sim/run.ts";

const root = new URL("../", import.meta.url);
const program = new URL("dist/bin/stormglass.js", root);

/** Small enough to be run often, large enough that rooms spill over and clients come back. */
const CASES = [
  {
    name: "node-death",
    settings: ["clients.total=600", "cluster.nodes.maxConnections=150"],
  },
  { name: "noisy-room", settings: ["clients.total=400"] },
];
const SEED = 5;

function scenarioOf(name: string, settings: readonly string[]): Scenario {
  const builtinDir = "@builtin";
  const readFile = (path: string): string | undefined => {
    const url = new URL(path.replace(builtinDir, "scenarios"), root);
    return existsSync(url) ? readFileSync(url, "utf8") : undefined;
  };
  return loadScenario(`${builtinDir}/${name}.yaml`, { readFile, builtinDir, settings }).scenario;
}

function runHere(name: string, settings: readonly string[], seed: number): RunResult {
  return run({ scenario: scenarioOf(name, settings), seed, variant: "full" });
}

/** What the program prints, in a process of its own, without what it says of the wall clock. */
function printed(name: string, settings: readonly string[], more: readonly string[]): string {
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const args = ["run", name, "--seeds", `${SEED},6`, ...sets, "--json", "--quiet", ...more];
  const done = spawnSync(process.execPath, [program.pathname, ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { PATH: process.env["PATH"] ?? "" },
  });
  expect(done.stderr).toBe("");
  const wall = /"wall": \{[^}]*\}/;
  expect(done.stdout).toMatch(wall);
  return done.stdout.replace(wall, "");
}

test.each(CASES)("[EV5] two runs of $name in one process are equal", ({ name, settings }) => {
  const first = runHere(name, settings, SEED);
  const second = runHere(name, settings, SEED);

  expect(second.digest).toBe(first.digest);
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  expect(first.eventCount).toBeGreaterThan(50_000);
});

test("[EV8] another seed is another run", () => {
  const { name, settings } = CASES[1];
  expect(runHere(name, settings, SEED + 1).digest).not.toBe(runHere(name, settings, SEED).digest);
});

test.each(CASES)(
  "[EV5] $name prints the same bytes in every process, on one thread and on two",
  ({ name, settings }) => {
    const one = printed(name, settings, ["--jobs", "1"]);
    const two = printed(name, settings, ["--jobs", "2"]);

    expect(two).toBe(one);
    expect(one).toContain(runHere(name, settings, SEED).digest);
  },
);
