// The kinds of export, and all of them together.

import { disruptionExport } from "./disruption.ts";
import { grafanaExport } from "./grafana.ts";
import { hpaExport } from "./hpa.ts";
import { kedaExport } from "./keda.ts";
import { adapterExport } from "./prometheus-adapter.ts";
import { type Part, readmeText } from "./readme.ts";
import { alertsExport } from "./rules.ts";
import type { ExportFile, ExportSubject, Exported } from "./subject.ts";

export const EXPORT_KINDS = [
  "hpa",
  "keda",
  "prometheus-adapter",
  "alerts",
  "grafana",
  "pdb",
] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

interface Kind {
  readonly what: string;
  /** Undefined when the result has no HPA, and there is nothing to make it of. */
  readonly make: (subject: ExportSubject) => Exported | undefined;
  readonly apply: Part["apply"];
  /** Where its files lie among those of all kinds. */
  readonly folder: string;
}

const KINDS: Readonly<Record<ExportKind, Kind>> = {
  hpa: {
    what: "the HorizontalPodAutoscaler of the nodes",
    make: (subject) => subject.hpa && hpaExport(subject, subject.hpa),
    apply: () => ["kubectl apply -f hpa.yaml"],
    folder: "",
  },
  keda: {
    what: "the same for KEDA, instead of hpa.yaml and prometheus-adapter.yaml",
    make: (subject) => subject.hpa && kedaExport(subject, subject.hpa),
    apply: () => ["kubectl apply -f keda-scaledobject.yaml"],
    folder: "",
  },
  "prometheus-adapter": {
    what: "rules by which the HPA gets its metrics",
    make: adapterExport,
    apply: () => [
      "kubectl -n monitoring create configmap adapter-config --from-file=config.yaml=prometheus-adapter.yaml --dry-run=client -o yaml | kubectl apply -f -",
      "kubectl -n monitoring rollout restart deployment prometheus-adapter",
    ],
    folder: "",
  },
  alerts: {
    what: "rules of Prometheus, the same for its operator, and their tests",
    make: alertsExport,
    apply: () => [
      "promtool check rules alerts.yaml && promtool test rules alerts.test.yaml",
      "kubectl apply -f prometheus-rule.yaml",
    ],
    folder: "",
  },
  grafana: {
    what: "a dashboard; Grafana imports it under Dashboards, New, Import",
    make: grafanaExport,
    apply: () => [],
    folder: "",
  },
  pdb: {
    what: "PodDisruptionBudget, drain and spread of the nodes, as a kustomize component",
    make: disruptionExport,
    apply: () => [
      "# in your overlay's kustomization.yaml: components: [<this directory>/disruption]",
    ],
    folder: "disruption/",
  },
};

/** One kind. Undefined when the result has no HPA and the kind needs one. */
export function exported(kind: ExportKind, subject: ExportSubject): Exported | undefined {
  return KINDS[kind].make(subject);
}

/** Every kind that the result has, and README.txt. */
export function allExported(subject: ExportSubject): Exported {
  const parts: Part[] = [];
  const left: string[] = [];
  const warnings = new Set<string>();
  for (const kind of EXPORT_KINDS) {
    const { what, apply, folder } = KINDS[kind];
    const made = exported(kind, subject);
    if (made === undefined) {
      left.push(`${kind}: the result has no HPA`);
      continue;
    }
    for (const warning of made.warnings) warnings.add(warning);
    const files = made.files.map(({ name, text }): ExportFile => ({ name: folder + name, text }));
    parts.push({ kind, what, files, apply });
  }
  const all = [...warnings];
  const readme: ExportFile = {
    name: "README.txt",
    text: readmeText(subject, parts, left, all),
  };
  return { files: [readme, ...parts.flatMap(({ files }) => files)], warnings: all };
}
