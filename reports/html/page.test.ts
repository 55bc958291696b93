import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReportDocument } from "../documents/document.ts";
import { markdownText } from "../documents/markdown.ts";
import { seedDots } from "./charts/seed-dots.ts";
import { compiled } from "./compile.ts";
import { escapeHtml, scriptJson } from "./escape.ts";
import { pageHtml, type PageParts } from "./page.ts";

const HOSTILE = `</script><img src=x onerror="go()">'&`;

const PARTS: PageParts = {
  runtime: ["const vega = {};", "const vegaInterpreter = {};"],
  sha256Base64: (text) => `digest-of-${text.length}`,
  compile: compiled,
  version: "0.1.0",
};

const document = (name: string): ReportDocument => ({
  title: name,
  kicker: "Report",
  question: `${name}?`,
  answer: name,
  tone: "good",
  verdict: name,
  blocks: [
    { kind: "heading", text: name },
    { kind: "list", items: [name, "a | b"] },
    {
      kind: "chart",
      spec: seedDots([{ name, used: [{ seed: 7, used: 0.25 }] }]),
      description: name,
      table: { columns: [{ title: name, align: "right" }], rows: [[name]] },
    },
    { kind: "table", table: { columns: [], rows: [[{ text: name, detail: name, used: 3 }]] } },
    { kind: "diff", text: `--- a\n+++ b\n-${name}\n+${name}` },
  ],
  footer: name,
});

test("[HR2] a page names each of its scripts and styles in its policy, and allows nothing else", () => {
  const html = pageHtml(document("storm"), PARTS);
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? "";
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text]) => text!);

  expect(scripts).toHaveLength(3);
  for (const script of scripts) expect(policy).toContain(`'sha256-digest-of-${script.length}'`);
  expect(policy).toMatch(/^default-src 'none'; script-src '/);
  expect(policy).not.toContain("unsafe");
});

test("[HR5] a name that would be markup stays a name", () => {
  const html = pageHtml(document(HOSTILE), PARTS);

  expect(html).not.toContain("<img");
  expect(html.match(/<\/script>/g)).toHaveLength(4);
  expect(html).toContain("&lt;/script&gt;&lt;img src=x onerror=&quot;go()&quot;&gt;&#39;&amp;");
  // Between fences nothing is markup.
  const markdown = markdownText(document(HOSTILE)).replace(/```diff\n.*?\n```/s, "");
  expect(markdown).not.toContain("<img");
});

test("[HR5] whatever JSON says, it does not end its script, and says the same afterwards", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.string(), (json, tail) => {
      const value = [JSON.parse(json) as unknown, `<!--<script></script>\u2028${tail}`];
      const text = scriptJson(value);
      expect(text).not.toMatch(/[<\u2028\u2029]/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: 5, numRuns: 200 },
  );
});

test("[HR5] text between tags has no sign that begins a tag, an entity or ends an attribute", () => {
  expect(escapeHtml(`a<b>&"'`)).toBe("a&lt;b&gt;&amp;&quot;&#39;");
});

test("[HR6] the same document is the same bytes", () => {
  expect(pageHtml(document("storm"), PARTS)).toBe(pageHtml(document("storm"), PARTS));
});

test("[HR7] Markdown keeps cells in their columns and code in its fence", () => {
  const text = markdownText({
    ...document("a|b"),
    blocks: [
      { kind: "table", table: { columns: [{ title: "x|y", align: "left" }], rows: [["1|2\n3"]] } },
      { kind: "code", text: "```\nls\n```" },
    ],
  });

  expect(text).toContain("| x\\|y |\n| --- |\n| 1\\|2 3 |");
  expect(text).toContain("````\n```\nls\n```\n````");
});

test("[HR8] what vega-lite complains about is no chart", () => {
  const x = { field: "a", type: "quantitative" };

  expect(() => compiled({ data: { values: [] }, mark: "bar", encoding: { x, z: x } })).toThrow(
    "vega-lite: ",
  );
});
