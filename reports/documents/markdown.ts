// A report as Markdown: for mails, wikis and pull requests. Charts are their tables.

import type { Block, Cell, ReportDocument, Table } from "./document.ts";

/** Ends in a newline. */
export function markdownText(document: ReportDocument): string {
  const { kicker, question, answer, verdict, blocks, footer } = document;
  const parts = [
    `# ${escaped(kicker)}: ${escaped(question)}`,
    `**${escaped(verdict)}.** ${escaped(answer)}`,
    ...blocks.flatMap(blockText),
    `---\n\n${escaped(footer)}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function blockText(block: Block): readonly string[] {
  switch (block.kind) {
    case "heading":
      return [`## ${escaped(block.text)}`];
    case "subheading":
      return [`### ${escaped(block.text)}`];
    case "text":
      return [escaped(block.text)];
    case "list":
      return [block.items.map((item) => `- ${escaped(item)}`).join("\n")];
    case "table":
      return [folded(tableText(block.table), block.folded)];
    case "code":
      return [folded(fenced(block.text, ""), block.folded)];
    case "diff":
      return [fenced(block.text, "diff")];
    case "chart":
      return [folded(tableText(block.table), block.description)];
    case "page":
      return [];
  }
}

function folded(text: string, summary: string | undefined): string {
  if (summary === undefined) return text;
  return `<details><summary>${escaped(summary)}</summary>\n\n${text}\n\n</details>`;
}

/** A fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function tableText({ columns, rows }: Table): string {
  const lines = [
    columns.map(({ title }) => escaped(title)),
    columns.map(({ align }) => (align === "right" ? "--:" : "---")),
    ...rows.map((row) => row.map(cellText)),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellText(cell: string | Cell): string {
  if (typeof cell === "string") return escaped(cell);
  return [cell.text, cell.detail ?? ""]
    .filter((part) => part !== "")
    .map(escaped)
    .join("<br>");
}

/** Names come from files, and a name must stay one. */
function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_[\]|~#!]/g, "\\$&")
    .replace(/\s*\n\s*/g, " ");
}
