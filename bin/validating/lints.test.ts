import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HPA_VERSIONS } from "../../scenarios/schema/autoscaling.ts";
import type { Outside } from "../outside.ts";
import { checked } from "./files.ts";
import { RULES } from "./rules.ts";

const shipped = new URL("../../scenarios/", import.meta.url);

/** Files from memory, and those that ship. */
function outsideOf(files: Readonly<Record<string, string>>): Outside {
  const readFile = (path: string): string | undefined => {
    if (Object.hasOwn(files, path)) return files[path];
    if (!path.startsWith("@builtin/")) return undefined;
    const url = new URL(path.slice("@builtin/".length), shipped);
    return existsSync(url) ? readFileSync(url, "utf8") : undefined;
  };
  const exists = (path: string): boolean => readFile(path) !== undefined;
  return { readFile, exists, builtins: () => ["node-death"] } as unknown as Outside;
}

const SCENARIO = `apiVersion: stormglass/v1
kind: Scenario
metadata: { name: small, title: Does it hold? }
run: { duration: 2m }
cluster:
  edges: { count: 1 }
  nodes: { count: 6, maxConnections: 2000 }
clients:
  total: 6k
  arrivals: [{ phase: fill, from: 10s, over: 20s, clients: rest }]
`;
const WINDOWS = `windows:
  early: { from: 0s, to: 5s }
  late: { from: 40s, to: 2m }
  fill: { from: fill.start, to: fill.end }
budgets: [budgets.yaml]
`;
const SOUND = "{ id: sound, metric: p99(join.latency), limit: 1s }";

function lintsOf(scenario: string, checks: readonly string[] = [SOUND]): readonly string[] {
  const budgets = `apiVersion: stormglass/v1\nkind: BudgetSet\nmetadata: { name: b }\nchecks:\n${checks
    .map((check) => `  - ${check}\n`)
    .join("")}`;
  const outside = outsideOf({ "small.yaml": scenario, "budgets.yaml": budgets });
  return checked(outside, "small.yaml").findings.map(
    ({ rule, at, message }) =>
      `${rule} ${at.file}:${at.line}${rule === "invalid" ? ` ${message}` : ""}`,
  );
}

test("[CT8] a sound scenario has no findings", () => {
  expect(lintsOf(SCENARIO + WINDOWS)).toEqual([]);
});

test("[CT9] a window without an event of its metric is found, at the budget's line", () => {
  const checks = [
    "{ id: a, metric: p99(join.latency), window: early, limit: 1s }",
    "{ id: b, metric: p99(join.latency), window: late, limit: 1s }",
    "{ id: c, metric: p99(join.latency), window: fill, limit: 1s }",
    "{ id: d, metric: value(join.gaveup), window: late, limit: 3 }",
    "{ id: e, metric: p99(reconnect.time), window: run, limit: 1s }",
    "{ id: f, metric: value(hpa.flaps), window: run, limit: 3 }",
    "{ id: g, metric: p99(delivery.latency.other/critical), window: run, limit: 1s }",
    "{ id: h, metric: value(pods.started), window: run, limit: 4 }",
  ];
  const fault = "faults: [{ name: kill, kind: node-crash, at: 30s }]\n";

  expect(lintsOf(SCENARIO + WINDOWS, checks)).toEqual(
    [5, 6, 9, 10, 11, 12].map((line) => `window-without-events budgets.yaml:${line}`),
  );
  expect(lintsOf(SCENARIO + WINDOWS + fault, checks)).toEqual(
    [5, 6, 10, 11].map((line) => `window-without-events budgets.yaml:${line}`),
  );
  expect(
    lintsOf(SCENARIO + WINDOWS + fault, [
      "{ id: a, metric: p99(reconnect.time), window: early, limit: 1s }",
    ]),
  ).toEqual(["window-without-events budgets.yaml:5"]);
});

