// Weaving sources: a file over the file it extends, `--set` over both.
//
// Maps merge key by key. Lists whose elements have a `phase` or a `name` merge element by element,
// so that a variant can change one fault; other lists are replaced. Where two ways of saying the
// same thing exclude each other, the later one wins whole: a different `kind` or `dist` replaces the
// map, `share` takes the place of `clients`.

import { InputError, suggestion, type Position } from "./problem.ts";
import {
  parseSource,
  type Entry,
  type ListNode,
  type MapNode,
  type SourceNode,
} from "./source-tree.ts";

const LIST_KEYS = ["phase", "name"] as const;
const DISCRIMINATORS = ["kind", "dist"] as const;
const EXCLUSIVE: Readonly<Record<string, string>> = { share: "clients", clients: "share" };

/** The value that identifies an element of a list, or undefined. */
export function elementKey(node: SourceNode): string | undefined {
  if (node.kind !== "map") return undefined;
  for (const key of LIST_KEYS) {
    const named = node.entries.get(key)?.node;
    if (named?.kind === "scalar" && typeof named.value === "string") return named.value;
  }
  return undefined;
}

/** `over` laid over `base`. Neither is changed. */
export function merged(base: SourceNode, over: SourceNode): SourceNode {
  if (base.kind === "map" && over.kind === "map") {
    return differsInKind(base, over) ? over : mergedMaps(base, over);
  }
  if (base.kind === "list" && over.kind === "list" && areKeyed(base) && areKeyed(over)) {
    return mergedLists(base, over);
  }
  return over;
}

function mergedMaps(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries);
  const isArrival = base.entries.has("phase");
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    if (isArrival && key in EXCLUSIVE) entries.delete(EXCLUSIVE[key]!);
    entries.set(
      key,
      below === undefined ? entry : { ...entry, node: merged(below.node, entry.node) },
    );
  }
  return { kind: "map", entries, at: over.at };
}

function mergedLists(base: ListNode, over: ListNode): ListNode {
  const items = [...base.items];
  for (const item of over.items) {
    const key = elementKey(item);
    const index = items.findIndex((below) => elementKey(below) === key);
    if (index < 0) items.push(item);
    else items[index] = merged(items[index]!, item);
  }
  return { kind: "list", items, at: over.at };
}

function areKeyed(list: ListNode): boolean {
  return list.items.length > 0 && list.items.every((item) => elementKey(item) !== undefined);
}

function differsInKind(base: MapNode, over: MapNode): boolean {
  return DISCRIMINATORS.some((key) => {
    const [below, above] = [base.entries.get(key)?.node, over.entries.get(key)?.node];
    return below?.kind === "scalar" && above?.kind === "scalar" && below.value !== above.value;
  });
}

/** Without the elements of keyed lists that say `disabled: true`, and without `disabled` itself. */
export function withoutDisabled(node: SourceNode): SourceNode {
  if (node.kind === "scalar") return node;
  if (node.kind === "list") {
    return { ...node, items: node.items.filter((item) => !isDisabled(item)).map(withoutDisabled) };
  }
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const isMark = key === "disabled" && elementKey(node) !== undefined;
    if (isMark && entry.node.kind === "scalar" && entry.node.value === false) continue;
    entries.set(key, { ...entry, node: withoutDisabled(entry.node) });
  }
  return { ...node, entries };
}

function isDisabled(node: SourceNode): boolean {
  if (elementKey(node) === undefined || node.kind !== "map") return false;
  const mark = node.entries.get("disabled")?.node;
  return mark?.kind === "scalar" && mark.value === true;
}

/**
 * `root` with one value replaced, for `--set cluster.nodes.count=12`. Elements of lists are named
 * by their `phase` or `name`, or by their index: `faults.kill-node.at=30s`, `clients.arrivals.0…`.
 * Throws `InputError` for text that is not `path=value`, or an element that does not exist.
 */
export function withSetting(root: SourceNode, setting: string): SourceNode {
  const at: Position = { file: `--set ${setting}`, line: 0, column: 0 };
  const equals = setting.indexOf("=");
  const path = stepsOf(setting.slice(0, Math.max(0, equals)));
  if (equals <= 0 || path.some((step) => step === "")) {
    throw new InputError([
      { at, message: "must be path=value, such as cluster.nodes.count=12 or run.duration=2m" },
    ]);
  }
  const written = setting.slice(equals + 1);
  // A path of what ships with the program begins with a sign that YAML reserves.
  const isPlain = written !== "" && !written.startsWith("@");
  const text = isPlain ? written : JSON.stringify(written);
  const { root: value, problems } = parseSource(at.file, text);
  if (value === undefined) throw new InputError(problems.map(({ message }) => ({ at, message })));
  return placed(root, path, moved(value, at), at);
}

/** `root` with `value`, which keeps its place in its file, at `path`. Throws like `withSetting`. */
export function withValue(
  root: SourceNode,
  path: readonly string[],
  value: SourceNode,
): SourceNode {
  return placed(root, path, value, value.at);
}

/** The steps of `faults.kill-node.at`, which may also be written `faults[kill-node].at`. */
export function stepsOf(path: string): readonly string[] {
  return path
    .replaceAll(/\[([^\]]*)\]/g, ".$1")
    .split(".")
    .map((step) => step.trim());
}

/** The value, every part of it standing at `at`. */
function moved(node: SourceNode, at: Position): SourceNode {
  if (node.kind === "scalar") return { ...node, at };
  if (node.kind === "list")
    return { ...node, at, items: node.items.map((item) => moved(item, at)) };
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries)
    entries.set(key, { keyAt: at, node: moved(entry.node, at) });
  return { kind: "map", entries, at };
}

function placed(
  node: SourceNode | undefined,
  path: readonly string[],
  value: SourceNode,
  at: Position,
): SourceNode {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (node?.kind === "list") {
    const items = [...node.items];
    const index = indexOfElement(node, step, at);
    items[index] = placed(items[index], rest, value, at);
    return { ...node, items };
  }
  // A scalar on the way, such as the constant `40ms` of a distribution, gives way to a map.
  const entries = new Map(node?.kind === "map" ? node.entries : []);
  if (entries.has("phase") && step in EXCLUSIVE) entries.delete(EXCLUSIVE[step]!);
  entries.set(step, { keyAt: at, node: placed(entries.get(step)?.node, rest, value, at) });
  return { kind: "map", entries, at: node?.at ?? at };
}

function indexOfElement(list: ListNode, step: string, at: Position): number {
  const named = list.items.findIndex((item) => elementKey(item) === step);
  if (named >= 0) return named;
  if (/^\d+$/.test(step) && Number(step) < list.items.length) return Number(step);
  const keys = list.items.map((item, index) => elementKey(item) ?? String(index));
  const message = `must name an element (${keys.join(", ") || "the list is empty"}), got "${step}"`;
  throw new InputError([{ at, message: message + suggestion(step, keys) }]);
}
