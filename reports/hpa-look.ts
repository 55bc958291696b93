// One look of the HPA in all its steps, from the samples to the count.

import type { DecisionRecord } from "../sim/result.ts";
import { formatMs } from "./format.ts";
import { letterOf } from "./hpa-decided-by.ts";
import type { ExplainOptions, MetricTrace } from "./hpa-explain.ts";
import { wrapped } from "./layout.ts";

/** Ends in a newline. */
export function lookText(
  title: string,
  record: DecisionRecord,
  { width, paint }: ExplainOptions,
): string {
  const { trace } = record;
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["Scale", [scaleText(record)]],
    ...trace.metrics.map(
      (metric, i) => [`Metric ${letterOf(i)}`, metricTexts(metric, record, i)] as const,
    ),
    ["Raw", [rawText(record)]],
    ["Windows", windowTexts(record)],
    ["Policies", policyTexts(record)],
    ["Limits", [limitsText(record)]],
    ["Final", [finalText(record)]],
    ["Remarks", record.remarks],
  ];
  const indent = " ".repeat(12);
  const lines = steps.flatMap(([name, texts]) =>
    texts.flatMap((text, i) =>
      wrapped(text, width, i === 0 ? `  ${name.padEnd(10)}` : indent, indent),
    ),
  );
  const head = `${title}, at ${formatMs(record.atMs)}`;
  return `${[
    ...wrapped(head, width).map(paint.strong),
    ...wrapped(record.reason, width, "  "),
    "",
    ...lines,
  ].join("\n")}\n`;
}

function scaleText({ specReplicas, statusReplicas }: DecisionRecord): string {
  if (specReplicas === undefined) return "could not be read";
  return `${specReplicas} asked for, ${statusReplicas} there`;
}

function metricTexts(
  metric: MetricTrace,
  record: DecisionRecord,
  index: number,
): readonly string[] {
  const { name, target, error, proposal, reason } = metric;
  const head = `${name}, target ${target}`;
  if (error !== undefined) return [head, `failed: ${error}`];
  const sentence = reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;
  return [
    head,
    sentence,
    `tolerance ${percent(metric.toleranceDownRatio)} down, ${percent(metric.toleranceUpRatio)} up`,
    ...podTexts(metric, record, index),
    `proposes ${proposal}`,
  ];
}

function podTexts(
  { pods }: MetricTrace,
  { perPod, metricAgesMs }: DecisionRecord,
  index: number,
): readonly string[] {
  const texts: string[] = [];
  if (pods !== undefined) {
    const { ready, unready, missing, ignored } = pods;
    texts.push(
      `pods: ${ready} ready, ${unready} not ready, ${missing} without a sample, ${ignored} ignored`,
    );
  }
  const spread = perPod[index];
  if (spread !== undefined) {
    const { min, p50, max } = spread;
    texts.push(`one pod: ${short(min)} least, ${short(p50)} middle, ${short(max)} greatest`);
  }
  const ages = metricAgesMs[index];
  if (ages !== undefined) {
    const { youngestMs, oldestMs } = ages;
    const youngest = formatMs(youngestMs);
    const oldest = formatMs(oldestMs);
    texts.push(`samples are ${youngest === oldest ? oldest : `${youngest} to ${oldest}`} old`);
  }
  return texts;
}

function rawText({ trace }: DecisionRecord): string {
  if (trace.mode !== "metrics") return "no metric was asked";
  if (trace.raw === undefined) return "none";
  const index = trace.metrics.findIndex(({ name }) => name === trace.winner);
  return index < 0 ? `${trace.raw}` : `${trace.raw}, of metric ${letterOf(index)}`;
}

function windowTexts({ trace: { stabilization } }: DecisionRecord): readonly string[] {
  if (stabilization === undefined) return ["not reached"];
  const { upWindowMs, downWindowMs, low, high, stabilized, reason } = stabilization;
  const up = upWindowMs === undefined ? "" : `up ${formatMs(upWindowMs)}, least ${low}; `;
  return [`${up}down ${formatMs(downWindowMs)}, greatest ${high}: ${stabilized}`, reason];
}

function policyTexts({ trace: { rate, stabilization } }: DecisionRecord): readonly string[] {
  if (stabilization === undefined) return ["not reached"];
  if (rate === undefined) {
    // Only the path without behavior has no window on the way up.
    const hasBehavior = stabilization.upWindowMs !== undefined;
    return [hasBehavior ? "none apply" : "no behavior: one look doubles at most, or goes to 4"];
  }
  const policies = rate.policies.map(({ type, value, periodMs, startReplicas, limit }) => {
    const amount = type === "Percent" ? `${value} %` : `${value} pods`;
    return `${amount} in ${formatMs(periodMs)}, from ${startReplicas}: ${limit}`;
  });
  return [...policies, `${rate.selectPolicy} of them going ${rate.direction}: ${rate.limit}`];
}

function limitsText({ trace: { limits } }: DecisionRecord): string {
  const { minReplicas, maxReplicas, reason } = limits;
  return `${minReplicas} to ${maxReplicas}${reason === undefined ? "" : ` (${reason})`}`;
}

function finalText({ trace, rescaled, specReplicas }: DecisionRecord): string {
  if (rescaled) return `${trace.final}, written`;
  return trace.final === specReplicas ? `${trace.final}, as it was` : `${trace.final}, not written`;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))} %`;
}

function short(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
