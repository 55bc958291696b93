// The house rules: what no compiler and no linter knows. Every complaint names file, line and replacement.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { citations } from "./tidy/citations.ts";
import { type Complaint, type SourceFile, complaintText } from "./tidy/complaint.ts";
import { formFaults } from "./tidy/form.ts";
import { importFaults } from "./tidy/imports.ts";
import { impurities } from "./tidy/impurity.ts";

const root = new URL("../", import.meta.url);

/** What belongs to the project: tracked, or new and not ignored. */
function projectFiles(): readonly SourceFile[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  return paths
    .filter((path) => path !== "" && existsSync(new URL(path, root)))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), "utf8") }));
}

const CHECKS: readonly ((file: SourceFile) => readonly Complaint[])[] = [
  impurities,
  importFaults,
  formFaults,
];

const files = projectFiles();

test.each([
  { law: "core, sim and scenarios depend on no machine, moment or version", check: impurities },
  { law: "imports point the way the architecture says", check: importFaults },
  { law: "files have the form of the house", check: formFaults },
])("$law", ({ check }) => {
  expect(files.flatMap(check).map(complaintText)).toEqual([]);
});

test("tests cite rules that exist, and each rule has one number", () => {
  const { complaints, uncited } = citations(files);
  if (uncited.length > 0) console.warn(`Rules that no test cites: ${uncited.join(", ")}`);
  expect(complaints.map(complaintText)).toEqual([]);
});

// The checker itself. Names that it would find here are put together from parts.

const LAW = "// A law.\n";
const said = (path: string, code: string): string[] =>
  CHECKS.flatMap((check) => check({ path, text: LAW + code })).map(
    ({ line, what }) => `${line} ${what}`,
  );

test.each([
  ["core/a.ts", "const t = Date.now();", "2 Date"],
  ["core/a.ts", "const t: Date | undefined = undefined;", "2 Date"],
  ["sim/a.ts", "\nconst x = Math.random();", "3 Math.random"],
  ["core/a.ts", "const x = Math.pow(2, y);", "2 Math.pow"],
  ["sim/a.ts", "const x = Math.log(y);", "2 Math.log"],
  ["core/a.ts", "const x = 2 ** y;", "2 **"],
  ["core/a.ts", "x **= y;", "2 **"],
  ["core/a.ts", "new Intl.NumberFormat();", "2 Intl"],
  ["core/a.ts", "x.toLocaleString();", "2 toLocaleString"],
  ["core/a.ts", "a.localeCompare(b);", "2 localeCompare"],
  ["core/a.ts", "setTimeout(f, 1);", "2 setTimeout"],
  ["core/a.ts", "setInterval(f, 1);", "2 setInterval"],
  ["scenarios/a.ts", "const now = performance.now();", "2 performance"],
  ["core/a.ts", "export async function f() {}", "2 async"],
  ["core/a.ts", "const p: Promise<void> = f();", "2 Promise"],
  ["core/a.ts", 'import { x } from "node:fs";', "2 imports node:fs"],
  ["reports/a.ts", 'import { x } from "node:fs";', "2 imports node:fs"],
  ["core/a.ts", 'import { x } from "d3-array";', "2 imports d3-array"],
  ["core/a.ts", 'import { x } from "./b.js";', "2 imports ./b.js"],
  ["core/a.ts", 'import { x } from "../sim/b.ts";', "2 imports sim/b.ts"],
  ["core/x/a.ts", 'export { x } from "../../sim/b.ts";', "2 imports sim/b.ts"],
  ["sim/a.ts", 'import { x } from "../live/b.ts";', "2 imports live/b.ts"],
  ["live/a.ts", 'import type { X } from "../sim/b.ts";', "2 imports sim/b.ts"],
  ["reports/a.ts", 'import { x } from "../sim/b.ts";', "2 imports values of sim/b.ts"],
  ["sim/a.ts", 'import { x } from "../scenarios/b.ts";', "2 imports values of scenarios/b.ts"],
  ["live/a.ts", 'import { x } from "../bin/b.ts";', "2 imports bin/b.ts"],
  ["sim/engine/a.ts", 'import { x } from "../../core/drops.ts";', "2 imports core/drops.ts"],
  ["sim/engine/a.ts", 'import { x } from "../result.ts";', "2 imports sim/result.ts"],
  ["core/utils.ts", "", "1 is named utils.ts"],
  ["core/helpers/a.ts", "", "1 is named helpers"],
  ["sim/data/a.ts", "", "1 is named data"],
  ["core/a.ts", "//\n".repeat(400), "401 has 401 lines"],
  ["core/a.ts", `// TO${"DO"}: later`, `2 TO${"DO"}`],
  ["core/a.test.ts", `// FIX${"ME"}`, `2 FIX${"ME"}`],
  ["core/a.test.ts", `test.${"skip"}("x", f);`, "2 .skip without a reason"],
  ["core/a.test.ts", `test.${"only"}("x", f);`, `2 test.${"only"}`],
  ["docs/a.md", `see /${"home"}/me/notes`, `2 /${"home"}/me`],
  ["docs/a.md", `https://registry.${"example"}.com/`, `2 registry.${"example"}.com`],
  [
    "package-lock.json",
    `"${"resolved"}": "http://mirror/a.tgz"`,
    `2 "${"resolved"}": "http://mirror`,
  ],
])("in %s the tidy test complains of %j", (path, code, complaint) => {
  expect(said(path, code)).toContain(complaint);
});

test.each([
  ["core/a.ts", "// Not Date.now(), nor Math.random().\nconst s = `setTimeout`;"],
  ["core/a.ts", "x.Date = y.performance; const z = { process: 1 };"],
  ["core/a.ts", 'import type { X } from "./b.ts";\nimport h from "murmurhash3js-revisited";'],
  ["core/a.test.ts", 'const t = Math.log(2);\nimport { x } from "node:fs";'],
  ["sim/a.ts", 'import { type X, type Y } from "../scenarios/b.ts";'],
  [
    "sim/engine/a.ts",
    'import { assert } from "../../core/assert.ts";\nimport { y } from "./b.ts";',
  ],
  ["bin/a.ts", 'import { x } from "../sim/b.ts";\nconst t = Date.now();\nawait f();'],
  ["test/data/a.ts", ""],
  ["core/a.test.ts", `test.${"skip"}("x", f); // Needs a browser.`],
])("in %s the tidy test has nothing against %j", (path, code) => {
  expect(said(path, code)).toEqual([]);
});

test("a file without its law, a rule without a number, and a number of two rules are found", () => {
  expect(formFaults({ path: "core/a.ts", text: "let x = 1;" }).map(({ what }) => what)).toEqual([
    "opens without its law",
  ]);
  const spec = { path: "SPEC.md", text: "- **AB1** One.\n- **AB2** Two.\n- **AB1** Three.\n" };
  const cites = { path: "core/a.test.ts", text: `test("[${"AB7"}] no rule", f);\n` };
  const { complaints, uncited } = citations([spec, cites]);
  expect(complaints.map(complaintText)).toEqual([
    "SPEC.md:3: AB1 is there twice; give it the next free number",
    "core/a.test.ts:1: cites AB7, which is no rule; cite a rule of SPEC.md, or write this one there",
  ]);
  expect(uncited).toEqual(["AB1", "AB2"]);
});
