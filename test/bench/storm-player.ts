// One storm in a process of its own, so that its memory can be told from everybody else's.
//
// Arguments: a scenario and settings. Prints one line of JSON.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadScenario } from "../../scenarios/loader.ts";
import { run } from "../../sim/run.ts";

export interface StormReport {
  readonly clients: number;
  readonly events: number;
  readonly digest: string;
  readonly seconds: number;
  /** Largest resident set beyond what was resident before the world was built. */
  readonly bytesPerClient: number;
}

const builtinDir = fileURLToPath(new URL("../../../scenarios", import.meta.url));
const readFile = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const [name = "join-storm-100k", ...settings] = process.argv.slice(2);
const { scenario } = loadScenario(`${builtinDir}/${name}.yaml`, { readFile, builtinDir, settings });
const residentBefore = process.memoryUsage.rss();
let resident = residentBefore;
const start = process.hrtime.bigint();
const result = run({
  scenario,
  seed: 1,
  variant: "full",
  onProgress: () => {
    resident = Math.max(resident, process.memoryUsage.rss());
  },
});
const report: StormReport = {
  clients: scenario.clients.total,
  events: result.eventCount,
  digest: result.digest,
  seconds: Number(process.hrtime.bigint() - start) / 1e9,
  bytesPerClient: (resident - residentBefore) / scenario.clients.total,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
