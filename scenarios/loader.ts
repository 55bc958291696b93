// From a path to a complete scenario: read, extend, set, check, resolve.
//
//   file ─▶ tree ─▶ over what it extends ─▶ --set over it ─▶ schema ─▶ values ─▶ rules ─▶ windows
//
// Pure: files come from a function. Either the whole scenario is good, or one `InputError` tells every
// problem that was found.

import type { Static } from "typebox";
import { parseBudgets, type Budget, type LimitUnit } from "./budget.ts";
import { parseTemplate, type MetricExpression } from "./expression.ts";
import { readChain } from "./chain.ts";
import { CELL_MARK, cellsOf, type Cell, type CellTree } from "./matrix.ts";
import { InputError, place, suggestion, type Position, type Problem } from "./problem.ts";
import { loadProfile } from "./profile.ts";
import { Resolver } from "./resolve.ts";
import { checkRules, clientsOfPhases, mustBeWindow, type PhaseAsk } from "./rules.ts";
import { ScenarioFile, type Scenario } from "./schema.ts";
import { ArrivalShare } from "./schema/clients.ts";
import type { FieldSchema } from "./schema/fields.ts";
import { keyPositionAt, nodeAt, positionAt, type SourceNode } from "./source-tree.ts";
import { byPosition, dotted, Validator } from "./validate.ts";
import { hpaProblems, withHpa, type ManifestCheck } from "./hpa-manifest.ts";
import { elementKey, withoutDisabled, withSetting } from "./weave.ts";
import { instantOf, spanFault, type Span, type SpanNames } from "./windows.ts";
import { writtenSchema } from "./written.ts";

export type ReadFile = (path: string) => string | undefined;

export interface LoadOptions {
  /** The text of a file, or undefined when there is none. */
  readonly readFile: ReadFile;
  /** Where the scenarios, budgets/ and profiles/ are that ship with the program: `@builtin/…`. */
  readonly builtinDir: string;
  /** `path=value`, applied in order. */
  readonly settings?: readonly string[];
  /** The catalogue's opinion of a metric (sim/measure.ts); without it, names are not checked. */
  readonly metricFault?: MetricCheck;
  /** The simulator's opinion of an HPA (sim/cluster/kubernetes/hpa/manifest.ts); without it, it is not checked. */
  readonly manifestFault?: ManifestCheck;
}

/** Why an expression cannot be measured or compared with a limit of this unit. */
export type MetricCheck = (
  expression: MetricExpression,
  unit: LimitUnit | undefined,
) =>
  { readonly must: string; readonly got?: string; readonly known?: readonly string[] } | undefined;

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly budgets: readonly Budget[];
  /** Every file that was read, the scenario first. */
  readonly files: readonly string[];
  /** The woven tree, for telling where a value came from. */
  readonly tree: SourceNode;
  /** Which of a matrix; undefined without one. */
  readonly cell?: Cell;
}

/** The declared schema, as our own code walks it. */
export const DECLARED = ScenarioFile as unknown as FieldSchema;
const validator = new Validator(writtenSchema(DECLARED));
/** Files have it, scenarios do not: it becomes a number of clients. */
const SHARE = ArrivalShare as unknown as FieldSchema;

/** The scenario at `path`: with `cell` that of its matrix. Throws `InputError`, also for a matrix and no cell. */
export function loadScenario(path: string, options: LoadOptions, cell?: string): LoadedScenario {
  const { plain, cells, files } = woven(path, options);
  if (cells === undefined && cell === undefined) return finished(plain, path, options, files);
  const names = (cells ?? []).map((one) => one.cell.key);
  const found = cells?.find((one) => one.cell.key === cell);
  if (found !== undefined) return finishedCell(found, path, options, files);
  const at = { file: path, line: 0, column: 0 };
  throw new InputError([{ at, message: noCell(path, cell, names) }]);
}

/** The scenarios at `path`: one, or one for each cell of its matrix. Throws `InputError`. */
export function loadCells(path: string, options: LoadOptions): readonly LoadedScenario[] {
  const { plain, cells, files } = woven(path, options);
  if (cells === undefined) return [finished(plain, path, options, files)];
  const problems = new Map<string, Problem>(); // What is wrong with all of them is told once.
  const loaded = cells.flatMap((cell) => {
    try {
      return [finishedCell(cell, path, options, files)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const one of error.problems) problems.set(`${place(one.at)} ${one.message}`, one);
      return [];
    }
  });
  if (problems.size > 0) throw new InputError([...problems.values()].sort(byPosition));
  return loaded;
}

function noCell(path: string, cell: string | undefined, names: readonly string[]): string {
  if (names.length === 0) return `must be ${path} alone: it has no matrix`;
  const ways = names.slice(0, 3).map((name) => `${path}${CELL_MARK}${name}`);
  const some = `${ways.join(", ")}${names.length > ways.length ? ", …" : ""}`;
  if (cell === undefined) {
    return `has a matrix of ${names.length} cells: name one (${some}); \`stormglass run\` takes all`;
  }
  return `has no cell "${cell}"${suggestion(cell, names) || `; there are ${some}`}`;
}

