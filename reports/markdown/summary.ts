// One scenario's result in Markdown: for a job's summary page and for a comment on a change.
//
// The answer comes first, then the objectives, then the course of the worst seed; the rest is folded. It stays
// under 64 KB whatever was run, so that it fits into a comment: rows are left out before the provenance is, and
// the page says how many. Equal results give equal bytes.

import type { RunResult } from "../../sim/result.ts";
import type { Check } from "../../sim/slo.ts";
import { formatCount, formatPercent, formatValue } from "../format.ts";
import { NO_PAINT } from "../layout.ts";
import type { ResultsDocument, ScenarioResult } from "../results-schema.ts";
import { storedCheck } from "../stored-check.ts";
import { limitText, measuredText, noteText, verdictWord, worstSeedText } from "../terminal.ts";
import { courseSection } from "./course.ts";
import { cut, markdownCode, markdownFence, markdownText } from "./escape.ts";
import { Page, utf8Length, type Section } from "./page.ts";

/** Below the 65,536 characters that a comment of GitHub may have; cited: its REST API. */
export const SUMMARY_BYTES_MAX = 64_000;

const SENTENCE_MAX = 600;
const CELL_MAX = 120;
const ALARMS_MAX = 10;
const FINDINGS_MAX = 12;
const FILES_MAX = 12;
/** Objectives with a column of their own in the table of seeds. */
const SEED_COLUMNS_MAX = 8;
const COMMAND_MAX = 3_000;

const SIGN: Readonly<Record<string, string>> = {
  PASS: "✅ PASS",
  FAIL: "❌ FAIL",
  WARN: "⚠️ WARN",
  UNSURE: "❔ UNSURE",
};

/** `document` is of one scenario, and `runs` are its runs, in its order. */
export function markdownSummary(document: ResultsDocument, runs: readonly RunResult[]): string {
  const scenario = document.scenarios[0]!; // A result is of one scenario.
  const checks = scenario.checks.map(storedCheck);
  const last = provenance(document, scenario);
  const reserveBytes = utf8Length(last);
  const page = new Page(SUMMARY_BYTES_MAX);
  page.add(head(document, scenario), reserveBytes);
  page.addSection(alarmSection(scenario), reserveBytes);
  page.addSection(checkSection(checks), reserveBytes);
  page.addSection(noteSection(checks), reserveBytes);
  const shown = runToShow(checks, runs);
  const course = shown && courseSection(shown);
  if (course !== undefined) page.addSection(course, reserveBytes);
  if (shown !== undefined) page.addSection(findingSection(shown), reserveBytes);
  page.addSection(seedSection(checks), reserveBytes);
  page.add(last);
  return page.text;
}

function head(document: ResultsDocument, scenario: ScenarioResult): string {
  const word = { pass: "PASS", fail: "FAIL", inconclusive: "UNSURE" }[scenario.verdict];
  const sign = scenario.alarms.length > 0 ? "⛔ NO ANSWER" : SIGN[word];
  const lines = [
    `## ${sign} · ${markdownText(cut(scenario.name, CELL_MAX))}`,
    `**${markdownText(cut(scenario.answer, SENTENCE_MAX))}**`,
    `*${markdownText(cut(scenario.title, SENTENCE_MAX))}*`,
  ];
  if (!document.complete) lines.splice(1, 0, "**Interrupted: these results are partial.**");
  return `${lines.join("\n\n")}\n\n`;
}

function alarmSection({ alarms }: ScenarioResult): Section {
  return {
    head: "",
    items: alarms
      .slice(0, ALARMS_MAX)
      .map((alarm) => `- ⛔ ${markdownText(cut(alarm, SENTENCE_MAX))}\n`),
    tail: `${alarms.length > ALARMS_MAX ? `- ${alarms.length - ALARMS_MAX} more alarms\n` : ""}\n`,
    leftOut: (count) => `- ${count} more alarms\n`,
  };
}

function checkSection(checks: readonly Check[]): Section {
  return {
    head:
      "| Objective | Limit | Measured | Margin | Worst seed | Verdict |\n" +
      "|---|--:|---|--:|--:|---|\n",
    items: checks.map((check) => {
      const margin = check.margin === undefined ? "" : formatPercent(threeDigits(check.margin));
      const title = check.title === "" ? "" : `<br>${markdownText(cut(check.title, CELL_MAX))}`;
      const texts = [limitText(check), measuredText(check), margin, worstSeedText(check)];
      const cells = texts.map((cell) => markdownText(cut(cell, CELL_MAX)));
      const sign = SIGN[verdictWord(check, NO_PAINT)]!;
      return `| **${markdownText(cut(check.id, CELL_MAX))}**${title} | ${cells.join(" | ")} | ${sign} |\n`;
    }),
    tail: "\n",
    leftOut: (count) => `| *${count} more in results.json* | | | | | |\n`,
  };
}

