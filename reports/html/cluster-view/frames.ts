// A run's rows as few enough frames, and frames as bytes.
//
// A short run keeps its rows. In a longer one every two frames stand for a span of rows and hold its least and its
// greatest value in the order in which they came: a spike of one row is as high in the picture as it was, and at
// most a span too early or too late.

export interface FrameGrid {
  /** Rows of the series. */
  readonly rows: number;
  /** 1: a frame is a row. Otherwise two frames stand for this many rows. */
  readonly rowsPerPair: number;
  readonly frames: number;
  /** Time that one frame stands for, ms. Frame f ends at (f + 1) × stepMs. */
  readonly stepMs: number;
}

/** The grid of `rows` rows in at most `framesMax` frames (even, 2 or more). */
export function gridOf(rows: number, resolutionMs: number, framesMax: number): FrameGrid {
  if (rows <= framesMax) return { rows, rowsPerPair: 1, frames: rows, stepMs: resolutionMs };
  const rowsPerPair = Math.ceil(rows / (framesMax / 2));
  const frames = 2 * Math.ceil(rows / rowsPerPair);
  return { rows, rowsPerPair, frames, stepMs: (rowsPerPair * resolutionMs) / 2 };
}

/** A column by frames, least and greatest of each span kept. A missing column is all zeros. */
export function extremes(column: readonly number[] | undefined, grid: FrameGrid): number[] {
  const { rows, rowsPerPair, frames } = grid;
  if (column === undefined) return new Array<number>(frames).fill(0);
  if (rowsPerPair === 1) return Array.from({ length: frames }, (_, row) => column[row] ?? 0);
  const kept: number[] = [];
  for (let from = 0; from < rows; from += rowsPerPair) {
    const to = Math.min(rows, from + rowsPerPair);
    let least = from;
    let greatest = from;
    for (let row = from + 1; row < to; row++) {
      if (column[row]! < column[least]!) least = row;
      if (column[row]! > column[greatest]!) greatest = row;
    }
    const [first, second] = least < greatest ? [least, greatest] : [greatest, least];
    // A span without change: its last value stands for both.
    kept.push(column[first]!, column[first === second ? to - 1 : second]!);
  }
  return kept;
}

/** A column by frames, each with the row in which it ends: for sums that only grow, and for states. */
export function lasts(column: readonly number[] | undefined, grid: FrameGrid): number[] {
  const { rows, rowsPerPair, frames } = grid;
  return Array.from({ length: frames }, (_, frame) => {
    if (column === undefined) return 0;
    const end = rowsPerPair === 1 ? frame + 1 : Math.round(((frame + 1) * rowsPerPair) / 2);
    return column[Math.min(rows, Math.max(1, end)) - 1] ?? 0;
  });
}

/** The running sum of a counter's rows. */
export function summed(column: readonly number[] | undefined): readonly number[] {
  let sum = 0;
  return (column ?? []).map((amount) => (sum += amount));
}

/** `value` of [0, `full`] as a byte: 0 is 0, `full` and more are 255. What is more than nothing is never 0. */
export function quantized(value: number, full: number): number {
  if (!(value > 0) || !(full > 0)) return 0;
  return Math.max(1, Math.min(255, Math.round((255 * value) / full)));
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes in base64, as browsers' `atob` reads it. */
export function base64(bytes: ArrayLike<number>): string {
  const pieces: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word =
      (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    pieces.push(
      BASE64[word >> 18]! +
        BASE64[(word >> 12) & 63]! +
        (left > 1 ? BASE64[(word >> 6) & 63]! : "=") +
        (left > 2 ? BASE64[word & 63]! : "="),
    );
  }
  return pieces.join("");
}
