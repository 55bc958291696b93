// From a stored result to what the exports are made of: the run, the HPA, how nodes leave.
//
// What results.json does not carry (the grace of pods, the budget of evictions) is read from the scenario again, if it is still
// the one that was run: its digest says so. Else the settings that deploy/ ships are taken, and the export says that.

import { parseDocument } from "yaml";
import { canonicalJson } from "../reports/results-json.ts";
import type {
  Departure,
  ExportSubject,
  HpaSubject,
  ScalingMetric,
} from "../reports/exports/subject.ts";
import { CELL_MARK } from "../scenarios/matrix.ts";
import { InputError } from "../scenarios/problem.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { FieldError } from "../sim/cluster/kubernetes/field.ts";
import { hpaManifest } from "../sim/cluster/kubernetes/hpa/manifest.ts";
import { decimalText } from "../sim/cluster/kubernetes/hpa/quantity.ts";
import type { MetricSpec, MetricTarget } from "../sim/cluster/kubernetes/hpa/spec.ts";
import {
  KUBERNETES_VERSIONS,
  rulesOf,
  type KubernetesVersion,
} from "../sim/cluster/kubernetes/hpa/version.ts";
import type { RunResult } from "../sim/result.ts";
import { loadNamed } from "./load.ts";
import type { Outside } from "./outside.ts";
import type { StoredResult } from "./result-files.ts";

export interface ExportChoices {
  readonly kubernetes: KubernetesVersion | undefined;
  readonly namespace: string | undefined;
  /** Another manifest than the runs had. */
  readonly hpaFile: string | undefined;
  readonly prometheusUrl: string;
}

/** Where deploy/ applies it. */
const NAMESPACE = "stormglass";
const WORKLOAD = { kind: "StatefulSet", name: "stormglass-node" };
/** As deploy/kubernetes/base has it, and its serve.yaml. A test compares. */
export const SHIPPED_DEPARTURE = { graceMs: 90_000, noticeMs: 5_000, maxUnavailable: 1 };

type Manifest = Readonly<Record<string, unknown>>;

/** Throws `InputError` when the manifest is none. */
export function subjectOf(
  outside: Outside,
  { document, runs }: StoredResult,
  choices: ExportChoices,
): ExportSubject {
  const result = document.scenarios[0]!; // A stored result is of one scenario.
  const full = runs.filter((run) => run.variant === "full");
  const scenario = scenarioBehind(outside, result, document.settings)?.scenario;
  const kubernetes = choices.kubernetes ?? versionOf(full, scenario);
  const own = full.find((run) => run.autoscaling?.manifest !== undefined)?.autoscaling?.manifest;
  const hpa = hpaSubject(outside, own ?? scenario?.autoscaling.hpa, full, kubernetes, choices);
  const target = hpa?.manifest["spec"] as { scaleTargetRef: typeof WORKLOAD } | undefined;
  const metadata = hpa?.manifest["metadata"] as { namespace?: unknown } | undefined;
  const said = metadata?.namespace;
  return {
    scenario: result.name,
    verdict: result.verdict,
    answer: result.answer,
    runs: full.map(({ seed, digest }) => ({ seed, digest })),
    runDigest: digestOf(outside, full),
    command: document.command,
    toolVersion: document.tool.version,
    namespace: choices.namespace ?? (typeof said === "string" ? said : NAMESPACE),
    kubernetes,
    prometheusUrl: choices.prometheusUrl,
    checks: result.checks,
    hpa,
    workload:
      target === undefined
        ? WORKLOAD
        : { kind: target.scaleTargetRef.kind, name: target.scaleTargetRef.name },
    departure: departureOf(full, scenario),
  };
}

/** Of one run its own, of several the first 16 hex digits of the sha256 of "seed digest" lines. */
function digestOf(outside: Outside, runs: readonly RunResult[]): string {
  if (runs.length === 1) return runs[0]!.digest;
  const lines = runs.map(({ seed, digest }) => `${seed} ${digest}\n`);
  return outside.sha256(lines.join("")).slice(0, 16);
}

function versionOf(runs: readonly RunResult[], scenario: Scenario | undefined): KubernetesVersion {
  const said = runs.find((run) => run.autoscaling !== undefined)?.autoscaling?.kubernetesVersion;
  const version = said ?? scenario?.autoscaling.kubernetesVersion;
  return KUBERNETES_VERSIONS.find((one) => one === version) ?? "1.35";
}

