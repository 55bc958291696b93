// The HorizontalPodAutoscaler as autoscaling/v2 of one release takes it.
//
// The spec is that of the run, key by key: nothing is filled in, because an API default that is written out is a decision of
// ours and not of the manifest. What is written out is AverageValue, with its quantity as a text. What the release does not
// know is left out, and said.

import { annotationsOf, headOf } from "./provenance.ts";
import { type ExportSubject, type Exported, type HpaSubject, minorOf } from "./subject.ts";
import { type Remark, yamlText } from "./yaml-text.ts";

/** Cited: KEP-4951. Alpha, off by default, from the one; beta, on by default, from the other. */
const TOLERANCE_ALPHA_MINOR = 33;
const TOLERANCE_BETA_MINOR = 35;
/** Cited: KEP-2021. minReplicas 0 needs a gate before it. */
const SCALE_TO_ZERO_BETA_MINOR = 37;

type Plain = Readonly<Record<string, unknown>>;
const WHY_AVERAGE =
  "AverageValue, written out: the sum over the pods divided by their number is held at this. A value of one series, or of all " +
  "together, would be another target under the same number.";

/** Keys in the order in which people write them; others follow. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  metric: ["type", "resource", "containerResource", "pods", "object", "external"],
  source: ["name", "container", "describedObject", "metric", "target"],
  metricName: ["name", "selector"],
  target: ["type", "averageValue", "value", "averageUtilization"],
  behavior: ["scaleUp", "scaleDown"],
  rules: ["stabilizationWindowSeconds", "selectPolicy", "tolerance", "policies"],
  policy: ["type", "value", "periodSeconds"],
  reference: ["apiVersion", "kind", "name"],
  spec: ["scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior"],
};

export function hpaExport(subject: ExportSubject, hpa: HpaSubject): Exported {
  const remarks: Remark[] = [];
  const warnings: string[] = [];
  const written = hpa.manifest["spec"] as Plain;
  const metrics = (written["metrics"] as readonly Plain[] | undefined)?.map(metricOf);
  const behavior = behaviorFor(subject.kubernetes, written["behavior"], remarks, warnings);
  const spec = ordered(
    {
      ...written,
      scaleTargetRef: ordered(written["scaleTargetRef"] as Plain, "reference"),
      ...(metrics === undefined ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
    "spec",
  );
  const first = metrics?.findIndex((metric) => JSON.stringify(metric).includes('"averageValue"'));
  if (first !== undefined && first >= 0) {
    remarks.push({ path: ["spec", "metrics", first], text: WHY_AVERAGE });
  }
  if (hpa.minReplicas === 0 && minorOf(subject.kubernetes) < SCALE_TO_ZERO_BETA_MINOR) {
    remarks.push({
      path: ["spec", "minReplicas"],
      text: `0 needs the feature gate HPAScaleToZero in ${subject.kubernetes}.`,
    });
  }
  const metadata = metadataOf(subject, hpa.manifest["metadata"] as Plain);
  const manifest = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec,
  };
  const what = `HorizontalPodAutoscaler for Kubernetes ${subject.kubernetes}: kubectl apply -f hpa.yaml`;
  const text = yamlText(manifest, headOf(subject, what), remarks);
  return { files: [{ name: "hpa.yaml", text }], warnings };
}

function metadataOf(subject: ExportSubject, metadata: Plain): Plain {
  const labels = metadata["labels"];
  const own = metadata["annotations"] as Plain | undefined;
  return {
    name: metadata["name"],
    namespace: subject.namespace,
    ...(labels === undefined ? {} : { labels }),
    annotations: { ...own, ...annotationsOf(subject) },
  };
}

function metricOf(metric: Plain): Plain {
  const sources = Object.entries(metric).map(([key, value]) =>
    key === "type" ? [key, value] : [key, sourceOf(value as Plain)],
  );
  return ordered(Object.fromEntries(sources) as Plain, "metric");
}

function sourceOf(source: Plain): Plain {
  const { metric, describedObject, target } = source;
  return ordered(
    {
      ...source,
      ...(metric === undefined ? {} : { metric: ordered(metric as Plain, "metricName") }),
      ...(describedObject === undefined
        ? {}
        : { describedObject: ordered(describedObject as Plain, "reference") }),
      target: targetOf(target as Plain),
    },
    "source",
  );
}

/** A quantity that YAML made a number of is a text again. */
function targetOf(target: Plain): Plain {
  const parts = Object.entries(target).map(([key, value]) =>
    key === "averageValue" || key === "value" ? [key, String(value)] : [key, value],
  );
  return ordered(Object.fromEntries(parts) as Plain, "target");
}

/** What of a behaviour the release takes. Also for KEDA, which hands it to the HPA that it makes. */
export function behaviorFor(
  kubernetes: string,
  behavior: unknown,
  remarks: Remark[],
  warnings: string[],
  at: Remark["path"] = ["spec", "behavior"],
): Plain | undefined {
  if (behavior === undefined) return undefined;
  const minor = minorOf(kubernetes);
  const sides = Object.entries(behavior as Plain).map(([side, rules]) => {
    const { tolerance, policies, ...rest } = rules as Plain;
    const kept = tolerance !== undefined && minor >= TOLERANCE_ALPHA_MINOR;
    if (tolerance !== undefined && !kept) {
      const text = `tolerance ${String(tolerance)} is left out: ${kubernetes} does not know it, and holds 10 % both ways.`;
      remarks.push({ path: [...at, side], text });
      warnings.push(`${side}: ${text}`);
    } else if (kept && minor < TOLERANCE_BETA_MINOR) {
      const text = `Alpha in ${kubernetes}: without the feature gate HPAConfigurableTolerance it is dropped.`;
      remarks.push({ path: [...at, side, "tolerance"], text });
      warnings.push(`${side}.tolerance: ${text}`);
    }
    const listed = (policies as readonly Plain[] | undefined)?.map((one) => ordered(one, "policy"));
    const made = {
      ...rest,
      ...(kept ? { tolerance: String(tolerance) } : {}),
      ...(listed === undefined ? {} : { policies: listed }),
    };
    return [side, ordered(made, "rules")] as const;
  });
  return ordered(Object.fromEntries(sides), "behavior");
}

function ordered(value: Plain, form: keyof typeof ORDER): Plain {
  const known = ORDER[form]!.filter((key) => value[key] !== undefined);
  const rest = Object.keys(value).filter((key) => !known.includes(key) && value[key] !== undefined);
  return Object.fromEntries([...known, ...rest.sort()].map((key) => [key, value[key]]));
}
