// Everything that `stormglass serve` can be told: one declaration, from which come the type of the settings, their defaults,
// the names of variables and flags, the JSON Schema, and what --print-config prints (bin/serve-settings.ts).
//
// Defaults are those of the simulator wherever both have a setting (live/policies.ts turns them into core's policies, a test
// compares): what was forecast is what is deployed.

import { NODE_ID_PATTERN } from "../core/protocol/limits.ts";
import { clusterSection } from "./settings/cluster.ts";
import { edgeSection } from "./settings/edge.ts";
import { choice, defaultsOf, type Resolved, section, text } from "./settings/field.ts";
import { nodeSection } from "./settings/node.ts";
import {
  adminSection,
  busSection,
  drainSection,
  iceSection,
  jwtSection,
  logSection,
  operationsSection,
  recordSection,
  resumeSection,
  trunkSection,
} from "./settings/process.ts";

/** An edge and a node of one process have this apart. */
export const EDGE_SUFFIX = "-edge";
/** Where an edge listens when it is not told. Cited: the usual alternatives of 80 and 443 that need no privilege. */
export const PORT_PLAIN = 8_080;
export const PORT_TLS = 8_443;

/** Room for the suffix. */
const ID = {
  pattern: /^[A-Za-z0-9._-]{1,58}$/,
  expected: "letters, digits, . _ and -, at most 58",
};

export const settingsSchema = section("settings of stormglass serve", {
  role: choice(["all", "edge", "node"], "what this process does", "all"),
  id: text(
    "who this process is in the cluster; POD_NAME or the host's name by default",
    "stormglass",
    ID,
  ),
  region: text("where it stands: rooms are founded near their first member", "local", ID),
  zone: text("which failure domain of the region", "local", ID),
  edge: edgeSection,
  node: nodeSection,
  cluster: clusterSection,
  bus: busSection,
  trunk: trunkSection,
  jwt: jwtSection,
  resume: resumeSection,
  ice: iceSection,
  operations: operationsSection,
  admin: adminSection,
  log: logSection,
  drain: drainSection,
  record: recordSection,
});

export type Settings = Resolved<typeof settingsSchema>;

export type Differing<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Differing<T[K]> }
    : T;

/** The defaults, with what differs. */
export function settingsWith(differing: Differing<Settings> = {}): Settings {
  return laid(defaultsOf(settingsSchema), differing) as Settings;
}

function laid(below: object, above: object): object {
  const result: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = result[name];
    const isMap = typeof under === "object" && under !== null && !Array.isArray(under);
    result[name] = isMap ? laid(under, value as object) : (value as unknown);
  }
  return result;
}

/** A name made fit to be an id: what the pattern does not allow becomes a hyphen. */
export function idFrom(name: string): string {
  const id = name.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 63 - EDGE_SUFFIX.length);
  return NODE_ID_PATTERN.test(id) ? id : "stormglass";
}
