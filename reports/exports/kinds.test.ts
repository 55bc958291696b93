import { expect, test } from "vitest";
import { parse } from "yaml";
import { adapterExport } from "./prometheus-adapter.ts";
import { allExported, EXPORT_KINDS, exported } from "./kinds.ts";
import { kedaExport } from "./keda.ts";
import { disruptionExport } from "./disruption.ts";
import { grafanaExport } from "./grafana.ts";
import { SPECIMEN, SPECIMEN_HPA } from "./specimens.ts";
import type { ExportSubject } from "./subject.ts";

const WITHOUT: ExportSubject = { ...SPECIMEN, hpa: undefined };

test("[EX5] every file names the run: its digests, seeds, verdict and command", () => {
  for (const { name, text } of allExported(SPECIMEN).files) {
    const said = ["join-storm", "pass", "1-2, 7"].filter((part) => !text.includes(part));
    // A comment lists the seeds with their digests.
    expect([name, said.filter((part) => part !== "1-2, 7")]).toEqual([name, []]);
    expect([name, /0123456789abcdef|seed 7 {1,2}00000000000000c7/.test(text)]).toEqual([
      name,
      true,
    ]);
    expect([name, text.includes("stormglass run join-storm --seeds 1,2,7")]).toEqual([name, true]);
  }
});

test("[EX5] equal results give equal bytes", () => {
  expect(allExported(structuredClone(SPECIMEN))).toEqual(allExported(SPECIMEN));
});

test("[EX11] without an HPA there is no HPA and no ScaledObject, and everything else", () => {
  const made = EXPORT_KINDS.filter((kind) => exported(kind, WITHOUT) !== undefined);

  expect(made).toEqual(["prometheus-adapter", "alerts", "grafana", "pdb"]);
  const { files } = allExported(WITHOUT);
  expect(files[0]!.text).toContain("Left out\n  hpa: the result has no HPA\n  keda: the result");
  expect(files.map(({ name }) => name)).not.toContain("hpa.yaml");
  const alerts = files.find(({ name }) => name === "alerts.yaml")!.text;
  expect(alerts).not.toContain("kube_horizontalpodautoscaler");
});

test("[EX6] no two of the adapter's rules serve one name in one API, and none takes another's series", () => {
  interface Rule {
    readonly seriesQuery: string;
    readonly name: { readonly matches: string; readonly as: string };
    readonly metricsQuery: string;
  }
  const { rules, externalRules } = parse(adapterExport(SPECIMEN).files[0]!.text) as Record<
    "rules" | "externalRules",
    readonly Rule[]
  >;
  expect(rules.map(({ name }) => name.as)).toEqual([
    "active_websocket_connections",
    "offered_websocket_connections",
    "fanout_queue_depth",
  ]);
  expect(externalRules.map(({ name }) => name.as)).toEqual([
    "active_websocket_connections",
    "offered_websocket_connections",
    "join_latency_p95_seconds",
    "reconnect_failure_ratio",
  ]);
  const found = [...rules, ...externalRules].map(({ seriesQuery }) => seriesQuery);
  expect(new Set(found).size).toBe(found.length);
  for (const { seriesQuery, name, metricsQuery } of [...rules, ...externalRules]) {
    const family = seriesQuery.split("{")[0]!;
    expect(name.matches).toBe(`^${family}$`);
    expect(metricsQuery).toContain("<<.Series>>{<<.LabelMatchers>>,role=");
    expect(metricsQuery).not.toContain(`${family}{`);
  }
  for (const { seriesQuery, metricsQuery } of rules) {
    expect(seriesQuery).toContain('role="node"');
    expect(metricsQuery).toContain("sum by (<<.GroupBy>>)");
  }
});

test("[EX6, EX7] a metric that the server does not have is the reader's to serve, and told", () => {
  const metric = {
    type: "Pods" as const,
    metric: "calls_in_progress",
    labels: [["queue", "gold"]] as const,
    target: "AverageValue" as const,
    amount: "40",
  };
  const hpa = { ...SPECIMEN_HPA, metrics: [metric] };
  const subject = { ...SPECIMEN, hpa };

  expect(adapterExport(subject).warnings).toEqual([
    "The HPA names calls_in_progress (Pods), which is none of the server's: its rule is yours to write.",
  ]);
  const { files, warnings } = kedaExport(subject, hpa);
  expect(warnings).toEqual([
    "calls_in_progress is none of the server's metrics: its query is yours to write.",
  ]);
  expect(files[0]!.text).toContain('query: sum(calls_in_progress{namespace="calls",queue="gold"})');
});

interface Scaled {
  readonly spec: Record<string, unknown> & {
    readonly triggers: readonly {
      type: string;
      metricType: string;
      metadata: Record<string, string>;
    }[];
  };
}
const scaledObject = (subject: ExportSubject): Scaled =>
  parse(kedaExport(subject, subject.hpa!).files[0]!.text) as Scaled;

