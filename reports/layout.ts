// Text in columns and paragraphs for a terminal of a given width. Widths count code points without
// the escape sequences of colours.

/** Marks text; each function returns its argument when there is no colour. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const asItIs = (text: string): string => text;
export const NO_PAINT: Paint = {
  good: asItIs,
  bad: asItIs,
  unsure: asItIs,
  strong: asItIs,
  faint: asItIs,
};

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Below this width a table becomes a list of "title value" lines. */
const TABLE_WIDTH_LEAST = 60;

/**
 * Rows under their titles, as lines that fit in `width`. In a narrow terminal, or when the columns do
 * not fit, each row becomes a block: its first cell, then one indented line per further cell.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(visibleLength(title), ...rows.map((row) => visibleLength(row[i] ?? ""))),
  );
  const total = widths.reduce((sum, one) => sum + one + 2, 0);
  if (width < TABLE_WIDTH_LEAST || total > width) return blocks(columns, rows, width);
  const line = (cells: readonly string[]): string =>
    "  " +
    cells
      .map((cell, i) => padded(cell, widths[i]!, columns[i]!.align))
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

function blocks(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const titleWidth = Math.max(...columns.slice(1).map(({ title }) => title.length));
  return rows.flatMap((row) => {
    const [head = "", ...rest] = row;
    const lines = rest.flatMap((cell, i) => {
      if (visibleLength(cell) === 0) return [];
      const title = columns[i + 1]!.title.padEnd(titleWidth);
      return wrapped(`${title}  ${cell}`, width, "    ", " ".repeat(titleWidth + 6));
    });
    return [`  ${head}`, ...lines];
  });
}

function padded(cell: string, width: number, align: Column["align"]): string {
  const blanks = " ".repeat(Math.max(0, width - visibleLength(cell)));
  return align === "right" ? blanks + cell : cell + blanks;
}

/** Words in lines of at most `width`; a longer word gets a line of its own. */
export function wrapped(text: string, width: number, first = "", rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  // Blanks within a line are kept: columns in blocks rely on them.
  for (const [word] of text.matchAll(/\s*\S+/g)) {
    const piece = isEmpty ? word.trimStart() : word;
    if (!isEmpty && visibleLength(line) + visibleLength(piece) > width) {
      lines.push(line);
      line = rest + word.trimStart();
    } else line += piece;
    isEmpty = false;
  }
  return isEmpty ? lines : [...lines, line];
}

/** Length without colour. */
export function visibleLength(text: string): number {
  return [...text.replace(/\u001b\[[0-9;]*m/g, "")].length;
}
