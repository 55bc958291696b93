// Metric expressions: `p99(join.latency)`, `value(join.refused)`, `ratio(a, b)`, and the sentence
// templates in which they appear with a window: `{p99(join.latency)@storm}`.
//
// Only the form is read here. Whether the metric exists, and whether the function suits its kind, is
// the catalogue's to say (sim/slo.ts).

export type MetricFunction = "quantile" | "value" | "max" | "min" | "mean" | "count" | "ratio";

export interface MetricExpression {
  /** As written, blanks removed. */
  readonly text: string;
  readonly fn: MetricFunction;
  /** With fn "quantile": 0 to 1 exclusive. */
  readonly quantile: number;
  /** One name; two for ratio. */
  readonly metrics: readonly string[];
}

export const EXPRESSION_FORM =
  "p50(metric), p99.9(metric), value(metric), max(metric), min(metric), mean(metric), " +
  "count(metric) or ratio(metric, metric)";

/** The expression that `text` is, or undefined when it has another form. */
export function parseExpression(text: string): MetricExpression | undefined {
  const compact = text.replaceAll(/\s+/g, "");
  const match = /^([a-z]+|p\d{1,2}(?:\.\d{1,3})?)\(([a-z][\w./-]*(?:,[a-z][\w./-]*)?)\)$/.exec(
    compact,
  );
  if (match === null) return undefined;
  const [, head, list] = match as unknown as [string, string, string];
  const metrics = list.split(",");
  if (/^p\d/.test(head)) {
    const quantile = Number(head.slice(1)) / 100;
    if (metrics.length !== 1 || quantile <= 0) return undefined;
    return { text: compact, fn: "quantile", quantile, metrics };
  }
  const fn = (["value", "max", "min", "mean", "count", "ratio"] as const).find((f) => f === head);
  if (fn === undefined || metrics.length !== (fn === "ratio" ? 2 : 1)) return undefined;
  return { text: compact, fn, quantile: 0, metrics };
}

/** A sentence in parts: text as it stands, and measured values. */
export type TemplatePart =
  { readonly text: string } | { readonly expression: MetricExpression; readonly window: string };

/** The parts of `template`, or what it must be instead. */
export function parseTemplate(
  template: string,
): { readonly parts: readonly TemplatePart[] } | { readonly must: string } {
  const parts: TemplatePart[] = [];
  for (const [index, piece] of template.split(/[{}]/).entries()) {
    if (index % 2 === 0) {
      if (piece !== "") parts.push({ text: piece });
      continue;
    }
    const [written = "", window = "measured"] = piece.split("@");
    const expression = parseExpression(written);
    if (expression === undefined)
      return { must: `hold ${EXPRESSION_FORM} in braces, got {${piece}}` };
    parts.push({ expression, window: window.trim() });
  }
  return { parts };
}