/** The files of `path` and the settings as one tree, and what its matrix makes of it. */
function woven(
  path: string,
  options: LoadOptions,
): ReturnType<typeof cellsOf> & { readonly files: string[] } {
  const files: string[] = [];
  const { settings = [] } = options;
  let tree = readChain(path, { file: path, line: 0, column: 0 }, options, files);
  tree = withHpa(tree, options, files);
  for (const setting of settings) tree = withHpa(withSetting(tree, setting), options, files);
  return { ...cellsOf(tree, settings), files };
}

function finishedCell(
  { cell, tree }: CellTree,
  path: string,
  options: LoadOptions,
  filesSoFar: readonly string[],
): LoadedScenario {
  const files = [...filesSoFar];
  const loaded = finished(withHpa(tree, options, files), path, options, files);
  const { metadata } = loaded.scenario;
  const name = `${metadata.name}${CELL_MARK}${cell.key}`;
  return { ...loaded, scenario: { ...loaded.scenario, metadata: { ...metadata, name } }, cell };
}

function finished(
  withDisabled: SourceNode,
  path: string,
  options: LoadOptions,
  files: string[],
): LoadedScenario {
  const tree = withoutDisabled(withDisabled);
  const problems: Problem[] = [...validator.check(tree)];
  const refuse = (at: readonly (string | number)[], must: string): void => {
    problems.push({ at: positionAt(tree, at), message: `${dotted(at)} must ${must}` });
  };
  const resolver = new Resolver(tree);
  const file = resolver.resolve(DECLARED, tree, []) as Static<typeof ScenarioFile>;
  settlePhases(file, resolver, tree, refuse);
  problems.push(...resolver.problems);
  checkOwnName(tree, path, problems);
  checkRules(file, refuse);
  problems.push(...hpaProblems(file, tree, options));
  const windows = windowsOf(file, tree, problems);
  const profile = attempt(problems, () => loadProfile(file.profile, tree, options, files));
  const budgets = file.budgets.flatMap(
    (budget, i) =>
      attempt(problems, () =>
        readBudgets(budget, positionAt(tree, ["budgets", i]), options, files),
      ) ?? [],
  );
  const known = Object.keys({ ...windows, ...file.windows });
  problems.push(...checkReferences(file, budgets, known, tree, options));
  if (problems.length > 0) throw new InputError(problems.sort(byPosition));

  const { metadata, run, network, cluster, autoscaling, kubernetes, clients, faults } = file;
  const scenario: Scenario = {
    metadata,
    run,
    profile: profile!,
    network,
    cluster,
    autoscaling,
    kubernetes,
    clients,
    faults,
    windows,
    budgets: file.budgets,
  };
  return { scenario, budgets, files, tree };
}

/** A variant with its parent's name would overwrite its parent's results. */
function checkOwnName(tree: SourceNode, path: string, problems: Problem[]): void {
  const named = nodeAt(tree, ["metadata", "name"]);
  if (named === undefined || named.at.file === path || named.at.line === 0) return;
  const at = { file: path, line: 1, column: 1 };
  problems.push({ at, message: "metadata.name must be given by a file that extends another" });
}

type Refuse = (path: readonly (string | number)[], must: string) => void;

/** Turns the numbers and shares of the file into the clients of each phase. */
function settlePhases(
  file: Static<typeof ScenarioFile>,
  resolver: Resolver,
  tree: SourceNode,
  refuse: Refuse,
): void {
  const { arrivals } = file.clients;
  if (arrivals.length === 0) return;
  const asks = arrivals.map((arrival, i): PhaseAsk => {
    const at = ["clients", "arrivals", i];
    const share = nodeAt(tree, [...at, "share"]);
    const written = nodeAt(tree, [...at, "clients"]);
    const isRest = written?.kind === "scalar" && written.value === "rest";
    return {
      clients: written === undefined || isRest ? undefined : arrival.clients,
      share: share && (resolver.resolve(SHARE, share, [...at, "share"]) as number),
    };
  });
  const clients = clientsOfPhases(asks, file.clients.total, refuse);
  arrivals.forEach((arrival, i) => (arrival.clients = clients[i]!));
}

function windowsOf(
  file: Static<typeof ScenarioFile>,
  tree: SourceNode,
  problems: Problem[],
): Readonly<Record<string, Span>> {
  const { durationMs, warmupMs } = file.run;
  const names = spanNames(file, tree);
  const windows: Record<string, Span> = {
    run: { fromMs: 0, toMs: durationMs },
    measured: { fromMs: warmupMs, toMs: durationMs },
  };
  for (const [name, { from, to }] of Object.entries(file.windows)) {
    const refuse = (key: string, must: string, got: string): void => {
      const path = ["windows", name, key];
      const message = `windows.${name}.${key} must ${must}, got "${got}"`;
      problems.push({ at: positionAt(tree, path), message });
    };
    if (name in windows) {
      const at = keyPositionAt(tree, ["windows", name]);
      problems.push({ at, message: `windows.${name} must not replace the window of that name` });
      continue;
    }
    const [begin, end] = [instantOf(String(from), names), instantOf(String(to), names)];
    if (!begin.ok) refuse("from", begin.must, String(from));
    if (!end.ok) refuse("to", end.must, String(to));
    if (!begin.ok || !end.ok) continue;
    const span = { fromMs: begin.atMs, toMs: end.atMs };
    const fault = spanFault(span, durationMs);
    if (fault !== undefined) refuse(fault.startsWith("begin") ? "from" : "to", fault, String(to));
    windows[name] = span;
  }
  return windows;
}