test.each([
  ["p99(join.latency)", "<=", "2m", "limit-cannot-be-missed"],
  ["p99(join.latency)", "<=", "119s", undefined],
  ["value(join.success.ratio)", "<=", "100%", "limit-cannot-be-missed"],
  ["value(join.success.ratio)", ">=", "101%", "limit-cannot-be-met"],
  ["value(join.success.ratio)", ">", "100%", "limit-cannot-be-met"],
  ["value(join.success.ratio)", ">=", "100%", undefined],
  ["value(join.success.ratio)", ">=", "0", "limit-cannot-be-missed"],
  ["value(join.gaveup)", "<", "0", "limit-cannot-be-met"],
  ["value(join.gaveup)", "<=", "0", undefined],
  ["value(join.gaveup)", "<=", "6k", "limit-cannot-be-missed"],
  ["value(join.gaveup)", "==", "1.5", "limit-cannot-be-met"],
  ["value(join.gaveup)", "==", "7k", "limit-cannot-be-met"],
  ["value(critical.lost)", "==", "0", undefined],
  ["max(node.cpu.ratio)", "<=", "90%", undefined],
])("[CT9] %s %s %s: %s", (metric, op, limit, rule) => {
  const check = `{ id: a, metric: "${metric}", window: run, op: "${op}", limit: "${limit}" }`;

  expect(lintsOf(SCENARIO + WINDOWS, [check])).toEqual(
    rule === undefined ? [] : [`${rule} budgets.yaml:5`],
  );
});

test("[CT9] a limit beyond the patience of clients cannot be missed", () => {
  const patient = SCENARIO.replace("total: 6k", "total: 6k\n  patience: 20s");
  const check = (limit: string): string => `{ id: a, metric: p99(join.latency), limit: ${limit} }`;

  expect(lintsOf(patient + WINDOWS, [check("20s")])).toEqual([
    "limit-cannot-be-missed budgets.yaml:5",
  ]);
  expect(lintsOf(patient + WINDOWS, [check("19s")])).toEqual([]);
});

test("[CT9] runs that cannot answer: no budget, one seed with an interval, a share of too few seeds", () => {
  const gated = (gate: string): string =>
    `{ id: a, metric: p99(join.latency), limit: 1s, gate: "${gate}" }`;
  const seeds = (count: number): string =>
    SCENARIO.replace("2m }", `2m, seeds: { count: ${count} } }`) + WINDOWS;

  expect(lintsOf(SCENARIO)).toEqual(["no-budget small.yaml:1"]);
  expect(
    lintsOf(SCENARIO + WINDOWS, [
      "{ id: a, metric: value(join.gaveup), limit: 0, severity: warn }",
    ]),
  ).toEqual(["no-budget small.yaml:15"]);
  expect(lintsOf(seeds(1), [gated("mean-upper-ci")])).toEqual([
    "seeds-without-interval small.yaml:4",
  ]);
  expect(lintsOf(seeds(2), [gated("mean-upper-ci")])).toEqual([]);
  expect(lintsOf(seeds(9), [gated("share-of-seeds >= 90%")])).toEqual([
    "share-needs-seeds budgets.yaml:5",
  ]);
  expect(lintsOf(seeds(10), [gated("share-of-seeds >= 90%")])).toEqual([]);
});

test("[CT9] faults that nobody sees: after the run can settle, and before anybody comes", () => {
  const at = (kind: string, atMs: string): readonly string[] =>
    lintsOf(`${SCENARIO}${WINDOWS}faults: [{ name: x, kind: ${kind}, at: ${atMs} }]\n`);

  expect(at("node-crash", "60s")).toEqual([]);
  expect(at("node-crash", "116s")).toEqual(["fault-too-late small.yaml:16"]);
  expect(at("zone-loss", "114s")).toEqual(["fault-too-late small.yaml:16"]);
  expect(at("rolling-deploy", "5s")).toEqual(["fault-before-anybody small.yaml:16"]);
  expect(at("node-crash", "5s")).toEqual([]); // It stays away, so everybody meets it.
});

const HPA = (spec: string): string => `autoscaling:\n  hpa:\n${spec}`;
const connections = (target: number): string => `    metrics:
      - type: Pods
        pods: { metric: { name: active_websocket_connections }, target: { type: AverageValue, averageValue: "${target}" } }
`;
const RANGE = "    minReplicas: 6\n    maxReplicas: 60\n";

test("[CT10] what an HPA cannot do for signaling nodes is found at the field that says it", () => {
  const lints = (spec: string): readonly string[] => lintsOf(SCENARIO + WINDOWS + HPA(spec));
  const down = (seconds: number): string =>
    `    behavior: { scaleDown: { stabilizationWindowSeconds: ${seconds} } }\n`;

  expect(lints(RANGE + connections(1_200))).toEqual([]);
  expect(lints(RANGE + connections(1_900))).toEqual([
    "hpa-target-saturates small.yaml:22",
    "hpa-floor-zone-loss small.yaml:18",
  ]);
  expect(lints(RANGE + connections(1_700))[0]).toBe("hpa-target-crawls small.yaml:22");
  expect(lints(RANGE + connections(1_200) + down(20))).toEqual(["hpa-window-short small.yaml:23"]);
  expect(lints(RANGE + connections(1_200) + down(300))).toEqual([]);
  expect(lints(RANGE)).toEqual(["hpa-cpu-alone small.yaml:18"]);
  expect(lints("    minReplicas: 1\n    maxReplicas: 9\n" + connections(600))).toEqual([
    "hpa-floor-of-one-zone small.yaml:18",
  ]);
  expect(lints("    minReplicas: 6\n    maxReplicas: 6\n" + connections(600))).toEqual([
    "hpa-fixed small.yaml:19",
  ]);
  expect(lints(RANGE + connections(600).replace("active_", "live_"))).toEqual([
    "hpa-unknown-metric small.yaml:21",
  ]);
});

