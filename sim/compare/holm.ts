// Holm's step-down: p values of several tests, made larger so that the chance of any false alarm among them is the level's.

/** The adjusted p of each, in the order given: the k-th smallest of n is multiplied by n − k + 1, never below the one before. */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]! || a - b);
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 0;
  order.forEach((place, k) => {
    least = Math.max(least, Math.min(1, ps[place]! * (ps.length - k)));
    adjusted[place] = least;
  });
  return adjusted;
}
