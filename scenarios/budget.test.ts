import { expect, test } from "vitest";
import { parseBudgets } from "./budget.ts";
import { parseExpression, parseTemplate } from "./expression.ts";
import { problemsOf, SMALL } from "./fixtures.ts";
import { InputError, place } from "./problem.ts";

const head = "apiVersion: stormglass/v1\nkind: BudgetSet\nmetadata: { name: x }\nchecks:\n";

function problems(checks: string): readonly string[] {
  try {
    parseBudgets("b.yaml", head + checks);
    return [];
  } catch (error) {
    return (error as InputError).problems.map(({ at, message }) => `${place(at)}: ${message}`);
  }
}

test("[SL1] a budget says metric, window, comparison, limit, gate and severity", () => {
  const [plain, paired] = parseBudgets(
    "b.yaml",
    `${head}  - { id: a, metric: p99( join.latency ), limit: 2.5s }
  - id: b
    metric: value(critical.lost)
    window: storm
    op: "=="
    limit: 1.10x
    floor: 5ms
    versus: without noisy
    gate: share-of-seeds >= 90%
    severity: warn
`,
  );

  expect(plain).toEqual({
    id: "a",
    title: "",
    metric: {
      text: "p99(join.latency)",
      fn: "quantile",
      quantile: 0.99,
      metrics: ["join.latency"],
    },
    window: "measured",
    op: "<=",
    limit: { kind: "absolute", value: 2_500, unit: "ms" },
    limitText: "2.5s",
    gate: { kind: "every-seed" },
    severity: "fail",
    versus: undefined,
    source: { file: "b.yaml", line: 5, column: 5 },
  });
  expect(paired).toMatchObject({
    limit: { kind: "paired", factor: 1.1, floor: 5 },
    gate: { kind: "share-of-seeds", ratio: 0.9 },
    versus: "noisy",
    severity: "warn",
  });
});

test.each([
  ["p99(join.latency", "b.yaml:5:22: metric must be p50(metric), p99.9(metric), value(metric)"],
  ["p0(join.latency)", "metric must be p50(metric)"],
  ["ratio(a)", "metric must be p50(metric)"],
  ["median(a)", "metric must be p50(metric)"],
])("[SL1] the expression %s is refused", (metric, message) => {
  expect(problems(`  - { id: a, metric: "${metric}", limit: 1 }\n`)[0]).toContain(message);
});

test.each([
  ["limit: soon", 'limit must be a number with the metric\'s unit (ms, s, %, MiB), got "soon"'],
  ["limit: 1.1x", 'limit must not be a factor without versus, got "1.1x"'],
  [
    "limit: 2s, versus: without noisy",
    'limit must be a factor such as 1.10x with versus, got "2s"',
  ],
  ["limit: 1.1x, versus: noisy", "checks[0].versus must be a name"],
  ["limit: 1s, floor: 2ms", "floor must stand beside versus"],
  ["limit: 1, gate: most-seeds", "checks[0].gate must"],
  ["limit: 1, window: 3, op: '<>'", 'checks[0].op must be one of <=, <, >=, >, ==, got "<>"'],
  ["limit: 1, severty: warn", 'checks[0] must have no key "severty" — did you mean "severity"?'],
])("[SL1] a check with %s is refused", (fields, message) => {
  expect(problems(`  - { id: a, metric: value(a), ${fields} }\n`).join("\n")).toContain(message);
});

test("[SL1] ids are unique within a file", () => {
  const check = "  - { id: a, metric: value(a), limit: 1 }\n";

  expect(problems(check + check)).toEqual(['b.yaml:6:5: id must be unique, got "a" again']);
});

test("[SL2] a budget's window, fault and metric must exist in the scenario that uses it", () => {
  const files = {
    "small.yaml": `${SMALL}budgets: [b.yaml]\n`,
    "b.yaml": `${head}  - { id: a, metric: value(join.offerd), window: impct, limit: 1 }
  - { id: b, metric: value(join.offered), limit: 1.1x, versus: without kill-nod }
`,
  };
  const metricFault = ({ metrics }: { readonly metrics: readonly string[] }) =>
    metrics[0] === "join.offered"
      ? undefined
      : { must: "name a metric", got: metrics[0]!, known: ["join.offered"] };

  expect(problemsOf(files, [], "small.yaml", { metricFault })).toEqual([
    'b.yaml:5:5: check "a" must be a window of the scenario (run, measured, impact), got "impct" — did you mean "impact"?',
    'b.yaml:5:5: check "a" must name a metric, got "join.offerd" — did you mean "join.offered"?',
    'b.yaml:6:5: check "b" must compare without a fault of the scenario (kill-node), got "kill-nod"',
  ]);
});

test("[SL9] an answer's template holds expressions with windows", () => {
  expect(parseTemplate("half within {p50(join.latency)@storm}.")).toEqual({
    parts: [
      { text: "half within " },
      { expression: parseExpression("p50(join.latency)"), window: "storm" },
      { text: "." },
    ],
  });
  expect(parseTemplate("{median}")).toHaveProperty("must");
  expect(parseExpression("ratio(a.b, c/d)")).toMatchObject({
    fn: "ratio",
    metrics: ["a.b", "c/d"],
  });
  expect(parseExpression("p99.9(a)")?.quantile).toBeCloseTo(0.999, 12);
});