/** The scenario that was run and what to call it by, if one of the files that it was made of still gives it. */
export function scenarioBehind(
  outside: Outside,
  { name, digest, files }: StoredResult["document"]["scenarios"][number],
  settings: readonly string[],
): { readonly scenario: Scenario; readonly file: string } | undefined {
  const mark = name.indexOf(CELL_MARK);
  const cell = mark < 0 ? "" : name.slice(mark);
  for (const file of Object.keys(files)) {
    try {
      const named = file + cell;
      const { scenario } = loadNamed(outside, named, settings);
      const isSame = scenario.metadata.name === name;
      if (isSame && outside.sha256(canonicalJson(scenario)) === digest) {
        return { scenario, file: named };
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // Budgets and profiles are no scenarios.
    }
  }
  return undefined;
}

function hpaSubject(
  outside: Outside,
  own: Manifest | undefined,
  runs: readonly RunResult[],
  kubernetes: KubernetesVersion,
  { hpaFile }: ExportChoices,
): HpaSubject | undefined {
  const manifest = hpaFile === undefined ? own : manifestFrom(outside, hpaFile);
  if (manifest === undefined) return undefined;
  const read = specOf(manifest, kubernetes, hpaFile ?? "the HPA of the result");
  const isOfRun = own !== undefined && (hpaFile === undefined || sameSpec(manifest, own));
  const asked = runs.flatMap((run) =>
    (run.autoscaling?.decisions ?? []).flatMap(({ replicas }) => replicas ?? []),
  );
  return {
    manifest,
    metrics: (read.metrics ?? []).flatMap((metric, i) => metricOf(metric, selectorOf(manifest, i))),
    minReplicas: read.minReplicas ?? 1,
    maxReplicas: read.maxReplicas,
    isOfRun,
    mostReplicas: isOfRun && asked.length > 0 ? Math.max(...asked) : undefined,
  };
}

/** Quantities may be written in two ways and be the same. */
function sameSpec(one: Manifest, other: Manifest): boolean {
  const text = (manifest: Manifest): string =>
    JSON.stringify(specOf(manifest, "1.37", ""), (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
  return text(one) === text(other);
}

function manifestFrom(outside: Outside, file: string): Manifest {
  const text = outside.readFile(file);
  if (text === undefined) return refuse(file, "cannot be read");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) return refuse(file, `must be YAML: ${error.message}`);
  const parsed: unknown = document.toJS();
  if (typeof parsed !== "object" || parsed === null) return refuse(file, "must be a manifest");
  return parsed as Manifest;
}

/** A gate that an export remarks on is taken as on. */
function specOf(manifest: Manifest, kubernetes: KubernetesVersion, file: string) {
  try {
    return hpaManifest(manifest, rulesOf(kubernetes, { gates: { scaleToZero: true } })).spec;
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return refuse(file, error.message);
  }
}

type Labels = readonly (readonly [string, string])[];

function metricOf(metric: MetricSpec, labels: Labels): readonly ScalingMetric[] {
  if (metric.type === "Unknown") return [];
  const { target, amount } = targetOf(metric.target);
  if (metric.type === "Resource" || metric.type === "ContainerResource") {
    if (target === "Value") return [];
    const container = metric.type === "ContainerResource" ? metric.container : undefined;
    return [{ type: metric.type, resource: metric.resource, container, target, amount }];
  }
  if (target === "Utilization") return [];
  return [{ type: metric.type, metric: metric.metric, labels, target, amount }];
}

function targetOf(target: MetricTarget) {
  const { averageValueMilli, valueMilli, averageUtilization } = target;
  if (averageValueMilli !== undefined) {
    return { target: "AverageValue", amount: decimalText(averageValueMilli) } as const;
  }
  if (valueMilli !== undefined) {
    return { target: "Value", amount: decimalText(valueMilli) } as const;
  }
  return { target: "Utilization", amount: String(averageUtilization) } as const;
}

/** matchLabels of the metric at `i`, which the controller does not look at: the metrics API does. */
function selectorOf(manifest: Manifest, i: number): Labels {
  const { metrics } = manifest["spec"] as { metrics?: readonly Manifest[] };
  for (const part of Object.values(metrics?.[i] ?? {})) {
    const asked = part as { metric?: { selector?: { matchLabels?: Record<string, string> } } };
    const labels = asked?.metric?.selector?.matchLabels;
    if (labels !== undefined) return Object.entries(labels);
  }
  return [];
}

function departureOf(runs: readonly RunResult[], scenario: Scenario | undefined): Departure {
  const pods = runs.flatMap((run) => run.autoscaling?.pods ?? []);
  const timesMs = pods.flatMap(({ deletedAtMs, goneAtMs }) =>
    deletedAtMs === undefined || goneAtMs === undefined ? [] : [goneAtMs - deletedAtMs],
  );
  const { kubernetes } = scenario ?? {};
  const settings =
    kubernetes === undefined
      ? SHIPPED_DEPARTURE
      : {
          graceMs: kubernetes.pods.graceMs,
          noticeMs: kubernetes.pods.drainNoticeMs,
          maxUnavailable: kubernetes.disruption.maxUnavailable,
        };
  return {
    ...settings,
    isOfRun: kubernetes !== undefined,
    longestMs: timesMs.length === 0 ? undefined : Math.max(...timesMs),
    sessionsKilled: pods.reduce((sum, pod) => sum + pod.sessionsKilled, 0),
  };
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
