// YAML as a tree of values that remember where they stand.
//
// A scenario is woven from several sources: the file, the files it extends, `--set`. Whatever goes
// wrong later, in the schema, in a range, in a window, is reported at the place that said it.

import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  parseDocument,
} from "yaml";
import type { Document } from "yaml";
import type { Position, Problem } from "./problem.ts";

export type Scalar = string | number | boolean | undefined;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: Scalar;
  readonly at: Position;
}
export interface ListNode {
  readonly kind: "list";
  readonly items: readonly SourceNode[];
  readonly at: Position;
}
export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Position;
}
export interface Entry {
  readonly keyAt: Position;
  readonly node: SourceNode;
}
export type SourceNode = ScalarNode | ListNode | MapNode;

/** Anchors may repeat a subtree; this bounds what they may blow up to. */
const NODES_MAX = 100_000;

/** The tree of one YAML 1.2 document; `root` is undefined when the text is not one. */
export function parseSource(
  file: string,
  text: string,
): { readonly root: SourceNode | undefined; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter();
  const doc = parseDocument(text, { lineCounter, version: "1.2", prettyErrors: false });
  return treeOf(doc, file, lineCounter);
}

/** The trees of all documents of a file, which `---` parts; none when there are problems. */
export function parseSources(
  file: string,
  text: string,
): { readonly roots: readonly SourceNode[]; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter();
  const options = { lineCounter, version: "1.2", prettyErrors: false } as const;
  const parsed = parseAllDocuments(text, options);
  const docs = "empty" in parsed ? [] : parsed;
  // A mark at the very end begins a document with nothing in it.
  const filled = docs.filter((doc) => doc.contents !== null || doc.errors.length > 0);
  if (filled.length === 0) return { roots: [], problems: [emptyFile(file)] };
  const trees = filled.map((doc) => treeOf(doc, file, lineCounter));
  const problems = trees.flatMap((tree) => tree.problems);
  return { roots: problems.length > 0 ? [] : trees.flatMap(({ root }) => root ?? []), problems };
}

function emptyFile(file: string): Problem {
  const at = { file, line: 1, column: 1 };
  return { at, message: "must be a document, got an empty file" };
}

function treeOf(
  doc: Document.Parsed,
  file: string,
  lineCounter: LineCounter,
): { readonly root: SourceNode | undefined; readonly problems: readonly Problem[] } {
  const position = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...doc.errors, ...doc.warnings].map((error): Problem => ({
    at: position(error.pos[0]),
    message: `must be YAML 1.2: ${error.message.split("\n")[0]}`,
  }));
  if (problems.length > 0) return { root: undefined, problems };
  if (doc.contents === null) return { root: undefined, problems: [emptyFile(file)] };
  const walk = new Walk(doc, position);
  const root = walk.node(doc.contents);
  return { root: walk.problems.length > 0 ? undefined : root, problems: walk.problems };
}

class Walk {
  readonly problems: Problem[] = [];
  readonly #doc: Document;
  readonly #position: (offset: number) => Position;
  #nodeCount = 0;

  constructor(doc: Document, position: (offset: number) => Position) {
    this.#doc = doc;
    this.#position = position;
  }

  node(value: unknown): SourceNode {
    const offset = (value as { range?: [number, number, number] } | null)?.range?.[0] ?? 0;
    const at = this.#position(offset);
    if (++this.#nodeCount > NODES_MAX) {
      if (this.#nodeCount === NODES_MAX + 1) {
        this.problems.push({ at, message: `must have at most ${NODES_MAX} values` });
      }
      return { kind: "scalar", value: undefined, at };
    }
    if (isAlias(value)) return this.node(value.resolve(this.#doc));
    if (isMap(value)) {
      const entries = new Map<string, Entry>();
      for (const pair of value.items) {
        const key = pair.key;
        const keyAt = this.#position((key as { range?: [number] })?.range?.[0] ?? offset);
        const name = String(isScalar(key) ? key.value : key);
        entries.set(name, {
          keyAt,
          node: pair.value === null ? nothing(keyAt) : this.node(pair.value),
        });
      }
      return { kind: "map", entries, at };
    }
    if (isSeq(value))
      return { kind: "list", items: value.items.map((item) => this.node(item)), at };
    const scalar = isScalar(value) ? value.value : undefined;
    return { kind: "scalar", value: scalar === null ? undefined : (scalar as Scalar), at };
  }
}

function nothing(at: Position): ScalarNode {
  return { kind: "scalar", value: undefined, at };
}

/** The tree without its positions; an empty value is null, as JSON Schema sees it. */
export function toPlain(node: SourceNode): unknown {
  if (node.kind === "scalar") return node.value ?? null;
  if (node.kind === "list") return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
}

/** What stands at `path` (map keys and list indices), or undefined. */
export function nodeAt(
  root: SourceNode | undefined,
  path: readonly (string | number)[],
): SourceNode | undefined {
  let node = root;
  for (const step of path) {
    if (node?.kind === "map") node = node.entries.get(String(step))?.node;
    else if (node?.kind === "list") node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}

/** Where to point for `path`: the value, else the nearest map or list around it that exists. */
export function positionAt(root: SourceNode, path: readonly (string | number)[]): Position {
  let at = root.at;
  for (let length = 1; length <= path.length; length++) {
    const node = nodeAt(root, path.slice(0, length));
    if (node === undefined) break;
    at = node.at;
  }
  return at;
}

/** Where the key itself stands: for keys that should not be there. */
export function keyPositionAt(root: SourceNode, path: readonly (string | number)[]): Position {
  const parent = nodeAt(root, path.slice(0, -1));
  const entry = parent?.kind === "map" ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyAt ?? positionAt(root, path);
}
