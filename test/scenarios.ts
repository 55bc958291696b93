// Scenarios for tests of the whole: the builtin ones, scaled down, and small ones written where they are needed.

import { existsSync, readFileSync } from "node:fs";
import { loadScenario } from "../scenarios/loader.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { quantileOf } from "../sim/measure.ts";
import type { RunResult } from "../sim/result.ts";

const root = new URL("../", import.meta.url);
const BUILTIN = "@builtin";

function readShipped(path: string): string | undefined {
  const url = new URL(path.replace(BUILTIN, "scenarios"), root);
  return existsSync(url) ? readFileSync(url, "utf8") : undefined;
}

/** A builtin scenario with some values changed, as `--set` would. */
export function builtinScenario(name: string, settings: readonly string[] = []): Scenario {
  const options = { readFile: readShipped, builtinDir: BUILTIN, settings };
  return loadScenario(`${BUILTIN}/${name}.yaml`, options).scenario;
}

/** A scenario from text. */
export function writtenScenario(text: string): Scenario {
  const path = "test.yaml";
  const readFile = (asked: string): string | undefined =>
    asked === path ? text : readShipped(asked);
  return loadScenario(path, { readFile, builtinDir: BUILTIN }).scenario;
}

/** A value of the whole run; 0 when nothing was counted. */
export function valueOf(result: RunResult, metric: string, window = "run"): number {
  return result.values[`${metric}@${window}`] ?? 0;
}

/** A quantile, ms, of a histogram of waits. */
export function quantileMs(result: RunResult, metric: string, q: number, window = "run"): number {
  const histogram = result.histograms[`${metric}@${window}`];
  if (histogram === undefined) throw new Error(`no histogram ${metric}@${window}`);
  return quantileOf(histogram, q, 1_000);
}

/** The invariants that a run broke, in words: an empty list is what a test expects. */
export function brokenIn(result: RunResult): string[] {
  return result.invariants.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
}
