// What a search has seen so far, as a file that survives its interruption: one line of JSON per finished trial, appended as it
// ends. A line counts for the program that wrote it alone, to the last byte of its code: another one would see something else.
// A last line that was torn by a crash is no line.

import { canonicalJson } from "../reports/results-json.ts";
import type { Outside } from "./outside.ts";
import type { CampaignTrial, TrialSummary } from "./trial.ts";

interface Line {
  readonly key: string;
  readonly program: string;
  readonly trial: TrialSummary;
}

export class Journal {
  readonly #outside: Outside;
  readonly #file: string | undefined;
  readonly #program: string;
  readonly #known = new Map<string, TrialSummary>();
  readonly #digests = new WeakMap<object, string>();
  #isTorn = false;

  /** Without a file it remembers for as long as it lives. `program`: who writes. */
  constructor(outside: Outside, file: string | undefined, program: string) {
    this.#outside = outside;
    this.#file = file;
    this.#program = program;
    const text = file === undefined ? undefined : outside.readFile(file);
    if (text === undefined) return;
    this.#isTorn = text !== "" && !text.endsWith("\n");
    for (const written of text.split("\n")) {
      const line = lineOf(written);
      if (line?.program === program) this.#known.set(line.key, line.trial);
    }
  }

  /** Trials of this program that are there. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * What a trial's outcome depends on, as a digest. The limits of the budgets are not among it: other limits judge the same
   * runs.
   */
  keyOf({ scenario, budgets, expressions, seed, variant }: CampaignTrial): string {
    const simulated = { ...scenario, budgets: [] };
    const asked = budgets.map(({ id, metric, window }) => [id, metric.text, window]);
    const digest = this.#digests.get(scenario) ?? this.#outside.sha256(canonicalJson(simulated, 0));
    this.#digests.set(scenario, digest);
    return this.#outside.sha256(canonicalJson([digest, asked, expressions, seed, variant], 0));
  }

  find(key: string): TrialSummary | undefined {
    return this.#known.get(key);
  }

  /**
   * Keeps what came of a trial. Want of memory is not written: it is the machine's, and may be better next time.
   */
  keep(key: string, trial: TrialSummary): void {
    this.#known.set(key, trial);
    const isOfMachine = trial.endedEarly === "heap" || trial.endedEarly === "memory";
    if (this.#file === undefined || isOfMachine) return;
    const line: Line = { key, program: this.#program, trial };
    this.#outside.appendFile(this.#file, `${this.#isTorn ? "\n" : ""}${JSON.stringify(line)}\n`);
    this.#isTorn = false;
  }
}

function lineOf(written: string): Line | undefined {
  try {
    const line = JSON.parse(written) as Partial<Line> | null;
    const isWhole = typeof line?.key === "string" && typeof line.trial?.digest === "string";
    return isWhole ? (line as Line) : undefined;
  } catch {
    return undefined; // Torn, or nobody's.
  }
}
