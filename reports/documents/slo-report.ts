// The SLO report: is what was promised kept, by how much, and what does an incident like this cost of the error budget?
//
// It is mailed alone, so it asks and answers by itself. The budget of errors is what an objective allows: of "at least 99.9 %
// get in" one in a thousand. An incident spends it in events, and a month's budget is known only with a month's events;
// so the report says what it knows: how many may fail of those that there were, and how many did.

import type { Check } from "../../sim/slo.ts";
import { formatCount, formatPercent } from "../format.ts";
import { fullRuns, type ReportSubject } from "../html/subject.ts";
import { storedCheck } from "../stored-check.ts";
import { adviceBlocks } from "./advice.ts";
import { assumptionBlocks } from "./assumptions.ts";
import { type Block, columns, heading, type ReportDocument, text } from "./document.ts";
import { usedOf, usedShare, verdictTone, verdictWord } from "./objectives.ts";
import { footerText, originBlocks } from "./origin.ts";
import {
  alarmBlocks,
  findingBlocks,
  objectiveBlocks,
  seedBlocks,
  timelineBlocks,
} from "./scenario-report.ts";

/** What an objective on a share of events allows, and what became of it. Means over the seeds. */
export interface ErrorBudget {
  readonly id: string;
  readonly window: string;
  /** Shares of the events that may be bad, and that were; 0 to 1. */
  readonly allowedRatio: number;
  readonly badRatio: number;
  /** badRatio over allowedRatio; above 1 the budget is overspent. */
  readonly spentShare: number;
  /** Of the worst seed. */
  readonly worstSpentShare: number;
  /** Events in the window; undefined where the metric does not tell. */
  readonly events: number | undefined;
}

/** Ratio → the counter of the events that it is a share of. */
const EVENTS: Readonly<Record<string, string>> = {
  "join.success.ratio": "join.offered",
  "reconnect.failure.ratio": "reconnect.offered",
};

export function errorBudgets(subject: ReportSubject): readonly ErrorBudget[] {
  return subject.result.checks.map(storedCheck).flatMap((check) => {
    const { limit, value, unit, op, versus } = check;
    const isShare = unit === "ratio" && versus === undefined && op !== "==";
    if (!isShare || limit === undefined || value === undefined) return [];
    const isLower = op === ">=" || op === ">";
    const allowedRatio = isLower ? 1 - limit : limit;
    if (allowedRatio <= 0) return [];
    const badRatio = isLower ? 1 - value : value;
    const shares = check.seeds.flatMap((seed) =>
      seed.value === undefined ? [] : [usedShare(check, seed.value, limit) ?? 0],
    );
    return [
      {
        id: check.id,
        window: check.window,
        allowedRatio,
        badRatio,
        spentShare: badRatio / allowedRatio,
        worstSpentShare: Math.max(0, ...shares),
        events: eventsOf(subject, check),
      },
    ];
  });
}

function eventsOf(subject: ReportSubject, { metric, window }: Check): number | undefined {
  const name = /^value\((.+)\)$/.exec(metric)?.[1] ?? "";
  const counter = Object.hasOwn(EVENTS, name) ? EVENTS[name]! : undefined;
  const full = fullRuns(subject);
  if (counter === undefined || full.length === 0) return undefined;
  const counts = full.map(({ values }) => values[`${counter}@${window}`] ?? 0);
  return counts.reduce((sum, one) => sum + one, 0) / counts.length;
}

/** The result has objectives. */
export function sloReport(subject: ReportSubject): ReportDocument {
  const { result } = subject;
  const checks = result.checks.map(storedCheck);
  const isUnfit = result.alarms.length > 0;
  return {
    title: result.name,
    kicker: "SLO report",
    question: result.title,
    answer: result.answer,
    tone: isUnfit ? "bad" : verdictTone(result.verdict),
    verdict: isUnfit ? "NO ANSWER" : verdictWord(result.verdict),
    blocks: [
      ...alarmBlocks(result.alarms),
      ...objectiveBlocks(checks),
      ...budgetBlocks(errorBudgets(subject)),
      ...seedBlocks(checks),
      ...timelineBlocks(subject),
      ...findingBlocks(subject),
      ...adviceBlocks(subject),
      ...assumptionBlocks(subject),
      ...originBlocks(subject),
    ],
    footer: footerText(subject),
  };
}

function budgetBlocks(budgets: readonly ErrorBudget[]): readonly Block[] {
  if (budgets.length === 0) return [];
  const share = (ratio: number): string => formatPercent(Number(ratio.toPrecision(3)));
  const rows = budgets.map(({ id, window, events, allowedRatio, badRatio, ...spent }) => [
    { text: id, detail: window },
    share(allowedRatio),
    share(badRatio),
    events === undefined ? "–" : eventsText(events * allowedRatio),
    events === undefined ? "–" : eventsText(events * badRatio),
    { text: share(spent.spentShare), used: spent.spentShare },
    share(spent.worstSpentShare),
  ]);
  const titles = [
    "May fail>",
    "Failed>",
    "Events that may>",
    "Events that did>",
    "Spent>",
    "Worst seed spent>",
  ];
  return [
    heading("Error budget of this incident"),
    text(
      "What each objective on a share of events allows of this window, and what was spent; means over the seeds.",
      "faint",
    ),
    { kind: "table", table: { columns: columns("Objective", ...titles), rows } },
  ];
}

/** Means are not whole: "0.5", "1,344". */
function eventsText(count: number): string {
  return formatCount(count < 100 ? Number(count.toPrecision(2)) : Math.round(count));
}

/** For programs: the same, as plain JSON. */
export function sloJson(subject: ReportSubject): object {
  const { result, document } = subject;
  return {
    kind: "SloReport",
    scenario: result.name,
    question: result.title,
    answer: result.answer,
    verdict: result.verdict,
    alarms: result.alarms,
    objectives: result.checks.map((check) => {
      const used = usedOf(storedCheck(check));
      return { ...check, ...(used === undefined ? {} : { usedShare: used }) };
    }),
    errorBudgets: errorBudgets(subject).map(({ events, ...budget }) =>
      events === undefined ? budget : { ...budget, events },
    ),
    profile: result.profile,
    source: { digest: result.digest, command: document.command, tool: document.tool },
  };
}
