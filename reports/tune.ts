// What `stormglass tune hpa` prints: the answer, what it rests on, the manifest as a diff, and why each line changed.
//
// Figures of the search come from a model at small scale; figures of the verification from the full size and from seeds that
// the search did not see. Both are told, side by side, so that nobody takes one for the other.

import { formatCount, formatPercent } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";

/** What runs said of one manifest. */
export interface TuneFigures {
  /** Of the objective that is nearest to its limit: share of the room that is left; negative beyond it. */
  readonly margin: number;
  /** That objective: "join-p99", of several scenarios "join-p99 of join-storm-100k"; "" where there is none. */
  readonly nearest: string;
  readonly verdict: "pass" | "fail" | "inconclusive";
  readonly nodeHours: number;
  readonly flaps: number;
  /** Of all scenarios together; undefined without a price. */
  readonly cost: number | undefined;
}

export interface TuneRow {
  readonly name: string;
  /** "8 to 64 nodes, active 1700, queue 250, cpu 65 %". */
  readonly summary: string;
  readonly searched: TuneFigures;
  /** Undefined where it was not verified. */
  readonly verified: TuneFigures | undefined;
}

export interface TuneEvidence {
  readonly setting: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The recommended manifest with this setting as it was; undefined where that cannot be. */
  readonly without: TuneFigures | undefined;
}

export interface TuneReport {
  readonly question: string;
  readonly answer: string;
  readonly outcome: "change" | "no change" | "nothing found" | "not confirmed";
  /** Current, recommended (unless it is one of the others), fixed ceiling. */
  readonly rows: readonly TuneRow[];
  /** "" where nothing changes. */
  readonly diff: string;
  readonly evidence: readonly TuneEvidence[];
  /** The recommended manifest's, for comparison with its evidence. */
  readonly reference: TuneFigures | undefined;
  readonly pareto: readonly TuneRow[];
  readonly traps: readonly { readonly text: string; readonly isGone: boolean }[];
  /** Sentences: what was searched, and what the figures leave open. */
  readonly searched: readonly string[];
  readonly next: readonly (readonly [string, string])[];
}

const COLUMNS: readonly Column[] = [
  { title: "Manifest", align: "left" },
  { title: "SLOs", align: "left" },
  { title: "Margin", align: "right" },
  { title: "Node-hours", align: "right" },
  { title: "Flaps", align: "right" },
  { title: "Cost", align: "right" },
  { title: "Nearest limit", align: "left" },
];

export interface TuneTextOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** Ends in a newline. */
export function tuneText(report: TuneReport, options: TuneTextOptions): string {
  const { width, paint } = options;
  const hasCost = report.rows.some(({ searched }) => searched.cost !== undefined);
  const verified = report.rows.filter((row) => row.verified !== undefined);
  const lines = [
    ...wrapped(report.answer, width).map(toneOf(report, paint)),
    ...wrapped(report.question, width, "  ").map(paint.faint),
    "",
  ];
  if (verified.length > 0) {
    const rows = verified.map(({ name, verified: figures }) => cells(name, figures!, paint));
    const title = "Verified at full size, with seeds that the search did not see";
    lines.push(...heading(title, options), ...figureTable(rows, hasCost, width), "");
  }
  const rows = report.rows.map(({ name, searched }) => cells(name, searched, paint));
  lines.push(paint.strong("In the search"), ...figureTable(rows, hasCost, width), "");
  lines.push(...changeLines(report, options), ...evidenceLines(report, options));
  lines.push(...trapLines(report, options), ...paretoLines(report, hasCost, options));
  lines.push(paint.strong("Searched"), ...bullets(report.searched, width), "");
  lines.push(paint.strong("Next"));
  for (const [purpose, command] of report.next) {
    lines.push(...wrapped(`${purpose}:`, width, "  "), paint.strong(`    ${command}`));
  }
  return lines.join("\n") + "\n";
}

function toneOf({ outcome }: TuneReport, paint: Paint): (text: string) => string {
  if (outcome === "change" || outcome === "no change") return paint.good;
  return outcome === "nothing found" ? paint.bad : paint.unsure;
}

function cells(name: string, figures: TuneFigures, paint: Paint): readonly string[] {
  const { verdict, margin, nodeHours, flaps, cost, nearest } = figures;
  return [
    name,
    verdictWord(verdict, paint),
    formatPercent(rounded(margin)),
    formatHours(nodeHours),
    formatCount(rounded(flaps)),
    cost === undefined ? "" : formatMoney(cost),
    nearest,
  ];
}

