// What the detectors of traps ask of a run: its HPA, the course of the pods, and the load at an instant.
//
// A sample of the series belongs to the end of its interval: what was known at an instant is the last interval that
// had ended by then.

import type { Scenario } from "../../../scenarios/schema.ts";
import { hpaManifest } from "../kubernetes/hpa/manifest.ts";
import { nameOf } from "../kubernetes/hpa/metric-words.ts";
import { type FilledSpec, type MetricSpec, filled } from "../kubernetes/hpa/spec.ts";
import type { MetricTrace } from "../kubernetes/hpa/trace.ts";
import { rulesOf } from "../kubernetes/hpa/version.ts";
import type { AutoscalingReport, DecisionRecord, PodLife, RunResult } from "../../result.ts";

/** Sessions that a node holds: cannot be more than its limit. */
export const ACTIVE = "active_websocket_connections";
/** Sessions and those that wait for one: has no such limit. */
export const OFFERED = "offered_websocket_connections";

/** A metric of the HPA that counts connections, with its target for one pod. */
export interface ConnectionMetric {
  readonly index: number;
  readonly metric: string;
  /** As traces name it. */
  readonly name: string;
  readonly type: MetricSpec["type"];
  readonly targetPerPod: number;
}

/** One write of the scale. */
export interface Change {
  readonly decision: DecisionRecord;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

export class Evidence {
  readonly result: RunResult;
  readonly scenario: Scenario;
  readonly spec: FilledSpec;
  readonly decisions: readonly DecisionRecord[];
  readonly pods: readonly PodLife[];
  readonly changes: readonly Change[];
  readonly connectionMetrics: readonly ConnectionMetric[];

  constructor(
    result: RunResult,
    scenario: Scenario,
    report: AutoscalingReport,
    manifest: Readonly<Record<string, unknown>>,
  ) {
    this.result = result;
    this.scenario = scenario;
    this.decisions = report.decisions;
    this.pods = report.pods;
    this.spec = filled(hpaManifest(manifest, rulesOf(scenario.autoscaling.kubernetesVersion)).spec);
    this.changes = report.decisions.filter(({ rescaled }) => rescaled).flatMap(changeOf);
    this.connectionMetrics = this.spec.metrics.flatMap(connectionMetric);
  }

  value(metric: string): number {
    return this.result.values[`${metric}@run`] ?? 0;
  }

  traceOf(decision: DecisionRecord, name: string): MetricTrace | undefined {
    return decision.trace.metrics.find((metric) => metric.name === name);
  }

  cpuName(): string | undefined {
    const cpu = this.spec.metrics.find((m) => m.type === "Resource" && m.resource === "cpu");
    return cpu === undefined ? undefined : nameOf(cpu);
  }

  /** Sessions that one node may hold. */
  get nodeLimit(): number {
    return this.scenario.cluster.nodes.maxConnections;
  }

  /** Sessions up to which a node founds new rooms: with the directory, the soft limit. */
  get placesPerPod(): number {
    const { nodes, placement } = this.scenario.cluster;
    const share = placement.policy === "directory" ? nodes.softLimitRatio : 1;
    return Math.floor(nodes.maxConnections * share);
  }

  /** Last sample of a column at an instant, 0 before the first. */
  at(column: string, atMs: number): number {
    const { resolutionMs, columns } = this.result.series;
    const rows = columns[column];
    if (rows === undefined || rows.length === 0) return 0;
    const row = Math.floor(atMs / resolutionMs) - 1;
    return row < 0 ? 0 : rows[Math.min(row, rows.length - 1)]!;
  }

  /** Sessions, and clients on their way into one. */
  offeredAt(atMs: number): number {
    return this.at("connections.offered", atMs);
  }

  /** Those of them that have no session. */
  waitingAt(atMs: number): number {
    return Math.max(0, this.offeredAt(atMs) - this.at("sessions.active", atMs));
  }

  /** What was added to a counter from one instant to another. */
  addedBetween(column: string, fromMs: number, toMs: number): number {
    const { resolutionMs, columns } = this.result.series;
    const rows = columns[column] ?? [];
    const from = Math.max(0, Math.floor(fromMs / resolutionMs));
    return rows.slice(from, Math.ceil(toMs / resolutionMs)).reduce((sum, n) => sum + n, 0);
  }

  readyPodsAt(atMs: number): readonly PodLife[] {
    return this.pods.filter(
      ({ readyAtMs, deletedAtMs }) =>
        readyAtMs !== undefined && readyAtMs <= atMs && (deletedAtMs ?? Infinity) > atMs,
    );
  }

  /** Sessions of each of these pods at an instant, ascending. */
  loadsAt(pods: readonly PodLife[], atMs: number): readonly number[] {
    return pods.map(({ node }) => this.at(`node.load/n${node}`, atMs)).sort((a, b) => a - b);
  }

  /** Whether more people want in than the pods that are ready may take. */
  isShortAt(atMs: number): boolean {
    const offered = this.offeredAt(atMs);
    const places = this.readyPodsAt(atMs).length * this.placesPerPod;
    return offered > places && this.waitingAt(atMs) > WAITING_RATIO * offered;
  }

  /** The instants at which the series has samples. */
  get sampledAtMs(): readonly number[] {
    const { resolutionMs, columns } = this.result.series;
    const rows = columns["connections.offered"]?.length ?? 0;
    return Array.from({ length: rows }, (_, row) => (row + 1) * resolutionMs);
  }
}

/** Fewer than these, of all, are on their way at any time. Assumed. */
const WAITING_RATIO = 0.01;

function changeOf(decision: DecisionRecord): readonly Change[] {
  const { atMs, specReplicas, replicas } = decision;
  if (specReplicas === undefined || replicas === undefined) return [];
  return [{ decision, atMs, from: specReplicas, to: replicas }];
}

function connectionMetric(spec: MetricSpec, index: number): readonly ConnectionMetric[] {
  if (spec.type === "Resource" || spec.type === "ContainerResource") return [];
  if (spec.type === "Unknown" || !/connections|sessions/.test(spec.metric)) return [];
  const { averageValueMilli } = spec.target;
  if (averageValueMilli === undefined) return [];
  const targetPerPod = Number(averageValueMilli) / 1_000;
  return [{ index, metric: spec.metric, name: nameOf(spec), type: spec.type, targetPerPod }];
}

/** The value that a share `q` of the sorted values are at most; 0 without any. */
export function quantileOfSorted(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
