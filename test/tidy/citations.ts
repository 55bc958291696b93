// Rules and the tests that guard them: every rule that a test cites exists, and every number is one rule's.

import { type Complaint, type SourceFile, isTest } from "./complaint.ts";

const SPEC = "SPEC.md";
const RULE = /^- \*\*([A-Z]{2}\d+)\*\*/;
/** `[TB3]`, `[RC1, RC2]` or `[PL1][PL2]` at the start of a name or within it. */
const CITED = /\[([A-Z]{2}\d+(?:,\s*[A-Z]{2}\d+)*)\]/g;
const TEST_NAME = /^\s*(?:test|it|describe)\b|^\s*["'`]\[/;

export interface Citations {
  readonly complaints: readonly Complaint[];
  /** Rules that no test cites, in the order of the specification. */
  readonly uncited: readonly string[];
}

export function citations(files: readonly SourceFile[]): Citations {
  const complaints: Complaint[] = [];
  const rules = new Map<string, number>();
  const spec = files.find(({ path }) => path === SPEC)?.text ?? "";
  spec.split("\n").forEach((text, i) => {
    const rule = RULE.exec(text)?.[1];
    if (rule === undefined) return;
    if (rules.has(rule)) {
      const what = `${rule} is there twice`;
      complaints.push({ path: SPEC, line: i + 1, what, instead: "give it the next free number" });
    }
    rules.set(rule, i + 1);
  });
  const cited = new Set<string>();
  for (const { path, text } of files) {
    if (!isTest(path) || !path.endsWith(".ts")) continue;
    text.split("\n").forEach((line, i) => {
      if (!TEST_NAME.test(line)) return;
      for (const rule of rulesIn(line)) {
        cited.add(rule);
        if (rules.has(rule)) continue;
        const instead = `cite a rule of ${SPEC}, or write this one there`;
        complaints.push({ path, line: i + 1, what: `cites ${rule}, which is no rule`, instead });
      }
    });
  }
  return { complaints, uncited: [...rules.keys()].filter((rule) => !cited.has(rule)) };
}

function rulesIn(line: string): readonly string[] {
  return [...line.matchAll(CITED)].flatMap(([, list]) => list.split(/,\s*/));
}
