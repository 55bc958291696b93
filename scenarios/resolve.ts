// From what is written to what the program uses: defaults filled in, units read, ranges checked.
//
// Tolerant on purpose: a value that the schema refused resolves to NaN or "" and says nothing here,
// so that all problems of a file can be told at once.

import type { Problem } from "./problem.ts";
import { formatQuantity, parseQuantity, type Unit } from "./quantities.ts";
import { writtenName, type FieldSchema } from "./schema/fields.ts";
import { SIZE_TABLES } from "./size-presets.ts";
import { nodeAt, positionAt, toPlain, type SourceNode } from "./source-tree.ts";
import { described, dotted } from "./validate.ts";

type Path = readonly (string | number)[];

/** What every resolved field may be; the declared schema gives the precise type. */
export type Resolved = unknown;

export class Resolver {
  readonly problems: Problem[] = [];
  readonly #root: SourceNode;

  constructor(root: SourceNode) {
    this.#root = root;
  }

  /** The resolved value of `field`, written as `node`; undefined where an optional one is absent. */
  resolve(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    if (field.unit === "sizes") return this.#sizes(field, node, path);
    if (field.unit === "manifest") return node?.kind === "map" ? toPlain(node) : undefined;
    if (field.unit === "distribution") return this.#distribution(field, node, path);
    if (field.unit !== undefined) return this.#quantity(field, field.unit, node, path);
    if (field.properties !== undefined) return this.#object(field, node, path);
    if (field.oneOf !== undefined) return this.#variant(field, node, path);
    if (field.items !== undefined) {
      const items = field.items;
      if (node?.kind !== "list") return [];
      return node.items.map((item, i) => this.resolve(items, item, [...path, i]));
    }
    const patterns = (field as { patternProperties?: Readonly<Record<string, FieldSchema>> })
      .patternProperties;
    if (patterns !== undefined) return this.#record(Object.values(patterns)[0]!, node, path);
    if (node === undefined) return field.default ?? field.const;
    return node.kind === "scalar" ? node.value : undefined;
  }

  #object(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    const result: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(field.properties ?? {})) {
      const key = writtenName(name, property);
      const value = node?.kind === "map" ? node.entries.get(key)?.node : undefined;
      const isOptional = field.required?.includes(name) !== true;
      if (isOptional && value === undefined && property.default === undefined) continue;
      result[name] = this.resolve(property, value, [...path, key]);
    }
    return result;
  }

  #record(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    const result: Record<string, unknown> = {};
    if (node?.kind !== "map") return result;
    for (const [key, entry] of node.entries) {
      result[key] = this.resolve(field, entry.node, [...path, key]);
    }
    return result;
  }

  #variant(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    const tag = field.discriminator?.propertyName ?? "";
    const named = nodeAt(node, [tag]);
    const value = named?.kind === "scalar" ? named.value : undefined;
    const branch = field.oneOf!.find((one) => one.properties?.[tag]?.const === value);
    return branch === undefined ? {} : this.#object(branch, node, path);
  }

  #quantity(field: FieldSchema, unit: Unit, node: SourceNode | undefined, path: Path): number {
    const raw =
      node === undefined ? field.default : node.kind === "scalar" ? node.value : undefined;
    const value = parseQuantity(unit, raw, field.endless === true);
    if (value === undefined) {
      // The pattern let it pass: only its size can be wrong, such as 1.5 people or 140 %.
      const isWritten = typeof raw === "string" && new RegExp(field.pattern ?? "").test(raw);
      if (isWritten && raw !== "rest")
        this.#refuse(path, unit === "ratio" ? "be at most 100%" : "be a whole number");
      return NaN;
    }
    if (field.least !== undefined && value < field.least) {
      this.#refuse(path, `be at least ${formatQuantity(unit, field.least)}`);
    }
    if (field.most !== undefined && value > field.most) {
      this.#refuse(path, `be at most ${formatQuantity(unit, field.most)}`);
    }
    return value;
  }

  #distribution(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    if (node === undefined) return this.resolve(field, fromPlain(field.default, this.#root), path);
    if (node.kind === "map") return this.#distributionMap(field, node, path);
    const valueMs = node.kind === "scalar" ? parseQuantity("duration", node.value) : undefined;
    return { dist: "constant", valueMs: valueMs ?? NaN };
  }

  #distributionMap(field: FieldSchema, node: SourceNode, path: Path): Resolved {
    const result = this.#variant(field.then!, node, path) as Readonly<Record<string, number>>;
    if (result.p99Ms! <= result.medianMs!) this.#refuse([...path, "p99"], "be above the median");
    if (result.medianMs === 0) this.#refuse([...path, "median"], "be above 0");
    if (result.minMs! > result.maxMs!) this.#refuse([...path, "min"], "be at most the max");
    return result;
  }

  #sizes(field: FieldSchema, node: SourceNode | undefined, path: Path): Resolved {
    const preset = node === undefined ? field.default : node.kind === "scalar" ? node.value : "";
    if (node?.kind !== "list") return SIZE_TABLES[String(preset)] ?? [];
    const table = this.resolve(field.then!, node, path) as readonly {
      min: number;
      max: number;
      share: number;
    }[];
    let sum = 0;
    table.forEach(({ min, max, share }, i) => {
      sum += share;
      if (min > max) this.#refuse([...path, i, "min"], `be at most max (${max})`);
    });
    // A thousandth of slack: tables are written in rounded percents.
    if (Math.abs(sum - 1) > 0.001)
      this.#refuse(path, "have shares that add up to 100%", percent(sum));
    return table.map(({ min, max, share }) => ({ min, max, share: share / sum }));
  }

  #refuse(path: Path, what: string, got = described(nodeAt(this.#root, path))): void {
    const message = `${dotted(path)} must ${what}, got ${got}`;
    this.problems.push({ at: positionAt(this.#root, path), message });
  }
}

function percent(value: number): string {
  return `${Number((value * 100).toPrecision(6))}%`;
}

/** A default, given as plain data, as if it had been written. */
function fromPlain(value: unknown, root: SourceNode): SourceNode {
  if (typeof value !== "object" || value === null) {
    return { kind: "scalar", value: value as string, at: root.at };
  }
  const entries = Object.entries(value).map(
    ([key, part]) => [key, { keyAt: root.at, node: fromPlain(part, root) }] as const,
  );
  return { kind: "map", entries: new Map(entries), at: root.at };
}
