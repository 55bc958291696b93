import { expect, test } from "vitest";
import { parseBudgets, type Budget } from "./budget.ts";
import { problemsIn, problemsOf, SMALL } from "./fixtures.ts";

const SOURCE = "type: stormglass, spec:";
/** An SLO whose indicator and objective are these; `more` is added to its metadata. */
const slo = (indicator: string, objective: string, more = ""): string => `apiVersion: openslo/v1
kind: SLO
metadata:
  name: joins
  displayName: Joins are quick
${more}spec:
  service: signaling
  indicator:
    metadata: { name: joins }
    spec:
      ${indicator}
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives:
    - ${objective}
`;
const counted = (good: string, total: string): string =>
  `ratioMetric: { counter: true, good: { metricSource: { ${SOURCE} { metric: "${good}", window: storm } } }, ` +
  `total: { metricSource: { ${SOURCE} { metric: ${total} } } } }`;
const prometheus =
  'ratioMetric: { counter: true, good: { metricSource: { type: Prometheus, spec: { query: "good" } } }, ' +
  'total: { metricSource: { type: Prometheus, spec: { query: "all" } } } }';
const annotated = (lines: Readonly<Record<string, string>>): string => {
  const all = Object.entries(lines).map(([key, text]) => `    stormglass.dev/${key}: "${text}"\n`);
  return `  annotations:\n${all.join("")}`;
};

const one = (text: string): Budget => parseBudgets("slo.yaml", text)[0]!;
const faults = (text: string): readonly string[] =>
  problemsIn(() => parseBudgets("slo.yaml", text));

test("[OS1] a share of events is a ratio that must be at least the target", () => {
  const budget = one(slo(counted("join.succeeded", "join.offered"), "{ target: 0.999 }"));

  expect(budget).toEqual({
    id: "joins",
    title: "Joins are quick",
    metric: {
      text: "ratio(join.succeeded,join.offered)",
      fn: "ratio",
      quantile: 0,
      metrics: ["join.succeeded", "join.offered"],
    },
    window: "storm",
    op: ">=",
    limit: { kind: "absolute", value: 0.999, unit: "ratio" },
    limitText: "99.9%",
    gate: { kind: "mean-upper-ci" },
    severity: "fail",
    versus: undefined,
    source: { file: "slo.yaml", line: 15, column: 7 },
    period: { text: "28d, rolling", eventCount: undefined },
  });
});

test("[OS1] a share of bad events is a ratio that must be at most the rest", () => {
  const bad = counted("join.refused", "join.offered").replace("good:", "bad:");

  expect(one(slo(bad, "{ targetPercent: 99.9 }"))).toMatchObject({
    metric: { text: "ratio(join.refused,join.offered)" },
    op: "<=",
    limit: { value: 0.001 },
    limitText: "0.1%",
  });
});

test("[OS2] a share of events within a bound is a quantile", () => {
  const within = one(slo(counted("join.latency <= 1500ms", "join.latency"), "{ target: 0.995 }"));
  const bad = counted("join.latency > 1500ms", "join.latency").replace("good:", "bad:");

  expect(within).toMatchObject({
    metric: { text: "p99.5(join.latency)", quantile: 0.995 },
    op: "<=",
    limit: { value: 1_500, unit: "ms" },
  });
  expect(one(slo(bad, "{ target: 0.995 }"))).toMatchObject({
    metric: within.metric,
    limit: within.limit,
  });
});

test("[OS2] a threshold of a histogram is a quantile, in the unit that the source names", () => {
  const threshold = (metric: string, unit: string): string =>
    `thresholdMetric: { metricSource: { ${SOURCE} { metric: "${metric}", unit: ${unit} } } }`;

  expect(
    one(slo(threshold("join.latency", "s"), "{ op: lte, value: 2.5, target: 0.9 }")),
  ).toMatchObject({
    metric: { text: "p90(join.latency)" },
    op: "<=",
    limit: { value: 2_500, unit: "ms" },
  });
  expect(
    one(slo(threshold("join.latency", "ms"), "{ op: gte, value: 5, target: 0.9 }")),
  ).toMatchObject({
    metric: { text: "p10(join.latency)" },
    op: ">=",
  });
  expect(
    one(slo(threshold("max(node.memory.bytes)", "MiB"), "{ op: lt, value: 512, target: 0.8 }")),
  ).toMatchObject({
    metric: { text: "max(node.memory.bytes)" },
    op: "<",
    limit: { value: 512 * 1_048_576, unit: "bytes" },
    gate: { kind: "share-of-seeds", ratio: 0.8 },
  });
});

test("[OS3] annotations say what a source of another type means, and the rest that OpenSLO cannot", () => {
  const more = annotated({
    good: "join.latency <= 1s",
    window: "storm",
    gate: "share-of-seeds >= 80%",
    severity: "warn",
    events: "60M",
  });

  expect(
    one(slo(prometheus, "{ target: 0.99, displayName: within a second }", more)),
  ).toMatchObject({
    title: "within a second",
    metric: { text: "p99(join.latency)" },
    window: "storm",
    gate: { kind: "share-of-seeds", ratio: 0.8 },
    severity: "warn",
    period: { text: "28d, rolling", eventCount: 60_000_000 },
  });
  const share = annotated({ metric: "value(join.success.ratio)" });
  expect(one(slo(prometheus, "{ target: 0.99 }", share))).toMatchObject({
    metric: { text: "value(join.success.ratio)" },
    op: ">=",
    window: "measured",
  });
});