/** A crash without a restart lasts to the end of the run. */
function spanNames(file: Static<typeof ScenarioFile>, tree: SourceNode): SpanNames {
  const { durationMs } = file.run;
  const names = new Map<string, Span>([["run", { fromMs: 0, toMs: durationMs }]]);
  for (const { phase, fromMs, overMs } of file.clients.arrivals) {
    names.set(phase, { fromMs, toMs: fromMs + overMs });
  }
  for (const name of faultNames(tree)) names.set(name, { fromMs: NaN, toMs: NaN });
  for (const fault of file.faults) {
    if (fault.kind === "node-crash" || fault.kind === "edge-crash") {
      const { atMs, restartAfterMs } = fault;
      const toMs = restartAfterMs === undefined ? durationMs : atMs + restartAfterMs;
      names.set(fault.name, { fromMs: atMs, toMs });
    } else if (fault.name !== undefined) {
      const [fromMs, toMs] =
        "atMs" in fault ? [fault.atMs, durationMs] : [fault.fromMs, fault.toMs];
      names.set(fault.name, { fromMs, toMs });
    }
  }
  return names;
}

/** As written, so that a fault of an unknown kind is not taken for one that is missing. */
function faultNames(tree: SourceNode): readonly string[] {
  const list = nodeAt(tree, ["faults"]);
  const items = list?.kind === "list" ? list.items : [];
  return items.flatMap((item) => elementKey(item) ?? []);
}

function readBudgets(
  path: string,
  at: Position,
  options: LoadOptions,
  files: string[],
): readonly Budget[] {
  const content = options.readFile(path);
  if (content === undefined) {
    throw new InputError([{ at, message: `must be a budget file that can be read, got ${path}` }]);
  }
  files.push(path);
  return parseBudgets(path, content);
}

/** Windows, faults and metrics that budgets and the answer speak of must exist. */
function checkReferences(
  file: Static<typeof ScenarioFile>,
  budgets: readonly Budget[],
  windows: readonly string[],
  tree: SourceNode,
  options: LoadOptions,
): Problem[] {
  const problems: Problem[] = [];
  const faults = faultNames(tree);
  for (const budget of budgets) {
    const refuse = (must: string): void => {
      problems.push({ at: budget.source, message: `check "${budget.id}" must ${must}` });
    };
    if (!windows.includes(budget.window)) refuse(mustBeWindow(budget.window, windows));
    if (budget.versus !== undefined && !faults.includes(budget.versus)) {
      const known = faults.join(", ") || "it has none";
      refuse(`compare without a fault of the scenario (${known}), got "${budget.versus}"`);
    }
    const { limit } = budget;
    // 0 is 0 in every unit.
    const unit = limit.kind === "absolute" && limit.value !== 0 ? limit.unit : undefined;
    const fault = options.metricFault?.(budget.metric, unit);
    if (fault !== undefined) refuse(mustBeMetric(fault));
  }
  return [...problems, ...checkAnswer(file.metadata.answer, windows, tree, options)];
}

function checkAnswer(
  answer: string | undefined,
  windows: readonly string[],
  tree: SourceNode,
  options: LoadOptions,
): Problem[] {
  if (answer === undefined) return [];
  const at = positionAt(tree, ["metadata", "answer"]);
  const refused = (must: string): Problem => ({ at, message: `metadata.answer must ${must}` });
  const template = parseTemplate(answer);
  if ("must" in template) return [refused(template.must)];
  return template.parts.flatMap((part) => {
    if ("text" in part) return [];
    if (!windows.includes(part.window)) return [refused(mustBeWindow(part.window, windows))];
    const fault = options.metricFault?.(part.expression, undefined);
    return fault === undefined ? [] : [refused(mustBeMetric(fault))];
  });
}

function mustBeMetric(fault: NonNullable<ReturnType<MetricCheck>>): string {
  if (fault.got === undefined) return fault.must;
  const known = fault.known ?? [];
  const family = known.filter((name) => name.split(".")[0] === fault.got!.split(".")[0]);
  const meant = suggestion(fault.got, known) || (family.length > 0 ? `; ${family.join(", ")}` : "");
  return `${fault.must}, got "${fault.got}"${meant}`;
}

/** The outcome, or undefined with its problems added to those that are known already. */
function attempt<T>(problems: Problem[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
