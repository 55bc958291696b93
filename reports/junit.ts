// One scenario's result as JUnit XML: one suite per scenario, one case per budget.
//
// JUnit knows passed, failed, skipped and an error of the test itself. A limit that is missed is a failure; an
// objective that is open is skipped, with its reason, since green would claim what nobody has seen; a warning
// passes and says so on its output; a run that stopped is an error of its own. There are no times: a simulated
// second says nothing about a test's length, and equal results must be equal bytes.

import type { Check } from "../sim/slo.ts";
import { formatPercent } from "./format.ts";
import type { ResultsDocument, ScenarioResult } from "./results-schema.ts";
import { storedCheck } from "./stored-check.ts";
import { limitText, measuredText, noteText } from "./terminal.ts";
import { element, type XmlElement, xmlText } from "./xml.ts";

/** `document` may be of several scenarios. */
export function junitXml(document: ResultsDocument): string {
  const suites = document.scenarios.map((scenario) => suiteOf(scenario));
  const totals = (name: keyof Totals): number =>
    suites.reduce((sum, suite) => sum + suite.totals[name], 0);
  const root = element(
    "testsuites",
    {
      name: "stormglass",
      tests: totals("tests"),
      failures: totals("failures"),
      errors: totals("errors"),
      skipped: totals("skipped"),
    },
    suites.map(({ xml }) => xml),
  );
  return xmlText(root);
}

interface Totals {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

function suiteOf(scenario: ScenarioResult): {
  readonly xml: XmlElement;
  readonly totals: Totals;
} {
  const checks = scenario.checks.map(storedCheck);
  const cases = checks.map((check) => caseOf(scenario, check));
  if (scenario.alarms.length > 0) cases.push(alarmCase(scenario));
  const count = (name: string): number =>
    cases.filter(({ children }) => children.some((child) => child.name === name)).length;
  const totals: Totals = {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
  const xml = element("testsuite", { name: scenario.name, ...totals }, [
    properties(scenario),
    ...cases,
  ]);
  return { xml, totals };
}

function properties({ title, answer, verdict, digest, runs }: ScenarioResult): XmlElement {
  const seeds = runs.filter(({ variant }) => variant === "full").map(({ seed }) => seed);
  const said = { title, answer, verdict, digest, seeds: seeds.join(" ") };
  const list = Object.entries(said).map(([name, value]) => element("property", { name, value }));
  return element("properties", {}, list);
}

/** The file is left out where it ships with the program: the reader has no such file. */
function caseOf(scenario: ScenarioResult, check: Check): XmlElement {
  const { file, line } = check.source;
  const place = file.startsWith("@") ? {} : { file, line };
  const attributes = { classname: `stormglass.${scenario.name}`, name: check.id, ...place };
  return element("testcase", attributes, outcomeOf(check));
}

function outcomeOf(check: Check): readonly XmlElement[] {
  const message = `${check.metric} @ ${check.window}: measured ${measuredText(check)}, limit ${limitText(check)}`;
  const details = detailsOf(check);
  if (check.verdict === "pass") return [];
  if (check.severity === "warn") {
    const word = check.verdict === "fail" ? "WARN" : "UNSURE";
    return [element("system-out", {}, [], `${word} ${message}\n${details}`)];
  }
  if (check.verdict === "inconclusive") {
    const reason = check.note === "" ? "" : `: ${check.note}`;
    return [element("skipped", { message: `open${reason}; ${message}` })];
  }
  return [element("failure", { type: "budget", message }, [], details)];
}

function detailsOf(check: Check): string {
  const seeds = check.seeds.filter(({ holds }) => holds === false).map(({ seed }) => seed);
  const lines = [
    check.title,
    `gate ${check.gate}`,
    check.margin === undefined
      ? ""
      : `margin ${formatPercent(Number(check.margin.toPrecision(3)))}`,
    check.worstSeed === undefined ? "" : `worst seed ${check.worstSeed}`,
    seeds.length === 0 ? "" : `broken in seeds ${seeds.join(" ")}`,
    noteText(check),
  ];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

function alarmCase({ name, alarms }: ScenarioResult): XmlElement {
  const attributes = { classname: `stormglass.${name}`, name: "runs are fit for an answer" };
  const [first = "", ...rest] = alarms;
  return element("testcase", attributes, [
    element("error", { type: "run", message: first }, [], [first, ...rest].join("\n")),
  ]);
}
