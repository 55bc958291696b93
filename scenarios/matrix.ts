// A matrix: one file, a grid of settings, a scenario for each cell of it.
//
//   matrix:
//     cluster.nodes.count: [48, 59, 64]
//     cluster.placement.policy: [directory, ring]
//     exclude: [{ cluster.nodes.count: 48, cluster.placement.policy: ring }]
//
// A cell is called by what tells it from the others, `grid@nodes.count=48,placement.policy=ring`: a name that file systems and
// shells take as it is. All cells have the seeds of the file, so that what differs between two of them is the setting and not
// the luck. A `--set` of an axis fixes it.

import { InputError, suggestion, type Problem } from "./problem.ts";
import { nodeAt, type ListNode, type SourceNode } from "./source-tree.ts";
import { stepsOf, withValue } from "./weave.ts";

/** What one axis says in a cell. */
export interface CellSetting {
  /** As `--set` takes it. */
  readonly path: string;
  /** The end of the path, as far as it tells the axes apart. */
  readonly label: string;
  /** As written. */
  readonly value: string;
}

export interface Cell {
  /** Name of the scenario that the matrix belongs to. */
  readonly of: string;
  /** "nodes.count=48,placement.policy=ring". */
  readonly key: string;
  /** In the order of the axes. */
  readonly settings: readonly CellSetting[];
}

export interface CellTree {
  readonly cell: Cell;
  /** The scenario of the cell, without a matrix. */
  readonly tree: SourceNode;
}

/** More would not fit on a page, nor in a night. Assumed. */
export const CELLS_MAX = 200;
/** With what is excluded: a bound on the work of counting. */
const COMBINATIONS_MAX = 20_000;

/** Between the name of a scenario and the key of a cell. */
export const CELL_MARK = "@";

interface Axis {
  readonly path: string;
  readonly steps: readonly string[];
  readonly label: string;
  readonly values: readonly AxisValue[];
  readonly node: ListNode;
}
interface AxisValue {
  readonly node: SourceNode;
  readonly written: string;
  /** For the key of a cell. */
  readonly word: string;
}

/**
 * The cells of the tree's matrix, the last axis fastest; undefined where it has none, or `settings` fix every axis. Throws
 * `InputError`.
 */
export function cellsOf(
  tree: SourceNode,
  settings: readonly string[],
): { readonly plain: SourceNode; readonly cells: readonly CellTree[] | undefined } {
  const matrix = nodeAt(tree, ["matrix"]);
  if (tree.kind !== "map" || matrix === undefined) return { plain: tree, cells: undefined };
  const entries = new Map(tree.entries);
  entries.delete("matrix");
  const plain: SourceNode = { ...tree, entries };
  if (matrix.kind === "scalar" && matrix.value === "none") return { plain, cells: undefined };
  const problems: Problem[] = [];
  const axes = axesOf(matrix, problems);
  const excluded = exclusionsOf(matrix, axes, problems);
  if (problems.length > 0) throw new InputError(problems);
  const fixed = new Set(settings.map((one) => stepsOf(one.split("=")[0]!).join(".")));
  const free = axes.filter(({ steps }) => !fixed.has(steps.join(".")));
  if (free.length === 0) return { plain, cells: undefined };
  const cells = combinations(free, matrix).filter(
    (chosen) => !excluded.some((rule) => meets(rule, free, chosen)),
  );
  const fault = countFault(cells.length);
  if (fault !== undefined) throw new InputError([{ at: matrix.at, message: fault }]);
  return { plain, cells: cells.map((chosen) => cellTree(plain, free, chosen)) };
}

function countFault(count: number): string | undefined {
  if (count === 0) return "matrix must have a cell, and all are excluded";
  if (count <= CELLS_MAX) return undefined;
  return `matrix must have at most ${CELLS_MAX} cells, got ${count}; take values away or exclude some`;
}

/** What all cells must share: what the file is, and their luck. */
const NOT_AXES = ["apiVersion", "kind", "extends", "metadata", "matrix", "run.seeds"];

function axesOf(matrix: SourceNode, problems: Problem[]): readonly Axis[] {
  const refuse = (at: Problem["at"], message: string): void => {
    problems.push({ at, message });
  };
  if (matrix.kind !== "map") {
    const form = "cluster.nodes.count: [48, 59, 64]";
    refuse(matrix.at, `matrix must be a map of paths and their values, such as ${form}`);
    return [];
  }
  const axes: Omit<Axis, "label">[] = [];
  for (const [path, { keyAt, node }] of matrix.entries) {
    if (path === "exclude") continue;
    const steps = stepsOf(path);
    const common = NOT_AXES.find((one) => `${steps.join(".")}.`.startsWith(`${one}.`));
    if (steps.some((step) => step === "")) refuse(keyAt, `matrix has no path "${path}"`);
    else if (common !== undefined) {
      refuse(keyAt, `matrix.${path} must not be an axis: all cells share ${common}`);
    } else if (node.kind !== "list" || node.items.length === 0) {
      refuse(node.at, `matrix.${path} must be a list of values`);
    } else axes.push({ path, steps, values: valuesOf(node, path, refuse), node });
  }
  if (axes.length === 0 && problems.length === 0) {
    refuse(matrix.at, "matrix must have a path with its values");
  }
  return axes.map((axis) => ({ ...axis, label: labelOf(axis, axes) }));
}

