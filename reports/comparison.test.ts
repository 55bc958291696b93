import { expect, test } from "vitest";
import type { ComparedMetricDocument, ComparisonDocument } from "./comparison-document.ts";
import { changeText, comparisonAnswer, comparisonMarkdown, comparisonText } from "./comparison.ts";
import { NO_PAINT } from "./layout.ts";

const P99: ComparedMetricDocument = {
  metric: "p99(join.latency)@storm",
  budgets: ["join-p99"],
  gated: true,
  unit: "ms",
  better: "lower",
  base: 1_900,
  candidate: 1_938,
  difference: 38,
  interval: { low: 20.9, high: 55.1 },
  relative: 0.02,
  relativeInterval: { low: 0.011, high: 0.029 },
  tolerance: 95,
  verdict: "pass",
  change: "worse",
  skewed: false,
  note: "",
  seeds: [],
};
const LOST: ComparedMetricDocument = {
  metric: "value(critical.lost)@run",
  budgets: ["critical-lost"],
  gated: true,
  unit: "count",
  better: "equal",
  base: 0,
  candidate: 0,
  difference: 0,
  interval: { low: 0, high: 0 },
  tolerance: 0,
  verdict: "pass",
  change: "none",
  skewed: false,
  note: "",
  seeds: [],
};
const SIDE = { scenario: "storm", digest: "d", toolVersion: "0.1.0", seeds: 10 };
const DOCUMENT: ComparisonDocument = {
  kind: "stormglass-comparison",
  version: "1.0",
  base: { ...SIDE, label: "baselines/storm.json" },
  candidate: { ...SIDE, label: "this run" },
  verdict: "pass",
  identical: false,
  change: { label: "changed settings", lines: ["cluster.nodes.count: 12 → 11"] },
  seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  identicalSeeds: 0,
  alpha: 0.05,
  looks: 3,
  look: 1,
  confidence: 1 - 0.05 / 3,
  alarms: [],
  notes: [],
  metrics: [P99, LOST],
};

test("[BC16] the size of a change is in words, in its unit and as a share", () => {
  expect(changeText(P99)).toBe("+38 ms (+2.0 %, CI +1.1 … +2.9 %), tolerance 5 %");
  expect(changeText(LOST)).toBe("0, no tolerance");
  const ratio = { ...P99, unit: "ratio", base: 0.9996, difference: -0.0012 } as const;
  const shares = {
    relative: -0.0012,
    relativeInterval: { low: -0.0016, high: -0.0008 },
    tolerance: 0.0005,
  };
  expect(changeText({ ...ratio, ...shares })).toBe(
    "−0.12 points (−0.1 %, CI −0.2 … −0.080 %), tolerance 0.05 points",
  );
  const { metric, budgets, gated, unit, tolerance, change, skewed, note, seeds } = P99;
  const nothing = { metric, budgets, gated, unit, tolerance, change, skewed, note, seeds };
  expect(changeText(nothing)).toBe("not measured on both sides");
});

test("[BC16] the answer names what failed, what is open, and what slipped within its tolerance", () => {
  const answer = (
    change: Partial<ComparedMetricDocument>,
    verdict: ComparisonDocument["verdict"],
  ) => comparisonAnswer({ ...DOCUMENT, verdict, metrics: [{ ...P99, ...change }, LOST] });

  expect(answer({}, "pass")).toBe(
    "No regression in 10 seeds: all 2 gated metrics are within the tolerance. Worse, within the tolerance: " +
      "join-p99 +38 ms (+2.0 %, CI +1.1 … +2.9 %), tolerance 5 %.",
  );
  expect(answer({ verdict: "fail" }, "fail")).toMatch(/^Regression in 10 seeds: join-p99 \+38 ms/);
  const open = { verdict: "inconclusive", note: "the interval holds the tolerance" } as const;
  expect(answer(open, "inconclusive")).toMatch(
    /^Not sure in 10 seeds: join-p99 .* \(the interval holds the tolerance\)\. Add seeds\.$/,
  );
  expect(comparisonAnswer({ ...DOCUMENT, identical: true })).toBe(
    "Identical: all of 10 seeds did the same in every event.",
  );
});

test("[BC16] the text fits, and tells the sides, the change and the level; only what changed if asked", () => {
  const text = (onlyChanged: boolean): string =>
    comparisonText(DOCUMENT, { width: 110, paint: NO_PAINT, onlyChanged });

  for (const line of text(false).split("\n")) expect(line.length).toBeLessThanOrEqual(110);
  expect(text(false)).toContain("  baselines/storm.json → this run (storm): changed settings\n");
  expect(text(false)).toContain("    cluster.nodes.count: 12 → 11\n");
  expect(text(false)).toContain("critical-lost");
  expect(text(true)).not.toContain("critical-lost");
  expect(text(true)).toContain("1 more metric did not change.");
  expect(text(false).replaceAll(/\s+/g, " ")).toContain(
    "intervals of 98.3 % by Student's t, false alarms at most 5 %, a third of it at each of 3 looks (this is look 1)",
  );
});

test("[BC16] names stay text in Markdown", () => {
  const alarms = ["Candidate: seed 3 | <b>stopped</b>"];
  const markdown = comparisonMarkdown({ ...DOCUMENT, alarms }, false);

  expect(markdown).toContain("> **Candidate: seed 3 \\| &lt;b\\>stopped&lt;/b\\>**");
  expect(markdown).toContain("| join-p99 | 1.9 s | 1.94 s | +38 ms (+2.0 %");
});
