// What came of a scenario's runs: verdicts, the answer, alarms, what to do next; as a report for people
// and as a document for programs.

import { mean } from "d3-array";
import { formatMs } from "../reports/format.ts";
import { answerOf, type Measured } from "../reports/answer.ts";
import {
  checkResult,
  evidenceOf,
  incidentResult,
  runSummary,
  canonicalJson,
} from "../reports/results-json.ts";
import type { HistogramSummary } from "../reports/results-json.ts";
import type { ScenarioResult } from "../reports/results-schema.ts";
import type { ScenarioReport } from "../reports/terminal.ts";
import { parseTemplate } from "../scenarios/expression.ts";
import type { LoadedScenario } from "../scenarios/loader.ts";
import type { Cell } from "../scenarios/matrix.ts";
import { measure, quantileOf, unitOf } from "../sim/measure.ts";
import { metricOf } from "../sim/metrics/catalogue.ts";
import type { HistogramCounts, RunResult } from "../sim/result.ts";
import { incidentSpends, incidentsOf } from "../sim/error-budget.ts";
import { evaluate, overall } from "../sim/slo.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Outside } from "./outside.ts";
import type { Task } from "./task.ts";
import type { Outcome } from "./workers.ts";

export interface Judgement {
  readonly report: ScenarioReport;
  readonly document: ScenarioResult;
  readonly results: readonly RunResult[];
  readonly codes: readonly ExitCode[];
  /** Of a matrix; undefined without one. */
  readonly cell: Cell | undefined;
}

export interface Trial {
  readonly task: Task;
  readonly outcome: Outcome;
}

/** Command lines for the reader to type. */
export interface Commands {
  /** The same run, with more options. */
  readonly run: (options: string) => string;
  readonly show: string;
  /** Tick by tick what the HPA did; undefined when nothing is written that could be explained. */
  readonly explain: string | undefined;
}

/** `trials` are those of this scenario, in order. */
export function judge(
  outside: Outside,
  loaded: LoadedScenario,
  trials: readonly Trial[],
  commands: Commands,
): Judgement {
  const { scenario } = loaded;
  const results = trials.flatMap(({ outcome }) =>
    outcome.kind === "done" ? [outcome.outcome.result] : [],
  );
  const checks = evaluate(loaded.budgets, results);
  const verdict = overall(checks);
  const full = results.filter((result) => result.variant === "full");
  const alarms = alarmsOf(trials);
  const seeds = full.map((result) => result.seed);
  const name = scenario.metadata.name;
  const answer = answerOf({
    verdict,
    checks,
    seedCount: full.filter((result) => result.endedEarly === undefined).length,
    stopped: alarms.map(({ text }) => text),
    template: templateOf(loaded),
    measured: overSeeds(full),
  });
  const worst = checks.find((check) => check.verdict !== "pass" && check.worstSeed !== undefined);
  const seed = worst?.worstSeed ?? seeds[0];
  const next: (readonly [string, string])[] = [["The same again", commands.run("")]];
  if (seed !== undefined) {
    const why = worst === undefined ? "One seed, event by event" : `The worst seed of ${worst.id}`;
    next.push([why, commands.run(`--seed ${seed} --trace`)]);
  }
  const isScaled = full.some((result) => result.autoscaling?.manifest !== undefined);
  if (isScaled && commands.explain !== undefined) {
    next.push(["What the HPA saw and did, tick by tick", commands.explain]);
  }
  next.push(["Where every value comes from", commands.show]);
  const report: ScenarioReport = {
    name,
    title: scenario.metadata.title,
    answer,
    verdict,
    checks,
    seeds,
    eventCount: results.reduce((sum, result) => sum + result.eventCount, 0),
    findings: full.find((result) => result.seed === seed)?.findings ?? [],
    findingsSeed: seed,
    alarms: alarms.map(({ text }) => text),
    spends: incidentSpends(loaded.budgets, results, incidentsOf(scenario)),
    next,
  };
  const codes = alarms.map(({ code }) => code);
  if (verdict === "fail") codes.push(ExitCode.budgetBroken);
  return {
    report,
    document: documentOf(outside, loaded, report, results),
    results,
    codes,
    cell: loaded.cell,
  };
}

