// What a report is made of: the result as it is stored, and what else is known about it.

import type { Scenario } from "../../scenarios/schema.ts";
import type { HistogramCounts, RunResult } from "../../sim/result.ts";
import type { ResultsDocument, ScenarioResult } from "../results-schema.ts";

export interface ReportSubject {
  readonly document: ResultsDocument;
  /** The one scenario of the document. */
  readonly result: ScenarioResult;
  /** All variants, in the order of the result. */
  readonly runs: readonly RunResult[];
  /** Undefined where the files do not give it any more as it was run. */
  readonly scenario: Scenario | undefined;
  /** Values of the scenario that are defaults, by what their reason begins with; undefined without the scenario. */
  readonly defaults: Evidence | undefined;
  /** Values that files or --set chose; undefined without the scenario. */
  readonly chosen: number | undefined;
  readonly recommendation: Recommendation | undefined;
  /** Sentences on what the HPA's manifest does wrong in a run; undefined where that cannot be told apart. */
  readonly trapsOf: (run: RunResult) => readonly string[] | undefined;
  /** Points of a histogram: upper end of a bucket in the metric's unit, and how many values it holds; ascending. */
  readonly pointsOf: (metric: string, counts: HistogramCounts) => readonly HistogramPoint[];
  readonly commands: ReportCommands;
}

export interface Evidence {
  readonly measured: number;
  readonly cited: number;
  readonly assumed: number;
}

export interface HistogramPoint {
  readonly value: number;
  readonly count: number;
}

/** What `stormglass tune hpa` left beside the result. */
export interface Recommendation {
  readonly file: string;
  /** Against the manifest that was run; "" when they are the same. */
  readonly diff: string;
}

export interface ReportCommands {
  /** The same runs. */
  readonly again: string;
  /** One seed of it, to look closer. */
  readonly seed: (seed: number) => string;
  readonly moreSeeds: string;
  /** In the directory of the result. */
  readonly explain: string | undefined;
  /** A search for a better HPA, whose recommendation the next report shows. */
  readonly tune: string;
}

/** Runs without a fault taken out, in the order of their seeds. */
export function fullRuns({ runs }: ReportSubject): readonly RunResult[] {
  return runs.filter(({ variant }) => variant === "full");
}

/** The run that pictures show: the worst seed of the first objective that is not met, else the first. */
export function shownRun(subject: ReportSubject): RunResult | undefined {
  const full = fullRuns(subject);
  const { checks } = subject.result;
  const worst = checks.find(
    ({ verdict, worstSeed }) => verdict !== "pass" && worstSeed !== undefined,
  );
  return full.find(({ seed }) => seed === worst?.worstSeed) ?? full[0];
}

export interface Incident {
  readonly name: string;
  readonly kind: string;
  readonly fromMs: number;
  /** Equal to `fromMs` for what happens in an instant. */
  readonly toMs: number;
}

/** The faults of the scenario, in its order. */
export function incidentsOf(
  scenario: Scenario | undefined,
  simulatedMs: number,
): readonly Incident[] {
  return (scenario?.faults ?? []).map((fault) => {
    const { name, kind } = fault;
    if (!("atMs" in fault)) return { name, kind, fromMs: fault.fromMs, toMs: fault.toMs };
    const lastsMs = "restartAfterMs" in fault ? (fault.restartAfterMs ?? 0) : 0;
    const toMs = Math.min(simulatedMs, fault.atMs + lastsMs);
    return { name, kind, fromMs: fault.atMs, toMs };
  });
}
