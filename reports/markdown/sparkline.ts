// A series as a line of blocks, as long as it must be to fit beside others.
//
// A cell shows the largest value of its part of the run: a spike of one second is what a reader looks for,
// and a mean would hide it. All lines begin at 0, so that their heights can be believed.

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** `cellCount` cells of `values`, or fewer where there are fewer values; the highest block is the largest value. */
export function sparkline(values: readonly number[], cellCount: number): string {
  const cells = largestOf(values, cellCount);
  const top = cells.reduce((max, value) => Math.max(max, value), 0);
  return cells.map((value) => blockOf(value, top)).join("");
}

/** Zero is the lowest block and nothing else is: what little there was can be seen. */
function blockOf(value: number, top: number): string {
  if (!(value > 0)) return BLOCKS[0];
  const height = Math.round((value / top) * (BLOCKS.length - 1));
  return BLOCKS[Math.max(1, height)]!;
}

function largestOf(values: readonly number[], cellCount: number): readonly number[] {
  const count = Math.min(cellCount, values.length);
  return Array.from({ length: count }, (_, cell) => {
    const [from, to] = [cell, cell + 1].map((i) => Math.floor((i * values.length) / count));
    return values.slice(from, to).reduce((max, value) => Math.max(max, value), 0);
  });
}

/** Where a span of the run lies under such a line: "····▔▔▔▔··". A span of any length has a mark. */
export function spanLine(
  span: { readonly fromMs: number; readonly toMs: number },
  durationMs: number,
  cellCount: number,
): string {
  const cellMs = durationMs / cellCount;
  const first = Math.min(cellCount - 1, Math.floor(span.fromMs / cellMs));
  const end = Math.max(first + 1, Math.min(cellCount, Math.ceil(span.toMs / cellMs)));
  return "·".repeat(first) + "▔".repeat(end - first) + "·".repeat(cellCount - end);
}
