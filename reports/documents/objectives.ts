// Objectives as rows: the limit, what was measured, how much of the limit it uses, the verdict.
//
// Room is told as a share of what is allowed. For "at most 5 s" that is the margin; of "at least 99.9 %" what is allowed is
// the 0.1 % that may fail, since a margin of 0.1 % would say that there is hardly any room when nothing fails at all.

import type { Check } from "../../sim/slo.ts";
import { formatPercent } from "../format.ts";
import { limitText, measuredText } from "../terminal.ts";
import { type Cell, columns, type Table, type Tone } from "./document.ts";

/** Share of what is allowed that `value` uses, 1 at the limit; undefined where a limit allows one value alone. */
export function usedShare(
  { op, unit }: Pick<Check, "op" | "unit">,
  value: number,
  limit: number,
): number | undefined {
  if (op === "==") return undefined;
  if (op === "<=" || op === "<") {
    if (limit === 0) return value === 0 ? 0 : undefined;
    return value / limit;
  }
  if (unit === "ratio" && limit < 1) return (1 - value) / (1 - limit);
  return value === 0 ? undefined : limit / value;
}

/** Of the bad end that the verdict looks at. */
export function usedOf(check: Check): number | undefined {
  const { op, unit, margin, limit } = check;
  if (margin === undefined || limit === undefined) return undefined;
  if (op === "<=" || op === "<") return 1 - margin;
  const bad = limit * (1 + margin);
  return usedShare({ op, unit }, bad, limit);
}

/** "84.7 %", "−30 %" where it is exceeded by that, "39.4× of it used" far beyond. */
export function roomText(used: number): string {
  const room = Number((1 - used).toPrecision(3));
  if (room >= 0) return formatPercent(Math.abs(room) < 1e-9 ? 0 : room);
  return room < -9.995 ? `${Number(used.toPrecision(3))}× of it used` : `−${formatPercent(-room)}`;
}

export function verdictCell({ verdict, severity }: Check): Cell {
  switch (verdict) {
    case "pass":
      return { text: "✓ PASS", tone: "good" };
    case "inconclusive":
      return { text: "? UNSURE", tone: "unsure" };
    case "fail":
      return severity === "warn"
        ? { text: "! WARN", tone: "unsure" }
        : { text: "✕ FAIL", tone: "bad" };
  }
}

export function verdictTone(verdict: Check["verdict"]): Tone {
  return verdict === "pass" ? "good" : verdict === "fail" ? "bad" : "unsure";
}

export function verdictWord(verdict: Check["verdict"]): string {
  return verdict === "pass" ? "✓ YES" : verdict === "fail" ? "✕ NO" : "? UNSURE";
}

/** A row per objective. */
export function objectiveTable(checks: readonly Check[]): Table {
  const rows = checks.map((check): (string | Cell)[] => {
    const used = usedOf(check);
    const measure = `${check.metric} in ${check.window}`;
    const notes = [check.title, measure, check.verdict === "pass" ? "" : check.note];
    return [
      { text: check.id, detail: notes.filter((one) => one !== "").join(" · ") },
      limitText(check),
      measuredCell(check),
      used === undefined ? exactRoom(check) : { text: roomText(used), used },
      worstSeedText(check),
      verdictCell(check),
    ];
  });
  const titles = ["Limit>", "Measured", "Room left>", "Worst seed>", "Verdict"];
  return { columns: columns("Objective", ...titles), rows };
}

/** The value, and under it its interval or its worst. */
function measuredCell(check: Check): string | Cell {
  const said = measuredText(check);
  const [, value, interval] = /^(.+?)(?: \[(.+)\]|, (at worst .+))$/.exec(said) ?? [];
  const worst = /, (at worst .+)$/.exec(said)?.[1];
  if (value === undefined) return said;
  return { text: value, detail: worst ?? interval ?? "" };
}

/** Where one value alone is allowed, or nothing was measured. */
function exactRoom(check: Check): string {
  if (check.op !== "==" || check.value === undefined) return "–";
  return check.verdict === "pass" ? "exact" : "–";
}

/** "all alike" needs no seed to look at. */
function worstSeedText({ seeds, worstSeed }: Check): string {
  const values = new Set(seeds.map(({ value, limit }) => `${value} ${limit}`));
  return worstSeed === undefined || values.size < 2 ? "–" : String(worstSeed);
}
