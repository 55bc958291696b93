// A trial: one run of a search, of which only what the search must know comes back.
//
// A whole result has megabytes of series, and a search makes hundreds. The summary is small plain JSON that a journal can keep
// as a line; verdicts are made from it as from the result itself.

import type { Budget } from "../scenarios/budget.ts";
import { parseExpression } from "../scenarios/expression.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { measure } from "../sim/measure.ts";
import type { AutoscalingReport, EndedEarly, RunResult } from "../sim/result.ts";
import { evaluateBy, type Check } from "../sim/slo.ts";

export interface CampaignTrial {
  readonly scenario: Scenario;
  readonly budgets: readonly Budget[];
  /** Beside the budgets: what is to be measured, each "p99(join.latency)@storm" or "max(node.cpu.ratio)@run". */
  readonly expressions: readonly string[];
  readonly seed: number;
  /** "full", or "without:<fault>" for the pair of a comparison budget. */
  readonly variant: string;
}

/** The trial as a worker gets it. */
export interface TrialTask extends CampaignTrial {
  /** Differs between all tasks of a pool; progress messages carry it. */
  readonly index: number;
}

export interface TrialSummary {
  readonly scenario: string;
  readonly seed: number;
  readonly variant: string;
  /** "" when the thread ran out of memory. */
  readonly digest: string;
  readonly eventCount: number;
  readonly simulatedMs: number;
  /** Absent: it ran to its end. "memory": its thread had no more. Who ended early has measured nothing and passes nothing. */
  readonly endedEarly?: EndedEarly | "memory";
  /** Names of the invariants that broke; with any, `endedEarly` is "invariant". */
  readonly broken: readonly string[];
  /** Check id → value in the metric's unit; absent where nothing was measured. */
  readonly measures: Readonly<Record<string, number>>;
  /** Asked expression → value; absent where nothing was measured. */
  readonly values: Readonly<Record<string, number>>;
  readonly autoscaling?: AutoscalingSummary;
  /** Sentences about the run, most important first. */
  readonly findings: readonly string[];
}

export interface AutoscalingSummary {
  readonly decisions: number;
  /** Each time a new scale was written: when, ms, and the replicas before and after. */
  readonly rescales: readonly {
    readonly atMs: number;
    readonly from: number;
    readonly to: number;
  }[];
  readonly pods: number;
  /** Sessions on pods when their deletion began, and those still there when the pods were killed. */
  readonly sessionsAtDelete: number;
  readonly sessionsKilled: number;
}

/** Of a thread that ran out of memory. */
export function summaryWithoutMemory(trial: CampaignTrial): TrialSummary {
  return {
    scenario: trial.scenario.metadata.name,
    seed: trial.seed,
    variant: trial.variant,
    digest: "",
    eventCount: 0,
    simulatedMs: 0,
    endedEarly: "memory",
    broken: [],
    measures: {},
    values: {},
    findings: [],
  };
}

export function summaryOf(
  { budgets, expressions }: CampaignTrial,
  result: RunResult,
): TrialSummary {
  const broken = result.invariants.filter(({ ok }) => !ok).map(({ name }) => name);
  const endedEarly = result.endedEarly ?? (broken.length > 0 ? "invariant" : undefined);
  const isWhole = endedEarly === undefined;
  const values = isWhole ? expressions.map((text) => [text, valueOf(text, result)] as const) : [];
  const measures = isWhole
    ? budgets.map(({ id, metric, window }) => [id, measure(metric, window, result)] as const)
    : [];
  return {
    scenario: result.scenario,
    seed: result.seed,
    variant: result.variant,
    digest: result.digest,
    eventCount: result.eventCount,
    simulatedMs: result.simulatedMs,
    ...(endedEarly === undefined ? {} : { endedEarly }),
    broken,
    measures: present(measures),
    values: present(values),
    ...(result.autoscaling === undefined ? {} : { autoscaling: summed(result.autoscaling) }),
    findings: result.findings,
  };
}

/** The checks of one scenario over trials of it, all variants, as `evaluate` makes them of results. */
export function checksOf(budgets: readonly Budget[], trials: readonly TrialSummary[]): Check[] {
  const runs = trials.map((trial) => ({ ...trial, endedEarly: trial.endedEarly }));
  return evaluateBy(budgets, runs, ({ id }, { measures }) => measures[id]);
}

/** Of a form that the program wrote itself. */
function valueOf(text: string, result: RunResult): number | undefined {
  const at = text.lastIndexOf("@");
  const expression = parseExpression(text.slice(0, at));
  if (at < 0 || expression === undefined) throw new Error(`no metric with a window: ${text}`);
  return measure(expression, text.slice(at + 1), result);
}

function present(
  entries: readonly (readonly [string, number | undefined])[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function summed({ decisions, pods }: AutoscalingReport): AutoscalingSummary {
  return {
    decisions: decisions.length,
    rescales: decisions.flatMap(({ atMs, rescaled, specReplicas: from, replicas: to }) =>
      rescaled && from !== undefined && to !== undefined ? [{ atMs, from, to }] : [],
    ),
    pods: pods.length,
    sessionsAtDelete: pods.reduce((sum, pod) => sum + pod.sessionsAtDelete, 0),
    sessionsKilled: pods.reduce((sum, pod) => sum + pod.sessionsKilled, 0),
  };
}
