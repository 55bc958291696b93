import { expect, test } from "vitest";
import { parse } from "yaml";
import { JOIN_SECONDS_BUCKETS } from "../../live/operations/buckets.ts";
import { LoopLag } from "../../live/operations/loop-lag.ts";
import { seenCluster } from "../../live/operations/operations-fixture.ts";
import { openRegistry } from "../../live/operations/registry.ts";
import { queriesIn, selectorsIn } from "../../test/parts/promql.ts";
import { allExported } from "./kinds.ts";
import { CLUSTER_METRICS, LATENCY_BUCKETS_S, SERVER_METRICS } from "./server-metrics.ts";
import { SPECIMEN } from "./specimens.ts";

interface Exposed {
  readonly type: string;
  readonly roles: string[];
  readonly labels: string[];
}

/** What the server's own registries have, by name. */
function exposed(): ReadonlyMap<string, Exposed> {
  const lag = new LoopLag();
  const families = new Map<string, Exposed>();
  for (const role of ["edge", "node"] as const) {
    const registry = openRegistry(seenCluster(2).sources(role), lag);
    for (const metric of registry.getMetricsAsArray()) {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      const family = families.get(name) ?? {
        type: metric.constructor.name.toLowerCase(),
        roles: [],
        labels: labelNames.filter((label) => label !== "role"),
      };
      family.roles.push(role);
      families.set(name, family);
    }
  }
  lag.stop();
  return families;
}

const server = exposed();

test("[EX3] every family that exports name is one of the server's, of its type, roles and labels", () => {
  for (const [name, family] of Object.entries(SERVER_METRICS)) {
    expect([name, server.get(name)]).toEqual([name, family]);
  }
  expect(LATENCY_BUCKETS_S).toEqual(JOIN_SECONDS_BUCKETS);
});

/** Labels that Prometheus and kube-state-metrics add. */
const ADDED = ["namespace", "pod"];
const CLUSTER_LABELS = [
  ...["namespace", "horizontalpodautoscaler", "condition", "status", "statefulset", "deployment"],
];

function faultOf(name: string, label: string, value: string): string | undefined {
  if (name.startsWith("kube_")) {
    const isKnown = (CLUSTER_METRICS as readonly string[]).includes(name);
    if (!isKnown) return "is none of kube-state-metrics";
    return CLUSTER_LABELS.includes(label) ? undefined : `has no ${label}`;
  }
  const base = name.replace(/_(bucket|count|sum)$/, "");
  const family = server.get(name) ?? server.get(base);
  if (family === undefined) return "is none of the server's";
  if ((family.type === "histogram") !== (base !== name)) return "is not what a histogram exposes";
  if (label === "role") return family.roles.includes(value) ? undefined : `has no role ${value}`;
  const labels = [...ADDED, ...family.labels, ...(name.endsWith("_bucket") ? ["le"] : [])];
  return labels.includes(label) ? undefined : `has no ${label}`;
}

test("[EX3] every query of every export asks for series that the server has, by their labels", () => {
  const seen = new Set<string>();
  for (const workload of [SPECIMEN.workload, { kind: "Deployment", name: "n" }]) {
    for (const { name, text } of allExported({ ...SPECIMEN, workload }).files) {
      if (!/\.(yaml|json)$/.test(name)) continue;
      const file: unknown = parse(text);
      const recorded = [...text.matchAll(/record: (\S+)/g)].map(([, record]) => record!);
      for (const query of queriesIn(file)) {
        for (const selector of selectorsIn(query)) {
          seen.add(selector.name);
          if (selector.name.includes(":")) {
            expect(recorded).toContain(selector.name);
            continue;
          }
          for (const { label, value } of [
            { label: "namespace", value: "" },
            ...selector.matchers,
          ]) {
            const fault = faultOf(selector.name, label, value);
            expect(fault === undefined ? "" : `${name}: ${selector.name} ${fault}`).toBe("");
          }
        }
      }
    }
  }
  expect(seen.size).toBeGreaterThan(25);
});

test("[EX3] the check of queries finds what it is there for", () => {
  expect(() => selectorsIn('sum(rate(a{b="c"}[5m])')).toThrow("( is open");
  expect(() => selectorsIn('a{b="c}')).toThrow("a quote is open");
  expect(() => selectorsIn('smu(a{b="c"})')).toThrow("smu is no function");
  expect(() => selectorsIn('a{b="c" d="e"}')).toThrow("no matcher");
  expect(faultOf("fanout_queue_depth", "role", "edge")).toBe("has no role edge");
  expect(faultOf("fanout_queue", "role", "node")).toBe("is none of the server's");
  expect(faultOf("rtc_joins_total", "code", "x")).toBe("has no code");
  expect(faultOf("rtc_join_duration_seconds", "le", "5")).toBe("is not what a histogram exposes");
});
