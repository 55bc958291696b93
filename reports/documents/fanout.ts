// What became of updates, by class: delivered, merged into a newer one, dropped, and where.

import { stackedBars } from "../html/charts/bars.ts";
import { fullRuns, type ReportSubject } from "../html/subject.ts";
import { formatCount, formatPercent } from "../format.ts";
import { type Block, columns, heading, text } from "./document.ts";

const CLASSES = ["critical", "coalescable", "droppable"] as const;

export function fanoutBlocks(subject: ReportSubject): readonly Block[] {
  const full = fullRuns(subject);
  const rows = CLASSES.map((name) => {
    const delivered = full.reduce(
      (sum, { histograms }) => sum + (histograms[`delivery.latency/${name}@run`]?.count ?? 0),
      0,
    );
    const merged = byScope(subject, `updates.merged/${name}/`);
    const dropped = byScope(subject, `updates.dropped/${name}/`);
    return { name, delivered, merged, dropped };
  });
  if (rows.every(({ delivered }) => delivered === 0)) return [];
  const bars = rows.flatMap(({ name, merged, dropped }) => [
    ...[...dropped].map(([scope, value]) => ({ row: name, part: `dropped, ${scope}`, value })),
    ...[...merged].map(([scope, value]) => ({ row: name, part: `merged, ${scope}`, value })),
  ]);
  const table = {
    columns: columns("Class", "Delivered>", "Merged>", "Dropped>", "Dropped of all>"),
    rows: rows.map(({ name, delivered, merged, dropped }) => {
      const [m, d] = [total(merged), total(dropped)];
      const all = delivered + m + d;
      const share = all === 0 ? 0 : Number((d / all).toPrecision(3));
      return [name, formatCount(delivered), formatCount(m), formatCount(d), formatPercent(share)];
    }),
  };
  const seeds = full.length === 1 ? "one seed" : `${full.length} seeds together`;
  const head = heading("Fanout by class");
  const counted: Block = { kind: "table", table };
  if (bars.length === 0) {
    return [
      head,
      text(`Every update was delivered; none was merged or dropped (${seeds}).`),
      counted,
    ];
  }
  return [
    head,
    counted,
    {
      kind: "chart",
      spec: stackedBars({
        bars,
        title: "Updates that were not delivered, by where they were given up",
        axisTitle: `updates, ${seeds}`,
        unit: "count",
      }),
      description: "Updates that were not delivered",
      table: {
        columns: columns("Class", "Fate, and where", "Updates>"),
        rows: bars.map(({ row, part, value }) => [row, part, formatCount(value)]),
      },
    },
  ];
}

/** Scope → count over all seeds, those above 0. */
function byScope(subject: ReportSubject, prefix: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { values } of fullRuns(subject)) {
    for (const [name, value] of Object.entries(values)) {
      if (!name.startsWith(prefix) || !name.endsWith("@run") || value === 0) continue;
      const scope = name.slice(prefix.length, -"@run".length);
      counts.set(scope, (counts.get(scope) ?? 0) + value);
    }
  }
  return counts;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0);
}
