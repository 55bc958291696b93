import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseMetricSamples } from "./metric-samples.ts";
import { InputError } from "./problem.ts";
import { schemaText } from "./schemas.ts";

const HEAD = "apiVersion: stormglass/v1\nkind: MetricSamples\nmetadata: { name: mine }\n";

function problems(text: string): readonly string[] {
  try {
    parseMetricSamples("samples.yaml", HEAD + text);
    return [];
  } catch (error) {
    return (error as InputError).message.split("\n");
  }
}

test("[HE6] samples say what was seen, in any detail that is known", () => {
  const samples = parseMetricSamples(
    "samples.yaml",
    `${HEAD}follow: true
requests: { cpu: 500m, memory: 64Mi }
looks:
  - at: 1m30s
    replicas: 12
    statusReplicas: 14
    podCount: 9
    pendingCount: 3
    metrics: { load: { average: 62.5 }, open: { total: 1.5k }, slow: { error: down } }
  - at: 2m
    pods:
      - { name: a, values: { load: 7, cpu: 250m } }
      - { ready: false, started: -45s, readySince: 1m50s }
      - { pending: true, deleted: true }
`,
  );

  expect([samples.name, samples.title, samples.follow]).toEqual(["mine", "", true]);
  expect([...samples.requests]).toEqual([
    ["cpu", "500m"],
    ["memory", "64Mi"],
  ]);
  const [first, second] = samples.looks;
  expect(first).toMatchObject({ atMs: 90_000, replicas: 12, statusReplicas: 14 });
  expect(first).toMatchObject({ podCount: 9, pendingCount: 3, pods: undefined });
  expect([...first.metrics.values()]).toEqual([
    { kind: "average", quantity: "62.5" },
    { kind: "total", quantity: "1.5k" },
    { kind: "failed", error: "down" },
  ]);
  expect([second.replicas, second.podCount, second.pendingCount]).toEqual([
    undefined,
    undefined,
    0,
  ]);
  expect(
    second.pods?.map(({ name, isReady, startedAtMs }) => [name, isReady, startedAtMs]),
  ).toEqual([
    ["a", true, undefined],
    [undefined, false, -45_000],
    [undefined, true, undefined],
  ]);
  expect(second.pods?.[1].readySinceMs).toBe(110_000);
  expect(second.pods?.map(({ isPending, isDeleted }) => [isPending, isDeleted])).toEqual([
    [false, false],
    [false, false],
    [true, true],
  ]);
});

test.each([
  ["looks: []", "samples.yaml:4:8: looks must have at least one element, got an empty list"],
  ["looks:\n  - { at: 0s }", "samples.yaml:5:5: looks[0].replicas must be given"],
  [
    "looks:\n  - { at: 0s, replicas: 2 }\n  - { at: 0s }",
    "samples.yaml:6:11: looks[1].at must be later than that of the look before",
  ],
  [
    "looks:\n  - { at: 0s, replicas: 2, podcount: 3 }",
    'samples.yaml:5:28: looks[0] must have no key "podcount" — did you mean "podCount"?',
  ],
  [
    "looks:\n  - { at: 0s, replicas: 2, metrics: { load: { average: 5 Mi } } }",
    'samples.yaml:5:56: looks[0].metrics.load.average must be a quantity from 0 on, such as 1700, 250m or 64Mi, got "5 Mi"',
  ],
  [
    "looks:\n  - { at: 0s, replicas: 2, metrics: { load: { average: 5, total: 10 } } }",
    "samples.yaml:5:45: looks[0].metrics.load must have one of average, total, error",
  ],
  [
    "looks:\n  - { at: 0s, replicas: 2, podCount: 2, pods: [{ started: 5 }] }",
    "samples.yaml:5:38: looks[0].podCount must not stand beside pods",
  ],
  [
    "looks:\n  - { at: 0s, replicas: 2, pods: [{ started: soon }] }",
    "samples.yaml:5:46: looks[0].pods[0].started must be a time with a unit, such as 45s or -2m",
  ],
])("[HE7] what is wrong with samples is told at its line: %#", (text, problem) => {
  expect(problems(text)).toContain(problem);
});

test("[HE6] the samples that ship meet their schema", () => {
  const text = readFileSync(new URL("manifests/metric-samples.yaml", import.meta.url), "utf8");
  const schema = JSON.parse(schemaText("metric-samples")) as object;
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(
    schema,
  );
  validate(parse(text));

  expect(validate.errors).toBeNull();
  expect(parseMetricSamples("evening.yaml", text).looks).toHaveLength(6);
});