interface Alarm {
  readonly code: ExitCode;
  readonly text: string;
}

function alarmsOf(trials: readonly Trial[]): Alarm[] {
  return trials.flatMap(({ task, outcome }): Alarm[] => {
    const run = `seed ${task.seed}${task.variant === "full" ? "" : ` (${task.variant})`}`;
    const stopped = (text: string): Alarm => ({ code: ExitCode.stopped, text: `${run} ${text}` });
    if (outcome.kind === "interrupted") return [];
    if (outcome.kind === "out of memory") return [stopped("needed more than run.limits.heap")];
    const { result, difference } = outcome.outcome;
    const alarms: Alarm[] = [];
    if (difference !== undefined) {
      alarms.push({
        code: ExitCode.notReproducible,
        text: `${run} is not reproducible: ${difference}`,
      });
    }
    const { endedEarly } = result;
    if (endedEarly !== undefined)
      alarms.push(stopped(`stopped at ${formatMs(result.simulatedMs)}: ${WHY[endedEarly]}`));
    for (const invariant of result.invariants) {
      if (!invariant.ok) alarms.push(stopped(`broke "${invariant.name}": ${invariant.detail}`));
    }
    return alarms;
  });
}

const WHY: Readonly<Record<NonNullable<RunResult["endedEarly"]>, string>> = {
  events: "run.limits.events was reached",
  heap: "run.limits.heap was reached",
  invariant: "an invariant broke",
  interrupted: "it was interrupted",
};

function templateOf({ scenario }: LoadedScenario) {
  const parsed = parseTemplate(scenario.metadata.answer ?? "");
  return "parts" in parsed ? parsed.parts : [];
}

/** The mean over the seeds that measured something. */
function overSeeds(full: readonly RunResult[]): Measured {
  return (expression, window) => {
    const values = full.flatMap((result) => measure(expression, window, result) ?? []);
    const value = mean(values);
    return value === undefined ? undefined : { value, unit: unitOf(expression) };
  };
}

function documentOf(
  outside: Outside,
  { scenario, files, cell }: LoadedScenario,
  report: ScenarioReport,
  results: readonly RunResult[],
): ScenarioResult {
  const digests = files.map(
    (file) => [file, outside.sha256(outside.readFile(file) ?? "")] as const,
  );
  return {
    name: report.name,
    ...(cell === undefined ? {} : { matrix: { of: cell.of, settings: [...cell.settings] } }),
    title: report.title,
    answer: report.answer,
    verdict: report.verdict,
    digest: outside.sha256(canonicalJson(scenario)),
    files: Object.fromEntries(digests),
    profile: evidenceOf(scenario.profile),
    windows: { ...scenario.windows },
    checks: report.checks.map(checkResult),
    ...(report.spends === undefined || report.spends.length === 0
      ? {}
      : { incidents: report.spends.map(incidentResult) }),
    alarms: [...report.alarms],
    runs: results.map((result) => runSummary(result, summarize)),
  };
}

/** `name` is "metric@window". */
function summarize(name: string, counts: HistogramCounts): HistogramSummary {
  const ticks = metricOf(name.split("@")[0]!)?.unit === "ms" ? 1_000 : 1;
  const quantile = (q: number): number => (counts.count === 0 ? 0 : quantileOf(counts, q, ticks));
  return {
    count: counts.count,
    min: counts.min,
    max: counts.max,
    mean: counts.count === 0 ? 0 : counts.sum / counts.count,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p95: quantile(0.95),
    p99: quantile(0.99),
    p999: quantile(0.999),
  };
}