test("[EX7] the ScaledObject has the HPA's limits, targets and behavior, a floor and a fallback", () => {
  const { spec } = scaledObject(SPECIMEN);

  expect(spec).toMatchObject({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name: "stormglass-node" },
    minReplicaCount: 8,
    maxReplicaCount: 64,
    fallback: { failureThreshold: 3, replicas: 42, behavior: "currentReplicasIfHigher" },
    advanced: {
      horizontalPodAutoscalerConfig: {
        behavior: { scaleDown: { stabilizationWindowSeconds: 600, tolerance: "0.15" } },
      },
    },
  });
  expect(
    spec.triggers.map(({ type, metricType, metadata }) => [
      type,
      metricType,
      metadata["threshold"] ?? metadata["value"],
    ]),
  ).toEqual([
    ["prometheus", "AverageValue", "1700"],
    ["prometheus", "AverageValue", "62.5"],
    ["prometheus", "Value", "2.5"],
    ["cpu", "Utilization", "65"],
  ]);
  expect(spec.triggers[0]!.metadata).toMatchObject({
    serverAddress: "http://prometheus.monitoring.svc:9090",
    query: 'sum(offered_websocket_connections{namespace="calls",role="node"})',
    ignoreNullValues: "false",
  });
});

test("[EX7] the floor is the fallback where no run had this HPA, and CPU alone has none", () => {
  const other = { ...SPECIMEN_HPA, isOfRun: false, mostReplicas: undefined };
  expect(scaledObject({ ...SPECIMEN, hpa: other }).spec["fallback"]).toMatchObject({ replicas: 8 });
  const cpu = { ...SPECIMEN_HPA, metrics: SPECIMEN_HPA.metrics.slice(-1) };
  expect(scaledObject({ ...SPECIMEN, hpa: cpu }).spec).not.toHaveProperty("fallback");
  expect(scaledObject({ ...SPECIMEN, kubernetes: "1.32" }).spec["advanced"]).toEqual({
    horizontalPodAutoscalerConfig: {
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: "Max" },
        scaleDown: {
          stabilizationWindowSeconds: 600,
          policies: [{ type: "Pods", value: 1, periodSeconds: 120 }],
        },
      },
    },
  });
});

test("[EX9] panels have ids and places of their own, units, and the lines of budgets and targets", () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly fieldConfig?: {
      readonly defaults: {
        readonly unit: string;
        readonly thresholds: { readonly steps: { value: number | null }[] };
      };
    };
    readonly targets?: readonly { readonly refId: string }[];
  }
  const { panels } = JSON.parse(grafanaExport(SPECIMEN).files[0]!.text) as {
    panels: readonly Panel[];
  };
  const places = panels.map(({ gridPos }) => `${gridPos.x},${gridPos.y}`);

  expect(panels.map(({ id }) => id)).toEqual(panels.map((_panel, i) => i + 1));
  expect(new Set(places).size).toBe(panels.length);
  for (const panel of panels.filter(({ type }) => type === "timeseries")) {
    expect(["short", "s", "ops"]).toContain(panel.fieldConfig!.defaults.unit);
    const ids = panel.targets!.map(({ refId }) => refId);
    expect(new Set(ids).size).toBe(ids.length);
  }
  const lines = (title: string): readonly (number | null)[] =>
    panels
      .find((panel) => panel.title === title)!
      .fieldConfig!.defaults.thresholds.steps.map(({ value }) => value);
  expect(lines("Join latency")).toEqual([null, 1.2, 5]);
  expect(lines("Connections per node")).toEqual([null, 1_700]);
  expect(lines("Fanout queue")).toEqual([null, 62.5]);
});

test("[EX10] the drain ends before the grace does, and the slowest pod of the runs is told", () => {
  const { files, warnings } = disruptionExport(SPECIMEN);
  const [workload, budget, component] = files.map(({ text }) => parse(text) as { spec: never });

  expect(workload).toMatchObject({
    kind: "StatefulSet",
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: 120,
          containers: [
            {
              env: [
                { name: "STORMGLASS_DRAIN_NOTICE", value: "5s" },
                { name: "STORMGLASS_DRAIN_DEADLINE", value: "105s" },
              ],
            },
          ],
        },
      },
    },
  });
  expect(budget).toMatchObject({ kind: "PodDisruptionBudget", spec: { maxUnavailable: 2 } });
  expect(component).toMatchObject({ kind: "Component" });
  expect(files[0]!.text).toContain("the slowest pod was gone after 42.5 s");
  expect(warnings).toEqual([]);
  const cut = { ...SPECIMEN, departure: { ...SPECIMEN.departure, sessionsKilled: 31 } };
  expect(disruptionExport(cut).warnings[0]).toContain("31 sessions were still there");
});
