// What an answer rests on, by how it is known. A forecast is as good as the worst number that it leans on.

import type { Cost } from "../../scenarios/schema.ts";
import { formatBytes, formatCount, formatMs } from "../format.ts";
import type { ReportSubject } from "../html/subject.ts";
import { type Block, columns, heading, text } from "./document.ts";

const COSTS_MAX = 5;
/** Weakest first: what is assumed may be wrong by any factor. */
const WEAKEST_FIRST: readonly Cost["evidence"][] = ["assumed", "cited", "measured"];

export function assumptionBlocks(subject: ReportSubject): readonly Block[] {
  const { result, scenario, defaults, chosen } = subject;
  const { measured, cited, assumed, name } = result.profile;
  const rows = [
    [`Costs of the profile ${name}`, ...[measured, cited, assumed].map(String), "–"],
    ...(defaults === undefined
      ? []
      : [
          [
            "Settings of the scenario",
            ...[defaults.measured, defaults.cited, defaults.assumed].map(String),
            String(chosen ?? 0),
          ],
        ]),
  ];
  const titles = ["Measured>", "Cited>", "Assumed>", "Chosen by you>"];
  const counts: Block = {
    kind: "table",
    table: { columns: columns("Inputs", ...titles), rows },
  };
  if (scenario === undefined) {
    const words =
      "The scenario's files are not here any more as they were run, so single costs are not shown.";
    return [heading("What the answer rests on"), counts, text(words, "faint")];
  }
  return [heading("What the answer rests on"), counts, ...costBlocks(scenario.profile.costs)];
}

function costBlocks(costs: Readonly<Record<string, Cost>>): readonly Block[] {
  const assumed = Object.entries(costs).filter(([, { evidence }]) => evidence === "assumed");
  const weakest = WEAKEST_FIRST.flatMap((evidence) =>
    Object.entries(costs).filter(([, cost]) => cost.evidence === evidence),
  );
  // Costs of computing come first: most objectives are about waiting for a CPU.
  const byKind = [...weakest].sort((a, b) => rank(a) - rank(b));
  const rows = byKind
    .slice(0, COSTS_MAX)
    .map(([name, { value, evidence, source }]) => [
      { text: nameOf(name), detail: source },
      valueText(name, value),
      evidence,
    ]);
  const all: Block = {
    kind: "table",
    folded: `All ${assumed.length} assumed costs`,
    table: {
      columns: columns("Cost", "Value>", "Why"),
      rows: assumed.map(([name, { value, source }]) => [
        nameOf(name),
        valueText(name, value),
        source,
      ]),
    },
  };
  return [
    text(
      "Change these first, with --set profile.costs.<name>=<value>, and see whether the answer stays:",
    ),
    { kind: "table", table: { columns: columns("Cost", "Value>", "Known by"), rows } },
    ...(assumed.length > COSTS_MAX ? [all] : []),
  ];
}

function rank([name, { evidence }]: readonly [string, Cost]): number {
  return WEAKEST_FIRST.indexOf(evidence) * 2 + (name.endsWith("Us") ? 0 : 1);
}

function nameOf(cost: string): string {
  return cost.replace(/(Us|Ms|Bytes)$/, "");
}

function valueText(name: string, value: number): string {
  if (name.endsWith("Us")) return `${formatCount(value)} µs`;
  return name.endsWith("Ms") ? formatMs(value) : formatBytes(value);
}
