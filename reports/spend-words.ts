// What incidents spent of error budgets, in sentences.

import type { IncidentSpend } from "../sim/error-budget.ts";
import { formatCount, formatPercent } from "./format.ts";

/** The largest first; what spent nothing says nothing. */
export function spendSentences(spends: readonly IncidentSpend[]): readonly string[] {
  return spends
    .filter(({ bad }) => bad > 0)
    .sort((a, b) => b.share - a.share)
    .map(({ check, fault, window, period, bad, allowed, share, seeds }) => {
      const worst = Math.max(...seeds.map((one) => one.share));
      const most = worst > share ? `, ${said(worst)} in the worst seed` : "";
      const where = fault === window ? fault : `${fault} (${window})`;
      return (
        `${where} spent ${said(share)}${share >= TIMES_FROM ? "" : " of"} the error budget of ${check} for ${period}: ` +
        `${counted(bad)} bad events of ${counted(allowed)} allowed${most}`
      );
    });
}

/** Far above the whole a multiple reads better than a percentage. */
const TIMES_FROM = 10;

function said(share: number): string {
  if (share >= TIMES_FROM) return `${formatCount(Number(share.toPrecision(3)))} times`;
  return formatPercent(Number(share.toPrecision(3)));
}

function counted(events: number): string {
  return formatCount(events < 10 ? Number(events.toPrecision(2)) : Math.round(events));
}
