// How nodes leave: the budget of evictions and the drain, as patches over deploy/kubernetes/base.
//
// A kustomize component of strategic merge patches, because the objects are there already. A PodDisruptionBudget holds back
// evictions alone; replicas that the HPA takes away are not asked for, so the drain must carry them.

import { headOf, annotationsOf } from "./provenance.ts";
import type { Departure, ExportSubject, Exported } from "./subject.ts";
import { type Remark, yamlText } from "./yaml-text.ts";

/** From the drain's deadline to SIGKILL: the end of the bus, the sockets, the recording. Cited: SPEC DP2's test. */
const MARGIN_MS = 10_000;

const SPREAD_KEYS = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] as const;

export function disruptionExport(subject: ExportSubject): Exported {
  const warnings: string[] = [];
  const { departure, workload } = subject;
  if (departure.sessionsKilled > 0) {
    warnings.push(
      `In the runs ${departure.sessionsKilled} sessions were still there when their pod was killed: the grace of ${seconds(departure.graceMs)} s is too short.`,
    );
  }
  const component = {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    patches: [{ path: "patch-pdb.yaml" }, { path: "patch-workload.yaml" }],
  };
  const what =
    "Kustomize component: name this directory under `components` of an overlay over deploy/kubernetes/base.";
  return {
    files: [
      { name: "patch-workload.yaml", text: workloadText(subject) },
      { name: "patch-pdb.yaml", text: budgetText(subject, workload.name) },
      { name: "kustomization.yaml", text: yamlText(component, headOf(subject, what)) },
    ],
    warnings,
  };
}

function budgetText(subject: ExportSubject, name: string): string {
  const { departure } = subject;
  const budget = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, annotations: annotationsOf(subject) },
    spec: {
      maxUnavailable: departure.maxUnavailable,
      selector: { matchLabels: { "app.kubernetes.io/component": "node" } },
    },
  };
  const text = "Of evictions alone, such as a drained machine: never of what the HPA takes away.";
  const what = "Patch of the PodDisruptionBudget of the nodes.";
  return yamlText(budget, headOf(subject, what), [{ path: ["spec", "maxUnavailable"], text }]);
}

function workloadText(subject: ExportSubject): string {
  const { departure, workload } = subject;
  const deadlineMs = Math.max(1_000, departure.graceMs - departure.noticeMs - MARGIN_MS);
  const patch = {
    apiVersion: "apps/v1",
    kind: workload.kind,
    metadata: { name: workload.name, annotations: annotationsOf(subject) },
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: Math.ceil(departure.graceMs / 1_000),
          topologySpreadConstraints: SPREAD_KEYS.map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: { "app.kubernetes.io/component": "node" } },
          })),
          containers: [
            {
              name: "stormglass",
              env: [
                { name: "STORMGLASS_DRAIN_NOTICE", value: duration(departure.noticeMs) },
                { name: "STORMGLASS_DRAIN_DEADLINE", value: duration(deadlineMs) },
              ],
            },
          ],
        },
      },
    },
  };
  const what = `Patch of the ${workload.kind} of the nodes.`;
  return yamlText(patch, headOf(subject, what), workloadRemarks(departure));
}

function workloadRemarks(departure: Departure): readonly Remark[] {
  const at = ["spec", "template", "spec"];
  const from = departure.isOfRun
    ? "as in the run"
    : "as deploy/ has it: the scenario was not at hand";
  const { longestMs, sessionsKilled } = departure;
  const seen =
    longestMs === undefined
      ? "No pod left in the runs."
      : `In the runs the slowest pod was gone after ${seconds(longestMs)} s, and ${sessionsKilled} sessions were cut at the end of the grace.`;
  return [
    { path: [...at, "terminationGracePeriodSeconds"], text: `The grace is ${from}. ${seen}` },
    {
      path: [...at, "containers", 0],
      text: `No preStop hook: SIGTERM drains, and a hook would take its time from the same grace. The deadline ends ${seconds(MARGIN_MS)} s before the kill, so that whoever is left is told to resume.`,
    },
    {
      path: [...at, "topologySpreadConstraints"],
      text: "A zone or a machine that dies takes its share of the nodes, not more.",
    },
  ];
}

/** 12.3 s from 12,345 ms. */
function seconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}

function duration(ms: number): string {
  return ms % 1_000 === 0 && ms > 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