const MANIFEST = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: n }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: n }
  minReplicas: 3
  maxReplicas: 2
`;

test("[CT8] every kind of file is checked as loading would, and refused at its line", () => {
  const outside = outsideOf({
    "hpa.yaml": MANIFEST,
    "good.yaml": MANIFEST.replace("maxReplicas: 2", "maxReplicas: 20"),
    "budgets.yaml":
      "apiVersion: stormglass/v1\nkind: BudgetSet\nmetadata: { name: b }\nchecks:\n  - { id: a, metric: p99(join.latencie), limit: 1s }\n",
    "samples.yaml":
      "apiVersion: stormglass/v1\nkind: MetricSamples\nmetadata: { name: s }\nlooks:\n  - { at: 0s, replicas: 3 }\n  - { at: 2m }\n",
    "late.yaml":
      "apiVersion: stormglass/v1\nkind: MetricSamples\nmetadata: { name: s }\nlooks:\n  - { at: 9s, replicas: 3 }\n  - { at: 2s }\n",
    "profile.yaml": "apiVersion: stormglass/v1\nkind: Profile\n",
    "other.yaml": "kind: Deployment\n",
    "typo.yaml": "# A comment.\nkind: BudgetSets\n",
    "broken.yaml": "kind: [\n",
    "list.yaml": "- 1\n",
  });
  const found = (name: string): readonly string[] =>
    checked(outside, name).findings.map(({ rule, at, message }) => `${at.line} ${rule} ${message}`);

  expect(found("hpa.yaml")).toEqual([expect.stringMatching(/^7 invalid spec\.maxReplicas must /)]);
  expect(found("good.yaml")).toEqual([expect.stringMatching(/^5 hpa-cpu-alone /)]);
  expect(found("budgets.yaml")).toEqual([
    expect.stringMatching(
      /^5 invalid check "a" must name a metric .* did you mean "join\.latency"/,
    ),
  ]);
  expect(found("samples.yaml")).toEqual([expect.stringMatching(/^6 samples-too-far-apart /)]);
  expect(found("late.yaml")).toEqual([
    expect.stringMatching(/^6 invalid looks\[1\]\.at must be later/),
  ]);
  expect(found("profile.yaml")[0]).toMatch(/invalid .*must/);
  expect(found("other.yaml")).toEqual([
    expect.stringMatching(/^1 invalid kind must be one of .*got "Deployment"/),
  ]);
  expect(found("typo.yaml")).toEqual([
    expect.stringMatching(/^2 invalid .* did you mean "BudgetSet"/),
  ]);
  expect(found("broken.yaml")[0]).toMatch(/invalid must be YAML/);
  expect(found("list.yaml")).toEqual([expect.stringMatching(/invalid kind must be one of/)]);
  expect(found("nowhere.yaml")[0]).toMatch(/^0 invalid must be a scenario that ships .* or a file/);
});

test("[CT8] all that a scenario is refused for is told, wherever it stands", () => {
  const broken = SCENARIO.replace("total: 6k", "total: 6q").replace("count: 6,", "cuont: 6,");

  expect(
    lintsOf(broken + WINDOWS, ["{ id: a, metric: p99(join.latency), window: lat, limit: 1s }"]),
  ).toEqual([
    expect.stringMatching(
      /^invalid budgets\.yaml:5 check "a" must be a window .* did you mean "late"/,
    ),
    expect.stringMatching(/^invalid small\.yaml:7 .*count/),
    expect.stringMatching(/^invalid small\.yaml:7 .*/),
    expect.stringMatching(/^invalid small\.yaml:9 clients\.total must /),
  ]);
});

test("[CT9] scenarios that ship have no warnings, and rules have ids of their own", () => {
  const outside = outsideOf({});
  const { findings, file } = checked(outside, "node-death");

  expect([findings, file]).toEqual([[], { file: "node-death", kind: "Scenario" }]);
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  expect(HPA_VERSIONS).toContain("1.35"); // By which a manifest without a scenario is read.
});
