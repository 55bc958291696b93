// Exit codes are an interface: a CI job must be able to tell a broken product from a broken tool.

export const ExitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  invalidFile: 3,
  stopped: 4,
  cannotStart: 5,
  budgetBroken: 10,
  regression: 11,
  inconclusive: 12,
  notReproducible: 13,
  partsMissing: 14,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Code, meaning, how a CI job should read it. */
const MEANINGS: readonly (readonly [ExitCode, string, string])[] = [
  [0, "every objective that can fail the run is met or open; a server was drained", "green"],
  [1, "internal error: a bug of stormglass", "the tool is broken"],
  [2, "usage: unknown command, option or value", "fix the job"],
  [
    3,
    "invalid scenario, budget, profile, settings or vectors; a server without a key",
    "fix the file",
  ],
  [4, "a run stopped: a limit was reached or an invariant broke", "the model is broken"],
  [
    5,
    "a server or run cannot have what it needs: a port that is taken, a directory that cannot be written",
    "fix the machine",
  ],
  [10, "an objective is missed, or a test vector fails", "the product is broken"],
  [
    11,
    "a gated metric is worse than its baseline by more than is tolerated",
    "the product is worse",
  ],
  [12, "the seeds cannot tell whether it is; only with --fail-on inconclusive or any", "add seeds"],
  [13, "not reproducible: equal inputs, different events", "stop and report it"],
  [14, "parts of a divided run are missing, or are not of one run", "run that part again"],
  [130, "interrupted (SIGINT): partial results are written, a server did not drain", "cancelled"],
  [143, "terminated (SIGTERM): partial results are written, a server did not drain", "cancelled"],
];

/** Of several codes, the one that a reader must know first. */
const ORDER: readonly ExitCode[] = [130, 143, 1, 3, 5, 4, 13, 14, 10, 11, 12];

export function mostSevere(codes: readonly ExitCode[]): ExitCode {
  return ORDER.find((code) => codes.includes(code)) ?? ExitCode.ok;
}

/** For `stormglass help exit-codes`. */
export function exitCodesText(): string {
  const lines = MEANINGS.map(
    ([code, meaning, reading]) => `${String(code).padStart(4)}  ${meaning}\n      CI: ${reading}`,
  );
  const order = `Of several, the first in the order ${ORDER.join(", ")} is returned.`;
  return `Exit codes\n\n${lines.join("\n")}\n\n${order}\n`;
}
