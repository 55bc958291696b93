// Fewer points, no lost spike: a series is divided into equal parts, and each part keeps its least and its greatest value.
//
// 600 points is more than a chart of 900 pixels shows; means instead of extremes would hide the second that matters.

/** Points that a series may have in a page. Assumed: more cannot be seen. */
export const POINTS_MAX = 600;

export interface Point {
  /** Index in the series. */
  readonly index: number;
  readonly value: number;
}

/** At most `most` points of `values`, in order. Values that are no numbers are left out. */
export function thinned(values: readonly number[], most = POINTS_MAX): readonly Point[] {
  const points = values.flatMap((value, index) =>
    Number.isFinite(value) ? [{ index, value: rounded(value) }] : [],
  );
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / Math.floor(most / 2));
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    const least = part.reduce((a, b) => (b.value < a.value ? b : a));
    const greatest = part.reduce((a, b) => (b.value > a.value ? b : a));
    if (least.index === greatest.index) kept.push(least);
    else if (least.index < greatest.index) kept.push(least, greatest);
    else kept.push(greatest, least);
  }
  return kept;
}

/** Four digits: less than a pixel. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
