// One file, checked without running it: what it says it is, everything that loading it would refuse, and lints.

import { parseAllDocuments } from "yaml";
import type { CheckedFile, Finding } from "../../reports/validation.ts";
import { parseBudgets } from "../../scenarios/budget.ts";
import { parseMetricSamples } from "../../scenarios/metric-samples.ts";
import { InputError, suggestion, type Position, type Problem } from "../../scenarios/problem.ts";
import { parseProfile } from "../../scenarios/profile.ts";
import { formatQuantity } from "../../scenarios/quantities.ts";
import { nodeAt, parseSource, positionAt, toPlain } from "../../scenarios/source-tree.ts";
import { DEFAULT_FLAGS } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { metricFault } from "../../sim/measure.ts";
import { loadCellsNamed, manifestFault } from "../load.ts";
import type { Outside } from "../outside.ts";
import { budgetLints, unitOfLimit } from "./budget-lints.ts";
import { manifestLints, scenarioHpaLints, specOf, type Manifest } from "./hpa-lints.ts";
import { lint, type Lint } from "./rules.ts";
import { runLints } from "./run-lints.ts";

export interface Checked {
  readonly file: CheckedFile;
  readonly findings: readonly Finding[];
}

type Check = (outside: Outside, name: string, content: string) => readonly Lint[];

/** By what the file says under `kind`. */
const CHECKS: Readonly<Record<string, Check>> = {
  Scenario: (outside, name) =>
    loadCellsNamed(outside, name, []).flatMap(({ loaded }) => [
      ...runLints(loaded),
      ...budgetLints(loaded),
      ...scenarioHpaLints(loaded),
    ]),
  BudgetSet: checkBudgets,
  SLO: checkBudgets,
  Profile: (_outside, name, content) => {
    parseProfile(name, content);
    return [];
  },
  MetricSamples: (_outside, name, content) => sampleLints(name, content),
  HorizontalPodAutoscaler: checkManifest,
};

/** Release of Kubernetes by which a manifest is read that no scenario names; the scenarios' default. */
const KUBERNETES = "1.35";
/** Defaults of the scenarios' pipeline (scenarios/schema/autoscaling.ts). */
const PIPELINE = { scrapeEveryMs: 15_000, adapterWindowMs: 0, resourceEveryMs: 15_000 };

/** The file that `name` means: a path, or a scenario that ships with the program. */
export function checked(outside: Outside, name: string): Checked {
  const content = outside.readFile(name);
  const isShipped = content === undefined && !outside.exists(name);
  const kind = isShipped ? "Scenario" : kindOf(content ?? "");
  const file: CheckedFile = { file: name, kind };
  try {
    if (!isShipped && content === undefined) refuse(name, "must be a file that can be read");
    const check = Object.hasOwn(CHECKS, kind) ? CHECKS[kind]! : checkNothing;
    const lints = check(outside, name, content ?? "");
    return { file, findings: lints.map((one) => ({ ...one, asked: name })) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, findings: error.problems.map((problem) => refusal(problem, name)) };
  }
}

function refusal({ at, message }: Problem, asked: string): Finding {
  return { ...lint("invalid", at, message, ""), asked };
}

/**
 * Read loosely, so that a file with other faults is still known for what it is. Of several documents, as OpenSLO has them,
 * the first that is known here says it.
 */
function kindOf(content: string): string {
  const documents = [parseAllDocuments(content, { logLevel: "silent" })].flat();
  const kinds = documents.flatMap(({ contents }) => {
    const kind = (contents as { get?: (key: string) => unknown } | null)?.get?.("kind");
    return typeof kind === "string" ? [kind] : [];
  });
  return kinds.find((kind) => Object.hasOwn(CHECKS, kind)) ?? kinds[0] ?? "";
}

/** What cannot be read as YAML is told by its own errors. */
function checkNothing(_outside: Outside, name: string, content: string): never {
  const { root, problems } = parseSource(name, content);
  if (root === undefined) throw new InputError(problems);
  const known = Object.keys(CHECKS);
  const kind = kindOf(content);
  const got = kind === "" ? "" : `, got "${kind}"${suggestion(kind, known)}`;
  throw new InputError([
    {
      at: positionAt(root, ["kind"]),
      message: `kind must be one of ${known.join(", ")}${got}`,
    },
  ]);
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}

/** Windows and faults are the scenario's, which is checked with its budgets. */
function checkBudgets(_outside: Outside, name: string, content: string): readonly Lint[] {
  const problems = parseBudgets(name, content).flatMap((budget): Problem[] => {
    const fault = metricFault(budget.metric, unitOfLimit(budget));
    if (fault === undefined) return [];
    const got =
      fault.got === undefined
        ? ""
        : `, got "${fault.got}"${suggestion(fault.got, fault.known ?? [])}`;
    return [{ at: budget.source, message: `check "${budget.id}" must ${fault.must}${got}` }];
  });
  if (problems.length > 0) throw new InputError(problems);
  return [];
}

function checkManifest(_outside: Outside, name: string, content: string): readonly Lint[] {
  const { root, problems } = parseSource(name, content);
  if (root === undefined) throw new InputError(problems);
  const manifest = toPlain(root) as Manifest;
  const fault = manifestFault(manifest, KUBERNETES);
  const placeOf = (path: readonly (string | number)[]): Position => positionAt(root, path);
  if (fault !== undefined) {
    const steps = fault.field.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
    const path = steps.filter((step) => step !== "").map((s) => (/^\d+$/.test(s) ? Number(s) : s));
    throw new InputError([{ at: placeOf(path), message: `${fault.field} ${fault.must}` }]);
  }
  return manifestLints(specOf(manifest, KUBERNETES), placeOf, DEFAULT_FLAGS, PIPELINE);
}

function sampleLints(name: string, content: string): readonly Lint[] {
  const { looks } = parseMetricSamples(name, content);
  const { root } = parseSource(name, content);
  const most = 2 * DEFAULT_FLAGS.syncPeriodMs;
  const gap = looks.findIndex((look, i) => i > 0 && look.atMs - looks[i - 1]!.atMs > most);
  if (gap < 0 || root === undefined) return [];
  const gapMs = looks[gap]!.atMs - looks[gap - 1]!.atMs;
  const message = `looks[${gap}] comes ${formatQuantity("duration", gapMs)} after the one before; the controller looks every ${formatQuantity("duration", DEFAULT_FLAGS.syncPeriodMs)}, and decides in between, too`;
  const at = nodeAt(root, ["looks", gap])!.at; // It was parsed from there.
  return [lint("samples-too-far-apart", at, message, "Take samples as often as it looks.")];
}
