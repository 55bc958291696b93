// What `stormglass plan` prints: the answer first, then how it was found, what breaks first, what a loss costs.

import { formatBytes, formatCount, formatMs, formatPercent, formatValue } from "./format.ts";
import { table, wrapped, type Column, type Paint } from "./layout.ts";
import type {
  CandidateCheck,
  CandidateReport,
  PlanCost,
  PlanDocument,
  PlanVariable,
  ScenarioPlan,
  VariantPlan,
} from "./plan-document.ts";
import type { TextOptions } from "./terminal.ts";

/** One and several of what is planned. */
export const NOUNS: Readonly<Record<PlanVariable, readonly [string, string]>> = {
  replicas: ["node", "nodes"],
  clients: ["client", "clients"],
  "joins-per-sec": ["join per second", "joins per second"],
};

/** "1 node", "56 nodes". */
export function amount(variable: PlanVariable, value: number): string {
  return `${formatCount(value)} ${NOUNS[variable][value === 1 ? 0 : 1]}`;
}

/** The whole report, ending in a newline. */
export function planText(document: PlanDocument, options: TextOptions): string {
  const { width, paint } = options;
  const tone = document.value === undefined ? paint.bad : paint.good;
  const lines = [
    ...wrapped(document.answer, width).map(document.complete ? tone : paint.unsure),
    ...wrapped(questionText(document), width, "  ").map(paint.faint),
    "",
  ];
  for (const scenario of document.scenarios) {
    lines.push(...scenarioLines(scenario, document, options), "");
  }
  if (document.variants.length > 0) {
    lines.push(paint.strong("When something is lost"));
    lines.push(...variantLines(document, options), "");
  }
  if (document.cost !== undefined) {
    lines.push(paint.strong("Cost"), ...costLines(document.cost, options), "");
  }
  lines.push(paint.strong("Assumptions"));
  lines.push(
    ...document.assumptions.flatMap((said) => wrapped(said, width, "  · ", "    ")),
    "",
    paint.strong("The same again"),
    `    ${document.command}`,
    "",
  );
  const { run, fromJournal } = document.trials;
  const seconds = formatMs(document.wall.seconds * 1_000);
  const trials = `${formatCount(run)} runs in ${seconds}, ${formatCount(fromJournal)} taken from the journal`;
  lines.push(...wrapped(trials, width).map(paint.faint));
  return lines.join("\n") + "\n";
}

function questionText({ question }: PlanDocument): string {
  const { goal, variable, scenarios } = question;
  const many = NOUNS[variable][1];
  const names = listed(scenarios);
  return goal === "min"
    ? `What is the least number of ${many} that meets every objective of ${names}?`
    : `How many ${many} meet every objective of ${names} at most?`;
}

// ---- one scenario -----------------------------------------------------------------------------------

function scenarioLines(
  plan: ScenarioPlan,
  document: PlanDocument,
  { width, paint }: TextOptions,
): string[] {
  const { variable } = document.question;
  const said = (text: string): string[] => wrapped(text, width, "  ", "    ");
  const lines = [paint.strong(plan.name), ...said(intervalText(plan, variable))];
  if (plan.candidates.length > 0) {
    lines.push(...table(columnsFor(variable), candidateRows(plan, paint), width));
  }
  if (plan.bound !== undefined) {
    const { value, why } = plan.bound;
    lines.push(...said(`${amount(variable, value)} cannot hold (computed): ${grouped(why)}.`));
  }
  lines.push(
    ...breakLines(plan, variable).flatMap(said),
    ...headroomLines(plan, variable).flatMap(said),
  );
  for (const value of plan.odd) {
    const text = `${amount(variable, value)} held, and yet ${safer(document)} did not: the answer lies beyond what failed.`;
    lines.push(...said(text).map(paint.unsure));
  }
  return lines;
}

function safer({ question }: PlanDocument): string {
  return question.goal === "min" ? "more" : "fewer";
}

/** "Between 55 (0 of 2 seeds hold) and 56 nodes (3 of 3 seeds; at least 29 % of all runs hold, with 95 % confidence)." */
function intervalText({ fails, holds, candidates }: ScenarioPlan, variable: PlanVariable): string {
  const at = (value: number): CandidateReport | undefined =>
    candidates.find((candidate) => candidate.value === value);
  const failing =
    fails === undefined
      ? "Nothing that was tried fails"
      : `${amount(variable, fails)} ${heldText(at(fails))}`;
  if (holds === undefined) return `${failing}; nothing that was tried holds.`;
  const holding = at(holds);
  const low =
    holding === undefined
      ? ""
      : `, so at least ${formatPercent(rounded(holding.share.low))} of all runs (95 % confidence)`;
  return `${failing}; ${amount(variable, holds)} ${heldText(holding)}${low}.`;
}

