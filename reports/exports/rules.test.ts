import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { burnRules, eventsLeastOf } from "./burn-rate.ts";
import { derivedObjectives, type Objective } from "./objectives.ts";
import { alertsExport } from "./rules.ts";
import { checkOf, SPECIMEN } from "./specimens.ts";
import type { CheckResult } from "./subject.ts";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

const { files } = alertsExport(SPECIMEN);
const textOf = (name: string): string => files.find((file) => file.name === name)!.text;
const rules = (parse(textOf("alerts.yaml")) as Groups).groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);

const objectiveOf = (check: CheckResult): Objective => derivedObjectives([check]).objectives[0]!;
const p95 = (limit: number): Objective =>
  objectiveOf(checkOf("join-p95", "p95(join.latency)", { limit }));

test("[EX4] 99.9 % burns at 14.4, 6 and 1 times 0.1 %, over a long window and a short one", () => {
  const objective = objectiveOf(
    checkOf("ok", "value(join.success.ratio)", { op: ">=", limit: 0.999 }),
  );
  const burns = burnRules(objective, 'namespace="calls"');

  expect(burns.alerts.map(({ expr }) => expr.split("\nand\n"))).toEqual([
    [
      "stormglass:ok_bad:rate1h / stormglass:ok_all:rate1h > 0.0144",
      "stormglass:ok_bad:rate5m / stormglass:ok_all:rate5m > 0.0144",
      "stormglass:ok_all:rate1h * 3600 >= 695",
    ],
    [
      "stormglass:ok_bad:rate6h / stormglass:ok_all:rate6h > 0.006",
      "stormglass:ok_bad:rate30m / stormglass:ok_all:rate30m > 0.006",
      "stormglass:ok_all:rate6h * 21600 >= 1667",
    ],
    [
      "stormglass:ok_bad:rate3d / stormglass:ok_all:rate3d > 0.001",
      "stormglass:ok_bad:rate6h / stormglass:ok_all:rate6h > 0.001",
      "stormglass:ok_all:rate3d * 259200 >= 10000",
    ],
  ]);
  expect(burns.alerts.map(({ labels }) => labels["severity"])).toEqual(["page", "page", "ticket"]);
  expect(burns.dropped).toEqual([]);
});

test("[EX4] a pace that would need more bad events than there are is left out, and said", () => {
  const median = objectiveOf(checkOf("median", "p50(join.latency)", { limit: 1_000 }));
  const { alerts: kept, dropped } = burnRules(median, "");

  expect(kept.map(({ alert }) => alert)).toEqual(["StormglassMedianBurnSlow"]);
  expect(dropped).toEqual([
    "median, 14.4 times over 1h: left out, a share of 7.2 bad events is more than all",
    "median, 6 times over 6h: left out, a share of 3 bad events is more than all",
  ]);
  expect(textOf("alerts.yaml")).toContain("# join-median, 6 times over 6h: left out");
});

test("[EX4] ten bad events at least: fewer events than that takes say nothing", () => {
  expect([0.0144, 0.3, 0.72].map(eventsLeastOf)).toEqual([695, 34, 14]);
});

test("[EX4] a latency budget counts joins up to the bucket at its limit, or the next below", () => {
  const bad = (objective: Objective): string => objective.bad('namespace="n"', "5m");

  expect(bad(p95(5_000))).toContain('le=~"5|5[.]0"');
  expect(p95(5_000).caveat).not.toContain("has an edge");
  expect(bad(p95(7_000))).toContain('le=~"5|5[.]0"');
  expect(p95(7_000).caveat).toContain("limit is 7 s; the server's histogram has an edge at 5 s");
  expect(bad(p95(250))).toContain('le=~"0[.]25"');
  expect(p95(5_000).share).toBe(0.95);
});

test("[EX4] what a live cluster cannot count has no burn rate, and the file says why", () => {
  const checks = [
    checkOf("paired", "p99(join.latency)", { limit: 5, versus: "without kill-node" }),
    checkOf("tiny", "p99(join.latency)", { limit: 1 }),
    checkOf("all", "value(join.success.ratio)", { op: ">=", limit: 1 }),
    checkOf("none", "value(reconnect.failure.ratio)", { op: "==", limit: 0 }),
    checkOf("resume", "p99(reconnect.time)", { limit: 10_000 }),
    checkOf("memory", "max(node.memory.bytes)", { limit: 1 }),
  ];
  const { objectives, left } = derivedObjectives(checks);

  expect(objectives).toEqual([]);
  expect(left.map(({ id, why }) => `${id}: ${why}`)).toEqual([
    "paired: it compares with a paired run, which a live cluster does not have",
    "tiny: its limit is below the least bucket of the server's histogram",
    "all: it allows nothing, so there is no budget that could burn",
    "none: it has no upper limit",
    "resume: the server sees a client only when it is back, not when it was lost",
    "memory: it is neither a share of events nor a latency that the server counts",
  ]);
  const nothing = alertsExport({ ...SPECIMEN, checks }).files[0]!.text;
  expect(nothing).toContain(
    "# resume: no burn rate, the server sees a client only when it is back",
  );
  expect((parse(nothing) as Groups).groups.map(({ name }) => name)).toEqual([
    "stormglass-symptoms",
  ]);
});

test("[EX4] a budget that only warns never pages", () => {
  const warned = alerts.filter(({ labels }) => labels["objective"] === "join-median");

  expect(warned.map(({ labels }) => labels["severity"])).toEqual(["ticket"]);
});

test("[EX8] every alert says what happens in words and leads to a line of docs/deploy.md", () => {
  const document = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
  const titles = [...document.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!);
  const anchors = titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  const names = alerts.map(({ alert }) => alert);

  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(15);
  for (const { alert, labels, annotations } of alerts) {
    const { summary, description, runbook } = annotations;
    expect([alert, summary, description]).toEqual([
      alert,
      expect.stringMatching(/^.{20,90}\.$/),
      expect.stringMatching(/^.{40,}\.$/),
    ]);
    expect(["page", "ticket"]).toContain(labels["severity"]);
    expect(runbook).toMatch(/^docs\/deploy\.md#/);
    expect(anchors).toContain(runbook!.split("#")[1]);
  }
});

test("[EX8] the PrometheusRule has the same groups as the file of rules", () => {
  const resource = parse(textOf("prometheus-rule.yaml")) as { spec: Groups; metadata: object };

  expect(resource.spec).toEqual(parse(textOf("alerts.yaml")));
  expect(resource.metadata).toMatchObject({ name: "stormglass", namespace: "calls" });
});

test("[EX8] every alert has a test in which it fires, every burn rate one in which it does not", () => {
  interface Looks {
    readonly alert_rule_test: readonly { alertname: string; exp_alerts: readonly unknown[] }[];
  }
  const { tests } = parse(textOf("alerts.test.yaml")) as { tests: readonly Looks[] };
  const looks = tests.flatMap((one) => one.alert_rule_test);
  const fires = looks.filter((look) => look.exp_alerts.length > 0).map((look) => look.alertname);
  const silent = looks.filter((look) => look.exp_alerts.length === 0).map((look) => look.alertname);

  expect([...new Set(fires)].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  const burning = alerts.map(({ alert }) => alert!).filter((alert) => alert.includes("Burn"));
  expect(burning.filter((alert) => !silent.includes(alert))).toEqual([]);
});
