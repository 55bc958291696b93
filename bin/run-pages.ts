// `run --html`: report.html beside each result. It is made of the files that were just written, so that
// `stormglass report` makes the same bytes again.

import { writeScenarioReport } from "./commands/report.ts";
import type { Outside } from "./outside.ts";

export interface PageOptions {
  readonly html?: true;
  readonly quiet?: true;
  readonly out: string | false;
}

/** Why --html cannot be had; undefined when it can, or is not asked for. */
export function pageFault({ html, out }: PageOptions): string | undefined {
  if (html !== true || out !== false) return undefined;
  return "error: --html writes beside the results, and --no-out writes none\n";
}

/** False when one could not be written, which is told. */
export async function writePages(
  outside: Outside,
  directories: readonly string[],
  { html, quiet }: PageOptions,
): Promise<boolean> {
  if (html !== true) return true;
  for (const directory of directories) {
    try {
      const file = await writeScenarioReport(outside, directory);
      if (quiet !== true) outside.stderr.write(`The report is ${file}\n`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error; // Not of the system: a bug.
      outside.stderr.write(`No report can be written to ${directory}: ${message}\n`);
      return false;
    }
  }
  return true;
}
