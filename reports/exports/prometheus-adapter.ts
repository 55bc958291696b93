// Rules for prometheus-adapter: how the HPA's metrics are found in Prometheus and under which name they are served.
//
// One rule per metric and API, each bound to one family and one role. Rules run independently of each other, and two that
// find the same series would serve it twice; these cannot, and leave everything else alone.

import { headOf } from "./provenance.ts";
import { POD_SOURCES, WHOLE_SOURCES } from "./scaling-sources.ts";
import { series } from "./server-metrics.ts";
import type { ExportSubject, Exported } from "./subject.ts";
import { type Remark, yamlText } from "./yaml-text.ts";

/** Filled in by the adapter: the namespace, the pods or the selector that the HPA asks for. */
const ASKED = "<<.LabelMatchers>>";
const NAMESPACE = { namespace: { resource: "namespace" } };

const WHAT =
  "Rules of prometheus-adapter, the file that its --config names. In the values of its Helm chart `rules` is rules.custom and " +
  "`externalRules` is rules.external. Prometheus must give the pods' series the labels namespace and pod, as its discovery of " +
  "pods does.";

export function adapterExport(subject: ExportSubject): Exported {
  const remarks: Remark[] = [
    ...POD_SOURCES.map(({ means }, i) => ({ path: ["rules", i], text: `Pods: ${means}.` })),
    ...WHOLE_SOURCES.map(({ means }, i) => ({
      path: ["externalRules", i],
      text: `External: ${means}.`,
    })),
    {
      path: ["rules"],
      text: "A name that is new is served after the next --metrics-relist-interval, 10 min by default.",
    },
  ];
  const text = yamlText(
    { rules: POD_SOURCES.map(podRule), externalRules: WHOLE_SOURCES.map(wholeRule) },
    headOf(subject, WHAT),
    remarks,
  );
  const missing = (subject.hpa?.metrics ?? []).flatMap((metric) => {
    if (!("metric" in metric)) return [];
    const known = metric.type === "Pods" ? POD_SOURCES : WHOLE_SOURCES;
    return known.some(({ name }) => name === metric.metric)
      ? []
      : [
          `The HPA names ${metric.metric} (${metric.type}), which is none of the server's: its rule is yours to write.`,
        ];
  });
  return { files: [{ name: "prometheus-adapter.yaml", text }], warnings: missing };
}

function podRule({ name }: (typeof POD_SOURCES)[number]): object {
  return {
    seriesQuery: series('namespace!="",pod!=""', name, 'role="node"'),
    resources: { overrides: { ...NAMESPACE, pod: { resource: "pod" } } },
    name: { matches: `^${name}$`, as: name },
    metricsQuery: `sum by (<<.GroupBy>>) (${templated(name, series(ASKED, name, 'role="node"'))})`,
  };
}

function wholeRule({ name, discovery, query }: (typeof WHOLE_SOURCES)[number]): object {
  const found = discovery('namespace!=""');
  const family = found.slice(0, found.indexOf("{"));
  return {
    seriesQuery: found,
    resources: { overrides: NAMESPACE },
    name: { matches: `^${family}$`, as: name },
    metricsQuery: templated(family, query(ASKED)),
  };
}

/** The family that was found is the adapter's to name. */
function templated(family: string, query: string): string {
  return query.replaceAll(`${family}{`, "<<.Series>>{");
}
