// One page that needs nothing but itself: style, data, drawing and a policy that forbids everything else.
//
// The policy names each script and style by its digest. So nothing that a name of a scenario could smuggle in would run,
// and nothing is loaded from anywhere. Data are in script elements of type application/json, which never run.

import type { ReportDocument } from "../documents/document.ts";
import { blocksHtml, pill, type Charts } from "./blocks.ts";
import { escapeHtml, scriptJson } from "./escape.ts";
import { DRAWING } from "./drawing.ts";
import { STYLE } from "./theme.ts";

/** What a page is made with; the caller can read files and compute digests. */
export interface PageParts {
  /** Script that gives the global `vega`, and one that gives `vegaInterpreter` afterwards. */
  readonly runtime: readonly string[];
  /** sha256 of UTF-8 in base 64, as a content security policy has it. */
  readonly sha256Base64: (text: string) => string;
  /** From vega-lite to vega: plain JSON. */
  readonly compile: (spec: Readonly<Record<string, unknown>>) => unknown;
  readonly version: string;
}

/** A part that brings its own drawing. */
export interface Insertion {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** Ends in a newline. `insertions`: by the number of blocks before them. */
export function pageHtml(
  document: ReportDocument,
  parts: PageParts,
  insertions: ReadonlyMap<number, Insertion> = new Map(),
): string {
  const charts: Charts = { specs: [] };
  const inserted = [...insertions.values()];
  const main = blocksHtml(document.blocks, charts, insertions);
  const scripts = [
    ...(charts.specs.length > 0 ? parts.runtime : []),
    DRAWING,
    ...inserted.map(({ script }) => script).filter((script) => script !== ""),
  ];
  const styles = [STYLE, ...inserted.map(({ style }) => style).filter((style) => style !== "")];
  const sources = (texts: readonly string[]): string =>
    texts.map((text) => `'sha256-${parts.sha256Base64(text)}'`).join(" ");
  const policy = `default-src 'none'; script-src ${sources(scripts)}; style-src ${sources(styles)}; base-uri 'none'; form-action 'none'`;
  const specs = charts.specs.map((spec) => parts.compile(spec));
  return `${[
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<meta name="generator" content="stormglass ${escapeHtml(parts.version)}">`,
    `<title>${escapeHtml(document.title)}</title>`,
    ...styles.map((style) => `<style>${style}</style>`),
    "</head>",
    "<body>",
    headerHtml(document),
    `<main>\n${main}\n</main>`,
    `<footer>${escapeHtml(document.footer)}</footer>`,
    `<script type="application/json" id="charts">${scriptJson(specs)}</script>`,
    ...scripts.map((script) => `<script>${script}</script>`),
    "</body>",
    "</html>",
  ].join("\n")}\n`;
}

function headerHtml({ title, kicker, question, answer, tone, verdict }: ReportDocument): string {
  return `<header>
<div class="bar"><span class="mark">Stormglass</span><span class="name">${escapeHtml(kicker)} · ${escapeHtml(title)}</span><button id="theme" type="button">Dark</button></div>
<h1>${escapeHtml(question)}</h1>
<div class="answer ${tone}">${pill(verdict, tone)}<p>${escapeHtml(answer)}</p></div>
</header>`;
}
