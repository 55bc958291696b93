// What is wrong with a file, said so that the reader can mend it: where, what was expected, what
// came, what was perhaps meant, and the line itself.

/** Where something stands. `line` and `column` count from 1; line 0 means the whole of `file`. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly at: Position;
  /** "cluster.nodes.count must be a whole number, got -3 — did you mean 3?" */
  readonly message: string;
}

/** A file, an option or an expression that the user must change. Never a bug of ours. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => `${place(problem.at)}: ${problem.message}`).join("\n"));
    this.problems = problems;
  }
}

export function place(at: Position): string {
  return at.line === 0 ? at.file : `${at.file}:${at.line}:${at.column}`;
}

/**
 * One problem as text with the line it speaks of, the line before, and a caret. `textOf` gives the
 * text of a file, or undefined when it is not at hand; then only the message is shown.
 */
export function renderProblem(
  problem: Problem,
  textOf: (file: string) => string | undefined,
): string {
  const head = `${place(problem.at)}: ${problem.message}`;
  if (problem.at.line === 0) return head;
  const lines = textOf(problem.at.file)?.split(/\r?\n/);
  if (lines === undefined || lines.length < problem.at.line) return head;
  const width = String(problem.at.line).length;
  const frame: string[] = [];
  for (let line = Math.max(1, problem.at.line - 1); line <= problem.at.line; line++) {
    frame.push(`  ${String(line).padStart(width)} | ${lines[line - 1]}`);
  }
  const indent = (lines[problem.at.line - 1] ?? "").slice(0, problem.at.column - 1);
  frame.push(`  ${" ".repeat(width)} | ${indent.replace(/[^\t]/g, " ")}^`);
  return [head, ...frame].join("\n");
}

/** ` — did you mean "count"?`, or "" when no candidate is near. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === undefined ? "" : ` — did you mean "${near}"?`;
}

/**
 * The candidate that a slip of the finger turns into `word`: fewest edits, at most a third of the
 * word's letters and at least 2; ties go to the earlier candidate. Case does not count.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestEdits) continue;
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits >= bestEdits || edits >= candidate.length) continue;
    best = candidate;
    bestEdits = edits;
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
