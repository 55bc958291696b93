import { expect, test } from "vitest";
import { editDistance, InputError, nearest, renderProblem } from "./problem.ts";

test("[SC4] a slip of the finger finds what was meant, a different word finds nothing", () => {
  const keys = ["count", "cpuCount", "maxConnections", "memory", "zones"];

  expect(nearest("cuont", keys)).toBe("count");
  expect(nearest("maxConections", keys)).toBe("maxConnections");
  expect(nearest("Memory", keys)).toBe("memory");
  expect(nearest("replicas", keys)).toBeUndefined();
  expect(nearest("", keys)).toBeUndefined();
});

test.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["ab", "ba", 1],
  ["count", "cuont", 1],
  ["same", "same", 0],
])("the edit distance of %j and %j is %d", (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

test("[SC4] a problem is shown with its line, the line before and a caret", () => {
  const problem = { at: { file: "a.yaml", line: 2, column: 4 }, message: "b.c must be 1, got 2" };

  expect(renderProblem(problem, () => "b:\n  c: 2\n")).toBe(
    ["a.yaml:2:4: b.c must be 1, got 2", "  1 | b:", "  2 |   c: 2", "    |    ^"].join("\n"),
  );
  expect(renderProblem(problem, () => undefined)).toBe("a.yaml:2:4: b.c must be 1, got 2");
  expect(new InputError([problem]).message).toBe("a.yaml:2:4: b.c must be 1, got 2");
});
