// Runs for tests, made up: only what a detector looks at is set, and everything else is an ordinary quiet run.

import { nameOf } from "../kubernetes/hpa/metric-words.ts";
import { hpaManifest } from "../kubernetes/hpa/manifest.ts";
import { rulesOf } from "../kubernetes/hpa/version.ts";
import type { MetricTrace } from "../kubernetes/hpa/trace.ts";
import type { DecisionRecord, PodLife, RunResult } from "../../result.ts";

type Json = Readonly<Record<string, unknown>>;

/** "Pods active_websocket_connections 1700", "External … 1700", or "cpu 65". */
export function hpa(metrics: readonly string[], behavior?: Json): Json {
  const target = { apiVersion: "apps/v1", kind: "StatefulSet", name: "stormglass-node" };
  const spec = {
    scaleTargetRef: target,
    minReplicas: 8,
    maxReplicas: 64,
    metrics: metrics.map(metricOf),
    ...(behavior === undefined ? {} : { behavior }),
  };
  const metadata = { name: "stormglass-node" };
  return { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata, spec };
}

function metricOf(text: string): Json {
  const [type = "", name = "", value = ""] = text.split(" ");
  if (type === "cpu") {
    const target = { type: "Utilization", averageUtilization: Number(name) };
    return { type: "Resource", resource: { name: "cpu", target } };
  }
  const target = { type: "AverageValue", averageValue: value };
  return { type, [type.toLowerCase()]: { metric: { name }, target } };
}

/** What one metric said. Default: on its target, no pod missing. */
export interface Said {
  readonly ratio?: number;
  readonly proposal?: number;
  readonly utilizationPercent?: number;
  /** Ready, unready, missing; undefined for metrics that are not of pods. */
  readonly pods?: readonly [number, number, number];
}

export interface Look {
  readonly atMs: number;
  readonly from: number;
  /** Default: no change. */
  readonly to?: number;
  /** Default: as the spec. */
  readonly status?: number;
  /** Default: what came out. */
  readonly raw?: number;
  /** By metric of the manifest. The first with the greatest proposal wins. */
  readonly said: readonly Said[];
  readonly ageMs?: number;
}

export interface MadeUp {
  readonly manifest: Json;
  readonly looks: readonly Look[];
  readonly pods?: readonly PodLife[];
  readonly durationMs: number;
  /** Columns of the series, by the time at which each sample was taken. */
  readonly columns?: Readonly<Record<string, (atMs: number) => number>>;
  readonly values?: Readonly<Record<string, number>>;
}

export function madeUpRun(parts: MadeUp): RunResult {
  const { manifest, looks, pods = [], durationMs, columns = {}, values = {} } = parts;
  const times = Array.from({ length: durationMs / 1_000 }, (_, row) => (row + 1) * 1_000);
  const names = hpaManifest(manifest, rulesOf("1.35")).spec.metrics?.map(nameOf) ?? [];
  const drawn = Object.entries(columns).map(([name, at]) => [name, times.map(at)] as const);
  const counted = Object.entries(values).map(([name, value]) => [`${name}@run`, value] as const);
  return {
    scenario: "made-up",
    seed: 1,
    variant: "full",
    digest: "0000000000000000",
    eventCount: 1,
    simulatedMs: durationMs,
    endedEarly: undefined,
    windows: { run: { fromMs: 0, toMs: durationMs } },
    values: Object.fromEntries(counted),
    histograms: {},
    series: { resolutionMs: 1_000, columns: Object.fromEntries(drawn) },
    autoscaling: {
      manifest,
      kubernetesVersion: "1.35",
      workloadKind: "StatefulSet",
      decisions: looks.map((look) => decisionOf(look, names)),
      pods,
    },
    invariants: [],
    findings: [],
  };
}

function decisionOf(look: Look, names: readonly string[]): DecisionRecord {
  const { atMs, from, to = from, status = from, raw = to, said, ageMs = 5_000 } = look;
  const metrics = names.map((name, i) => traceOf(name, said[i] ?? {}, from));
  const best = metrics.reduce((a, b) => ((b.proposal ?? 0) > (a.proposal ?? 0) ? b : a));
  return {
    atMs,
    specReplicas: from,
    statusReplicas: status,
    rescaled: to !== from,
    replicas: to,
    error: undefined,
    reason: "made up",
    trace: {
      mode: "metrics",
      metrics,
      raw,
      winner: best.name,
      stabilization: undefined,
      rate: undefined,
      limits: { minReplicas: 8, maxReplicas: 64, reason: undefined },
      final: to,
    },
    metricAgesMs: metrics.map(() => ({ youngestMs: ageMs, oldestMs: ageMs })),
    perPod: metrics.map(() => undefined),
    remarks: [],
  };
}

function traceOf(name: string, said: Said, from: number): MetricTrace {
  const { ratio = 1, proposal = from, utilizationPercent, pods = [from, 0, 0] } = said;
  const isOfPods = !name.startsWith("external");
  return {
    name,
    type: isOfPods ? "Pods" : "External",
    target: "made up",
    usageMilli: undefined,
    utilizationPercent,
    ratio,
    correctedRatio: undefined,
    toleranceDownRatio: 0.1,
    toleranceUpRatio: 0.1,
    pods: isOfPods ? { ready: pods[0], unready: pods[1], missing: pods[2], ignored: 0 } : undefined,
    countedPods: from,
    proposal,
    error: undefined,
    reason: "made up",
  };
}

/** A pod that was there from the beginning and stays. */
export function podLife(node: number, changes: Partial<PodLife> = {}): PodLife {
  return {
    name: `stormglass-node-${node}`,
    node,
    machine: 0,
    createdAtMs: 0,
    scheduledAtMs: 0,
    pulledAtMs: 0,
    servedAtMs: 0,
    readyAtMs: 0,
    deletedAtMs: undefined,
    goneAtMs: undefined,
    createdFor: "beginning",
    deletedFor: undefined,
    sessionsAtDelete: 0,
    sessionsKilled: 0,
    ...changes,
  };
}

/** Nodes `from` to `to` − 1. */
export function podLives(from: number, to: number, changes: Partial<PodLife> = {}): PodLife[] {
  return Array.from({ length: to - from }, (_, i) => podLife(from + i, changes));
}
