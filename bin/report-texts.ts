// What `run` prints: the report of each scenario, and of a matrix its grid.

import { matrixText } from "../reports/matrix.ts";
import { scenarioText, type TextOptions } from "../reports/terminal.ts";
import type { Judgement } from "./judge.ts";

/** One text for each scenario and each matrix, in their order. */
export function reportTexts(
  judgements: readonly Judgement[],
  options: TextOptions,
): readonly string[] {
  const texts: string[] = [];
  const told = new Set<string>();
  for (const { report, cell } of judgements) {
    if (cell === undefined || isAlone(cell.of, judgements)) {
      texts.push(scenarioText(report, options));
    } else if (!told.has(cell.of)) {
      told.add(cell.of);
      const cells = judgements.flatMap((one) =>
        one.cell?.of === cell.of ? [{ settings: one.cell.settings, report: one.report }] : [],
      );
      texts.push(matrixText(cell.of, cells, options));
    }
  }
  return texts;
}

function isAlone(of: string, judgements: readonly Judgement[]): boolean {
  return judgements.filter(({ cell }) => cell?.of === of).length === 1;
}