test("[OS4] several objectives are several budgets; other documents of the file say nothing or more", () => {
  const referring = slo("x: 1", "{ target: 0.9 }\n    - { target: 0.99 }").replace(
    /indicator:[\s\S]*?x: 1/,
    "indicatorRef: joins-sli",
  );
  const sli = `apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: joins-sli }\nspec:\n  ${counted("join.succeeded", "join.offered")}\n`;
  const service = "apiVersion: openslo/v1\nkind: Service\nmetadata: { name: signaling }\n";
  const own =
    "apiVersion: stormglass/v1\nkind: BudgetSet\nmetadata: { name: own }\n" +
    'checks:\n  - { id: nothing-lost, metric: value(critical.lost), op: "==", limit: 0 }\n';
  const text = [service, referring, sli, own].join("---\n");

  expect(parseBudgets("slo.yaml", text).map(({ id, limitText }) => `${id} ${limitText}`)).toEqual([
    "joins-1 90%",
    "joins-2 99%",
    "nothing-lost 0",
  ]);
  expect(parseBudgets("slo.yaml", text).map(({ source }) => source.line)).toEqual([16, 17, 29]);
});

test.each([
  [
    slo(prometheus, "{ target: 0.99 }"),
    'slo.yaml:11:7: SLO "joins": spec.indicator.spec must say which metric of a run it means: metricSource.type ' +
      "stormglass with spec.metric, or the annotation stormglass.dev/good, such as join.succeeded",
  ],
  [
    slo(counted("join.succeeded", "join.offered"), "{ target: 1 }"),
    'spec.objectives[0].target must be a share above 0 and below 1; what must never happen is a check of a BudgetSet with gate every-seed, got "1"',
  ],
  [
    slo(counted("join.succeeded", "join.offered"), "{ target: 0.9 }").replace(
      "Occurrences",
      "Timeslices",
    ),
    "spec.budgetingMethod must be Occurrences",
  ],
  [
    slo(counted("join.latency <= 1s", "join.offered"), "{ target: 0.9 }"),
    "must have join.latency as its total, of which it bounds a part",
  ],
  [
    slo(counted("join.latency > 1s", "join.latency"), "{ target: 0.9 }"),
    'must count good events as "join.succeeded", or with a bound "join.latency <= 1s"',
  ],
  [
    slo(
      `thresholdMetric: { metricSource: { ${SOURCE} { metric: join.latency } } }`,
      "{ op: lte, value: fast, target: 0.9 }",
    ),
    "spec.objectives[0].value must be a number; its unit",
  ],
  [
    slo(
      `thresholdMetric: { metricSource: { ${SOURCE} { metric: join.latency, unit: s } } }`,
      "{ op: eq, value: 1, target: 0.9 }",
    ),
    'spec.objectives[0].op must be lte, lt, gte or gt, got "eq"',
  ],
  [
    slo(counted("join.succeeded", "join.offered"), "{ target: 0.9, compositeWeight: 1 }"),
    "compositeWeight must not be given: write one SLO for each indicator",
  ],
  [
    slo("x: 1", "{ target: 0.9 }").replace(/indicator:[\s\S]*?x: 1/, "indicatorRef: elsewhere"),
    'spec.indicatorRef must name an SLI of the same file, got "elsewhere"',
  ],
  [
    slo(counted("join.succeeded", "join.offered"), "{ target: 0.9 }", annotated({ gate: "most" })),
    'stormglass.dev/gate must be every-seed, mean-upper-ci or share-of-seeds >= 90%, got "most"',
  ],
  [
    slo(
      counted("join.succeeded", "join.offered"),
      "{ target: 0.9 }",
      annotated({ events: "many" }),
    ),
    'stormglass.dev/events must be a number of events, such as 60M, got "many"',
  ],
  [
    slo("", "").replace("openslo/v1", "openslo/v2alpha"),
    'apiVersion must be "openslo/v1", got "openslo/v2alpha"',
  ],
  ["apiVersion: openslo/v1\nkind: Slo\n", "kind must be SLO, or one of SLI"],
  ["apiVersion: openslo/v1\nkind: Service\n", "must have a BudgetSet, or an SLO of OpenSLO"],
])("[OS5] what has no meaning in a run is refused, with how to say it: %#", (text, problem) => {
  expect(faults(text).join("\n")).toContain(problem);
});

test("[OS5] metrics and windows are checked as those of budget sets are", () => {
  const scenario = `${SMALL}budgets: [slo.yaml]\n`;
  const text = slo(counted("join.succeeded", "join.offered"), "{ target: 0.9 }");
  const elsewhere = text.replace("window: storm", "window: strom");

  expect(problemsOf({ "small.yaml": scenario, "slo.yaml": elsewhere })[0]).toMatch(
    /^slo\.yaml:15:7: check "joins" must .*strom/,
  );
});