function heldText(candidate: CandidateReport | undefined): string {
  if (candidate === undefined) return "cannot hold (not run)"; // By arithmetic, or failed without a loss.
  const { held, seeds, verdict } = candidate;
  const verb =
    verdict === "pass" ? "hold" : verdict === "inconclusive" ? "may not hold" : "do not hold";
  return `${verb}: ${held} of ${seeds} seeds`;
}

const columnsFor = (variable: PlanVariable): readonly Column[] => [
  { title: NOUNS[variable][1].replace(/^./, (first) => first.toUpperCase()), align: "right" },
  { title: "Seeds held", align: "left" },
  { title: "Verdict", align: "left" },
  { title: "Clients/node", align: "right" },
  { title: "Nearest objective", align: "left" },
  { title: "Margin", align: "right" },
];

function candidateRows(plan: ScenarioPlan, paint: Paint): string[][] {
  return plan.candidates.map((candidate) => {
    const nearest = nearestCheck(candidate);
    return [
      formatCount(candidate.value),
      `${candidate.held} of ${candidate.seeds}`,
      verdictWord(candidate, paint),
      formatCount(Math.round(candidate.clientsPerNode)),
      candidate.stopped.length > 0 ? candidate.stopped[0]! : (nearest?.id ?? ""),
      nearest?.margin === undefined ? "" : marginText(nearest.margin),
    ];
  });
}

function verdictWord({ verdict, isWhole }: CandidateReport, paint: Paint): string {
  switch (verdict) {
    case "pass":
      return paint.good(isWhole ? "HOLDS" : "SEEMS TO");
    case "fail":
      return paint.bad("FAILS");
    case "inconclusive":
      return paint.unsure(isWhole ? "UNSURE" : "SEEMS TO");
    case "stopped":
      return paint.bad("STOPPED");
  }
}

/** The gated check with the least margin. */
function nearestCheck({ checks }: CandidateReport): CandidateCheck | undefined {
  return checks
    .filter(({ severity, margin }) => severity === "fail" && margin !== undefined)
    .reduce<CandidateCheck | undefined>(
      (least, check) => (least === undefined || check.margin! < least.margin! ? check : least),
      undefined,
    );
}

/** What is missed just on the unsafe side of the answer. */
function breakLines(plan: ScenarioPlan, variable: PlanVariable): string[] {
  const candidate = plan.candidates.find(({ value }) => value === plan.fails);
  if (candidate === undefined) return [];
  const at = `At ${amount(variable, candidate.value)}, ${formatCount(Math.round(candidate.clientsPerNode))} clients per node that seats ${formatCount(candidate.maxConnections)},`;
  if (candidate.stopped.length > 0) return [`${at} ${candidate.stopped.join("; ")}.`];
  const missed = candidate.checks
    .filter(({ severity, missedSeeds }) => severity === "fail" && missedSeeds > 0)
    .sort((a, b) => b.missedSeeds - a.missedSeeds || (a.margin ?? 0) - (b.margin ?? 0));
  if (missed.length === 0)
    return [`${at} no seed misses an objective, but together they do not show that it holds.`];
  const said = missed.map((check) => missText(check, candidate.seeds));
  return [
    `${at} ${said[0]} breaks first${said.length > 1 ? `, then ${said.slice(1).join(", ")}` : ""}.`,
  ];
}

function missText(
  { id, op, unit, limit, worst, margin, missedSeeds }: CandidateCheck,
  seeds: number,
): string {
  const got = worst === undefined ? "nothing" : `at worst ${formatValue(worst, unit)}`;
  const asked = limit === undefined ? "" : formatValue(limit, unit);
  const isSame = worst !== undefined && asked === formatValue(worst, unit);
  const by = isSame && margin !== undefined ? `, short by ${formatPercent(rounded(-margin))}` : "";
  const where = asked === "" ? "" : ` where ${SIGN[op] ?? op} ${asked} is asked${by}`;
  return `${id} (${got}${where}, in ${missedSeeds} of ${seeds} seeds)`;
}

