// Blocks as HTML. Every text is escaped here, and only here; no attribute carries style, which the policy would refuse.

import type { Block, Cell, Table, Tone } from "../documents/document.ts";
import { escapeHtml } from "./escape.ts";
import type { Insertion } from "./page.ts";

/** Collects the specifications of a page's charts, in their order. */
export interface Charts {
  readonly specs: Readonly<Record<string, unknown>>[];
}

/** `insertions`: by the number of blocks before them. */
export function blocksHtml(
  blocks: readonly Block[],
  charts: Charts,
  insertions: ReadonlyMap<number, Insertion>,
): string {
  const parts: string[] = [];
  for (let i = 0; i <= blocks.length; i++) {
    const inserted = insertions.get(i);
    if (inserted !== undefined) parts.push(inserted.html);
    if (i < blocks.length) parts.push(blockHtml(blocks[i]!, charts));
  }
  return parts.join("\n");
}

function blockHtml(block: Block, charts: Charts): string {
  switch (block.kind) {
    case "heading":
      return `<h2>${escapeHtml(block.text)}</h2>`;
    case "subheading":
      return `<h3>${escapeHtml(block.text)}</h3>`;
    case "text":
      return `<p${classOf(block.tone)}>${escapeHtml(block.text)}</p>`;
    case "list":
      return `<ul>\n${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("\n")}\n</ul>`;
    case "table":
      return folded(tableHtml(block.table), block.folded);
    case "code":
      return folded(`<pre>${escapeHtml(block.text.trimEnd())}</pre>`, block.folded);
    case "diff":
      return `<pre>${block.text.trimEnd().split("\n").map(diffLine).join("\n")}</pre>`;
    case "chart":
      return chartHtml(block, charts);
    case "page":
      return '<div class="page"></div>';
  }
}

function chartHtml(block: Extract<Block, { kind: "chart" }>, charts: Charts): string {
  const index = charts.specs.push(block.spec) - 1;
  const label = escapeHtml(block.description);
  return `<figure><div class="chart" data-chart="${index}" role="img" aria-label="${label}"></div></figure>
${folded(tableHtml(block.table), `As a table: ${block.description}`)}`;
}

function folded(html: string, summary: string | undefined): string {
  if (summary === undefined) return html;
  return `<details><summary>${escapeHtml(summary)}</summary>\n${html}\n</details>`;
}

function diffLine(line: string): string {
  const kind = /^(\+\+\+|---|@@)/.test(line)
    ? "where"
    : line.startsWith("+")
      ? "add"
      : line.startsWith("-")
        ? "remove"
        : "";
  return kind === "" ? escapeHtml(line) : `<span class="${kind}">${escapeHtml(line)}</span>`;
}

function tableHtml({ columns, rows }: Table): string {
  const sideOf = (i: number): string => (columns[i]?.align === "right" ? ' class="right"' : "");
  const head = columns
    .map(({ title }, i) => `<th scope="col"${sideOf(i)}>${escapeHtml(title)}</th>`)
    .join("");
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => `<td${sideOf(i)}>${cellHtml(cell)}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody></table></div>`;
}

function cellHtml(cell: string | Cell): string {
  if (typeof cell === "string") return escapeHtml(cell);
  const { text, tone, detail, used } = cell;
  const main = tone === undefined ? escapeHtml(text) : pill(text, tone);
  const small = detail === undefined ? "" : `<span class="detail">${escapeHtml(detail)}</span>`;
  return `${main}${used === undefined ? "" : usedBar(used)}${small}`;
}

export function pill(text: string, tone: Tone): string {
  return `<span class="pill ${tone}">${escapeHtml(text)}</span>`;
}

const BAR = { width: 112, height: 8, limitAt: 72 };

/** How much of a limit is used: the line is the limit, what goes beyond it has another colour. */
function usedBar(used: number): string {
  const { width, height, limitAt } = BAR;
  const end = Math.round(Math.min(width, Math.max(0, used) * limitAt) * 10) / 10;
  const within = Math.min(end, limitAt);
  const over = end - within;
  const bar = (x: number, w: number, name: string): string =>
    `<rect class="${name}" x="${x}" y="3" width="${Math.round(w * 10) / 10}" height="${height}"/>`;
  return (
    `<svg class="used" width="${width}" height="14" viewBox="0 0 ${width} 14" aria-hidden="true">` +
    `${bar(0, width, "track")}${bar(0, within, "fill")}${over > 0 ? bar(limitAt, over, "fill over") : ""}` +
    `<line class="limit" x1="${limitAt}" x2="${limitAt}" y1="0" y2="14"/></svg>`
  );
}

function classOf(tone: Tone | undefined): string {
  return tone === undefined ? "" : ` class="${tone}"`;
}
