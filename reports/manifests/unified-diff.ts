// Two texts as a unified diff, the form that reviewers and `patch` read.
//
// By the longest common subsequence of lines: manifests have dozens of lines, so its table of n × m is small.

export interface DiffNames {
  readonly before: string;
  readonly after: string;
}

type Line = readonly [mark: " " | "-" | "+", text: string];

/** Unchanged lines around a change. */
const CONTEXT = 3;

/** "" when the texts are equal. */
export function unifiedDiff(before: string, after: string, names: DiffNames): string {
  const lines = edits(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines);
  if (hunks.length === 0) return "";
  const heads = [`--- ${names.before}`, `+++ ${names.after}`];
  return [...heads, ...hunks.flatMap(([from, to]) => hunkText(lines, from, to))].join("\n") + "\n";
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** What is removed stands before what is added. */
function edits(before: readonly string[], after: readonly string[]): readonly Line[] {
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push([" ", before[i]!]);
      i++;
      j++;
    } else if (
      j === after.length ||
      (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!)
    ) {
      lines.push(["-", before[i++]!]);
    } else lines.push(["+", after[j++]!]);
  }
  return lines;
}

/** [i][j]: length of the longest common subsequence of what follows line i and line j. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i]![j] =
        before[i] === after[j]
          ? table[i + 1]![j + 1]! + 1
          : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}

/** [from, to) of each group of changes with its context. */
function hunksOf(lines: readonly Line[]): readonly (readonly [number, number])[] {
  const hunks: [number, number][] = [];
  for (const [i, [mark]] of lines.entries()) {
    if (mark === " ") continue;
    const [from, to] = [Math.max(0, i - CONTEXT), Math.min(lines.length, i + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
}

function hunkText(lines: readonly Line[], from: number, to: number): readonly string[] {
  const count = (part: readonly Line[], mark: Line[0]): number =>
    part.filter(([own]) => own === " " || own === mark).length;
  const range = (mark: "-" | "+"): string => {
    const length = count(lines.slice(from, to), mark);
    const start = count(lines.slice(0, from), mark) + (length === 0 ? 0 : 1);
    return `${mark}${start}${length === 1 ? "" : `,${length}`}`;
  };
  const own = lines.slice(from, to).map(([mark, text]) => mark + text);
  return [`@@ ${range("-")} ${range("+")} @@`, ...own];
}
