import { expect, test } from "vitest";
import { holm } from "./holm.ts";

test("[BC3] Holm's adjusted p values are the textbook's, in the order of the tests", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);

  [0.03, 0.06, 0.06, 0.02].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 12));
  expect(holm([0.4])).toEqual([0.4]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
