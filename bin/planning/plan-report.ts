// From a study, finished or not, to the document that is printed and written.

import { formatMs } from "../../reports/format.ts";
import { evidenceOf } from "../../reports/results-json.ts";
import { amount, listed, NOUNS } from "../../reports/plan.ts";
import {
  PLAN_VERSION,
  type CandidateCheck,
  type CandidateReport,
  type PlanCost,
  type PlanDocument,
  type ScenarioPlan,
  type VariantPlan,
} from "../../reports/plan-document.ts";
import { shareInterval } from "../../sim/planner/binomial.ts";
import { heldSeeds, verdictOf } from "../../sim/planner/standing.ts";
import type { Check } from "../../sim/slo.ts";
import type { TrialSummary } from "../trial.ts";
import { ownValue } from "./question.ts";
import { BUSIEST, type Candidate } from "./sizing.ts";
import type { Part, Study } from "./study.ts";

export interface Prices {
  readonly podHour: number | undefined;
  readonly machineHour: number | undefined;
}

export interface Circumstances {
  readonly version: string;
  readonly complete: boolean;
  readonly command: string;
  readonly prices: Prices;
  readonly trials: PlanDocument["trials"];
  readonly wall: PlanDocument["wall"];
}

/** Hours of a month, as clouds count them: 365 × 24 / 12. */
const MONTH_HOURS = 730;

export function planDocument(study: Study, circumstances: Circumstances): PlanDocument {
  const { version, complete, command, prices, trials, wall } = circumstances;
  const { variable, loaded, precision } = study.options;
  const [base, ...lost] = study.parts;
  const value = base?.value;
  return {
    schemaVersion: PLAN_VERSION,
    tool: { name: "stormglass", version },
    complete,
    command,
    question: {
      goal: variable === "replicas" ? "min" : "max",
      variable,
      scenarios: loaded.map(({ scenario }) => scenario.metadata.name),
      ...study.room,
      precision: precision.value,
      precisionUnit: precision.of,
    },
    answer: answerText(study, complete),
    ...(value === undefined ? {} : { value }),
    scenarios: base === undefined ? [] : scenarioPlans(study, base),
    variants: lost.map((part) => variantPlan(study, part)),
    ...(value === undefined || variable !== "replicas" ? {} : { cost: costOf(study, prices) }),
    assumptions: assumptionsOf(study),
    trials,
    wall,
  };
}

function answerText(study: Study, complete: boolean): string {
  const { variable, loaded } = study.options;
  const [base] = study.parts;
  const names = listed(loaded.map(({ scenario }) => scenario.metadata.name));
  const { from, to } = study.room;
  const brackets = base?.sizing?.plan.searches.map(({ bracket }) => bracket) ?? [];
  if (base?.value === undefined) {
    if (!complete)
      return `The search was interrupted before it knew how many ${NOUNS[variable][1]}.`;
    if (variable === "replicas")
      return `Not even ${amount(variable, to)} meet every objective of ${names}.`;
    return `Not even ${amount(variable, from)} can be had: ${names} misses an objective.`;
  }
  const { value } = base;
  const fails = brackets.flatMap(({ fails }) => fails?.value ?? []);
  const rest = complete ? "" : " The search was interrupted before it knew what a loss needs.";
  if (variable === "replicas") {
    const below = fails.length === 0 ? "fewer were not asked for" : `${Math.max(...fails)} are not`;
    return `${amount(variable, value)} are enough for ${names}; ${below}.${rest}`;
  }
  const above =
    fails.length === 0
      ? "more were not asked for"
      : `${amount(variable, Math.min(...fails))} are too many`;
  return `${amount(variable, value)} are what ${names} can take; ${above}.${rest}`;
}

function scenarioPlans(study: Study, part: Part): ScenarioPlan[] {
  const { sizing, bounds } = part;
  if (sizing === undefined) return [];
  return sizing.scenarios.map(({ name, seeds }, i) => {
    const { scenario } = study.options.loaded[i]!;
    const { bracket, odd } = sizing.plan.searches[i]!;
    const bound = bounds[i];
    const { fails, holds } = bracket;
    const isHeld = holds !== undefined && holds.seeds === seeds.length;
    return {
      name,
      title: scenario.metadata.title,
      own: ownValue(study.options.variable, scenario),
      seeds,
      ...(bound === undefined ? {} : { bound }),
      ...(fails === undefined ? {} : { fails: fails.value }),
      ...(isHeld ? { holds: holds.value } : {}),
      candidates: sizing.candidates(i).map((candidate) => candidateReport(study, i, candidate)),
      odd: odd.map(({ value }) => value),
    };
  });
}

function candidateReport(study: Study, place: number, candidate: Candidate): CandidateReport {
  const { value, seeds, checks, unfinished, runs } = candidate;
  const { variable, loaded } = study.options;
  const { scenario } = loaded[place]!;
  const { sizing } = study.parts[0]!;
  const { count, maxConnections } = scenario.cluster.nodes;
  const clients = variable === "clients" ? value : scenario.clients.total;
  const held = heldSeeds(checks, seeds);
  return {
    value,
    seeds: seeds.length,
    held,
    share: shareInterval(held, seeds.length),
    verdict: WORD[verdictOf(checks, unfinished.length)],
    isWhole: seeds.length === sizing!.scenarios[place]!.seeds.length,
    checks: checks.map(checkReport),
    clientsPerNode: clients / (variable === "replicas" ? value : count),
    maxConnections,
    busiest: busiestOf(runs),
    stopped: unfinished.map(stoppedText),
  };
}

