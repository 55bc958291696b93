// docs/scenarios.md says what the schemas say, and what it shows can be run. After a change: npm run schemas

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifestFault } from "../bin/load.ts";
import { withTables } from "../live/protocol/tables.ts";
import { parseBudgets } from "../scenarios/budget.ts";
import { loadCells, type LoadedScenario } from "../scenarios/loader.ts";
import { metricFault } from "../sim/measure.ts";
import { metricNames } from "../sim/metrics/catalogue.ts";
import { scenarioTables } from "./scenario-docs/facts.ts";

const root = new URL("..", import.meta.url).pathname;
const page = readFileSync(join(root, "docs/scenarios.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);

/** Blocks that begin with such a line, by what it names. */
function marked(mark: string): ReadonlyMap<string, string> {
  const line = new RegExp(`^# ${mark}: (.+)$`, "m");
  return new Map(
    blocks.flatMap((text) => {
      const name = line.exec(text)?.[1];
      return name === undefined ? [] : [[name, text] as const];
    }),
  );
}

const files = marked("file");
const parts = marked("part of");

function loaded(path: string, more: ReadonlyMap<string, string> = new Map()): LoadedScenario {
  const readFile = (name: string): string | undefined =>
    more.get(name) ??
    files.get(name) ??
    (name.startsWith("@builtin/")
      ? readFileSync(join(root, "scenarios", name.slice("@builtin/".length)), "utf8")
      : undefined);
  return loadCells(path, { readFile, builtinDir: "@builtin", metricFault, manifestFault })[0]!;
}

test("[SC19] the tables of the page are those of the schemas, the catalogue and the profile", () => {
  expect(withTables(page, scenarioTables(root))).toBe(page);
});

test("[SC19] every metric is there", () => {
  for (const name of metricNames()) expect(page).toContain(`\`${name.split("/")[0]}`);
});

test("[SC19] every block is a file or a part of one, and the files load", () => {
  expect(files.size + parts.size).toBe(blocks.length);
  const scenarios = [...files].filter(([, text]) => text.includes("kind: Scenario\n"));
  expect(scenarios.length).toBeGreaterThan(1);
  for (const [name] of scenarios) expect(() => loaded(name), name).not.toThrow();
  for (const [name, text] of files) {
    if (!text.includes("kind: Scenario\n")) {
      expect(parseBudgets(name, text).length, name).toBeGreaterThan(1);
    }
  }
  expect(loaded("two-nodes-lost.yaml").scenario.faults).toMatchObject([
    { name: "kill-node", atMs: 60_000, target: { count: 2 } },
  ]);
});

test.each([...parts])("[SC19] the part for %s loads in a scenario", (section, text) => {
  const head = "apiVersion: stormglass/v1\nkind: Scenario\nextends: node-lost.yaml\n";
  // Phases are merged by name: the part's own are all of them.
  const whole = section === "clients" ? `${text}  - { phase: fill, disabled: true }\n` : text;
  const indented = whole.replaceAll(/^/gm, "  ");
  const file = `${head}metadata: { name: tried, title: "Does it load?" }\n${section}:\n${indented}`;

  expect(() => loaded("tried.yaml", new Map([["tried.yaml", file]]))).not.toThrow();
});

test("[SC19] what links point to is there", () => {
  const anchors = new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});