const SIGN: Readonly<Record<string, string>> = { "<=": "≤", ">=": "≥", "==": "=" };

/** Numbers as they are written elsewhere. */
function grouped(text: string): string {
  return text.replaceAll(/\b\d{4,}\b/g, (digits) => formatCount(Number(digits)));
}

/** What is left at the answer. */
function headroomLines(plan: ScenarioPlan, variable: PlanVariable): string[] {
  const candidate = plan.candidates.find(({ value }) => value === plan.holds);
  if (candidate === undefined) return [];
  const margins = candidate.checks.flatMap(({ id, margin, severity }) =>
    margin === undefined || severity !== "fail" ? [] : [`${id} ${marginText(margin)}`],
  );
  const { nodeCpuRatio, edgeCpuRatio, nodeMemoryBytes, edgeMemoryBytes } = candidate.busiest;
  const hosts = [
    nodeCpuRatio === undefined
      ? []
      : [`busiest node ${formatPercent(rounded(nodeCpuRatio))} of its CPU`],
    edgeCpuRatio === undefined ? [] : [`busiest edge ${formatPercent(rounded(edgeCpuRatio))}`],
    nodeMemoryBytes === undefined ? [] : [`fullest node ${formatBytes(nodeMemoryBytes)}`],
    edgeMemoryBytes === undefined ? [] : [`fullest edge ${formatBytes(edgeMemoryBytes)}`],
  ].flat();
  const more =
    variable === "replicas" || plan.own === 0
      ? ""
      : ` That is ${formatPercent(rounded(candidate.value / plan.own))} of what the scenario has.`;
  const room = [margins.length === 0 ? "" : `margins ${margins.join(", ")}`, hosts.join(", ")];
  const text = room.filter((part) => part !== "").join("; ");
  return text === "" ? [] : [`Headroom at ${amount(variable, candidate.value)}: ${text}.${more}`];
}

// ---- losses and cost --------------------------------------------------------------------------------

const VARIANT_COLUMNS: readonly Column[] = [
  { title: "Lost", align: "left" },
  { title: "When", align: "left" },
  { title: "Needs", align: "left" },
  { title: "How", align: "left" },
];

function variantLines(
  { variants, question }: PlanDocument,
  { width, paint }: TextOptions,
): string[] {
  const rows = variants.map(({ lost, when, value, note }) => [
    `a ${lost}`,
    WHEN[when],
    value === undefined ? paint.bad("–") : amount(question.variable, value),
    note,
  ]);
  const reasons = variants.flatMap((variant) => variantReasons(variant, question.variable));
  return [
    ...table(VARIANT_COLUMNS, rows, width),
    ...reasons.flatMap((text) => wrapped(text, width, "  ", "    ")),
  ];
}

const WHEN = { beginning: "from the beginning", middle: "while it runs" } as const;

function variantReasons({ lost, when, scenarios }: VariantPlan, variable: PlanVariable): string[] {
  return (scenarios ?? []).flatMap((plan) =>
    [intervalText(plan, variable), ...breakLines(plan, variable)].map(
      (text) => `${plan.name}, a ${lost} lost ${WHEN[when]}: ${text}`,
    ),
  );
}

function costLines({ rows, podHourPrice, machineHourPrice }: PlanCost, { width }: TextOptions) {
  const hasMoney = podHourPrice !== undefined || machineHourPrice !== undefined;
  const columns: readonly Column[] = [
    { title: "To survive", align: "left" },
    { title: "Nodes", align: "right" },
    { title: "Node-hours/run", align: "right" },
    { title: "/month", align: "right" },
    { title: "Machines", align: "right" },
    ...(hasMoney ? [{ title: "Money/month", align: "right" } as const] : []),
  ];
  const cells = rows.map((row) => [
    row.what,
    formatCount(row.nodes),
    formatCount(row.nodeHoursPerRun),
    formatCount(row.nodeHoursPerMonth),
    formatCount(row.machines),
    ...(row.moneyPerMonth === undefined ? [] : [formatCount(Math.round(row.moneyPerMonth))]),
  ]);
  return table(columns, cells, width);
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Far beyond a small limit per cent say nothing: "−342 ×". */
function marginText(margin: number): string {
  if (Math.abs(margin) < 10) return formatPercent(rounded(margin));
  return `${formatCount(Math.round(margin))} ×`;
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3));
}
