import { expect, test } from "vitest";
import { spanLine, sparkline } from "./sparkline.ts";

test("[CT1] a sparkline begins at 0, shows the largest of each part, and marks whatever is above 0", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([0, 0, 700, 1], 4)).toBe("▁▁█▂");
  expect(sparkline([...Array.from({ length: 99 }, () => 0), 5], 4)).toBe("▁▁▁█");
  expect(sparkline([3, 3], 10)).toBe("██");
  expect(sparkline([0, 0, 0], 3)).toBe("▁▁▁");
  expect(sparkline([], 3)).toBe("");
});

test("[CT1] a window is marked where it lies, however short it is", () => {
  expect(spanLine({ fromMs: 2_000, toMs: 5_000 }, 10_000, 10)).toBe("··▔▔▔·····");
  expect(spanLine({ fromMs: 9_999, toMs: 10_000 }, 10_000, 4)).toBe("···▔");
  expect(spanLine({ fromMs: 0, toMs: 1 }, 10_000, 4)).toBe("▔···");
  expect(spanLine({ fromMs: 0, toMs: 10_000 }, 10_000, 4)).toBe("▔▔▔▔");
});
