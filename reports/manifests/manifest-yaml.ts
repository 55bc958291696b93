// A HorizontalPodAutoscaler as YAML, one setting on a line, so that a difference between two of them is a difference of
// settings: targets, names of metrics and policies stand in braces. The same manifest is always the same text.

import { Document, isMap, isSeq, visit } from "yaml";

/** In the order in which people write them; keys that are not here follow by name. */
const ORDER = [
  "apiVersion",
  "kind",
  "metadata",
  "spec",
  "type",
  "scaleTargetRef",
  "name",
  "container",
  "describedObject",
  "minReplicas",
  "maxReplicas",
  "metrics",
  "metric",
  "target",
  "behavior",
  "scaleUp",
  "scaleDown",
  "stabilizationWindowSeconds",
  "selectPolicy",
  "policies",
  "tolerance",
  "averageUtilization",
  "averageValue",
  "value",
  "periodSeconds",
];
/** Whose values stand in braces. */
const SHORT = new Set(["metric", "target", "describedObject"]);

/** `manifest`: plain JSON of autoscaling/v2. `comment` stands above it. */
export function manifestYaml(manifest: object, comment = ""): string {
  const document = new Document(ordered(manifest, ""), { version: "1.1" });
  visit(document, {
    Pair: (_, pair) => {
      const key = String(pair.key);
      if (SHORT.has(key) && isMap(pair.value)) pair.value.flow = true;
      if (key !== "policies" || !isSeq(pair.value)) return;
      for (const policy of pair.value.items) if (isMap(policy)) policy.flow = true;
    },
  });
  const head = comment === "" ? "" : `${comment.replaceAll(/^(?=.)/gm, "# ")}\n`;
  return head + document.toString({ lineWidth: 0 });
}

/** Quantities are texts: YAML would make a number of "1400", and of "1e3" another one. */
const QUANTITIES = new Set(["averageValue", "tolerance"]);

function ordered(value: unknown, key: string, parent = ""): unknown {
  const isQuantity = QUANTITIES.has(key) || (key === "value" && parent === "target");
  if (isQuantity && typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map((part) => ordered(part, "", key));
  if (typeof value !== "object" || value === null) return value;
  const place = (name: string): number => {
    const at = ORDER.indexOf(name);
    return at < 0 ? ORDER.length : at;
  };
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, ordered(part, name, key)]));
}
