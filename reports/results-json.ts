// Results for programs: the document of results-schema.ts, and its one way of being text.

import type { Profile } from "../scenarios/schema.ts";
import type { RunResult } from "../sim/result.ts";
import type { IncidentSpend } from "../sim/error-budget.ts";
import type { Check } from "../sim/slo.ts";
import { autoscalingSummary } from "./autoscaling-summary.ts";
import type { ScenarioResult } from "./results-schema.ts";

/** What is told about a histogram; given by the caller, who knows its layout. */
export type Summarize = (name: string, counts: RunResult["histograms"][string]) => HistogramSummary;
export type HistogramSummary = ScenarioResult["runs"][number]["histograms"][string];

/** Significant digits of derived statistics: fewer than where machines begin to differ. */
const STATISTIC_DIGITS = 12;

export function runSummary(
  result: RunResult,
  summarize: Summarize,
): ScenarioResult["runs"][number] {
  const { seed, variant, digest, eventCount, simulatedMs, endedEarly, autoscaling } = result;
  const histograms = Object.entries(result.histograms).map(
    ([name, counts]) => [name, summarize(name, counts)] as const,
  );
  return {
    seed,
    variant,
    digest,
    eventCount,
    simulatedMs,
    ...(endedEarly === undefined ? {} : { endedEarly }),
    values: { ...result.values },
    histograms: Object.fromEntries(histograms),
    ...(autoscaling === undefined ? {} : { autoscaling: autoscalingSummary(autoscaling) }),
    invariants: result.invariants.map(({ name, ok, detail }) => ({ name, ok, detail })),
    findings: [...result.findings],
  };
}

/** A check with its absent parts left out. */
export function checkResult(check: Check): ScenarioResult["checks"][number] {
  return withoutUndefined({
    ...check,
    seeds: check.seeds.map(withoutUndefined),
  }) as unknown as ScenarioResult["checks"][number];
}

export function incidentResult(
  spend: IncidentSpend,
): NonNullable<ScenarioResult["incidents"]>[number] {
  return { ...spend, seeds: spend.seeds.map((one) => ({ ...one })) };
}

function withoutUndefined(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
}

/** How many of a profile's costs are measured, cited, assumed. */
export function evidenceOf(profile: Profile): ScenarioResult["profile"] {
  const tally = { measured: 0, cited: 0, assumed: 0 };
  for (const cost of Object.values(profile.costs)) tally[cost.evidence]++;
  return { name: profile.name, ...tally };
}

/**
 * JSON with sorted keys and rounded fractions, so that equal results are equal bytes. Infinity, which
 * JSON lacks, is "unlimited".
 */
export function canonicalJson(value: unknown, indent = 2): string {
  return `${JSON.stringify(canonical(value), undefined, indent)}\n`;
}

function canonical(value: unknown): unknown {
  if (typeof value === "number") {
    if (Number.isInteger(value)) return value;
    return Number.isFinite(value) ? Number(value.toPrecision(STATISTIC_DIGITS)) : "unlimited";
  }
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(
    keys.map((key) => [key, canonical((value as Readonly<Record<string, unknown>>)[key])]),
  );
}
