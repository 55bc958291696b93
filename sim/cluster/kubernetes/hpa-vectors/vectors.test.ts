import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluated } from "./evaluate.ts";

const file = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../test/data/${name}.json`, import.meta.url), "utf8"));

describe.each([
  ["hpa-vectors", 143],
  ["hpa-derived-vectors", 11],
])("[HP1] %s", (name, rows) => {
  const { verdicts, errors } = evaluated(file(name));

  test("every row is read", () => {
    expect(errors).toEqual([]);
    expect(verdicts.length).toBe(rows);
  });

  test.each(verdicts.map((verdict) => [verdict.id, verdict] as const))("%s", (_id, verdict) => {
    expect({ got: verdict.got, differs: verdict.differs }).toEqual({
      got: verdict.got,
      differs: [],
    });
    expect(verdict.passed).toBe(true);
  });
});

/** One row of a file. */
function row(fields: object): object {
  return { format: "hpa-vectors/1", vectors: [fields] };
}

const LIMIT = {
  id: "x-1",
  kind: "behaviors",
  fn: "scaleUpLimit",
  input: {
    currentReplicas: 3,
    rules: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] },
    scaleUpEvents: [{ change: 1, age: 59 }],
    scaleDownEvents: [{ change: 4, age: 61 }],
  },
  expected: { limit: 4 },
};

test("[HP1] rows of a function that no shipped row has are evaluated too", () => {
  expect(evaluated(row(LIMIT)).verdicts[0]).toMatchObject({ id: "x-1", passed: true });
  const { verdicts } = evaluated(row({ ...LIMIT, expected: { limit: 5 } }));

  expect(verdicts).toEqual([
    {
      id: "x-1",
      kind: "behaviors",
      fn: "scaleUpLimit",
      expected: { limit: 5 },
      got: { limit: 4 },
      passed: false,
      differs: ["limit"],
    },
  ]);
});

test("[HP1] the reason of a stabilization and the history of the path without behaviour can be expected", () => {
  const legacy = {
    id: "s-1",
    kind: "stabilization",
    fn: "legacy",
    input: {
      downscaleStabilizationSeconds: 300,
      recommendations: [
        { replicas: 9, age: 301 },
        { replicas: 6, age: 300 },
      ],
      desiredReplicas: 2,
    },
    expected: { stabilized: 6, reason: "ScaleDownStabilized", historyAfter: [2, 6] },
  };

  expect(evaluated(row(legacy)).verdicts[0]).toMatchObject({ passed: true });
});

const POLICY = "input.rules.policies[0]";

test.each([
  [{}, "vectors[0]: id must be there"],
  [{ id: 7 }, "vectors[0]: id must be a text, got 7"],
  [{ ...LIMIT, kind: "behaviour" }, "x-1: kind must be one of replicaCalculator,"],
  [{ ...LIMIT, fn: "scaleLimit" }, "x-1: fn must be one of convertWithBehaviorRate, scaleUpLimit,"],
  [{ ...LIMIT, input: {} }, "x-1: input.currentReplicas must be there"],
  [{ ...LIMIT, input: null }, "x-1: input must be there"],
  [
    {
      ...LIMIT,
      expected: {},
      input: { currentReplicas: 3, rules: { policies: [{ type: "Pod" }] } },
    },
    `x-1: ${POLICY}.type must be one of Pods, Percent, got "Pod"`,
  ],
  [
    { ...LIMIT, expected: { limits: 4 } },
    "x-1: expected.limits is nothing that scaleUpLimit tells; it tells limit",
  ],
])("[HP2] a row that does not have the layout is named with its field: %#", (fields, message) => {
  const { verdicts, errors } = evaluated(row(fields));

  expect(verdicts).toEqual([]);
  expect(errors.map((error) => error.message.slice(0, message.length))).toEqual([message]);
});

test.each([
  [[], "the file must be an object with `format` and `vectors`"],
  [{ vectors: [] }, "format must be there"],
  [{ format: "hpa-vectors/1", vectors: [] }, "vectors must have a row"],
  [row({ ...LIMIT, expected: { limit: null } }), "x-1: expected must name something"],
  [
    { format: "hpa-vectors/2", vectors: [] },
    'format must be one of hpa-vectors/1, got "hpa-vectors/2"',
  ],
  [{ format: "hpa-vectors/1" }, "vectors must be there"],
  [{ format: "hpa-vectors/1", vectors: [LIMIT, LIMIT] }, "x-1: id is there twice"],
])("[HP2] a file that does not have the layout: %#", (parsed, message) => {
  expect(evaluated(parsed).errors.map((error) => error.message)).toEqual([message]);
});
