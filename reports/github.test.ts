import { expect, test } from "vitest";
import {
  annotationLines,
  resultAnnotations,
  STEP_SUMMARY_BYTES_MAX,
  stepSummary,
} from "./github.ts";
import { madeUpCheck, madeUpDocument, madeUpMiss, madeUpNothing } from "./made-up-result.ts";
import { utf8Length } from "./markdown/page.ts";

const here = (file: string): string => file;

test("[CT5] each annotation stands at its budget's line, the worst first", () => {
  const document = madeUpDocument(
    [
      madeUpCheck(),
      madeUpMiss("late", { severity: "warn" }),
      madeUpNothing("none"),
      madeUpMiss("slightly", { margin: -0.1 }),
      madeUpMiss("badly", { margin: -3 }),
      madeUpMiss("invariant", { op: "==", margin: undefined as unknown as number }),
    ],
    { alarms: ["seed 3 stopped"] },
  );
  const lines = annotationLines(resultAnnotations([document], here), "results.json").split("\n");

  expect(lines.map((line) => line.slice(0, line.indexOf("::", 2)))).toEqual([
    "::error title=storm%3A no answer",
    "::error file=budgets/storm.yaml,line=12,title=storm%3A invariant is missed",
    "::error file=budgets/storm.yaml,line=12,title=storm%3A badly is missed",
    "::error file=budgets/storm.yaml,line=12,title=storm%3A slightly is missed",
    "::warning file=budgets/storm.yaml,line=20,title=storm%3A none is open",
    "::warning file=budgets/storm.yaml,line=12,title=storm%3A late is missed",
    "",
  ]);
  expect(lines[2]).toContain("measured 2 %25, at worst 3 %25, limit ≤ 1 %25%0A1 of 2 seeds");
});

test("[CT5] ten at most: nine, and one that says how many are left out", () => {
  const misses = (count: number) =>
    annotationLines(
      resultAnnotations(
        [madeUpDocument(Array.from({ length: count }, (_, i) => madeUpMiss(`loss-${i}`)))],
        here,
      ),
      "results.json",
    ).split("\n");

  expect(misses(10)).toHaveLength(11);
  expect(misses(10)[9]).toContain("loss-9");
  expect(misses(11)).toHaveLength(11);
  expect(misses(11)[9]).toBe(
    "::error title=2 more::2 more are left out here: GitHub shows ten of a kind. They are in results.json.",
  );
  expect(misses(300)).toHaveLength(11);
  expect(misses(300)[9]).toContain("291 more");
});

test("[CT3] no name begins a command of its own, or a property", () => {
  const title = "x\n::error::forged\r::add-mask::y";
  const document = madeUpDocument([madeUpMiss("loss", { title })], { name: "a,file=b::c\nd" });
  const text = annotationLines(resultAnnotations([document], here), "x");

  expect(text.split("\n")).toHaveLength(2);
  expect(text).toContain("title=a%2Cfile=b%3A%3Cc".replace("%3Cc", "%3Ac%0Ad%3A loss is missed::"));
  expect(text).toContain("::x%0A::error::forged%0D::add-mask::y%0A");
});

test("[CT5] a budget that is not in the repository is annotated without a place", () => {
  const document = madeUpDocument([madeUpMiss("loss")]);

  expect(
    annotationLines(
      resultAnnotations([document], () => undefined),
      "x",
    ),
  ).toMatch(/^::error title=storm%3A loss is missed::/);
});

test("[CT6] a step's summary stays under 1 MiB with what is there already, and names what has no room", () => {
  const summaries = Array.from({ length: 30 }, (_, i) => ({
    name: `s${i}`,
    text: "é".repeat(32_000),
  }));
  const text = stepSummary(summaries, 100_000, utf8Length);

  expect(utf8Length(text)).toBeLessThanOrEqual(STEP_SUMMARY_BYTES_MAX - 100_000);
  expect(text).toMatch(/\n1[56] more scenarios have no room here;/);
  expect(stepSummary(summaries, STEP_SUMMARY_BYTES_MAX, utf8Length)).toBe("");
  expect(stepSummary(summaries.slice(0, 2), 0, utf8Length)).not.toContain("more scenarios");
});
