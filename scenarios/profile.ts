// Reads the profile that a scenario names, and lays the scenario's own costs over it.

import { parseQuantity } from "./quantities.ts";
import { InputError, place, suggestion } from "./problem.ts";
import type { LoadOptions } from "./loader.ts";
import { COSTS, ProfileFile, type Cost, type CostName, type Profile } from "./schema/profile.ts";
import { writtenName, type FieldSchema } from "./schema/fields.ts";
import { nodeAt, parseSource, positionAt, type SourceNode } from "./source-tree.ts";
import { Validator } from "./validate.ts";
import { writtenSchema } from "./written.ts";

const validator = new Validator(writtenProfile());

/** In a profile file costs carry their units, so their names do not: `tcpAccept: {value: 40us}`. */
export function writtenProfile(): FieldSchema {
  const schema = writtenSchema(ProfileFile as unknown as FieldSchema);
  const costs = schema.properties!.costs!;
  const rename = (name: string): string => costKey(name as CostName);
  const entries = Object.entries(costs.properties ?? {}).map(([name, one]) => [rename(name), one]);
  const renamed = {
    ...costs,
    properties: Object.fromEntries(entries),
    required: (costs.required ?? []).map(rename),
  };
  return { ...schema, properties: { ...schema.properties, costs: renamed } };
}

function costKey(name: CostName): string {
  return writtenName(name, fieldOf(name));
}

function fieldOf(name: CostName): FieldSchema {
  return COSTS[name] as unknown as FieldSchema;
}

interface Choice {
  readonly name: string;
  readonly costs: Readonly<Partial<Record<CostName, number>>>;
}

/** The profile of `tree`'s scenario; an override counts as assumed. Throws `InputError`. */
export function loadProfile(
  choice: Choice,
  tree: SourceNode,
  options: LoadOptions,
  files: string[],
): Profile {
  const isPath = /[/.]/.test(choice.name);
  const path = isPath ? choice.name : `${options.builtinDir}/profiles/${choice.name}.yaml`;
  const content = options.readFile(path);
  if (content === undefined) {
    const at = positionAt(tree, ["profile", "name"]);
    const known = suggestion(choice.name, ["node20-loopback"]);
    const message = `profile.name must be a profile that can be read, got ${path}${known}`;
    throw new InputError([{ at, message }]);
  }
  files.push(path);
  const costs = { ...parseProfile(path, content) } as Record<CostName, Cost>;
  for (const [name, value] of Object.entries(choice.costs) as [CostName, number][]) {
    const at = positionAt(tree, ["profile", "costs", costKey(name)]);
    costs[name] = { value, evidence: "assumed", source: `set in ${place(at)}` };
  }
  return { name: choice.name, costs };
}

/** The costs of a profile file, all of them present. Throws `InputError`. */
export function parseProfile(path: string, content: string): Readonly<Record<CostName, Cost>> {
  const { root, problems } = parseSource(path, content);
  if (root === undefined) throw new InputError(problems);
  const found = validator.check(root);
  if (found.length > 0) throw new InputError(found);
  const names = Object.keys(COSTS) as CostName[];
  const costs = names.map((name) => [name, costOf(root, name)] as const);
  return Object.fromEntries(costs) as Record<CostName, Cost>;
}

function costOf(root: SourceNode, name: CostName): Cost {
  const text = (key: string): string => {
    const node = nodeAt(root, ["costs", costKey(name), key]);
    return node?.kind === "scalar" ? String(node.value) : "";
  };
  const unit = fieldOf(name).unit as "cost" | "duration" | "size";
  return {
    value: parseQuantity(unit, text("value"))!,
    evidence: text("evidence") as Cost["evidence"],
    source: text("source"),
  };
}
