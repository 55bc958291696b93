// What the HPA decided: a row for each look that changed something.

import type { AutoscalingReport, DecisionRecord } from "../../sim/result.ts";
import { formatCount, formatMs } from "../format.ts";
import { decidedBy, isChange, letterOf } from "../hpa-decided-by.ts";
import { type Block, columns, type Table, text } from "./document.ts";

/** More rows are closed until they are asked for. */
const ROWS_OPEN = 40;

export function decisionBlocks({ decisions }: AutoscalingReport): readonly Block[] {
  const shown = decisions.filter((record, i) => isChange(record, decisions[i - 1]));
  const table = decisionTable(shown);
  const rescales = decisions.filter(({ rescaled }) => rescaled).length;
  const missing = decisions.length - shown.length;
  const left =
    missing === 0 ? "" : ` ${formatCount(missing)} in which nothing new was decided are left out.`;
  const words = `${formatCount(decisions.length)} looks, ${rescales === 1 ? "one change" : `${formatCount(rescales)} changes`} of the scale.${left}`;
  const block: Block =
    shown.length > ROWS_OPEN
      ? { kind: "table", table, folded: `${shown.length} decisions` }
      : { kind: "table", table };
  return [text(words, "faint"), block, ...legendBlocks(decisions)];
}

function decisionTable(shown: readonly DecisionRecord[]): Table {
  const rows = shown.map((record) => [
    formatMs(record.atMs),
    replicasText(record),
    { text: record.trace.metrics.map(metricText).join(", ") || "–" },
    decidedBy(record),
    record.reason,
  ]);
  return { columns: columns("Time>", "Replicas", "Asked for by>", "Decided by", "Why"), rows };
}

/** "8 → 10", or "8". */
function replicasText({ specReplicas, replicas }: DecisionRecord): string {
  if (specReplicas === undefined) return "?";
  return replicas === specReplicas || replicas === undefined
    ? `${specReplicas}`
    : `${specReplicas} → ${replicas}`;
}

/** "A 12": the first metric asks for 12. */
function metricText(
  { proposal, error }: DecisionRecord["trace"]["metrics"][number],
  index: number,
): string {
  return `${letterOf(index)} ${error === undefined ? (proposal ?? "–") : "failed"}`;
}

function legendBlocks(decisions: readonly DecisionRecord[]): readonly Block[] {
  const metrics = decisions.find(({ trace }) => trace.metrics.length > 0)?.trace.metrics ?? [];
  if (metrics.length === 0) return [];
  const items = metrics.map(({ name, target }, i) => `${letterOf(i)}: ${name}, target ${target}`);
  return [{ kind: "list", items }];
}
