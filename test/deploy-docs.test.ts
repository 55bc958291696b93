// docs/deploy.md says what the program says of itself. After a change: npx vitest run --project whole test/deploy-docs.test.ts -u

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveKeys } from "../bin/serve-keys.ts";
import { CloseCode } from "../core/protocol/limits.ts";
import { metricsTable, settingsTables, spliced } from "./parts/deploy-tables.ts";

const root = new URL("..", import.meta.url).pathname;
const path = join(root, "docs/deploy.md");
const document = readFileSync(path, "utf8");

test("[DP5] every setting and every metric is in docs/deploy.md, as the program has it", async () => {
  const withSettings = spliced(document, "settings", settingsTables());
  const whole = spliced(withSettings, "metrics", metricsTable());
  await expect(whole).toMatchFileSnapshot(path);
});

test("[DP5] every close code has its line, and no other has one", () => {
  const codes = [...document.matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(CloseCode).sort((a, b) => a - b));
});

test("[DP5] a variable or metric that the text names is one of the program's", () => {
  const variables = new Set(serveKeys().map(({ variable }) => variable));
  const named = document.match(/STORMGLASS_[A-Z_]*[A-Z]/g)!;
  expect(named.filter((name) => !variables.has(name))).toEqual([]);
  const metrics = new Set([...metricsTable().matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!));
  const meant = document.match(/\b(?:stormglass|rtc)_[a-z_]+[a-z]\b/g)!;
  const known = (name: string): boolean =>
    metrics.has(name) || metrics.has(name.replace(/_(bucket|count|sum)$/, ""));
  expect(meant.filter((name) => !known(name))).toEqual([]);
});

test("[DP5] what links point to is there", () => {
  for (const [, link] of document.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
    expect(() => readFileSync(join(root, "docs", link!)), link).not.toThrow(/ENOENT/);
  }
  const anchors = new Set(
    [...document.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
  for (const [, anchor] of document.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});