function verdictWord(verdict: TuneFigures["verdict"], paint: Paint): string {
  if (verdict === "pass") return paint.good("MET");
  return verdict === "fail" ? paint.bad("MISSED") : paint.unsure("UNSURE");
}

function figureTable(
  rows: readonly (readonly string[])[],
  hasCost: boolean,
  width: number,
): string[] {
  const isShown = (_: unknown, i: number): boolean => hasCost || COLUMNS[i]!.title !== "Cost";
  return table(
    COLUMNS.filter(isShown),
    rows.map((row) => row.filter(isShown)),
    width,
  );
}

/** The diff is not wrapped: it is to be copied. */
function changeLines({ diff, rows }: TuneReport, { width, paint }: TuneTextOptions): string[] {
  const summaries = rows.map(({ name, summary }) => `${name}: ${summary}`);
  const lines = [paint.strong("Manifests"), ...bullets(summaries, width), ""];
  if (diff === "") return lines;
  const painted = diff
    .trimEnd()
    .split("\n")
    .map((line) => {
      if (/^\+(?!\+)/.test(line)) return paint.good(line);
      return /^-(?!-)/.test(line) ? paint.bad(line) : line;
    });
  return [...lines, paint.strong("Change"), ...painted, ""];
}

function evidenceLines({ evidence, reference }: TuneReport, options: TuneTextOptions): string[] {
  if (evidence.length === 0 || reference === undefined) return [];
  const lines = evidence.map(({ setting, before, after, without }) => {
    const change = `${setting} ${before ?? "none"} → ${after ?? "none"}`;
    return `${change}. ${without === undefined ? "It cannot be put back by itself." : effectOf(without, reference)}`;
  });
  return [
    ...heading("Why each line (what happens without it)", options),
    ...bullets(lines, options.width),
    "",
  ];
}

function effectOf(without: TuneFigures, reference: TuneFigures): string {
  const hours = without.nodeHours - reference.nodeHours;
  const share = reference.nodeHours === 0 ? 0 : hours / reference.nodeHours;
  const flaps = Number.isFinite(share) ? without.flaps - reference.flaps : 0;
  const parts = [
    without.verdict === "pass"
      ? `objectives met, margin ${formatPercent(rounded(without.margin))}`
      : `${without.nearest} is missed, margin ${formatPercent(rounded(without.margin))}`,
    Number.isFinite(share) ? `${signed(share * 100)} % node-hours` : "",
    flaps === 0 ? "" : `${signed(flaps)} flaps`,
  ];
  return `Put back: ${parts.filter((part) => part !== "").join(", ")}.`;
}

function trapLines({ traps }: TuneReport, { width, paint }: TuneTextOptions): string[] {
  if (traps.length === 0) return [];
  const lines = traps.map(({ text, isGone }) => `${isGone ? "Gone" : "Stays"}: ${text}`);
  return [paint.strong("Traps of the current manifest"), ...bullets(lines, width), ""];
}

function paretoLines({ pareto }: TuneReport, hasCost: boolean, options: TuneTextOptions): string[] {
  const { width, paint } = options;
  if (pareto.length === 0) return [];
  const rows = pareto.map(({ name, searched }) => cells(name, searched, paint));
  const summaries = pareto.map(({ name, summary }) => `${name}: ${summary}`);
  return [
    ...heading("No other is better in margin, node-hours and flaps than these", options),
    ...figureTable(rows, hasCost, width),
    ...summaries.flatMap((text) => wrapped(text, width, "  ", "    ")).map(paint.faint),
    "",
  ];
}

function heading(title: string, { width, paint }: TuneTextOptions): string[] {
  return wrapped(title, width).map(paint.strong);
}

function bullets(sentences: readonly string[], width: number): string[] {
  return sentences.flatMap((sentence) => wrapped(sentence, width, "  · ", "    "));
}

export function formatHours(hours: number): string {
  return Number.isFinite(hours) ? hours.toFixed(hours < 10 ? 2 : 1) : "unknown";
}

export function formatMoney(cost: number): string {
  return Number.isFinite(cost) ? cost.toFixed(2) : "unknown";
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(1).replace(/\.0$/, "");
  return value < 0 && text !== "0" ? `−${text}` : `+${text}`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