function valuesOf(
  list: ListNode,
  path: string,
  refuse: (at: Problem["at"], message: string) => void,
): readonly AxisValue[] {
  const seen = new Map<string, number>();
  return list.items.map((node) => {
    const isPlain = node.kind === "scalar" && node.value !== undefined;
    if (!isPlain) refuse(node.at, `matrix.${path} must have plain values, such as 59 or "1.35"`);
    const written = isPlain ? String(node.value) : "";
    const word = wordOf(written);
    const times = seen.get(word) ?? 0;
    seen.set(word, times + 1);
    if (times > 0) refuse(node.at, `matrix.${path} must have values that differ, got ${written}`);
    return { node, written, word };
  });
}

/** A value as part of a file's name: of a path its last part without the ending. */
function wordOf(written: string): string {
  const last = /\.ya?ml$/.test(written)
    ? written
        .split("/")
        .at(-1)!
        .replace(/\.ya?ml$/, "")
    : written;
  return last.replaceAll("%", "pct").replaceAll(/[^\w.+-]+/g, "-") || "-";
}

/** Its last two steps, more where that would be another axis's too. */
function labelOf(axis: Omit<Axis, "label">, all: readonly Omit<Axis, "label">[]): string {
  const end = ({ steps }: Omit<Axis, "label">, length: number): string =>
    steps.slice(-length).join(".");
  for (let length = 2; length < axis.steps.length; length++) {
    const label = end(axis, length);
    if (all.every((other) => other === axis || end(other, length) !== label)) return label;
  }
  return axis.steps.join(".");
}

/** By axis, the place of a value; undefined: any. */
type Chosen = readonly (number | undefined)[];
interface Exclusion {
  readonly byPath: ReadonlyMap<string, string>;
}

function exclusionsOf(
  matrix: SourceNode,
  axes: readonly Axis[],
  problems: Problem[],
): readonly Exclusion[] {
  const list = nodeAt(matrix, ["exclude"]);
  if (list === undefined) return [];
  const refuse = (at: Problem["at"], message: string): void => {
    problems.push({ at, message });
  };
  if (list.kind !== "list") {
    refuse(list.at, "matrix.exclude must be a list of maps of axes and values");
    return [];
  }
  return list.items.map((item) => {
    const byPath = new Map<string, string>();
    if (item.kind !== "map" || item.entries.size === 0) {
      refuse(item.at, "matrix.exclude must have maps of axes and values");
      return { byPath };
    }
    for (const [path, { keyAt, node }] of item.entries) {
      const axis = axes.find((one) => one.steps.join(".") === stepsOf(path).join("."));
      const value = node.kind === "scalar" ? String(node.value) : "";
      if (axis === undefined) {
        const known = axes.map((one) => one.path);
        const hint = suggestion(path, known) || `; they are ${known.join(", ")}`;
        refuse(keyAt, `matrix.exclude must name axes, got "${path}"${hint}`);
      } else if (axis.values.every(({ written }) => written !== value)) {
        const known = axis.values.map(({ written }) => written).join(", ");
        refuse(node.at, `matrix.exclude must name values of ${path} (${known}), got "${value}"`);
      } else byPath.set(axis.path, value);
    }
    return { byPath };
  });
}

/** An axis that is fixed is none any more: what excludes by it excludes nothing. */
function meets({ byPath }: Exclusion, axes: readonly Axis[], chosen: Chosen): boolean {
  return [...byPath].every(([path, value]) => {
    const place = axes.findIndex((axis) => axis.path === path);
    return place >= 0 && axes[place]!.values[chosen[place]!]!.written === value;
  });
}

/** The last axis fastest. Throws `InputError` where they are too many to count. */
function combinations(axes: readonly Axis[], matrix: SourceNode): readonly Chosen[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > COMBINATIONS_MAX) {
    throw new InputError([{ at: matrix.at, message: countFault(count)! }]);
  }
  return axes.reduce<readonly Chosen[]>(
    (heads, { values }) => heads.flatMap((head) => values.map((_, place) => [...head, place])),
    [[]],
  );
}

function cellTree(plain: SourceNode, axes: readonly Axis[], chosen: Chosen): CellTree {
  let tree = plain;
  const settings: CellSetting[] = [];
  const words: string[] = [];
  axes.forEach(({ path, steps, label, values }, i) => {
    const { node, written, word } = values[chosen[i]!]!;
    tree = withValue(tree, steps, node);
    settings.push({ path, label, value: written });
    words.push(`${label}=${word}`);
  });
  const named = nodeAt(plain, ["metadata", "name"]);
  const of = named?.kind === "scalar" ? String(named.value) : "";
  return { cell: { of, key: words.join(","), settings }, tree };
}
