import { expect, test } from "vitest";
import type { Check } from "../sim/slo.ts";
import { answerOf } from "./answer.ts";
import { NO_PAINT, table, visibleLength, wrapped } from "./layout.ts";
import { canonicalJson } from "./results-json.ts";
import { scenarioText, type ScenarioReport } from "./terminal.ts";

function check(changes: Partial<Check> = {}): Check {
  return {
    id: "join-p99",
    title: "hardly anybody waits long",
    metric: "p99(join.latency)",
    window: "storm",
    op: "<=",
    unit: "ms",
    limit: 2_500,
    limitText: "2.5s",
    gate: "mean-upper-ci",
    severity: "fail",
    versus: undefined,
    value: 1_920,
    interval: { low: 1_830, high: 2_010 },
    difference: undefined,
    margin: 0.196,
    worstSeed: 3,
    seeds: [
      { seed: 2, value: 1_830, paired: undefined, limit: 2_500, holds: true },
      { seed: 3, value: 2_010, paired: undefined, limit: 2_500, holds: true },
    ],
    verdict: "pass",
    note: "",
    source: { file: "b.yaml", line: 3 },
    ...changes,
  };
}

const lost = check({
  id: "critical-lost",
  op: "==",
  unit: "count",
  limit: 0,
  gate: "every-seed",
  value: 0.5,
  margin: undefined,
  worstSeed: 3,
  seeds: [
    { seed: 2, value: 0, paired: undefined, limit: 0, holds: true },
    { seed: 3, value: 1, paired: undefined, limit: 0, holds: false },
  ],
  verdict: "fail",
  note: "1 of 2 seeds",
});
const paired = check({
  id: "neighbours",
  limit: 110,
  limitText: "1.10x",
  versus: "without noisy",
  value: 105,
  interval: { low: 104, high: 106 },
  difference: { value: 5, low: 4, high: 6 },
  severity: "warn",
  verdict: "inconclusive",
  note: "the interval holds the limit: add seeds",
});

const report: ScenarioReport = {
  name: "storm",
  title: "Does it hold?",
  answer: "No, one objective is missed (critical-lost).",
  verdict: "fail",
  checks: [check(), lost, paired],
  seeds: [2, 3],
  eventCount: 12_345,
  findingsSeed: 3,
  findings: ["The edges were busy for 93 % of the storm."],
  alarms: [],
  next: [["The same again", "stormglass run storm --seeds 2,3"]],
};

test("[CL5] the answer comes first, then the objectives, then what to look at", () => {
  const lines = scenarioText(report, { width: 100, paint: NO_PAINT }).split("\n");
  const order = [
    report.answer,
    "  Does it hold?",
    lines.find((line) => line.includes("Verdict"))!,
    "Seen in seed 3",
    "Next",
    "storm: seeds 2 to 3, 12,345 events",
  ].map((line) => lines.indexOf(line));

  expect(order[0]).toBe(0);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order).not.toContain(-1);
});

test("[CL5] each row says limit, measured value with interval, margin, worst seed and verdict", () => {
  const lines = scenarioText(report, { width: 100, paint: NO_PAINT }).split("\n");
  const row = (id: string): string =>
    lines.find((line) => line.startsWith(`  ${id} `))!.replaceAll(/ {2,}/g, " | ");

  expect(row("Objective")).toBe(" | Objective | Limit | Measured | Margin | Worst | Verdict");
  expect(row("join-p99")).toBe(
    " | join-p99 | ≤ 2.5 s | 1.92 s [1.83 s – 2.01 s] | 19.6 % | 3 | PASS",
  );
  expect(row("critical-lost")).toBe(" | critical-lost | = 0 | 0.5, at worst 1 | 3 | FAIL");
  expect(row("neighbours")).toBe(
    " | neighbours | ≤ 1.10× paired | 105 ms [104 ms – 106 ms] | 19.6 % | 3 | UNSURE",
  );
  expect(lines).toContain("  critical-lost: 1 of 2 seeds");
  expect(lines.join("\n")).toContain("+5 ms [+4 ms – +6 ms] against the same");
  expect(lines.join("\n")).toContain("    stormglass run storm --seeds 2,3");
  expect(lines.at(-2)).toBe("storm: seeds 2 to 3, 12,345 events");
});

test("[CL6] a narrow terminal gets a list, and no line but commands is wider than it", () => {
  for (const width of [40, 60, 72]) {
    const lines = scenarioText(report, { width, paint: NO_PAINT }).split("\n");
    const wide = lines.filter(
      (line) => visibleLength(line) > width && !line.includes("stormglass run"),
    );

    expect([width, wide]).toEqual([width, []]);
  }
  expect(scenarioText(report, { width: 40, paint: NO_PAINT })).toContain("    Verdict   FAIL\n");
});

test("[CL6] words carry the verdict, colour is only added", () => {
  const marked = { ...NO_PAINT, bad: (text: string) => `\u001b[31m${text}\u001b[39m` };
  const plain = scenarioText(report, { width: 100, paint: NO_PAINT });
  const coloured = scenarioText(report, { width: 100, paint: marked });

  expect(coloured).not.toBe(plain);
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
});

test("lines wrap at words, and columns align whatever their escape sequences", () => {
  expect(wrapped("one two three", 8, "> ", "  ")).toEqual(["> one", "  two", "  three"]);
  expect(wrapped("incomprehensibilities", 8)).toEqual(["incomprehensibilities"]);
  expect(wrapped("", 8)).toEqual([]);
  const columns = [
    { title: "A", align: "left" },
    { title: "B", align: "right" },
  ] as const;
  expect(
    table(
      columns,
      [
        ["\u001b[1mx\u001b[22m", "10"],
        ["yy", "5"],
      ],
      80,
    ),
  ).toEqual(["  A    B", "  \u001b[1mx\u001b[22m   10", "  yy   5"]);
});

test("[CL5] the answer says Yes, No or Not sure, in how many seeds, or why there is none", () => {
  const input = {
    checks: [check()],
    seedCount: 5,
    stopped: [],
    template: [],
    measured: () => undefined,
  };

  expect(answerOf({ ...input, verdict: "pass" })).toBe("Yes, in 5 seeds.");
  expect(answerOf({ ...input, verdict: "pass", seedCount: 1 })).toBe(
    "Yes, in the one seed that was run.",
  );
  expect(answerOf({ ...input, checks: [check(), lost], verdict: "fail" })).toBe(
    "No, one objective is missed (critical-lost).",
  );
  expect(
    answerOf({ ...input, checks: [{ ...paired, severity: "fail" }], verdict: "inconclusive" }),
  ).toBe("Not sure, neighbours is open (the interval holds the limit: add seeds).");
  expect(answerOf({ ...input, checks: [], verdict: "pass" })).toBe(
    "No limit was set; measured in 5 seeds.",
  );
  expect(answerOf({ ...input, stopped: ["seed 2 stopped"], verdict: "pass" })).toBe(
    "No answer, seed 2 stopped.",
  );
  expect(answerOf({ ...input, seedCount: 0, verdict: "inconclusive" })).toBe(
    "No answer, nothing was run to its end.",
  );
});

test("[CL7] results are JSON with sorted keys, 12 digits, and no Infinity", () => {
  expect(canonicalJson({ b: [1 / 3, Infinity], a: { d: 1e15, c: undefined } }, 0)).toBe(
    '{"a":{"d":1000000000000000},"b":[0.333333333333,"unlimited"]}\n',
  );
});
