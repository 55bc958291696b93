// Where each value of a scenario comes from: a line of a file, `--set`, or a default and its reason.

import { formatQuantity } from "./quantities.ts";
import type { FieldSchema } from "./schema/fields.ts";
import { elementKey } from "./weave.ts";
import { toPlain, type SourceNode } from "./source-tree.ts";
import { place } from "./problem.ts";
import { writtenSchema } from "./written.ts";

export interface Provenance {
  /** As `--set` takes it: clients.arrivals.storm.over. */
  readonly path: string;
  /** As a file says it. */
  readonly value: string;
  readonly origin: string;
  readonly isDefault: boolean;
}

/** Every value that `declared` knows, in the order of the schema. */
export function provenanceOf(declared: FieldSchema, tree: SourceNode): readonly Provenance[] {
  const rows: Provenance[] = [];
  walk(writtenSchema(declared), tree, [], rows);
  return rows;
}

function walk(
  field: FieldSchema,
  node: SourceNode | undefined,
  path: readonly string[],
  rows: Provenance[],
): void {
  const schema = branchOf(field, node);
  if (schema.properties !== undefined && (node === undefined || node.kind === "map")) {
    for (const [key, property] of Object.entries(schema.properties)) {
      const child = node?.kind === "map" ? node.entries.get(key)?.node : undefined;
      const isSilent = child === undefined && !hasDefaults(property);
      if (!isSilent) walk(property, child, [...path, key], rows);
    }
    return;
  }
  if (node?.kind === "map") {
    for (const [key, entry] of node.entries) walk({}, entry.node, [...path, key], rows);
  } else if (node?.kind === "list" && node.items.length > 0) {
    const items = schema.items ?? field.then?.items ?? {};
    node.items.forEach((item, i) => {
      walk(items, item, [...path, elementKey(item) ?? String(i)], rows);
    });
  } else rows.push(leaf(schema, node, path.join(".")));
}

function branchOf(field: FieldSchema, node: SourceNode | undefined): FieldSchema {
  const chosen = node?.kind === "map" ? (field.then ?? field) : field;
  const tag = chosen.discriminator?.propertyName;
  if (tag === undefined || node?.kind !== "map") return chosen;
  const named = node.entries.get(tag)?.node;
  const value = named?.kind === "scalar" ? named.value : undefined;
  return chosen.oneOf?.find((one) => one.properties?.[tag]?.const === value) ?? chosen;
}

function hasDefaults(field: FieldSchema): boolean {
  if (field.default !== undefined) return true;
  return Object.values(field.properties ?? {}).some(hasDefaults);
}

function leaf(field: FieldSchema, node: SourceNode | undefined, path: string): Provenance {
  if (node !== undefined) {
    return { path, value: said(toPlain(node)), origin: place(node.at), isDefault: false };
  }
  const reason = field.source === undefined ? "" : `, ${field.source}`;
  return { path, value: said(field.default), origin: `default${reason}`, isDefault: true };
}

function said(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatQuantity("count", value);
  return JSON.stringify(value) ?? "";
}
