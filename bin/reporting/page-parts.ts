// Reports as pages: the one place that joins what reports say with the runtime that draws it. Loaded when a page is
// written, never before: vega and its compiler are large.

import type { ReportDocument } from "../../reports/documents/document.ts";
import { scenarioReport } from "../../reports/documents/scenario-report.ts";
import { stormFigures } from "../../reports/html/cluster-view/figures.ts";
import { clusterViewSection } from "../../reports/html/cluster-view/section.ts";
import { compiled } from "../../reports/html/compile.ts";
import { type Insertion, pageHtml, type PageParts } from "../../reports/html/page.ts";
import { incidentsOf, type ReportSubject, shownRun } from "../../reports/html/subject.ts";
import type { Outside } from "../outside.ts";
import { vegaRuntime } from "./vega-runtime.ts";

/** The HTML of any document. */
export function documentPage(
  outside: Outside,
  document: ReportDocument,
  insertions?: ReadonlyMap<number, Insertion>,
): string {
  const parts: PageParts = {
    runtime: vegaRuntime(outside),
    sha256Base64: (text) => Buffer.from(outside.sha256(text), "hex").toString("base64"),
    compile: compiled,
    version: outside.version,
  };
  return pageHtml(document, parts, insertions);
}

/** report.html of a scenario. */
export function scenarioPage(outside: Outside, subject: ReportSubject): string {
  const { document, pageOneLength } = scenarioReport(subject);
  const play = playOf(subject);
  const insertions = play === undefined ? undefined : new Map([[pageOneLength, play]]);
  return documentPage(outside, document, insertions);
}

/** The run that the pictures show, played. */
function playOf(subject: ReportSubject): Insertion | undefined {
  const { scenario, result } = subject;
  const run = shownRun(subject);
  if (run === undefined || scenario === undefined) return undefined;
  const info = {
    title: result.title,
    faults: incidentsOf(scenario, run.simulatedMs),
    windows: run.windows,
    maxConnections: scenario.cluster.nodes.maxConnections,
    admission: scenario.cluster,
  };
  const section = clusterViewSection(run, info);
  if (section === undefined) return undefined;
  const figures = stormFigures(run, info).map(({ html }) => html);
  return {
    ...section,
    html: `<h2>The storm, played</h2>\n${[section.html, ...figures].join("\n")}`,
  };
}
