import { expect, test } from "vitest";
import { NO_PAINT } from "./layout.ts";
import { planText } from "./plan.ts";
import type { CandidateReport, PlanDocument } from "./plan-document.ts";

function candidate(value: number, held: number, seeds: number, margin: number): CandidateReport {
  const isGood = held === seeds;
  return {
    value,
    seeds,
    held,
    share: { low: isGood ? 0.2924 : 0, high: isGood ? 1 : 0.842 },
    verdict: isGood ? "pass" : "fail",
    isWhole: seeds === 3,
    checks: [
      {
        id: "join-success",
        title: "everybody gets in",
        metric: "value(join.success.ratio)",
        window: "run",
        op: ">=",
        unit: "ratio",
        limit: 0.999,
        value: 0.999 * (1 + margin),
        worst: 0.999 * (1 + margin),
        margin,
        verdict: isGood ? "pass" : "fail",
        severity: "fail",
        missedSeeds: seeds - held,
      },
    ],
    clientsPerNode: 100_000 / value,
    maxConnections: 2_000,
    busiest: { nodeCpuRatio: 0.0193, edgeMemoryBytes: 2 ** 29 },
    stopped: [],
  };
}

const DOCUMENT: PlanDocument = {
  schemaVersion: "1.0",
  tool: { name: "stormglass", version: "0.1.0" },
  complete: true,
  command: "stormglass plan join-storm-100k --min replicas",
  question: {
    goal: "min",
    variable: "replicas",
    scenarios: ["join-storm-100k"],
    from: 1,
    to: 236,
    precision: 1,
    precisionUnit: "count",
  },
  answer: "57 nodes are enough for join-storm-100k; 56 are not.",
  value: 57,
  scenarios: [
    {
      name: "join-storm-100k",
      title: "Can it?",
      own: 59,
      seeds: [1, 2, 3],
      bound: { value: 49, why: "99900 clients must be in, and a node seats 2000" },
      fails: 56,
      holds: 57,
      candidates: [candidate(56, 0, 2, -0.0002), candidate(57, 3, 3, 0.001)],
      odd: [54],
    },
  ],
  variants: [
    { lost: "zone", when: "beginning", value: 86, note: "the same runs: of 86 nodes 57 are there" },
    { lost: "zone", when: "middle", note: "none of 1 to 80 holds" },
  ],
  cost: {
    rows: [
      {
        what: "no loss",
        nodes: 57,
        nodeHoursPerRun: 1.43,
        nodeHoursPerMonth: 41_610,
        machines: 15,
        moneyPerMonth: 4_161,
      },
    ],
    podHourPrice: 0.1,
  },
  assumptions: ["join-storm-100k: 16 edges as written, not sized."],
  trials: { run: 14, fromJournal: 2 },
  wall: { seconds: 301, jobs: 2 },
};

const textAt = (width: number): string => planText(DOCUMENT, { width, paint: NO_PAINT });

test("[PN11] the answer is the first line; the interval, what breaks first, headroom and cost follow", () => {
  const text = textAt(100);
  const words = text.replaceAll(/\s+/g, " ");

  expect(text.split("\n")[0]).toBe(DOCUMENT.answer);
  expect(words).toContain(
    "56 nodes do not hold: 0 of 2 seeds; 57 nodes hold: 3 of 3 seeds, so at least 29.2 % of all runs (95 % confidence).",
  );
  expect(words).toContain(
    "At 56 nodes, 1,786 clients per node that seats 2,000, join-success (at worst 99.9 % where ≥ 99.9 % is asked, " +
      "short by 0.02 %, in 2 of 2 seeds) breaks first.",
  );
  expect(words).toContain(
    "Headroom at 57 nodes: margins join-success 0.1 %; busiest node 1.9 % of its CPU, fullest edge 512 MiB.",
  );
  expect(words).toContain("54 nodes held, and yet more did not");
  expect(words).toContain("49 nodes cannot hold (computed): 99,900 clients");
  expect(words).toContain("no loss 57 1.43 41,610 15 4,161");
  expect(words).toContain("14 runs in 5m 01s, 2 taken from the journal");
});

test("[PN11] in 40 columns everything but the command fits, and nothing is lost", () => {
  const command = DOCUMENT.command;
  const lines = textAt(40)
    .split("\n")
    .filter((line) => !line.includes(command));

  expect(lines.filter((line) => line.length > 40)).toEqual([]);
  expect(textAt(40)).toContain("Verdict");
  expect(textAt(40)).toContain("HOLDS");
});

test("[PN11] a miss by many times the limit is told in times, not in per cent", () => {
  const [scenario] = DOCUMENT.scenarios as [PlanDocument["scenarios"][number]];
  const far = { ...scenario, candidates: [candidate(56, 0, 2, -341.6)] };
  const text = planText({ ...DOCUMENT, scenarios: [far] }, { width: 100, paint: NO_PAINT });

  expect(text).toContain("−342 ×");
});

test("[PN11] without prices there is no money, and what is not known is not told", () => {
  const rest: { -readonly [K in keyof PlanDocument]?: PlanDocument[K] } = { ...DOCUMENT };
  delete rest.cost;
  delete rest.value;
  const text = planText(
    {
      ...(rest as PlanDocument),
      complete: false,
      answer: "The search was interrupted.",
      scenarios: [],
      variants: [],
    },
    { width: 80, paint: NO_PAINT },
  );

  expect(text).not.toMatch(/Money|Cost|When something is lost/);
});
