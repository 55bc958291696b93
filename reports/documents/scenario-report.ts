// The report of a scenario: page one answers, the pages after it show why.

import { seedDots } from "../html/charts/seed-dots.ts";
import { timeline } from "../html/charts/timeline.ts";
import { fullRuns, incidentsOf, type ReportSubject, shownRun } from "../html/subject.ts";
import type { Check } from "../../sim/slo.ts";
import { formatValue } from "../format.ts";
import { storedCheck } from "../stored-check.ts";
import { adviceBlocks } from "./advice.ts";
import { assumptionBlocks } from "./assumptions.ts";
import { decisionBlocks } from "./decisions.ts";
import { type Block, columns, heading, type ReportDocument, text } from "./document.ts";
import { fanoutBlocks } from "./fanout.ts";
import { latencyBlocks } from "./latency.ts";
import { objectiveTable, usedShare, verdictTone, verdictWord } from "./objectives.ts";
import { footerText, originBlocks } from "./origin.ts";

export interface ScenarioReportParts {
  readonly document: ReportDocument;
  /** Blocks of page one: after them the play of the storm has its place. */
  readonly pageOneLength: number;
}

export function scenarioReport(subject: ReportSubject): ScenarioReportParts {
  const { result } = subject;
  const checks = result.checks.map(storedCheck);
  const isUnfit = result.alarms.length > 0;
  const pageOne: readonly Block[] = [
    ...alarmBlocks(result.alarms),
    ...objectiveBlocks(checks),
    ...timelineBlocks(subject),
    { kind: "page" },
    ...findingBlocks(subject),
    ...adviceBlocks(subject),
    ...assumptionBlocks(subject),
    ...originBlocks(subject),
    { kind: "page" },
  ];
  const blocks = [
    ...pageOne,
    ...latencyBlocks(subject),
    ...seedBlocks(checks),
    ...fanoutBlocks(subject),
    ...hpaBlocks(subject),
  ];
  return {
    pageOneLength: pageOne.length,
    document: {
      title: result.name,
      kicker: "Report",
      question: result.title,
      answer: result.answer,
      tone: isUnfit ? "bad" : verdictTone(result.verdict),
      verdict: isUnfit ? "NO ANSWER" : verdictWord(result.verdict),
      blocks,
      footer: footerText(subject),
    },
  };
}

export function alarmBlocks(alarms: readonly string[]): readonly Block[] {
  return alarms.length === 0 ? [] : [heading("Alarms"), { kind: "list", items: alarms }];
}

export function objectiveBlocks(checks: readonly Check[]): readonly Block[] {
  if (checks.length === 0) return [heading("Objectives"), text("The scenario has no budget.")];
  return [heading("Objectives"), { kind: "table", table: objectiveTable(checks) }];
}

export function timelineBlocks(subject: ReportSubject): readonly Block[] {
  const shown = shownRun(subject);
  if (shown === undefined || shown.simulatedMs === 0) return [];
  const full = fullRuns(subject);
  const incidents = incidentsOf(subject.scenario, shown.simulatedMs);
  const { spec, table, silent } = timeline({ shown, full, incidents });
  const band =
    full.length < 2 ? "" : ` The band behind the first line spans all ${full.length} seeds.`;
  const hpa =
    shown.autoscaling?.manifest === undefined
      ? ""
      : " Short ticks under the nodes are looks of the HPA, triangles its changes.";
  const quiet =
    silent.length === 0 ? "" : ` Always 0, so not drawn: ${silent.join("; ").toLowerCase()}.`;
  return [
    heading("The course of it"),
    text(`Seed ${shown.seed}.${band}${hpa}${quiet}`, "faint"),
    { kind: "chart", spec, description: `The course of seed ${shown.seed}`, table },
  ];
}

export function findingBlocks(subject: ReportSubject): readonly Block[] {
  const shown = shownRun(subject);
  if (shown === undefined || shown.findings.length === 0) return [];
  return [heading(`Seen in seed ${shown.seed}`), { kind: "list", items: shown.findings }];
}

export function seedBlocks(checks: readonly Check[]): readonly Block[] {
  const rows = checks.map((check) => ({
    name: check.id,
    used: check.seeds.flatMap(({ seed, value, limit }) => {
      if (value === undefined || limit === undefined) return [];
      const used = usedShare(check, value, limit);
      return used === undefined ? [] : [{ seed, used }];
    }),
  }));
  const drawn = rows.filter(({ used }) => used.length > 0);
  const seeds = [...new Set(checks.flatMap((check) => check.seeds.map(({ seed }) => seed)))];
  if (seeds.length === 0) return [];
  const table = {
    columns: columns("Objective", ...seeds.map((seed) => `Seed ${seed}>`)),
    rows: checks.map((check) => [
      check.id,
      ...seeds.map((seed) => {
        const value = check.seeds.find((one) => one.seed === seed)?.value;
        return value === undefined ? "–" : formatValue(value, check.unit);
      }),
    ]),
  };
  const head = [heading("Seed by seed")];
  if (drawn.length === 0) return [...head, { kind: "table", table }];
  const description = "Values of each seed";
  return [...head, { kind: "chart", spec: seedDots(drawn), description, table }];
}

function hpaBlocks(subject: ReportSubject): readonly Block[] {
  const shown = shownRun(subject);
  const { autoscaling } = shown ?? {};
  if (shown === undefined || autoscaling?.manifest === undefined) return [];
  return [
    heading("Decisions of the HPA"),
    ...decisionBlocks(autoscaling),
    ...(subject.commands.explain === undefined
      ? []
      : [
          text("Each look in all its steps, in the directory of this result:", "faint"),
          { kind: "code", text: subject.commands.explain } as const,
        ]),
  ];
}