function threeDigits(ratio: number): number {
  return Number(ratio.toPrecision(3));
}

function noteSection(checks: readonly Check[]): Section {
  return {
    head: "",
    items: checks.flatMap((check) => {
      const note = noteText(check);
      if (note === "") return [];
      return [`- ${markdownText(cut(`${check.id}: ${note}`, SENTENCE_MAX))}\n`];
    }),
    tail: "\n",
    leftOut: (count) => `- ${count} more notes\n`,
  };
}

/** The worst seed of the first objective that is not met; else the first seed. */
function runToShow(checks: readonly Check[], runs: readonly RunResult[]): RunResult | undefined {
  const full = runs.filter(({ variant }) => variant === "full");
  const worst = checks.find(
    ({ verdict, worstSeed }) => verdict !== "pass" && worstSeed !== undefined,
  );
  return full.find(({ seed }) => seed === worst?.worstSeed) ?? full[0];
}

function findingSection(run: RunResult): Section {
  const findings = run.findings.slice(0, FINDINGS_MAX);
  return {
    ...folded(`What was seen in seed ${run.seed}`),
    items: findings.map((finding) => `- ${markdownText(cut(finding, SENTENCE_MAX))}\n`),
    leftOut: (count) => `- ${count} more findings\n`,
  };
}

function seedSection(checks: readonly Check[]): Section {
  const shown = checks.slice(0, SEED_COLUMNS_MAX);
  const titles = shown.map(({ id }) => markdownText(cut(id, 40)));
  const seeds = shown[0]?.seeds.map(({ seed }) => seed) ?? [];
  const more = checks.length - shown.length;
  const { head, tail } = folded(
    `Seed by seed${more > 0 ? ` (the first ${shown.length} objectives of ${checks.length})` : ""}`,
  );
  return {
    head: `${head}| Seed | ${titles.join(" | ")} |\n|--:${"|--:".repeat(shown.length)}|\n`,
    items: seeds.map((seed, i) => {
      const cells = shown.map((check) => seedCell(check, i));
      return `| ${seed} | ${cells.join(" | ")} |\n`;
    }),
    tail,
    leftOut: (count) => `| … | ${count} more in results.json${" |".repeat(shown.length)}\n`,
  };
}

function seedCell(check: Check, index: number): string {
  const seed = check.seeds[index];
  if (seed?.value === undefined) return "nothing";
  const value = markdownText(formatValue(seed.value, check.unit));
  return seed.holds === false ? `**${value}** ✗` : value;
}

function folded(title: string): { readonly head: string; readonly tail: string } {
  return {
    head: `<details><summary>${markdownText(title)}</summary>\n\n`,
    tail: "\n</details>\n\n",
  };
}

/** What makes the result again, and from what it was made. */
function provenance({ command, tool }: ResultsDocument, scenario: ScenarioResult): string {
  const { files, profile, runs, digest } = scenario;
  const events = runs.reduce((sum, { eventCount }) => sum + eventCount, 0);
  const named = Object.entries(files).slice(0, FILES_MAX);
  const rest = Object.keys(files).length - named.length;
  const { head, tail } = folded("How to make it again");
  const isShort = command.length <= COMMAND_MAX;
  const lines = [
    markdownFence(
      [isShort ? command : "The command is in results.json: it is too long for here."],
      "sh",
    ),
    "",
    `- ${markdownText(`${tool.name} ${tool.version}`)}, ${formatCount(runs.length)} runs, ${formatCount(events)} events`,
    `- scenario ${markdownCode(digest.slice(0, 16))}; equal digests asked the same question`,
    `- profile ${markdownText(cut(profile.name, CELL_MAX))}: ${profile.measured} costs measured, ${profile.cited} cited, ${profile.assumed} assumed`,
    ...named.map(
      ([file, sha]) => `- ${markdownCode(cut(file, CELL_MAX))} ${markdownCode(sha.slice(0, 16))}`,
    ),
    ...(rest > 0 ? [`- ${rest} more files`] : []),
  ];
  return `${head}${lines.join("\n")}\n${tail}`;
}
