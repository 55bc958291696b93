// A file laid over the file it extends, and so on, with every path in them made whole.

import { directoryOf, resolvePath } from "./paths.ts";
import { InputError, type Position } from "./problem.ts";
import { nodeAt, parseSource, type SourceNode } from "./source-tree.ts";
import { merged } from "./weave.ts";

interface Reading {
  readonly readFile: (path: string) => string | undefined;
  readonly builtinDir: string;
}

/** `path` laid over the file it extends, and so on. Relative paths in it become whole. */
export function readChain(
  path: string,
  from: Position,
  options: Reading,
  files: string[],
  chain: readonly string[] = [],
): SourceNode {
  if (chain.includes(path)) {
    const circle = [...chain.slice(chain.indexOf(path)), path].join(" → ");
    throw new InputError([{ at: from, message: `extends must not go in a circle, got ${circle}` }]);
  }
  const content = options.readFile(path);
  if (content === undefined) {
    throw new InputError([{ at: from, message: `must be a file that can be read, got ${path}` }]);
  }
  files.push(path);
  const { root, problems } = parseSource(path, content);
  if (root === undefined) throw new InputError(problems);
  const own = withWholePaths(root, path, options.builtinDir);
  const base = nodeAt(own, ["extends"]);
  if (base?.kind !== "scalar" || typeof base.value !== "string") return own;
  const below = readChain(base.value, base.at, options, files, [...chain, path]);
  return merged(below, own);
}

type Change = (node: SourceNode) => SourceNode;

/** Paths in a file are relative to that file: they are made whole before files are woven. */
function withWholePaths(root: SourceNode, file: string, builtinDir: string): SourceNode {
  const directory = directoryOf(file);
  const whole: Change = (node) =>
    node.kind === "scalar" && typeof node.value === "string"
      ? { ...node, value: resolvePath(directory, node.value, builtinDir) }
      : node;
  /** The name of a profile that ships has neither. */
  const wholeIfPath: Change = (node) =>
    node.kind === "scalar" && /[/.]/.test(String(node.value)) ? whole(node) : node;
  const wholeHpa: Change = (node) =>
    node.kind === "scalar" && node.value === "none" ? node : whole(node);
  const changes: readonly (readonly [readonly string[], Change])[] = [
    [["extends"], whole],
    [["budgets"], each(whole)],
    [["autoscaling", "hpa"], wholeHpa],
    [["profile", "name"], wholeIfPath],
    [["matrix", "autoscaling.hpa"], each(wholeHpa)],
    [["matrix", "profile.name"], each(wholeIfPath)],
  ];
  return changes.reduce((tree, [path, change]) => changedAt(tree, path, change), root);
}

/** The change of every element of a list. */
function each(change: Change): Change {
  return (node) => (node.kind === "list" ? { ...node, items: node.items.map(change) } : node);
}

/** The tree with what stands at `path`, if anything, changed. */
function changedAt(node: SourceNode, path: readonly string[], change: Change): SourceNode {
  const [key, ...rest] = path;
  if (key === undefined) return change(node);
  const entry = node.kind === "map" ? node.entries.get(key) : undefined;
  if (node.kind !== "map" || entry === undefined) return node;
  const entries = new Map(node.entries);
  entries.set(key, { ...entry, node: changedAt(entry.node, rest, change) });
  return { ...node, entries };
}