const WORD = {
  pass: "pass",
  fail: "fail",
  inconclusive: "inconclusive",
  stopped: "stopped",
} as const;

function checkReport(check: Check): CandidateCheck {
  const { id, title, metric, window, op, unit, limit, value, margin, verdict, severity } = check;
  const worst = check.seeds.find(({ seed }) => seed === check.worstSeed)?.value;
  return {
    id,
    title,
    metric,
    window,
    op,
    unit,
    ...(limit === undefined ? {} : { limit }),
    ...(value === undefined ? {} : { value }),
    ...(worst === undefined ? {} : { worst }),
    ...(margin === undefined ? {} : { margin }),
    verdict,
    severity,
    missedSeeds: check.seeds.filter(({ holds }) => holds === false).length,
  };
}

function busiestOf(runs: readonly TrialSummary[]): CandidateReport["busiest"] {
  const entries = Object.entries(BUSIEST).flatMap(([name, expression]) => {
    const values = runs.flatMap(({ values }) => values[expression] ?? []);
    return values.length === 0 ? [] : [[name, Math.max(...values)] as const];
  });
  return Object.fromEntries(entries);
}

const WHY = {
  events: "run.limits.events was reached",
  heap: "run.limits.heap was reached",
  memory: "it needed more than run.limits.heap",
  invariant: "an invariant broke",
  interrupted: "it was interrupted",
} as const;

function stoppedText({ seed, variant, endedEarly, broken, simulatedMs }: TrialSummary): string {
  const run = `seed ${seed}${variant === "full" ? "" : ` (${variant})`}`;
  const why = broken.length > 0 ? `broke "${broken[0]}"` : WHY[endedEarly!];
  return `${run} stopped at ${formatMs(simulatedMs)}: ${why}`;
}

function variantPlan(study: Study, part: Part): VariantPlan {
  const { loss, sizing, value, note } = part;
  return {
    lost: loss!.what,
    when: loss!.when,
    ...(value === undefined ? {} : { value }),
    note: note === "" ? "interrupted" : note,
    ...(sizing === undefined ? {} : { scenarios: scenarioPlans(study, part) }),
  };
}

function costOf(study: Study, { podHour, machineHour }: Prices): PlanCost {
  const { loaded } = study.options;
  const runMs = Math.max(...loaded.map(({ scenario }) => scenario.run.durationMs));
  const perMachine = Math.min(
    ...loaded.map(({ scenario }) => scenario.kubernetes.machines.podsPerMachine),
  );
  const rows = study.parts.flatMap(({ loss, value: nodes }) => {
    if (nodes === undefined) return [];
    const machines = Math.ceil(nodes / perMachine);
    const hourly = nodes * (podHour ?? 0) + machines * (machineHour ?? 0);
    return {
      what:
        loss === undefined
          ? "no loss"
          : `a ${loss.what}, ${loss.when === "beginning" ? "from the beginning" : "while it runs"}`,
      nodes,
      nodeHoursPerRun: Number(((nodes * runMs) / 3_600_000).toPrecision(3)),
      nodeHoursPerMonth: nodes * MONTH_HOURS,
      machines,
      ...(podHour === undefined && machineHour === undefined
        ? {}
        : { moneyPerMonth: hourly * MONTH_HOURS }),
    };
  });
  return {
    rows,
    ...(podHour === undefined ? {} : { podHourPrice: podHour }),
    ...(machineHour === undefined ? {} : { machineHourPrice: machineHour }),
  };
}

function assumptionsOf(study: Study): string[] {
  const { loaded, losses, variable } = study.options;
  const said: string[] = [];
  for (const { scenario, budgets } of loaded) {
    const { name } = scenario.metadata;
    if (scenario.autoscaling.hpa !== undefined) {
      said.push(`${name} has an HPA: the plan is of a fixed cluster and does not use it.`);
    }
    const { measured, cited, assumed, name: profile } = evidenceOf(scenario.profile);
    const { edges } = scenario.cluster;
    if (budgets.some(({ id }) => id === "plan-join")) {
      said.push(`${name}: no check says who must get in; the plan asks for 99.9 % (plan-join).`);
    }
    said.push(
      `${name}: ${edges.count} ${edges.count === 1 ? "edge" : "edges"} as written, not sized; costs of the profile ${profile}: ` +
        `${measured} measured, ${cited} cited, ${assumed} assumed.`,
    );
  }
  said.push(
    "Every value is run with the same seeds. Two seeds close the bracket in; the answer has all of them, and the next safer value two.",
  );
  if (study.hasModels) {
    said.push(
      "Where a large scenario was to be begun, a small model of it said; what decides is run in full.",
    );
  }
  if (variable === "replicas") {
    said.push("Nodes alone are counted in node-hours and machines, not edges or media servers.");
  }
  if (losses.some(({ when }) => when === "middle")) {
    said.push(
      "While it runs: in the middle of the window `measured` the fullest node dies (with a reset), or all nodes of zone 0 (without); none is replaced. " +
        "Where no check speaks of reconnecting, at most 1 % of those who lost their node may stay away (plan-return).",
    );
  }
  return said;
}
